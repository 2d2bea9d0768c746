"""Quick pictures of landmarks on frames, drawn by OpenCV: the sample sheets of a training run and overlay videos."""

from pathlib import Path

import cv2
import numpy as np

from glmk_lib.checkpoint import write_atomic
from glmk_lib.template import Template, rgb


def overlay(frame: np.ndarray, points: np.ndarray, template: Template, scale: int = 4, color=None) -> np.ndarray:
    """Draw the template's lines through `points` (N, 2) in [-1, 1] over a frame (H, W, 3) uint8 enlarged `scale` times."""
    height, width = frame.shape[:2]
    canvas = cv2.resize(frame, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC)
    sixteenths = 16  # OpenCV's sub-pixel positions; its pixel centres are whole numbers, ours are halves
    pixels = ((points + 1) / 2 * (width * scale, height * scale) - 0.5) * sixteenths
    pixels = np.clip(np.round(np.nan_to_num(pixels, nan=-1e4)), -1e6, 1e6).astype(np.int32)
    for line in template.lines:
        chains = [(pixels[list(points)].reshape(-1, 1, 2), stated) for points, stated in line.strokes]
        cv2.polylines(canvas, [chain for chain, _ in chains], False, (255, 255, 255), 3, cv2.LINE_AA, shift=4)
        for chain, stated in chains:
            cv2.polylines(canvas, [chain], False, color or rgb(stated), 1, cv2.LINE_AA, shift=4)
    for x, y in pixels:
        cv2.circle(canvas, (int(x), int(y)), 2 * sixteenths, (255, 255, 255), -1, cv2.LINE_AA, shift=4)
    return canvas


def sheet(frames: np.ndarray, points: np.ndarray, template: Template, columns: int = 6, scale: int = 4) -> np.ndarray:
    """Overlays of several frames (K, H, W, 3) in a grid of `columns`."""
    tiles = [overlay(frame, p, template, scale) for frame, p in zip(frames, points, strict=True)]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])


def save_png(path: Path, image: np.ndarray) -> Path:
    """Write an RGB picture (H, W, 3) uint8 as PNG, atomically."""
    return write_atomic(Path(path), _encode(image))


def sheet_png(frames: np.ndarray, points: np.ndarray, template: Template, columns: int = 6, scale: int = 4) -> bytes:
    """`sheet` as the bytes of a PNG file."""
    return _encode(sheet(frames, points, template, columns, scale))


def _encode(image: np.ndarray) -> bytes:
    _, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return data.tobytes()
