"""What the cells of a study say together: means and 95 % intervals over seeds, and ratios to full supervision.

A ratio is taken seed by seed, each to the bound trained with the same seed, and then averaged. Cells of another configuration
count only where a row has no others; cells of older code count. Both are marked, and so are cells that diverged, whose scores
are those of their last good checkpoint.
"""

from pathlib import Path

import numpy as np

from glmk_lib.metrics.intervals import seed_interval
from glmk_lib.provenance import provenance
from glmk_lib.publish.notebook import PROVENANCE, write_json
from glmk_lib.smoothing import SMOOTHERS
from glmk_lib.study import cells, channel
from glmk_lib.study.rows import SUPERVISED, Study
from glmk_lib.study.scoring import SMOOTHED

LABEL_FREE = "acceleration_px", "flow_disagreement_px"
MEASURES = (
    "mean_px", "line_px", "along_px", "nme", "nmj", "acceleration_error_px", "retention", "retention_correlation", "fold_overs",
    "reprojection_px", "reprojection_back_px", "seconds", *LABEL_FREE, *channel.MEASURES,
    *(f"{name}_{how}" for how in SMOOTHERS for name in (*SMOOTHED, *LABEL_FREE)),
)  # fmt: skip
RATIOS = {"mean_ratio": "mean_px", "line_ratio": "line_px", "along_ratio": "along_px"}
AVERAGED = {*MEASURES, *RATIOS, "soon_ratio"}
SOON = 300  # seconds of training: what is reached by then is reported too
THREE, FIVE = 3, 5  # seeds that the project's own targets ask for


def summarise(study: Study, capture: str) -> dict:
    """The study on one capture, as results JSON holds it.

    Returns:
        "length" (text), "size" (pixels), and "rows": for each measured row its "title", "seeds", "stale" {seed: why},
        "diverged" {seed: what}, and for each measure "values" (one a seed), "mean" and, from two seeds on, "low" and "high".
        "at_three_seeds" and "at_five_seeds" hold the means, and how many diverged, of rows with at least so many seeds of
        the present configuration: these the project's targets read.
    """
    stored = cells.load_all(study, capture)
    by_row = {row.name: _used([s for s in stored if s.cell.row.name == row.name]) for row in study.rows}
    bound = {s.cell.seed: s for s in by_row.get(SUPERVISED, [])}
    rows, three, five = {}, {}, {}
    for row in study.rows:
        used = by_row[row.name]
        if not used:
            continue
        rows[row.name] = summary = {"title": row.title, **_summary(used, bound)}
        if used[0].is_of_another_configuration:
            continue
        means = {name: v["mean"] for name, v in summary.items() if name in AVERAGED and len(v["values"]) >= THREE}
        three |= {row.name: means} if means else {}
        five |= {row.name: {"diverged": len(summary["diverged"])}} if len(used) >= FIVE else {}
    return {
        "length": study.length,
        "size": study.base.size,
        "rows": rows,
        "at_three_seeds": three,
        "at_five_seeds": five,
    }


def write(study: Study, capture: str) -> Path:
    """Put the summary beside the cells, in {study}.json, and return its path."""
    path = cells.folder_of(study, capture) / f"{study.name}.json"
    write_json(path, summarise(study, capture) | {PROVENANCE: provenance(capture=capture, preset=study.base.name)})
    return path


def _used(stored: list) -> list:
    """The cells that a row's means are taken over."""
    return [s for s in stored if not s.is_of_another_configuration] or stored


def _summary(used: list, bound: dict) -> dict:
    pairs = [(s, bound[s.cell.seed]) for s in used if s.cell.seed in bound]
    values = {name: [s.score(name) for s in used] for name in MEASURES}
    for name, measure in RATIOS.items():
        values[name] = [s.score(measure) / b.score(measure) for s, b in pairs]
    values["soon_ratio"] = [_soon(s) and _soon(s) / b.score("mean_px") for s, b in pairs]
    return {
        "seeds": [s.cell.seed for s in used],
        "stale": {str(s.cell.seed): s.stale for s in used if s.stale},
        "diverged": {str(s.cell.seed): s.diverged["what"] for s in used if s.diverged},
        **{name: over_seeds(v) for name, v in values.items() if v and None not in v},
    }


def over_seeds(values: list[float]) -> dict:
    """{"mean", "values"} of one number a seed and, from two seeds on, "low" and "high", the mean's 95 % interval."""
    if len(values) < 2:
        return {"mean": float(values[0]), "values": [float(values[0])]}
    interval = seed_interval(values)
    return {"mean": interval.mean, "low": interval.low, "high": interval.high, "values": [float(v) for v in values]}


def _soon(stored) -> float | None:
    """The mean error when `SOON` seconds of training had passed, or at its end if that was sooner."""
    errors = [row["mean_px"] for row in stored.body["history"] if row.get("seconds", np.inf) <= SOON and "mean_px" in row]
    return errors[-1] if errors else None
