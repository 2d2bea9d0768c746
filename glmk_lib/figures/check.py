"""Figures of the check of a capture: both takes with what was found, and captures that went wrong on purpose."""

import numpy as np

from glmk_lib.figures.style import INK, SOFT, bare, grid_of_panels, new_figure, show_frame, styled

LEVEL_COLORS = {"ok": "#009E73", "amber": "#E69F00", "red": "#C00000"}
_MARKS = {"ok": "o", "amber": "^", "red": "s"}  # told apart without colour, too
_COLUMNS = 6  # frames shown of each take


@styled
def check_figure(report, takes):
    """A sheet: frames of both takes, their light over time, and every finding with a sign for its level.

    Args:
        report: `check.findings.Report`. takes: the marked and the unmarked `check.takes.Take`.
    """
    lines = -(-len(report.findings) // 2)
    side, gap, label, plot = 7.2 / _COLUMNS - 0.05, 0.05, 0.24, 1.15
    rows = 2 * (side + label)
    height = rows + plot + 0.55 + 0.19 * lines + 0.15
    figure = new_figure(7.2, height, layout="none")
    top = height
    for take in takes:
        picks = np.linspace(0, len(take.frames) - 1, _COLUMNS).round().astype(int)
        for column, k in enumerate(picks):
            x, y = column * (side + gap), top - label - side
            ax = figure.add_axes((x / 7.2, y / height, side / 7.2, side / height))
            show_frame(ax, take.frames[k])
            if not column:
                ax.set_title(f"{take.name} ({len(take):,} frames)", loc="left", pad=4)
        top -= side + label
    ax = figure.add_axes((0.07, (top - plot - 0.05) / height, 0.91, (plot - 0.3) / height))
    for take, color in zip(takes, ("#0072B2", "#D55E00"), strict=True):
        along = np.linspace(0, 1, len(take))
        ax.plot(along, take.light - np.median(takes[0].light), color=color, lw=1, label=take.name)
    ax.set(xlim=(0, 1), ylabel="stops")
    ax.set_xticks([0, 1], ["begin", "end"])
    ax.set_title("light, against the marked take's", loc="left", pad=4)
    ax.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 0.98), borderaxespad=0)
    box = figure.add_axes((0, 0, 1, 0.19 * lines / height))
    bare(box)
    box.set(xlim=(0, 7.2), ylim=(lines, 0))
    for k, finding in enumerate(report.findings):
        _told(box, finding, 0.1 + 3.6 * (k // lines), k % lines + 0.5)
    return figure


@styled
def mistakes_figure(frames, titles, told, levels, columns: int = 6):
    """Captures that went wrong on purpose: a frame of each, what was done above it, and below it the finding that says so.

    Args:
        frames: N frames (H, W, 3) uint8. titles, told: N short texts. levels: N of "ok", "amber" and "red".
    """
    rows = -(-len(frames) // columns)
    figure, axes = grid_of_panels(rows, columns, 1.0, label=0.66)
    for k, ax in enumerate(axes.flat):
        if k >= len(frames):
            ax.set_visible(False)
            continue
        show_frame(ax, frames[k])
        ax.set_title(titles[k], loc="left", pad=3, size=7, weight="normal")
        ax.plot(0.04, -0.09, _MARKS[levels[k]], color=LEVEL_COLORS[levels[k]], ms=4.5, transform=ax.transAxes, clip_on=False)
        ax.text(0.1, -0.09, told[k], size=7, va="center", color=INK, transform=ax.transAxes)
    return figure


def _told(ax, finding, x: float, y: float):
    """One finding in a line: its sign, its take, its name and its value."""
    ax.plot(x, y, _MARKS[finding.level], color=LEVEL_COLORS[finding.level], ms=4.5, clip_on=False)
    ax.text(x + 0.12, y, finding.take, size=7, va="center", color=SOFT)
    weight = "normal" if finding.level == "ok" else "bold"
    ax.text(x + 0.75, y, finding.name, size=7.5, va="center", color=INK, weight=weight)
    ax.text(x + 2.2, y, finding.text, size=7.5, va="center", color=INK, weight=weight)
