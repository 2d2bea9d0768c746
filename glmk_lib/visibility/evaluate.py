"""How good visibility and uncertainty are, by a truth that no step reads: the studio's, with and without something in front."""

from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from glmk_lib import metrics, studio
from glmk_lib.capture import manifest
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.frames import FrameStore
from glmk_lib.capture.ingest import ingest
from glmk_lib.landmarks.track import VISIBLE
from glmk_lib.metrics import visibility_scores
from glmk_lib.visibility.network import LEVELS, STATED, Observer

_TAKE = 97  # the seed of the film with an occluder: of no take that a capture has


def score(observer: Observer, points: np.ndarray, store: FrameStore) -> dict:
    """Visibility and uncertainty of the points (T, N, 2) in [-1, 1] that were found in a store with truth.

    Returns:
        hidden_share: of all points, by the truth; said_hidden: by the network.
        hidden, visible: precision, recall and f1 with that class as the positive one. all_visible_f1: that of "visible", said
            of every point. Without hidden points "hidden" is left out, and without a point called hidden its precision.
        coverage: for each of `LEVELS`, as text, the share of visible points whose error is within the bound of that level.
        uncertainty_px, error_px: medians over visible points, of the bound at the level `STATED` and of the error.
        rank_correlation: Spearman's, of bound and error over visible points.
        rank_correlation_within: the same, each point's own mean rank taken out: whether the bound knows *when* it is off.
    """
    size = store.frames.shape[1]
    visibility, bound = observer.look(store, points)
    off = metrics.point_error(metrics.to_pixels(points, size), metrics.to_pixels(store.truth, size))  # (T, N)
    bound, true = bound * size / 2, store.visible
    errors, bounds = off[true], bound[true]
    unit = bounds / observer.factors[LEVELS.index(STATED)]
    said = visibility >= VISIBLE
    found = {"hidden_share": float((~true).mean()), "said_hidden": float((~said).mean())}
    found |= {"visible": _class(visibility_scores(~said, ~true)), "all_visible_f1": 2 * true.mean() / (1 + true.mean())}
    if not true.all():
        found["hidden"] = _class(visibility_scores(said, true))
    found["coverage"] = {
        f"{level:.0%}": float((errors <= factor * unit).mean()) for level, factor in zip(LEVELS, observer.factors, strict=True)
    }
    found |= {"uncertainty_px": float(np.median(bounds)), "error_px": float(np.median(errors))}
    within = [
        spearmanr(bound[true[:, k], k], off[true[:, k], k]).statistic for k in range(true.shape[1]) if true[:, k].sum() > 9
    ]
    found["rank_correlation"] = float(spearmanr(bounds, errors).statistic)
    found["rank_correlation_within"] = float(np.nanmean(within))
    return found


def _class(scores: dict[str, float]) -> dict[str, float]:
    """Precision, recall and their harmonic mean, which is 0 when nothing is found; a precision of nothing is left out."""
    precision, recall = scores["precision"], scores["recall"]
    hit = precision * recall
    f1 = 2 * hit / (precision + recall) if hit > 0 else 0.0
    return {name: value for name, value in (*scores.items(), ("f1", f1)) if np.isfinite(value)}


def film_occluded(capture: Capture, occluder: str, frames: int, folder: Path) -> FrameStore:
    """The subject of a capture of the studio, bare, with something passing before it: what no take for training has.

    Args:
        occluder: "cup" or "hand". frames: how many, one in four of a take. folder: for the film, and the store in it.
    """
    size, person = capture.heldout_unmarked.frames.shape[1], manifest.entry(capture.name).persons[0]
    film = studio.film(
        capture.region, person, frames, _TAKE, size=size, out=folder, name=occluder, occluder=occluder, every=4, progress=False
    )
    return ingest(film.video, Path(folder) / f"{occluder}-store", size, truth=film.truth, progress=False)


def table(scores: dict[str, dict]) -> str:
    """`score` of several stores, by name, as text."""
    rows = [f"{'':24s}{'hidden':>8s}{'precision':>11s}{'recall':>8s}{'F1':>6s}{'F1 visible':>12s}{'all visible':>13s}"]
    for name, s in scores.items():
        hidden = s.get("hidden", {})
        numbers = (f"{hidden[key]:.2f}" if key in hidden else "-" for key in ("precision", "recall", "f1"))
        precision, recall, f1 = numbers
        rows.append(
            f"{name:24s}{s['hidden_share']:8.1%}{precision:>11s}{recall:>8s}{f1:>6s}{s['visible']['f1']:12.2f}{s['all_visible_f1']:13.2f}"
        )
    return "\n".join(rows)
