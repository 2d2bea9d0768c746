"""The figure of a study: what each row reached, for every seed, with its mean and interval."""

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from glmk_lib.figures.evaluation import FORMS
from glmk_lib.figures.style import INK, SOFT, WIDTH, colored_words, method_colors, new_figure, styled, unmeasured_figure

_TARGET = "#009E73"


@styled
def study_figure(rows: list[dict], panels: dict[str, str], reference: str | float | None = None, log: bool = False):
    """Rows from top to bottom, a panel for each measure: rings for the seeds, a dot for their mean, a line for its interval.

    Args:
        rows: dicts with "label", "method" (whose colour in other figures it has; "" is none), "note" (written beside the row:
            what diverged, what is stale, "not measured"), for each measure that was measured {"mean", "values"} with "low" and
            "high" from two seeds on (an arrow where it lies beyond the axis), and perhaps "targets" {measure: bound}, drawn as
            short green lines.
        reference: label of the row whose mean is a line through all others, or where that line is in every panel.
        log: logarithmic axes, for errors that differ by multiples.
    """
    if not rows:
        return unmeasured_figure()
    figure = new_figure(WIDTH, 0.75 + 0.26 * len(rows))
    axes = np.atleast_1d(figure.subplots(1, len(panels), sharey=True))
    colors = {"": INK} | method_colors(sorted({row["method"] for row in rows} - {""}))
    for ax, (measure, label) in zip(axes, panels.items(), strict=True):
        bounds = [row["targets"][measure] for row in rows if row.get("targets", {}).get(measure) is not None]
        limits = _limits([row[measure] for row in rows if measure in row], bounds, log)
        for place, row in enumerate(rows):
            if measure in row:
                _dots(ax, place, row[measure], colors[row["method"]], limits)
            if (bound := row.get("targets", {}).get(measure)) is not None:
                ax.plot([bound, bound], [place - 0.36, place + 0.36], color=_TARGET, lw=1.6, zorder=1)
        own = [row[measure]["mean"] for row in rows if row["label"] == reference and measure in row]
        for level in [reference] if isinstance(reference, float) else own:
            ax.axvline(level, color=SOFT, lw=0.8, ls=(0, (4, 3)), zorder=0)
        _axis(ax, label, log, limits)
    axes[0].set_yticks(range(len(rows)), [row["label"] for row in rows])
    axes[0].set_ylim(len(rows) - 0.5, -0.5)
    for place, row in enumerate(rows):
        if row["note"]:
            spot = {"xycoords": ("axes fraction", "data"), "xytext": (5, 0), "textcoords": "offset points"}
            axes[-1].annotate(row["note"], (1, place), va="center", size=7, color=SOFT, annotation_clip=False, **spot)
    return figure


def _limits(found: list[dict], bounds: list[float], log: bool) -> tuple[float, float]:
    """Where an axis ends, with some room: at values, bounds, and intervals but those of two seeds, which may be far wider."""
    values = [*bounds, *(value for each in found for value in (*each["values"], each["mean"]))]
    values += [each[end] for each in found for end in ("low", "high") if len(each["values"]) > 2]
    if not values:
        return (0.0, 1.0)
    if log:
        return min(value for value in values if value > 0) / 1.5, max(values) * 1.5
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.15 * ((high - low) or 1)
    return low - room * (low < 0), high + room


def _dots(ax, place: int, found: dict, color: str, limits: tuple[float, float]):
    values, mean = np.asarray(found["values"], dtype=float), found["mean"]
    if "low" in found:
        ends = np.clip((found["low"], found["high"]), *limits)
        ax.plot(ends, [place, place], color=color, lw=1.4, solid_capstyle="butt", zorder=2)
        for end, bound, mark in zip(ends, (found["low"], found["high"]), "<>", strict=True):
            if end != bound:  # it goes on beyond the axis
                ax.plot(end, place, mark, ms=4, color=color, mec="none", zorder=2, clip_on=False)
    ax.plot(values, np.full(len(values), place), "o", ms=4.5, mfc="none", mec=color, mew=0.7, zorder=3)
    ax.plot(mean, place, "o", ms=5, color=color, mec="white", mew=0.6, zorder=4)


def _axis(ax, label: str, log: bool, limits: tuple[float, float]):
    ax.set_xlabel(label)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    if log and ax.lines:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlim(limits)


@styled
def tradeoff_figure(regions: dict[str, list[dict]], chosen: dict[str, float] | None = None):
    """Jitter over error, a panel for each region and a path for each form of spring, from its least constant to its largest.

    Args:
        regions: title -> rows with "k", "form", "mean_px" and "nmj", the measures as (mean, low, high); bounds may be NaN.
        chosen: form -> the constant whose dot is large.
    """
    if not regions:
        return unmeasured_figure()
    figure = new_figure(WIDTH, 2.9)
    axes = np.atleast_1d(figure.subplots(1, max(1, len(regions))))
    forms = dict(zip(dict.fromkeys(row["form"] for rows in regions.values() for row in rows), FORMS, strict=False))
    for ax, (title, rows) in zip(axes, regions.items(), strict=False):
        for form, color in forms.items():
            own = sorted((row for row in rows if row["form"] == form), key=lambda row: row["k"])
            x, y = (np.array([row[name] for row in own], dtype=float).reshape(-1, 3) for name in ("mean_px", "nmj"))
            ax.plot(x[:, 0], y[:, 0], color=color, lw=1)
            ax.hlines(y[:, 0], x[:, 1], x[:, 2], color=color, lw=0.8, alpha=0.6)
            ax.vlines(x[:, 0], y[:, 1], y[:, 2], color=color, lw=0.8, alpha=0.6)
            for row, across, up in zip(own, x[:, 0], y[:, 0], strict=True):
                large = (chosen or {}).get(form) == row["k"]
                ax.plot(across, up, "o", ms=8 if large else 4, color=color, mec="white", mew=0.6, zorder=4)
                place = {"xytext": (5, 3), "textcoords": "offset points"}
                ax.annotate(f"{row['k']:g}", (across, up), color=color, size=7, weight="bold" if large else "normal", **place)
        ax.set_title(title, size=8.5)
        ax.set_xlabel("mean error (px)")
        ax.grid(axis="both", visible=True)
        ax.set(xlim=(0, 1.12 * ax.dataLim.x1), ylim=(0, 1.12 * ax.dataLim.y1))
    axes[0].set_ylabel("jitter (NMJ)")
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.28 / figure.get_figheight()))
    colored_words(figure, forms, 0.01, 1 - 0.22 / figure.get_figheight())
    return figure
