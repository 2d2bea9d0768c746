"""The baselines that any method must beat: points that never move, and points followed by optical flow."""

import cv2
import numpy as np

from glmk_lib.template import Template


def static_template(template: Template, frames: int) -> np.ndarray:
    """T on every frame, (T, N, 2) in [-1, 1]: no jitter, and no motion."""
    return np.broadcast_to(template.points, (frames, *template.points.shape)).copy()


def mean_shape(truth: np.ndarray, frames: int) -> np.ndarray:
    """The mean of training truth (M, N, 2) on every frame: a constant that knows the truth of the training take."""
    return np.broadcast_to(np.asarray(truth, dtype=np.float32).mean(0), (frames, *truth.shape[1:])).copy()


def lucas_kanade(frames: np.ndarray, start: np.ndarray, restarts=()) -> np.ndarray:
    """Follow points from the first frame by pyramidal Lucas-Kanade flow (OpenCV; Bouguet 2000).

    Args:
        frames: (T, H, W, 3) uint8, consecutive.
        start: points (T, N, 2) in [-1, 1]; read at the first frame and at each of `restarts` only.
        restarts: frames where a new piece of video begins.

    Returns:
        (T, N, 2) in [-1, 1]. A point that the flow loses stays where it was.
    """
    height, width = frames.shape[1:3]
    to_unit = np.array([2 / width, 2 / height], dtype=np.float32)
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    tracks = np.empty((len(frames), *start.shape[1:]), dtype=np.float32)
    begin = {0, *(int(r) for r in restarts)}
    for t in range(len(frames)):
        if t in begin:
            tracks[t] = start[t]
            continue
        pixels = ((tracks[t - 1] + 1) / to_unit - 0.5).reshape(-1, 1, 2).astype(np.float32)  # OpenCV counts pixel centres
        moved, found, _ = cv2.calcOpticalFlowPyrLK(grey[t - 1], grey[t], pixels, None, winSize=(11, 11), maxLevel=2)
        moved = np.where(found[:, :, None] == 1, moved, pixels)
        tracks[t] = (moved[:, 0] + 0.5) * to_unit - 1
    return tracks
