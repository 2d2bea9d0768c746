"""Pictures for the widgets, by OpenCV: fast enough to follow a slider, small enough to sit in a page."""

import cv2
import numpy as np

from glmk_lib.template import rgb

_SIXTEENTHS = 16  # OpenCV's sub-pixel positions


def enlarge(image: np.ndarray, side: int = 480) -> np.ndarray:
    """A frame (H, W, 3) or (H, W) uint8 as RGB, its longer side `side` pixels."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (round(width * scale), round(height * scale))
    image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image


def draw_draft(
    canvas, points, lines, line: str | None = None, point: int | None = None, axis: float | None = None
) -> np.ndarray:
    """The lines of a draft over a copy of `canvas`: the chosen line thicker, the chosen point ringed and numbered, the mirror
    at x = `axis` in white.

    Args:
        canvas: (H, W, 3) uint8 RGB.
        points: (N, 2) in [-1, 1].
        lines: of `template.Line`; they may be unfinished.
    """
    canvas = canvas.copy()
    height, width = canvas.shape[:2]
    if axis is not None:
        x = round((axis + 1) / 2 * width - 0.5)
        cv2.line(canvas, (x, 0), (x, height), (0, 0, 0), 3)
        cv2.line(canvas, (x, 0), (x, height), (255, 255, 255), 1)
    pixels = np.round(((points + 1) / 2 * (width, height) - 0.5) * _SIXTEENTHS).astype(np.int32)
    for own in lines:
        thick = 3 if own.name == line else 2
        chains = [(pixels[list(points)].reshape(-1, 1, 2), rgb(color)) for points, color in own.strokes if len(points) > 1]
        cv2.polylines(canvas, [chain for chain, _ in chains], False, (255, 255, 255), thick + 2, cv2.LINE_AA, shift=4)
        for chain, color in chains:
            cv2.polylines(canvas, [chain], False, color, thick, cv2.LINE_AA, shift=4)
        for x, y in pixels[list(own.points)]:
            _dot(canvas, x, y, 5, (255, 255, 255), -1)
            _dot(canvas, x, y, 4, rgb(own.colors[0]), -1)
    if point is not None and point < len(pixels):
        x, y = pixels[point]
        _dot(canvas, x, y, 9, (0, 0, 0), 4)
        _dot(canvas, x, y, 9, (255, 214, 0), 2)
        spot = (int(x) // _SIXTEENTHS + 13, int(y) // _SIXTEENTHS - 9)
        for color, thick in (((0, 0, 0), 4), ((255, 255, 255), 1)):
            cv2.putText(canvas, str(point), spot, cv2.FONT_HERSHEY_SIMPLEX, 0.5, color, thick, cv2.LINE_AA)
    return canvas


def jpeg(image: np.ndarray, quality: int = 88) -> bytes:
    """An RGB picture as JPEG with its colours at full resolution, so that thin lines keep theirs."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), flags)[1].tobytes()


def compact(data: bytes, width: int) -> bytes:
    """A picture file as WebP at most `width` pixels wide. Raises ValueError if it is no picture."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise ValueError("a sheet is not a picture file; expected the bytes of a PNG or JPEG.")
    if image.shape[1] > width:
        image = cv2.resize(image, (width, round(image.shape[0] * width / image.shape[1])), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 75])[1].tobytes()


def _dot(canvas, x, y, radius, color, thick):
    cv2.circle(canvas, (int(x), int(y)), radius * _SIXTEENTHS, color, thick, cv2.LINE_AA, shift=4)
