"""Figures of the method at work: the two cycles, the renderer and how far it reaches, the curves of a run."""

import numpy as np
from matplotlib.patches import FancyArrowPatch

from glmk_lib.figures.style import INK, SOFT, WIDTH, end_labels, grid_of_panels, new_figure, show_frame, styled

CYCLES = (("marked", "fake_unmarked", "cycled_marked"), ("unmarked", "fake_marked", "cycled_unmarked"))
_ERRORS = {"mean_px": "mean error", "line_px": "to the painted line"}
_NO_LOSS = {"seconds", "mean_px", "line_px", "along_px", "nme"}
_ARROWS = {"angles": "xy", "scale_units": "xy", "scale": 1, "color": "#F0E442", "ec": "black", "lw": 0.3}
_ARROWS |= {"width": 0.009, "headwidth": 4.5, "headlength": 4, "headaxislength": 3.6}
_REMOVE, _PAINT = "$G$", r"$R(T + L_\Delta(\cdot))$"


@styled
def cycle_figure(images: dict):
    """The two cycles of the paper, left to right, for the first frame of a batch.

    marked → G → paint removed → R(T + L_Δ(·)) → painted again, and unmarked → R(T + L_Δ(·)) → painted → G → paint removed.
    `images` holds marked, fake_unmarked, cycled_marked, unmarked, fake_marked and cycled_unmarked: tensors or arrays
    (B, 3, H, W) in [0, 1].
    """
    missing = [name for row in CYCLES for name in row if name not in images]
    if missing:
        raise ValueError(f"images lack {missing}; expected {[name for row in CYCLES for name in row]}.")
    frames = {name: as_frames(images[name])[0] for row in CYCLES for name in row}
    height, width = frames["marked"].shape[:2]
    figure, axes = grid_of_panels(2, 3, height / width, width=6.6, gap=1.05, between=0.1, label=0.25)
    steps = ((_REMOVE, _PAINT), (_PAINT, _REMOVE))
    words = (
        ("marked frame", "paint removed", "painted again"),
        ("unmarked frame", "painted", "paint removed"),
    )
    for row in range(2):
        for column, name in enumerate(CYCLES[row]):
            show_frame(axes[row, column], frames[name])
            axes[row, column].set_title(words[row][column], loc="left", pad=4, size=8.5)
        for column, step in enumerate(steps[row]):
            _arrow(figure, axes[row, column], axes[row, column + 1], step)
    return figure


@styled
def renderer_figure(images, widths, points, gradients):
    """How far the renderer's gradient reaches at several paint widths.

    Args:
        images: (K, H, W, 3) uint8, the same line painted at K widths.
        widths: (K,) in pixels, named above each frame.
        points: (M, 2) in [-1, 1], where a painted point was put to be compared with that image.
        gradients: (K, M, 2), the way gradient descent on the image error moves a point from there (-dE/dp). Arrows end
            there, and have length by the square root of their size, each panel by its own largest; where it all but vanishes
            there is a dot.
    """
    count = len(images)
    height, width = images[0].shape[:2]
    figure, axes = grid_of_panels(1, count, height / width, label=0.25, gap=0.08)
    points = np.asarray(points, dtype=float)
    for ax, image, wide, pull in zip(axes[0], images, widths, np.asarray(gradients, dtype=float), strict=True):
        show_frame(ax, image)
        size = np.linalg.norm(pull, axis=-1)
        strength = np.sqrt(size / max(size.max(), 1e-12))
        way = pull / np.maximum(size, 1e-12)[:, None]
        felt = strength > 0.03
        arrows = way[felt] * (0.2 * strength[felt])[:, None]
        ax.plot(*points[~felt].T, ".", ms=1.8, color="white", mec="none", alpha=0.8)
        ax.quiver(*points[felt].T, *arrows.T, pivot="tip", **_ARROWS)
        ax.set_title(f"{wide:.1f} px wide", loc="left", pad=4)
    return figure


@styled
def curves_figure(history, errors=None, baselines=None, unit: str = "px"):
    """A training run: errors on held-out frames above, with baselines as horizontal lines; below, a panel for each loss.

    Args:
        history: list of dicts, each with "step" and some numbers, as a run's `history`. Rows need not all hold the same keys.
        errors: key -> name of the curves for the upper panel; by default the mean error and the distance to the line. Every
            other number of the history is taken for a loss, save the time spent and what `evaluation.accuracy` adds.
        baselines: name -> level in the upper panel, in `unit`.
    """
    numbers = _columns(history)
    errors = {key: name for key, name in (errors or _ERRORS).items() if key in numbers}
    losses = {key: value for key, value in numbers.items() if key not in errors and key not in _NO_LOSS}
    columns = 4
    rows = -(-len(losses) // columns)
    figure = new_figure(WIDTH, (2.6 if errors else 0) + 1.15 * rows + 0.2)
    parts = figure.subfigures(2, 1, height_ratios=[2.6, 1.15 * rows]) if errors and losses else [figure, figure]
    if errors:
        _error_panel(parts[0], {name: numbers[key] for key, name in errors.items()}, baselines or {}, unit)
    if losses:
        _loss_panels(parts[1], losses, rows, columns)
    return figure


def as_frames(images) -> np.ndarray:
    """(B, 3, H, W) in [0, 1], tensor or array, as (B, H, W, 3) uint8."""
    values = images.detach().cpu().numpy() if hasattr(images, "detach") else np.asarray(images)
    return (values.clip(0, 1).transpose(0, 2, 3, 1) * 255).round().astype(np.uint8)


def _arrow(figure, start, end, words):
    left, right = start.get_position(), end.get_position()
    y = (left.y0 + left.y1) / 2
    room = right.x0 - left.x1
    ends = ((left.x1 + 0.1 * room, y), (right.x0 - 0.1 * room, y))
    figure.add_artist(FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=11, color=INK, lw=1.2, shrinkA=0, shrinkB=0))
    figure.text((left.x1 + right.x0) / 2, y + 0.018, words, ha="center", va="bottom", size=9.5)


def _columns(history):
    """key -> (steps, values) over the rows that hold a finite number under it."""
    keys = dict.fromkeys(key for row in history for key in row if key != "step")
    found = {}
    for key in keys:
        pairs = [(row["step"], row[key]) for row in history if isinstance(row.get(key), int | float) and np.isfinite(row[key])]
        if pairs:
            found[key] = np.array(pairs, dtype=float).T
    return found


def _error_panel(part, curves, baselines, unit):
    ax = part.subplots()
    end = max(steps[-1] for steps, _ in curves.values())
    top = max([*(values.max() for _, values in curves.values()), *baselines.values()])
    labels = []
    for name, level in baselines.items():
        ax.axhline(level, color=SOFT, lw=1, ls=(0, (4, 3)))
        labels.append((level, f"{name} {level:.2f}", SOFT))
    for color, (name, (steps, values)) in zip(("#D55E00", "#0072B2", "#009E73", "#CC79A7"), curves.items(), strict=False):
        ax.plot(steps, values, color=color, marker="o" if len(steps) < 30 else None, ms=3)
        labels.append((values[-1], f"{name} {values[-1]:.2f}", color))
    ax.set(xlabel="step", ylabel=f"error on held-out frames ({unit})", xlim=(0, end), ylim=(0, 1.06 * top))
    ax.set_title("held-out unmarked frames")
    end_labels(ax, labels)


def _loss_panels(part, losses, rows, columns):
    axes = np.atleast_1d(part.subplots(rows, columns, sharex=True)).reshape(rows, columns)
    for k, (ax, (name, (steps, values))) in enumerate(zip(axes.flat, losses.items(), strict=False)):
        ax.plot(steps, values, color="#0072B2", lw=0.5, alpha=0.35)
        ax.plot(steps, _smooth(values), color="#0072B2", lw=1.3)
        ax.set_title(name.replace("_", " "), size=8, pad=3)
        ax.tick_params(labelsize=7)
        ax.locator_params(axis="both", nbins=3)
        low, high = np.percentile(values, [0, 99])
        ax.set_ylim(min(0, low), high * 1.1 if high > 0 else None)
        if k >= len(losses) - columns:
            ax.set_xlabel("step", size=7.5)
            ax.tick_params(labelbottom=True)
    for ax in axes.flat[len(losses) :]:
        ax.set_visible(False)


def _smooth(values):
    """A moving mean over a twentieth of the run, narrower at the ends."""
    half = len(values) // 40
    sums = np.concatenate([[0.0], np.cumsum(values)])
    i = np.arange(len(values))
    low, high = np.maximum(i - half, 0), np.minimum(i + half + 1, len(values))
    return (sums[high] - sums[low]) / (high - low)
