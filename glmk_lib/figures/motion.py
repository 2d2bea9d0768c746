"""Figures of motion: what the points do over time, how much they tremble, and at which frequencies."""

import numpy as np
from matplotlib.ticker import NullLocator

from glmk_lib import metrics
from glmk_lib.figures.style import WIDTH, colored_words, method_colors, new_figure, styled


@styled
def trajectories_figure(predictions: dict, truth, points, fps: float, names=None):
    """x and y of chosen points over time, predictions in colour over the truth in grey: a row a point.

    Args:
        predictions: name -> (T, N, 2) in pixels.
        truth: (T, N, 2) in pixels, or None.
        points: indices of the points shown.
        fps: frames a second, for the time axis.
        names: N names of the points (`Template.names`), or None for their numbers.
    """
    colors = method_colors(predictions)
    points = list(points)
    figure = new_figure(WIDTH, 0.6 + 1.25 * len(points))
    axes = np.atleast_2d(figure.subplots(len(points), 2, sharex=True)).reshape(len(points), 2)
    for row, i in enumerate(points):
        for axis, letter in enumerate("xy"):
            ax = axes[row, axis]
            if truth is not None:
                ax.plot(np.arange(len(truth)) / fps, truth[:, i, axis], color="#c9c9c9", lw=3.6)
            for name, values in predictions.items():
                ax.plot(np.arange(len(values)) / fps, values[:, i, axis], color=colors[name], lw=1)
            ax.set_ylabel(f"{letter} (px)")
            ax.margins(x=0)
        axes[row, 0].set_title((names[i] if names else f"point {i}").replace("_", " "), size=8.5)
    for ax in axes[-1]:
        ax.set_xlabel("time (s)")
    words = ({"truth (grey band)": "#9a9a9a"} if truth is not None else {}) | colors
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.28 / figure.get_figheight()))
    colored_words(figure, words, 0.01, 1 - 0.22 / figure.get_figheight())
    return figure


@styled
def jitter_scatter(results: dict):
    """Jitter beside what it must not be read without: error across, NMJ upwards, the motion kept as the fill of each dot.

    `results`: name -> (nmj, error in px, retention slope). Good is below and to the left with a full dot; a frozen template
    has no inner dot at all.
    """
    colors = method_colors(results)
    figure = new_figure(5.6, 3.5)
    ax = figure.subplots()
    across = max(error for _, error, _ in results.values())
    up = max(jitter for jitter, _, _ in results.values())
    beside = {name: -1 if error > 0.72 * across else 1 for name, (_, error, _) in results.items()}
    shifts = _apart({name: 1.18 * up and jitter / (1.18 * up) for name, (jitter, *_) in results.items()}, beside)
    for name, (jitter, error, kept) in results.items():
        ax.plot(error, jitter, "o", ms=13, mfc="white", mec=colors[name], mew=1.4)
        ax.plot(error, jitter, "o", ms=10.5 * np.sqrt(np.clip(kept, 0, 1)), mfc=colors[name], mec="none")
        side = beside[name]
        words = f"{name}\nkeeps {100 * kept:.0f} % of the motion"
        spot = {
            "xytext": (10 * side, shifts[name]),
            "textcoords": "offset points",
            "va": "center",
            "ha": "left" if side > 0 else "right",
        }
        ax.annotate(words, (error, jitter), color=colors[name], size=8, linespacing=1.25, **spot)
    ax.set(xlim=(0, 1.12 * across), ylim=(0, 1.18 * up), xlabel="mean error (px)", ylabel="jitter (NMJ)")
    ax.grid(axis="both", visible=True)
    return figure


def _apart(heights: dict[str, float], sides: dict[str, int], gap: float = 25.0, tall: float = 205.0) -> dict[str, float]:
    """How far up, in points, each label of two lines goes from its dot so that those of one side don't overlap.

    `heights`: 0 to 1 of the axes, which are about `tall` points high.
    """
    shifts = {}
    for side in set(sides.values()):
        names = sorted((name for name in heights if sides[name] == side), key=heights.get)
        places = np.array([tall * heights[name] for name in names])
        free = places.copy()
        for k in range(1, len(free)):
            free[k] = max(free[k], free[k - 1] + gap)
        excess = max(0.0, free[-1] - (tall - gap / 2))  # what would leave the axes at their top goes down again
        if excess:
            free[-1] -= excess
            for k in range(len(free) - 2, -1, -1):
                free[k] = min(free[k], free[k + 1] - gap)
        shifts |= dict(zip(names, (free - places).tolist(), strict=True))
    return shifts


@styled
def spectra_figure(errors: dict, fps: float):
    """Power spectral density of the error over time: drift on the left, tremble on the right.

    `errors`: name -> (T, N, 2) prediction minus truth in pixels, consecutive frames. Hidden points are NaN; see
    `metrics.power_spectrum`.
    """
    colors = method_colors(errors)
    figure = new_figure(5.4, 3.2)
    ax = figure.subplots()
    top = 0.0
    for name, values in errors.items():
        frequency, power = metrics.power_spectrum(values, fps)
        ax.plot(frequency[1:-1], power[1:-1], color=colors[name])
        top = max(top, np.nanmax(power[1:-1], initial=0.0))
    low = max(ax.dataLim.y0, 1e-7 * top)  # what is smoother than that is rounding
    ax.set(
        yscale="log",
        xlim=(0, fps / 2),
        ylim=(0.5 * low, 2 * top) if top else None,
        xlabel="frequency (Hz)",
        ylabel="power of the error (px²/Hz)",
    )
    ax.yaxis.set_minor_locator(NullLocator())
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.28 / figure.get_figheight()))
    colored_words(figure, colors, 0.02, 1 - 0.22 / figure.get_figheight())
    return figure
