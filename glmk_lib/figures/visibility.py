"""Figures of what is known of landmarks beside their places: which are hidden, and how far off they may be."""

import numpy as np

from glmk_lib.figures.style import INK, SOFT, end_labels, new_figure, styled

_COLORS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")


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
