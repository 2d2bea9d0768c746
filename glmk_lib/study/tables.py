"""A study as text, and as the rows that its figure draws."""

from dataclasses import dataclass
from html import escape

from glmk_lib.presets import Preset, Terms
from glmk_lib.publish import report
from glmk_lib.study.channel import BARE, FAKE
from glmk_lib.study.rows import FULL, SUPERVISED, WAYS, Study, get
from glmk_lib.study.summary import LABEL_FREE
from glmk_lib.traces import NOISES

STEADY = ("nmj", "acceleration_error_px", "retention_correlation", "retention")  # jitter, never without what it costs
HEADINGS = {
    "mean_px": "mean error, px",
    "line_px": "across the line, px",
    "along_px": "along the line, px",
    "nmj": "NMJ",
    "acceleration_error_px": "acceleration error, px",
    "retention_correlation": "motion: correlation",
    "retention": "motion retention",
    "fold_overs": "fold-overs",
    "reprojection_px": "paint re-projection, px",
    "acceleration_px": "acceleration, px",
    "flow_disagreement_px": "against the flow, px",
}
NOT_MEASURED = "not measured"
_NOISY = NOISES.index(Terms().read_noise)  # the noise that a table shows: under which L_delta reads G's frames as it learns
_FRAMES = {"G's frames": FAKE, "bare frames": BARE}
_PLUS_MINUS = "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"
_METHODS = {"paper_only": "paper", "paper_wide": "paper", FULL: "ours", SUPERVISED: "full supervision"}  # for their colours


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of text under headings, with notes: as text for a terminal, and a notebook shows it as HTML."""

    headings: list[str]
    rows: list[list[str]]
    notes: list[str]

    def __repr__(self) -> str:
        lines = [self.headings, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.headings))]
        texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([*texts, *self.notes])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in self.headings)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows)
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f'<table class="dataframe"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}'


def ingredients_table(study: Study, summary: dict) -> Table:
    """Each row's errors in pixels, mean and 95 % interval over seeds, and how many seeds diverged."""
    rows = []
    for row in study.rows:
        found = summary["rows"].get(row.name)
        measures = ("mean_px", "line_px", "along_px", "mean_ratio")
        rows.append([row.title, *_seeds(found), *(interval(found, name) for name in measures), _diverged(found)])
    headings = ["", "seeds", "mean error, px", "across the line, px", "along the line, px", "mean / supervision", "diverged"]
    return Table(headings, rows, _footnotes([summary]))


def dispensable(study: Study, summary: dict) -> list[str]:
    """The titles of rows of the ingredients study that err no more than the full recipe, by their means over seeds; full
    supervision leaves nothing out, and is none of them."""
    found = {row: measures["mean_px"]["mean"] for row, measures in summary["rows"].items()}
    whole = found.get(FULL, 0.0)
    others = (row for row in study.rows if row.name not in (FULL, SUPERVISED))
    return [row.title for row in others if found.get(row.name, float("inf")) <= whole]


def accuracy_table(summaries: dict[str, dict]) -> Table:
    """Each capture's full recipe, held against full supervision: mean and 95 % interval over seeds."""
    rows = []
    for capture, summary in summaries.items():
        found, bound = (summary["rows"].get(name) for name in (FULL, SUPERVISED))
        measures = ("mean_px", "mean_ratio", "line_ratio", "reprojection_px")
        rows.append([capture, *_seeds(found, bound), *(interval(found, name) for name in measures), _diverged(found)])
    headings = [
        "",
        "seeds",
        "mean error, px",
        "mean / supervision",
        "across / supervision",
        "paint re-projection, px",
        "diverged",
    ]
    return Table(headings, rows, _footnotes(summaries.values()))


def ways_table(summaries: dict[str, dict]) -> Table:
    """Each way of filming by what was learned from it, without labels and with: mean and 95 % interval over seeds."""
    rows = []
    for capture, summary in summaries.items():
        found, bound = (summary["rows"].get(name) for name in (FULL, SUPERVISED))
        measures = ("mean_px", "line_px", "along_px", "retention")
        own = [interval(found, name) for name in measures]
        rows.append([WAYS.get(capture, capture), *_seeds(found, bound), *own, interval(bound, "mean_px")])
    headings = ["", "seeds", *map(_heading, ("mean_px", "line_px", "along_px", "retention")), "mean error with labels, px"]
    return Table(headings, rows, _footnotes(summaries.values()))


def ways_rows(summaries: dict[str, dict]) -> list[dict]:
    """What `figures.study_figure` draws of `ways_table`, one dict a capture."""
    measures = ("mean_px", "line_px", "along_px")
    return [_figure_row(WAYS.get(name, name), _METHODS[FULL], s["rows"].get(FULL), measures) for name, s in summaries.items()]


def springs_table(study: Study, summary: dict) -> Table:
    """Each spring constant's errors, jitter, retained motion and fold-overs: mean and 95 % interval over seeds."""
    return _peers_table(study, summary, ("mean_px", "line_px", "along_px", *STEADY, "fold_overs"))


def tracking_table(study: Study, summary: dict, smoother: str = "") -> Table:
    """Every method's error, jitter and retained motion: of the raw track, or behind a smoother of `smoothing.SMOOTHERS`."""
    measures = (f"{name}_{smoother}" if smoother else name for name in ("mean_px", "line_px", *STEADY))
    return _peers_table(study, summary, tuple(measures))


def footage_table(study: Study, summaries: dict[str, dict], smoother: str = "") -> Table:
    """Real clips, one after another: what needs no truth beside what the pseudo-truth says; raw, or behind a smoother."""
    behind = f"_{smoother}" if smoother else ""
    measures = [f"{name}{behind}" for name in ("mean_px", *LABEL_FREE, "retention")]
    if not smoother:
        measures.insert(0, "reprojection_px")  # of a network and a generator: it is no track's
    rows = []
    for capture, summary in summaries.items():
        for row in study.rows:
            found = summary["rows"].get(row.name)
            rows.append([capture, row.title, *_seeds(found), *(interval(found, name) for name in measures)])
    headings = ["error by pseudo-truth, px" if name.startswith("mean_px") else _heading(name) for name in measures]
    return Table(["", "", "seeds", *headings], rows, _footnotes(summaries.values()))


def channel_table(study: Study, summary: dict) -> Table:
    """Each training of the channel study: what its G left of the paint, and the errors on G's frames and on bare ones."""
    headings = {
        "left_painted": "left where paint was",
        "left_elsewhere": "elsewhere",
        "fake_px_0": "error on G's frames, px",
        f"fake_px_{_NOISY}": f"under noise of {NOISES[_NOISY]:g}",
        "bare_px_0": "error on bare frames, px",
        f"bare_px_{_NOISY}": f"under noise of {NOISES[_NOISY]:g}",
    }
    found = [(row.title, summary["rows"].get(row.name)) for row in study.rows]
    rows = [[title, *_seeds(each), *(interval(each, name) for name in headings)] for title, each in found]
    return Table(["", "seeds", *headings.values()], rows, _footnotes([summary]))


def channel_gaps(study: Study, summary: dict) -> str:
    """How much worse each training of the channel study is on bare frames than on G's, and what noise does to that; a mean over
    seeds. Noise closes a gap that it at least halves."""
    lines = []
    for row in study.rows:
        if found := summary["rows"].get(row.name):
            gaps = [found[bare]["mean"] - found[fake]["mean"] for fake, bare in zip(FAKE, BARE, strict=True)]
            least = min(range(1, len(gaps)), key=gaps.__getitem__)
            closed = "closes it" if gaps[least] <= gaps[0] / 2 else "does not close it"
            told = f"{gaps[0]:.2f} px worse on bare frames; noise {closed} ({gaps[least]:.2f} px at {NOISES[least]:g})"
            lines.append(f"{row.title}:\n    {told if gaps[0] > 0 else 'no worse on bare frames'}")
    return "\n".join(lines) or NOT_MEASURED


def channel_rows(study: Study, summary: dict) -> list[dict]:
    """What `figures.channel_figure` draws, one dict a training."""
    rows = []
    for row in study.rows:
        found = summary["rows"].get(row.name, {})
        errors = {name: [found[key]["values"] for key in keys] for name, keys in _FRAMES.items() if keys[0] in found}
        by_seed = {name: list(zip(*values, strict=True)) for name, values in errors.items()}
        rows.append({"label": row.title} | ({"errors": by_seed} if by_seed else {}))
    return rows


def scores_table(scores: dict[str, dict], smoother: str = "") -> Table:
    """`tracking_table` of one run: name -> what `scoring.score_track` gave."""
    measures = [f"{name}_{smoother}" if smoother else name for name in ("mean_px", "line_px", *STEADY)]
    rows = [[name, *(f"{found[key]:.2f}" if key in found else "" for key in measures)] for name, found in scores.items()]
    return Table(["", *map(_heading, measures)], rows, [])


def tracking_rows(study: Study, summaries: dict[str, dict], measures) -> list[dict]:
    """What `figures.study_figure` draws of the methods that were measured, captures one after another."""
    return [
        _figure_row(
            f"{capture.removeprefix('studio_')}: {row.title}",
            _METHODS.get(row.name, row.title),
            summary["rows"][row.name],
            measures,
        )
        for capture, summary in summaries.items()
        for row in study.rows
        if row.name in summary["rows"]
    ]


def _heading(measure: str) -> str:
    return HEADINGS[next(key for key in HEADINGS if measure.startswith(key))]


def _peers_table(study: Study, summary: dict, measures: tuple[str, ...]) -> Table:
    rows = []
    for row in study.rows:
        found = summary["rows"].get(row.name)
        rows.append([row.title, *_seeds(found), *(interval(found, name) for name in measures)])
    headings = ["", "seeds", *map(_heading, measures)]
    return Table(headings, rows, _footnotes([summary]))


def interval(found: dict | None, measure: str) -> str:
    """A mean and its interval: "1.23 ± 0.13"; the mean alone of one seed, nothing where it wasn't measured."""
    if found is None or measure not in found:
        return ""
    value, digits = found[measure], 3 if measure.startswith(LABEL_FREE) else 2
    around = f"{_PLUS_MINUS}{value['high'] - value['mean']:.{digits}f}" if "high" in value else ""
    return f"{value['mean']:.{digits}f}{around}"


def _seeds(found: dict | None, bound: dict | None = None) -> list[str]:
    if found is None:
        return [NOT_MEASURED]
    return [f"{len(found['seeds'])}{'*' if found['stale'] or (bound or {}).get('stale') else ''}"]


def _diverged(found: dict | None) -> str:
    return "" if found is None else ", ".join([str(len(found["diverged"])), *sorted(set(found["diverged"].values()))])


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


def _footnotes(summaries) -> list[str]:
    summaries = list(summaries)
    several = any(len(row["seeds"]) > 1 for s in summaries for row in s["rows"].values())
    around = ["± is half of the mean's 95 % interval over seeds; a row of one seed has none."] if several else []
    why = dict.fromkeys(why for s in summaries for row in s["rows"].values() for why in row["stale"].values())
    return around + [f"* stale: {text}" for text in why]


def how_to_measure(name: str, preset: Preset, summaries: dict[str, dict], rows=None) -> str:
    """Which captures lack rows, all or those named, and the command that measures what is missing."""
    study = get(name, preset)
    wanted = rows or [row.name for row in study.rows]
    lacking = [capture for capture, s in summaries.items() if any(row not in s["rows"] for row in wanted)]
    if not lacking:
        return "Every row is measured."
    chosen = "" if tuple(lacking) == study.captures else f" CAPTURE={','.join(lacking)}"
    chosen += f" ROWS={','.join(rows)}" if rows else ""
    return (
        f"Not measured in full: {', '.join(lacking)}.\n"
        f"To measure what is missing: make study STUDY={name} PRESET={preset.name}{chosen}"
    )


def means(summary: dict) -> dict[str, dict[str, float]]:
    """{row: {measure: mean over seeds}}: what a chapter keeps of a study."""
    return {
        row: {k: v["mean"] for k, v in found.items() if isinstance(v, dict) and "mean" in v}
        for row, found in summary["rows"].items()
    }
