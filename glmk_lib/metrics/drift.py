"""Drift: how fast a track's error grows while a video runs on unbroken."""

import numpy as np

from glmk_lib.metrics.accuracy import checked
from glmk_lib.metrics.temporal import segments_from_timestamps


def drift(pred, true, visible=None, timestamps=None) -> float:
    """Pixels a second: the slope of the mean error of a frame over the time since its unbroken piece began, by least squares.

    0 for a method that looks at each frame anew, however wrong it is; more for one that goes on from the frame before and takes
    its errors along. NaN where nothing is known, or no time passes.

    Args:
        pred, true: (T, N, 2) in pixels. timestamps: (T,) seconds, which tell where the video is cut, too.
    """
    pred, true, counted = checked(pred, true, visible)
    times = np.asarray(timestamps, dtype=np.float64)
    pieces = segments_from_timestamps(times)
    since = times - np.array([times[pieces == piece].min() for piece in pieces])
    error = np.where(counted, np.linalg.norm(np.where(counted[..., None], pred - true, 0.0), axis=-1), 0.0).sum(1)
    count = counted.sum(1)
    known = count > 0
    if not known.any() or np.ptp(since[known]) == 0:
        return float("nan")
    mean = error[known] / count[known]
    centred = since[known] - since[known].mean()
    return float((centred * mean).sum() / (centred**2).sum())
