"""Figures of the check of a capture: both takes with what was found, and captures that went wrong on purpose."""

import re

import numpy as np
from matplotlib.patches import Rectangle

from glmk_lib.figures.style import INK, SOFT, WIDTH, bare, grid_of_panels, new_figure, show_frame, styled

LEVEL_COLORS = {"ok": "#009E73", "amber": "#E69F00", "red": "#C00000"}
_MARKS = {"ok": "o", "amber": "^", "red": "s"}  # told apart without colour, too
_COLUMNS = 6  # frames shown of each take
_LINE = 0.19  # inches a finding
_PLACES = {"marked": 1.55, "both": 1.55, "unmarked": 2.55}  # inches from the left of a column of findings


@styled
def check_figure(report, takes):
    """A sheet: frames of both takes, their light over time, and every finding with a sign for its level.

    Args:
        report: `check.findings.Report`. takes: the marked and the unmarked `check.takes.Take`.
    """
    names = list(dict.fromkeys(finding.name for finding in report.findings))
    lines = -(-len(names) // 2)
    gap, label, plot = 0.05, 0.24, 1.2
    side = (WIDTH - gap * (_COLUMNS - 1)) / _COLUMNS
    table = _LINE * (lines + 1.2)
    height = 2 * (side + label) + plot + table
    figure = new_figure(WIDTH, height, layout="none")
    top = height
    for take in takes:
        picks = np.linspace(0, len(take.frames) - 1, _COLUMNS).round().astype(int)
        for column, k in enumerate(picks):
            x, y = column * (side + gap), top - label - side
            ax = figure.add_axes((x / WIDTH, y / height, side / WIDTH, side / height))
            show_frame(ax, take.frames[k])
            if not column:
                ax.set_title(f"{take.name} ({len(take):,} frames)", loc="left", pad=4)
        top -= side + label
    _light(figure.add_axes((0.085, (top - plot + 0.3) / height, 0.905, (plot - 0.65) / height)), takes)
    ax = figure.add_axes((0, 0, 1, table / height))
    bare(ax)
    ax.set(xlim=(0, WIDTH), ylim=(lines + 0.1, -1.1))
    for left in (0, WIDTH / 2 + 0.1):
        for take in ("marked", "unmarked"):
            ax.text(left + _PLACES[take], -0.5, take, size=7.5, va="center", color=SOFT)
    for number, name in enumerate(names):
        column, line = divmod(number, lines)
        left = column * (WIDTH / 2 + 0.1)
        ax.text(left + 0.05, line + 0.5, name, size=7.5, va="center", color=INK)
        for finding in report.findings:
            if finding.name == name:
                _tell(ax, finding, left + _PLACES[finding.take], line + 0.5)
    return figure


@styled
def mistakes_figure(frames, titles, told, levels, columns: int = 6):
    """Captures that went wrong on purpose: a frame of each, what was done, and the finding that says so.

    Args:
        frames: N frames (H, W, 3) uint8. titles, told: N short texts, the latter in two lines.
        levels: N of "ok", "amber" and "red".
    """
    figure, axes = grid_of_panels(-(-len(frames) // columns), columns, 1.0, label=0.5, between=0.1)
    for k, ax in enumerate(axes.flat):
        if k >= len(frames):
            ax.set_visible(False)
            continue
        show_frame(ax, frames[k])
        ax.plot(0.05, 1.07, _MARKS[levels[k]], color=LEVEL_COLORS[levels[k]], ms=4.5, transform=ax.transAxes, clip_on=False)
        ax.text(0.12, 1.03, told[k], size=6.5, va="bottom", color=INK, transform=ax.transAxes)
        ax.text(0, 1.27, titles[k], size=7, va="bottom", weight="bold", color=INK, transform=ax.transAxes)
    return figure


def _light(ax, takes):
    """The light of both takes over time, in stops."""
    for take, color in zip(takes, ("#0072B2", "#D55E00"), strict=True):
        ax.plot(np.linspace(0, 1, len(take)), take.light - np.median(takes[0].light), color=color, lw=1, label=take.name)
    ax.set(xlim=(0, 1), ylabel="stops")
    ax.set_xticks([0, 1], ["begin", "end"])
    ax.get_xticklabels()[-1].set_ha("right")
    ax.set_title("light, against the marked take's median", loc="left", pad=4)
    ax.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 0.98), borderaxespad=0)


def _tell(ax, finding, x: float, line: float):
    """The sign of a finding's level, grey where nothing was measured, and its value; colours as little squares."""
    color = SOFT if finding.value is None and finding.level == "ok" else LEVEL_COLORS[finding.level]
    weight = "normal" if finding.level == "ok" else "bold"
    ax.plot(x - 0.1, line, _MARKS[finding.level], color=color, ms=4.5, clip_on=False)
    colours = re.findall("#[0-9a-f]{6}", finding.text)
    for k, colour in enumerate(colours):
        ax.add_patch(Rectangle((x + 0.16 * k, line - 0.32), 0.13, 0.64, color=colour, lw=0))
    if not colours:
        ax.text(x, line, finding.text, size=7.5, va="center", color=INK, weight=weight)
