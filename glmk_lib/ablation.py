"""Ablations: the same refit at many values of one choice."""

from collections.abc import Iterable

import numpy as np

from glmk_lib.capture.dataset import Capture
from glmk_lib.evaluation import score
from glmk_lib.metrics.intervals import seed_interval
from glmk_lib.presets import Preset
from glmk_lib.refit import refit

SPRING_CONSTANTS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)
MEASURES = ("mean_px", "line_px", "along_px", "nmj", "acceleration_error_px", "retention", "fold_overs")


def spring_ablation(
    capture: Capture, preset: Preset, cleaned: np.ndarray, ks: Iterable[float], forms=("length", "vector"), seeds=(0,)
) -> tuple[list[dict], dict]:
    """Refit L_delta at each spring constant and form, and score it on held-out unmarked frames.

    Args:
        cleaned: the marked frames without paint, from `unpaint.unpaint`.
        ks: spring constants K >= 0.
        seeds: one refit each; with several, every measure is (mean, low, high).

    Returns:
        rows, each {"k", "form", *MEASURES}, and tracks (form, k) -> points (T, N, 2) of the first seed.
    """
    store, rows, tracks = capture.heldout_unmarked, [], {}
    for form in forms:
        for k in ks:
            scores = []
            for seed in seeds:
                landmarker = refit(capture, preset.with_(spring=float(k), spring_form=form), cleaned, seed)
                points = landmarker.track(store)
                tracks.setdefault((form, k), points)
                scores.append(score(points, store, capture.template))
            values = {name: [s[name] for s in scores] for name in MEASURES}
            rows.append(
                {"k": k, "form": form, **{n: v[0] if len(v) == 1 else list(seed_interval(v)) for n, v in values.items()}}
            )
    return rows, tracks


def best_row(rows: list[dict], form: str, measure: str = "mean_px") -> dict:
    """The row of that form with the least `measure` (its mean, where it is an interval)."""
    own = [row for row in rows if row["form"] == form]
    if not own:
        raise ValueError(f"no rows of form {form!r}; expected one of {sorted({row['form'] for row in rows})}.")
    return min(own, key=lambda row: float(np.atleast_1d(row[measure])[0]))
