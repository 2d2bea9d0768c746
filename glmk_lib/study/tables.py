"""A study as text, and as the rows that its figure draws."""

from glmk_lib.publish import report
from glmk_lib.study.rows import FULL, SUPERVISED, Study

NOT_MEASURED = "not measured"
_METHODS = {"paper_only": "paper", "paper_wide": "paper", FULL: "ours", SUPERVISED: "full supervision"}  # for their colours


def ingredients_table(study: Study, summary: dict) -> str:
    """Each row's errors in pixels, mean and 95 % interval over seeds, and how often it diverged, as lines of text."""
    lines = [["", "seeds", "mean error, px", "across the line", "along the line", "× supervision", "diverged"]]
    for row in study.rows:
        found = summary["rows"].get(row.name)
        if found is None:
            lines.append([row.title, "0", NOT_MEASURED, "", "", "", ""])
            continue
        texts = [interval(found.get(name)) for name in ("mean_px", "line_px", "along_px", "mean_ratio")]
        seeds = str(len(found["seeds"])) + ("*" if found["stale"] else "")
        lines.append([row.title, seeds, *texts, str(len(found["diverged"]))])
    return "\n".join([*_aligned(lines), *_footnotes(summary)])


def accuracy_table(summaries: dict[str, dict]) -> str:
    """Each capture's full recipe against full supervision, mean and 95 % interval over seeds, as lines of text."""
    lines = [["", "seeds", "mean error, px", "× supervision", "across, × supervision", "paint re-projection, px", "diverged"]]
    for capture, summary in summaries.items():
        found = summary["rows"].get(FULL)
        if found is None:
            lines.append([capture, "0", NOT_MEASURED, "", "", "", ""])
            continue
        texts = [interval(found.get(name)) for name in ("mean_px", "mean_ratio", "line_ratio", "reprojection_px")]
        marked = found["stale"] or summary["rows"].get(SUPERVISED, {}).get("stale")
        seeds = str(len(found["seeds"])) + ("*" if marked else "")
        lines.append([capture, seeds, *texts, str(len(found["diverged"]))])
    notes = dict.fromkeys(note for summary in summaries.values() for note in _footnotes(summary))
    return "\n".join([*_aligned(lines), *notes])


def interval(found: dict | None) -> str:
    """A mean and its interval: "1.23 [1.10, 1.36]"; the mean alone of one seed, nothing where it wasn't measured."""
    if found is None:
        return ""
    return f"{found['mean']:.2f}" + (f" [{found['low']:.2f}, {found['high']:.2f}]" if "low" in found else "")


def ingredients_rows(study: Study, summary: dict) -> list[dict]:
    """What `figures.study_figure` draws of the ingredients study, one dict a row."""
    measures = ("mean_px", "line_px")
    return [_figure_row(row.title, _METHODS.get(row.name, ""), summary["rows"].get(row.name), measures) for row in study.rows]


def accuracy_rows(summaries: dict[str, dict], preset: str) -> list[dict]:
    """What `figures.study_figure` draws of the accuracy study, one dict a capture, with the targets of targets.yaml."""
    rows = []
    for capture, summary in summaries.items():
        own = [t for t in report.targets() if (t.capture, t.preset) == (capture, preset) and t.target]
        bounds = {t.key.rpartition(".")[2]: float(t.target.lstrip("<>= ")) for t in own}
        measures = ("line_ratio", "mean_ratio")
        row = _figure_row(capture, _METHODS[FULL], summary["rows"].get(FULL), measures)
        rows.append(row | {"targets": {name: bounds[name] for name in measures if name in bounds}})
    return rows


def _figure_row(label: str, method: str, found: dict | None, measures) -> dict:
    row = {"label": label, "method": method}
    if found is None:
        return {**row, "note": NOT_MEASURED}
    notes = [f"{len(found['diverged'])} of {len(found['seeds'])} diverged"] if found["diverged"] else []
    notes += ["stale"] if found["stale"] else []
    return {**row, "note": ", ".join(notes), **{name: found[name] for name in measures if name in found}}


def _footnotes(summary: dict) -> list[str]:
    why = dict.fromkeys(why for row in summary["rows"].values() for why in row["stale"].values())
    return [f"* stale: {text}" for text in why]


def _aligned(lines: list[list[str]]) -> list[str]:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
