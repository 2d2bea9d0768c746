"""What a study measures of a track, whoever made it: raw, and behind each smoother."""

import math

import numpy as np

from glmk_lib import evaluation
from glmk_lib.capture.dataset import Capture
from glmk_lib.smoothing import SMOOTHERS

# Measured once more of the smoothed track, as "nmj_rts" and so on: jitter never without the rest.
SMOOTHED = ("mean_px", "line_px", "along_px", "nmj", "acceleration_error_px", "retention", "retention_correlation")


def score_track(points: np.ndarray, capture: Capture) -> dict:
    """`evaluation.score` of points (T, N, 2) on the held-out unmarked frames: raw, and `SMOOTHED` behind each smoother."""
    held = capture.heldout_unmarked
    scores = evaluation.score(points, held, capture.template)
    for name, smoother in SMOOTHERS.items():
        smooth = evaluation.score(smoother(points, held.timestamps), held, capture.template)
        scores |= {f"{measure}_{name}": smooth[measure] for measure in SMOOTHED}
    return scores


def finite(scores: dict) -> dict:
    """What was measured: a measure that nothing could be said about is NaN, which JSON does not hold."""
    return {k: v for k, v in scores.items() if not isinstance(v, float) or math.isfinite(v)}
