"""The metrics of a tracker on a capture's held-out frames, in one place for training, baselines and notebooks.

L_delta is evaluated on *real* unmarked frames, never on G's output: on the latter it can read what G hides. `traces` looks at
both to show how much that is.
"""

import numpy as np
import torch

from glmk_lib import metrics
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.paint import chroma_key
from glmk_lib.errors import CaptureError
from glmk_lib.template import Template


def accuracy(points: np.ndarray, truth: np.ndarray, visible: np.ndarray, template: Template, size: int) -> dict[str, float]:
    """Errors of points (T, N, 2) in [-1, 1] against the truth, over visible points.

    Returns:
        mean_px, line_px (across the line), along_px: pixels of the evaluated frame; nme: share of the subject's extent.
    """
    pred, true = metrics.to_pixels(points, size), metrics.to_pixels(truth, size)
    lines = metrics.line_errors(pred, true, template, visible)
    return {
        "mean_px": metrics.mean_error(pred, true, visible),
        "line_px": lines.mean_across,
        "along_px": lines.mean_along,
        "nme": metrics.nme(pred, true, visible),
    }


def steadiness(points: np.ndarray, truth: np.ndarray, visible: np.ndarray, size: int, segments=None) -> dict[str, float]:
    """Jitter and retained motion of consecutive points (T, N, 2) in [-1, 1]; one is never reported without the other.

    Returns:
        nmj (LDEQ), acceleration_error_px (SmoothNet), retention (slope) and retention_correlation.
    """
    pred, true = metrics.to_pixels(points, size), metrics.to_pixels(truth, size)
    retention = metrics.motion_retention(pred, true, visible, segments=segments)
    return {
        "nmj": metrics.nmj(pred, true, visible, segments=segments),
        "acceleration_error_px": metrics.acceleration_error(pred, true, visible, segments=segments),
        "retention": retention.slope,
        "retention_correlation": retention.correlation,
    }


def score(points: np.ndarray, store, template: Template) -> dict:
    """Everything measured of points (T, N, 2) in [-1, 1] on a store with truth: accuracy, steadiness, fold-overs, interval.

    Raises:
        CaptureError: the store has no truth.
    """
    if store.truth is None:
        raise CaptureError(f"{store.path}: has no truth to compare with; use paint re-projection, which needs none.")
    size, segments = store.frames.shape[1], metrics.segments_from_timestamps(store.timestamps)
    pred, true = metrics.to_pixels(points, size), metrics.to_pixels(store.truth, size)
    each = np.nanmean(metrics.point_error(pred, true, store.visible), axis=1)  # (T,)
    return {
        **accuracy(points, store.truth, store.visible, template, size),
        **steadiness(points, store.truth, store.visible, size, segments),
        "fold_overs": metrics.fold_overs(pred, template, store.visible),
        "mean_px_interval": list(metrics.block_bootstrap(each)),
    }


def evaluate(landmarker, capture: Capture) -> dict[str, float]:
    """`accuracy` on the held-out unmarked frames; empty when the capture has no truth."""
    store = capture.heldout_unmarked
    if store.truth is None:
        return {}
    return accuracy(landmarker.track(store), store.truth, store.visible, capture.template, store.frames.shape[1])


@torch.inference_mode()
def reprojection(landmarker, generator, capture: Capture, most: int = 300) -> dict[str, float]:
    """Paint re-projection on held-out marked frames: G removes the paint, L_delta reads the rest, the paint is the judge.

    Needs no labels. Returns `reprojection_px` (line to paint) and `reprojection_back_px` (paint to line), in pixels.
    """
    store = capture.heldout_marked
    index = np.unique(np.linspace(0, len(store) - 1, min(most, len(store))).round().astype(int))
    there, back = [], []
    for start in range(0, len(index), 50):
        marked = store.batch(index[start : start + 50]).to(landmarker.rest.device)
        points = landmarker(generator(marked)).float().cpu().numpy()
        masks = chroma_key(marked, capture.paint).cpu().numpy()
        pixels = metrics.to_pixels(points, store.frames.shape[1])
        distance = metrics.paint_reprojection(pixels, masks, capture.template, capture.paint.segment_color)
        there.append(distance.there)
        back.append(distance.back)
    return {
        "reprojection_px": float(np.nanmean(np.concatenate(there))),
        "reprojection_back_px": float(np.nanmean(np.concatenate(back))),
    }
