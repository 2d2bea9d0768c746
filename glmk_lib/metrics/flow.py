"""Steadiness without truth: do the points move as the pixels under them do?"""

import cv2
import numpy as np

from glmk_lib.metrics.accuracy import nanmean

_WINDOW, _LEVELS = (11, 11), 2
CONSISTENT = 0.5  # pixels: a flow that doesn't come back to where it began is not believed


def flow_disagreement(pred, frames, segments=None) -> float:
    """Mean distance in pixels between where a point goes from one frame to the next and where the picture under it goes.

    Equation: eq-flow of the book.

    The picture's motion is pyramidal Lucas-Kanade flow (Bouguet, 2000), and only that which, followed back, ends within
    `CONSISTENT` of where it began (Kalal, Mikolajczyk and Matas, "Forward-Backward Error: Automatic Detection of Tracking
    Failures", ICPR 2010). It needs no labels. A frozen template disagrees by all of the motion; one that slides over still skin
    by all of its slide.

    Args:
        pred: (T, N, 2) in pixels of the frames. frames: (T, H, W, 3) uint8. segments: (T,) or None, see `metrics.temporal`.
    """
    pred = np.asarray(pred, dtype=np.float64)
    if pred.ndim != 3 or len(frames) != len(pred):
        raise ValueError(f"points are {pred.shape}, frames {np.shape(frames)}; expected (T, N, 2) and (T, H, W, 3).")
    apart = []
    grey = cv2.cvtColor(frames[0], cv2.COLOR_RGB2GRAY) if len(frames) else None
    for t in range(len(pred) - 1):
        after = cv2.cvtColor(frames[t + 1], cv2.COLOR_RGB2GRAY)
        if (segments is None or segments[t] == segments[t + 1]) and np.isfinite(pred[t]).all():
            apart.append(_apart(grey, after, pred[t], pred[t + 1]))
        grey = after
    return nanmean(np.concatenate(apart)) if apart else float("nan")


def _apart(before, after, here, there) -> np.ndarray:
    start = (here - 0.5).astype(np.float32).reshape(-1, 1, 2)  # OpenCV counts pixel centres
    moved, found, _ = cv2.calcOpticalFlowPyrLK(before, after, start, None, winSize=_WINDOW, maxLevel=_LEVELS)
    back, found_back, _ = cv2.calcOpticalFlowPyrLK(after, before, moved, None, winSize=_WINDOW, maxLevel=_LEVELS)
    believed = (found == 1) & (found_back == 1) & (np.linalg.norm(back - start, axis=-1) < CONSISTENT)
    return np.where(believed[:, 0], np.linalg.norm(moved[:, 0] + 0.5 - there, axis=-1), np.nan)
