"""Figures of the results: methods side by side, cumulative errors, the spring ablation."""

import numpy as np
from matplotlib.ticker import FixedLocator, NullLocator

from glmk_lib import metrics
from glmk_lib.figures.style import INK, WIDTH, colored_words, end_labels, method_colors, new_figure, styled, unmeasured_figure

MEASURES = {
    "mean_px": "mean error (px)",
    "line_px": "across the line (px)",
    "along_px": "along the line (px)",
    "nmj": "jitter (NMJ)",
    "acceleration_error_px": "acceleration error (px)",
    "retention": "motion retention (slope)",
    "fold_overs": "fold-overs (share of corners)",
}
FORMS = ("#D55E00", "#0072B2", "#009E73")


@styled
def comparison_bars(results: dict, unit: str = "px", label: str = "mean error on held-out frames"):
    """Methods side by side, in the order given: a bar from zero for each, its 95 % interval, and both as text.

    `results`: name -> (mean, low, high) as `metrics.Interval`; low and high may be NaN when nothing was resampled.
    """
    colors = method_colors(results)
    figure = new_figure(WIDTH, 0.65 + 0.32 * len(results))
    ax = figure.subplots()
    top = max(np.nanmax([mean, high]) for mean, _, high in results.values())
    for row, (name, (mean, low, high)) in enumerate(results.items()):
        ax.barh(row, mean, height=0.62, color=colors[name], alpha=0.9, lw=0)
        text, end = f"{mean:.2f} {unit}", mean
        if np.isfinite(low) and np.isfinite(high):
            ax.plot([low, high], [row, row], color=INK, lw=1.2, solid_capstyle="butt")
            ax.plot([low, high], [row, row], "|", color=INK, ms=6, mew=1.2)
            text, end = f"{text}  [{low:.2f}, {high:.2f}]", max(mean, high)
        ax.annotate(text, (end, row), xytext=(6, 0), textcoords="offset points", va="center", size=8)
    ax.set_yticks(range(len(results)), list(results))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set(
        xlim=(0, 1.3 * top), ylim=(len(results) - 0.5, -0.5), xlabel=f"{label} ({unit}); bars: mean, whiskers: 95 % interval"
    )
    return figure


@styled
def ced_figure(errors: dict, limit: float = 0.08):
    """Cumulative error distribution: the share of frames whose normalised error is at most the value on the axis.

    `errors`: name -> (T,) normalised error of each frame (`metrics.frame_nme`). The area under each curve up to `limit`
    (AUC) stands beside its name.
    """
    colors = method_colors(errors)
    figure = new_figure(5.4, 3.2)
    ax = figure.subplots()
    rows = []
    for name, values in errors.items():
        error, share = metrics.ced(values, limit)
        ax.plot(100 * error, 100 * share, color=colors[name])
        rows.append((100 * share[-1], f"{name}  AUC {metrics.auc(values, limit):.2f}", colors[name]))
    ax.set(
        xlim=(0, 100 * limit), ylim=(0, 103), xlabel="error (% of the subject's extent)", ylabel="frames within that error (%)"
    )
    end_labels(ax, rows)
    return figure


@styled
def ablation_figure(rows, measures: dict | None = None):
    """The spring ablation: each measure in a panel of its own against the spring constant K, a colour for each form of spring.

    Args:
        rows: dicts with "k" (>= 0), "form" (a name) and, for each measure, a number or (mean, low, high) over seeds.
        measures: key -> axis label; by default those of `MEASURES` that some row holds.
    """
    if not rows:
        return unmeasured_figure()
    measures = {key: label for key, label in (measures or MEASURES).items() if any(key in row for row in rows)}
    forms = dict(zip(dict.fromkeys(row["form"] for row in rows), FORMS, strict=False))
    place, ticks = _log_with_zero(sorted({row["k"] for row in rows}))
    columns = min(3, len(measures))
    lines = -(-len(measures) // columns)
    figure = new_figure(WIDTH, 0.35 + 2.05 * lines)
    axes = np.atleast_1d(figure.subplots(lines, columns)).reshape(lines, columns)
    for ax, (key, label) in zip(axes.flat, measures.items(), strict=False):
        for form, color in forms.items():
            own = sorted((row["k"], *_interval(row[key])) for row in rows if row["form"] == form and key in row)
            if own:
                _ablation_curve(ax, *np.array(own, dtype=float).T, place, color, filled=color == FORMS[0])
        ax.set_title(label, size=8.5)
        ax.xaxis.set_major_locator(FixedLocator(list(ticks)))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xticklabels(list(ticks.values()))
        low, high = min(0, ax.dataLim.y0), max(0, ax.dataLim.y1)
        ax.set_ylim(low, high + 0.08 * (high - low or 1))
        ax.set_xlabel("spring constant K", size=8)
    for ax in axes.flat[len(measures) :]:
        ax.set_visible(False)
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.3 / figure.get_figheight()), hspace=0.08)
    colored_words(figure, forms, 0.01, 1 - 0.22 / figure.get_figheight())
    return figure


def _ablation_curve(ax, k, mean, low, high, place, color, filled):
    x = np.array([place[value] for value in k])
    known = np.isfinite(low) & np.isfinite(high)
    ax.vlines(x[known], low[known], high[known], color=color, lw=1, alpha=0.7)
    positive = k > 0
    ax.plot(x[positive], mean[positive], color=color, lw=1.4)
    look = {"marker": "o", "mfc": color, "mec": "white"} if filled else {"marker": "s", "mfc": "white", "mec": color}
    ax.plot(x, mean, ls="none", ms=4, mew=0.8, **look)
    if not positive.all() and positive.any():  # no straight line leads to zero on a logarithmic axis: dots say so
        ax.plot(x[:2], mean[:2], color=color, lw=1, ls=(0, (1, 2)))


def _interval(value):
    return (value, np.nan, np.nan) if np.isscalar(value) else tuple(value)


def _log_with_zero(ks):
    """Where each K goes: log10 of it, and zero one step left of the least. Also the ticks, place -> text."""
    positive = [k for k in ks if k > 0]
    logs = {k: float(np.log10(k)) for k in positive}
    steps = np.diff(sorted(logs.values()))
    if ks and ks[0] == 0:
        logs[0] = (min(logs.values()) - (float(np.median(steps)) if len(steps) else 1.0)) if logs else 0.0
    return logs, {logs[k]: f"{k:g}" for k in ks}
