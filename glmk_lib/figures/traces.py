"""Figures of what G leaves of the paint: pixel by pixel, and whether L_delta reads it."""

import numpy as np

from glmk_lib.figures.style import INK, SOFT, end_labels, grid_of_panels, new_figure, show_frame, styled
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
