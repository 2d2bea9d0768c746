"""Figures of what G leaves of the paint: pixel by pixel, and whether L_delta reads it."""

from textwrap import fill

import numpy as np

from glmk_lib.figures.style import (
    INK,
    SOFT,
    WIDTH,
    end_labels,
    grid_of_panels,
    new_figure,
    show_frame,
    styled,
    unmeasured_figure,
)
from glmk_lib.figures.training import as_frames

STRONGER = 8  # how many times differences are shown
_COLORS = ("#D55E00", "#0072B2")


@styled
def trace_figure(found: dict, chosen=(0,)):
    """Painted frames, G's output, the same instants filmed bare, and what lies between: about grey, `STRONGER` times as strong.

    Args:
        found: of `traces.measure`: marked, fake, bare and read, each (T, 3, S, S).
        chosen: which frames, a row each.
    """
    left_words = (f"what $G$ left, ×{STRONGER}", f"as it is read, ×{STRONGER}")
    words = ("painted", "paint removed by $G$", "filmed without paint", *left_words)
    height, width = found["bare"].shape[2:]
    figure, axes = grid_of_panels(len(chosen), len(words), height / width, top=0.22)
    for row, k in enumerate(chosen):
        left = [found["fake"][[k]] - found["bare"][[k]], found["read"][[k]]]
        panels = [found[name][[k]] for name in ("marked", "fake", "bare")] + [0.5 + STRONGER * each for each in left]
        for ax, panel in zip(axes[row], panels, strict=True):
            show_frame(ax, as_frames(panel)[0])
    for ax, word in zip(axes[0], words, strict=True):
        ax.set_title(word, loc="left", pad=4, size=8)
    return figure


@styled
def noise_figure(noises, errors: dict, trained: float):
    """Mean error over the noise that is added to what L_delta reads.

    Args:
        noises: (K,) standard deviations, in shares of a frame's range. errors: name -> (K,) in px.
        trained: the noise under which L_delta reads while G learns; 0 where there is none.
    """
    figure = new_figure(4.6, 3.0)
    ax = figure.subplots()
    labels = []
    for (name, values), color in zip(errors.items(), _COLORS, strict=True):
        ax.plot(noises, values, color=color, marker="o", ms=3)
        labels.append((values[-1], name, color))
    top = 1.12 * np.max(list(errors.values()))
    ax.set(xlim=(0, max(noises)), ylim=(0, top), xlabel="noise that is added (σ, share of the range)", ylabel="mean error (px)")
    if trained:
        ax.axvline(trained, color=SOFT, lw=0.9, ls=(0, (3, 3)))
        ax.annotate("while G learns", (trained, 0.04 * top), xytext=(3, 0), textcoords="offset points", color=SOFT, size=8)
    ax.tick_params(colors=INK)
    end_labels(ax, labels)
    return figure


@styled
def channel_figure(noises, rows: list[dict]):
    """A panel for each training: its errors on G's frames and on bare ones over added noise, thin for each seed, bold for all.

    Args:
        noises: (K,) standard deviations, in shares of a frame's range.
        rows: dicts with "label" and "errors", name -> (seeds, K) in px; without "errors" where it was not measured.
    """
    rows = [row for row in rows if "errors" in row]
    if not rows:
        return unmeasured_figure()
    figure = new_figure(WIDTH, 2.6)
    axes = np.atleast_1d(figure.subplots(1, len(rows), sharey=True))
    for ax, row in zip(axes, rows, strict=True):
        for (name, values), color in zip(row["errors"].items(), _COLORS, strict=True):
            ax.plot(noises, np.transpose(values), color=color, lw=0.6, alpha=0.5)
            ax.plot(noises, np.mean(values, 0), color=color, marker="o", ms=3, label=name)
        ax.set_title(fill(row["label"], 30), loc="left", size=8)
        ax.set(xlim=(0, max(noises)), xlabel="added noise (σ)")
        ax.tick_params(colors=INK)
    top = max(np.max(values) for row in rows for values in row["errors"].values())
    axes[0].set(ylim=(0, 1.12 * top), ylabel="mean error (px)")
    axes[0].legend(frameon=False, loc="lower left")
    return figure
