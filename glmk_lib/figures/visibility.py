"""Figures of what is known of landmarks beside their places: which are hidden, and how far off they may be."""

import numpy as np

from glmk_lib.figures.style import INK, SOFT, draw_lines, end_labels, grid_of_panels, halo, new_figure, show_frame, styled
from glmk_lib.landmarks.track import VISIBLE
from glmk_lib.line_colors import line_colors
from glmk_lib.template import Template

_COLORS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")


@styled
def hidden_figure(frames, points, visibility, template: Template, visible=None, columns: int = 6):
    """Landmarks on frames: filled dots where a point is said to be visible, rings where it is said to be hidden.

    Args:
        frames: (K, H, W, 3) uint8. points: (K, N, 2) in [-1, 1]. visibility: (K, N), probabilities.
        visible: (K, N) bool, the truth: points that are truly hidden have a cross. None where there is none.
    """
    rows, colors = -(-len(frames) // columns), line_colors(template)
    figure, axes = grid_of_panels(rows, columns, frames[0].shape[0] / frames[0].shape[1])
    for k, ax in enumerate(axes.flat):
        if k >= len(frames):
            ax.set_visible(False)
            continue
        show_frame(ax, frames[k])
        draw_lines(ax, points[k], template, colors, 0.8, 0)
        hidden = visibility[k] < VISIBLE
        for line, color in zip(template.lines, colors, strict=True):
            own = np.array(line.points)
            ax.plot(*points[k, own[~hidden[own]]].T, "o", ms=2.6, color=color, mec="white", mew=0.4)
            ax.plot(*points[k, own[hidden[own]]].T, "o", ms=3.6, mfc="none", mec="white", mew=0.8, path_effects=halo(1.8))
        if visible is not None:
            ax.plot(*points[k, ~visible[k]].T, "x", ms=2.4, color="white", mew=0.8, path_effects=halo(1.6))
    return figure


@styled
def coverage_figure(coverages: dict[str, dict[str, float]]):
    """Coverage: the share of points whose error is within its bound, against the share that the bound is stated for.

    `coverages`: name -> {"5%": share, ...}, as `visibility.evaluate.score` gives them. On the diagonal a bound holds exactly;
    below it errors are larger than stated.
    """
    figure = new_figure(4.6, 3.4)
    ax = figure.subplots()
    ax.plot([0, 100], [0, 100], color=SOFT, lw=0.9, ls=(0, (3, 3)))
    rows = []
    for (name, coverage), color in zip(coverages.items(), _COLORS, strict=False):
        stated = np.array([float(level.rstrip("%")) for level in coverage])
        actual = 100 * np.array(list(coverage.values()))
        ax.plot(stated, actual, color=color, marker="o", ms=2.5)
        rows.append((actual[-1], name, color))
    ax.set(
        xlim=(0, 100), ylim=(0, 100), xlabel="stated for (% of visible points)", ylabel="error within the bound (% of points)"
    )
    ax.tick_params(colors=INK)
    end_labels(ax, rows)
    return figure
