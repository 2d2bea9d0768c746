"""What the spring study says: the rows its figures draw, and the spring constant it would choose."""

import numpy as np

from glmk_lib.study.rows import SPRING_FORMS, Study

MEASURES = ("mean_px", "line_px", "along_px", "nmj", "acceleration_error_px", "retention", "fold_overs")


def spring_rows(study: Study, summary: dict) -> list[dict]:
    """One dict for each measured spring constant and form: "k", "form", and each measure as (mean, low, high) over seeds.

    Where one seed was measured, low and high are NaN.
    """
    rows = []
    for row in study.rows:
        if (found := summary["rows"].get(row.name)) is not None:
            measures = {name: _interval(found[name]) for name in MEASURES if name in found}
            rows.append({"k": row.changes["spring"], "form": row.changes["spring_form"], **measures})
    return rows


def chosen(by_capture: dict[str, list[dict]], measure: str = "mean_px") -> dict[str, float]:
    """For each form the spring constant of least error: of the mean over captures, each capture's errors over its least.

    Forms without a constant that every capture has been measured at are left out.
    """
    best = {}
    for form in SPRING_FORMS:
        errors = [{row["k"]: row[measure][0] for row in rows if row["form"] == form} for rows in by_capture.values()]
        common = set.intersection(*map(set, errors)) if errors else set()
        if common:
            best[form] = min(sorted(common), key=lambda k: np.mean([each[k] / min(each.values()) for each in errors]))
    return best


def _interval(found: dict) -> tuple[float, float, float]:
    return found["mean"], found.get("low", float("nan")), found.get("high", float("nan"))
