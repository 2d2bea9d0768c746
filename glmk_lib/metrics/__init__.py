"""How good are the landmarks? Accuracy, jitter, retained motion, and agreement with the paint.

Everything here takes numpy arrays: points (T, N, 2) as (x, y) in pixels of the evaluated frame (`to_pixels` makes them),
visibility (T, N) bool or None for "all visible". Hidden points, and points that are not finite, never count. Where nothing
is left to measure the result is NaN, not 0. Frames are assumed to follow one another; `segments` says where they don't.
"""

from glmk_lib.metrics.accuracy import (
    auc,
    ced,
    extent,
    failure_rate,
    frame_nme,
    mean_error,
    nme,
    pck,
    point_error,
    to_pixels,
    visibility_scores,
)
from glmk_lib.metrics.intervals import Interval, block_bootstrap
from glmk_lib.metrics.lines import LineErrors, PaintDistance, fold_overs, line_errors, paint_reprojection
from glmk_lib.metrics.temporal import (
    Retention,
    acceleration_error,
    acceleration_norm,
    motion_retention,
    nmj,
    power_spectrum,
    segments_from_timestamps,
)

__all__ = [
    "Interval",
    "LineErrors",
    "PaintDistance",
    "Retention",
    "acceleration_error",
    "acceleration_norm",
    "auc",
    "block_bootstrap",
    "ced",
    "extent",
    "failure_rate",
    "fold_overs",
    "frame_nme",
    "line_errors",
    "mean_error",
    "motion_retention",
    "nme",
    "nmj",
    "paint_reprojection",
    "pck",
    "point_error",
    "power_spectrum",
    "segments_from_timestamps",
    "to_pixels",
    "visibility_scores",
]
