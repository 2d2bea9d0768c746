"""Figures of the capture: the template, the two takes, the paint that was measured, landmarks over frames."""

import itertools

import numpy as np
from matplotlib.patches import Rectangle

from glmk_lib.figures.style import (
    INK,
    SOFT,
    bare,
    chains,
    draw_landmarks,
    draw_lines,
    draw_truth,
    grid_of_panels,
    halo,
    new_figure,
    show_frame,
    styled,
)
from glmk_lib.line_colors import line_colors
from glmk_lib.template import Template


@styled
def draw_template(template: Template, image=None):
    """The template: each line in its colour with its name beside it, each point with its number.

    `image` (H, W, 3) uint8 goes underneath; without one the frame is left white.
    """
    height, width = (1, 1) if image is None else np.shape(image)[:2]
    figure = new_figure(4.6, 4.6 * height / width, layout="none")
    _draw_on(figure.add_axes((0, 0, 1, 1)), template, image)
    return figure


@styled
def compare_templates(templates, image, titles):
    """Templates side by side over the same `image` (H, W, 3) uint8, with a title above each, as `draw_template` draws them."""
    height, width = np.shape(image)[:2]
    figure = new_figure(4.0 * len(templates), 4.0 * height / width)
    for ax, template, title in zip(figure.subplots(1, len(templates), squeeze=False)[0], templates, titles, strict=True):
        _draw_on(ax, template, image)
        ax.set_title(title)
    return figure


def _draw_on(ax, template, image):
    if image is None:
        bare(ax)
        ax.set(xlim=(-1, 1), ylim=(1, -1))
        ax.add_patch(Rectangle((-1, -1), 2, 2, fill=False, ec="#cccccc", lw=1.5))
    else:
        show_frame(ax, image)
    outline = "white" if image is None else "#000000"
    colors = [line.colors[0] for line in template.lines] if image is None else line_colors(template)
    draw_lines(ax, template.points, template, colors, 1.8, 4, path_effects=halo(2.8, outline))
    numbers = [point + 0.045 * _outwards(template, i) for i, point in enumerate(template.points)]
    for i, (x, y) in enumerate(numbers):
        number = ax.text(x, y, str(i), size=5.8, ha="center", va="center", color=SOFT if image is None else "white")
        number.set_path_effects(halo(1.4, outline))
    for line, (x, y), color in zip(template.lines, _name_spots(template, numbers), colors, strict=True):
        word = ax.text(x, y, line.name.replace("_", " "), color=color, size=8.5, weight="bold", ha="center", va="center")
        word.set_path_effects(halo(2.5, outline))


@styled
def contact_sheet(frames, points=None, template=None, truth=None, columns: int = 6, titles=None):
    """Frames in a grid, enlarged, with predicted landmarks in colour and true ones as thin white lines outlined in black.

    Args:
        frames: (N, H, W, 3) uint8.
        points, truth: (N, P, 2) in [-1, 1], or None. Points that are NaN are left out.
        template: joins the points by its lines; without it they are dots.
        titles: N short texts, one above each frame.
    """
    count = len(frames)
    if count == 0:
        raise ValueError("no frames; expected at least one of shape (H, W, 3).")
    columns = min(columns, count)
    rows = -(-count // columns)
    aspect = frames[0].shape[0] / frames[0].shape[1]
    figure, axes = grid_of_panels(rows, columns, aspect, label=0.2 if titles is not None else 0.0)
    for k, ax in enumerate(axes.flat):
        if k >= count:
            ax.set_visible(False)
            continue
        show_frame(ax, frames[k])
        if truth is not None:
            draw_truth(ax, truth[k], template)
        if points is not None:
            draw_landmarks(ax, points[k], template, width=0.9 + 1.2 / columns, dots=1.2 + 3 / columns)
        if titles is not None:
            ax.set_title(titles[k], loc="left", pad=3, size=8, weight="normal")
    return figure


@styled
def takes_figure(marked, unmarked, columns: int = 6):
    """The two takes, one above the other: `columns` frames of the marked one, evenly spread, and of the unmarked one."""
    aspect = marked[0].shape[0] / marked[0].shape[1]
    figure, axes = grid_of_panels(2, columns, aspect, label=0.22, gap=0.06)
    for row, (frames, title) in enumerate([(marked, "marked: lines painted on the skin"), (unmarked, "unmarked: bare skin")]):
        picks = np.unique(np.linspace(0, len(frames) - 1, columns).round().astype(int))
        for ax, i in zip(axes[row], picks, strict=False):
            show_frame(ax, frames[i])
        axes[row, 0].set_title(f"{title} ({len(frames):,} frames)", loc="left", pad=4)
    return figure


@styled
def paint_figure(frames, key_masks, paint):
    """What was measured of the paint: marked frames, their chroma key, and each colour with its width and opacity.

    Args:
        frames: (N, H, W, 3) uint8, marked; the first five are shown.
        key_masks: (N, C, H, W) in [0, 1], the key of each of the C paint colours.
        paint: `capture.paint.Paint`, its colours in [0, 1] and its widths in units of [-1, 1].
    """
    shown = min(5, len(frames))
    height, width = frames[0].shape[:2]
    colors = np.clip(np.asarray(paint.colors, dtype=float), 0, 1)
    figure, axes = grid_of_panels(2, shown + 1, height / width, label=0.22, gap=0.06)
    for k in range(shown):
        show_frame(axes[0, k], frames[k])
        masks = np.asarray(key_masks[k], dtype=float)[..., None]  # (C, H, W, 1)
        keyed = (masks * colors[:, None, None]).sum(0) / np.maximum(masks.sum(0), 1e-6)
        strength = masks.max(0)
        show_frame(axes[1, k], ((1 - strength) * 0.93 + strength * keyed).clip(0, 1))
    axes[0, 0].set_title("marked frames", loc="left", pad=4)
    axes[1, 0].set_title("chroma key", loc="left", pad=4)
    axes[1, -1].set_visible(False)
    axes[0, -1].set_title("the paint", loc="left", pad=4)
    _swatches(axes[0, -1], axes[1, -1], colors, np.asarray(paint.opacity), np.asarray(paint.width) * width / 2)
    return figure


def _swatches(upper, lower, colors, opacity, pixels):
    """A strip of each colour with its numbers, in a panel that spans `upper` and `lower`."""
    low, high = lower.get_position(), upper.get_position()
    ax = upper.figure.add_axes((low.x0, low.y0, low.width, high.y1 - low.y0))
    bare(ax)
    step = min(0.34, 1.0 / len(colors))
    ax.set(xlim=(0, 1), ylim=(0, 1))
    for k, color in enumerate(colors):
        y = 1 - k * step
        ax.add_patch(Rectangle((0.02, y - 0.22 * step), 0.96, 0.2 * step, color=color, lw=0))
        ax.text(0.02, y - 0.28 * step, f"width {pixels[k]:.1f} px\nopacity {opacity[k]:.2f}", size=7.5, va="top", color=INK)


def _name_spots(template, numbers):
    """Where each line's name goes (L, 2): near its line, where the name's box covers the fewest lines, numbers and names."""
    taken = [np.array(numbers)]
    for chain in chains(template.points, template):
        steps = np.linspace(0, 1, 8)[:, None]
        taken += [start + steps * (end - start) for start, end in itertools.pairwise(chain)]
    taken = np.concatenate(taken)
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    spots = []
    for line, chain in zip(template.lines, chains(template.points, template), strict=True):
        box = np.array(
            [0.017 * len(line.name) + 0.02, 0.05]
        )  # half its sides: the figure is 4.6 inches wide, the type 8.5 points
        middle = (chain.max(0) + chain.min(0)) / 2
        tries = (chain[:, None, None] + ring[None, :, None] * (box + np.array([[0.03], [0.07], [0.11]]))).reshape(-1, 2)
        tries = tries[(np.abs(tries) + box <= 1).all(1)] if (np.abs(tries) + box <= 1).all(1).any() else tries
        covered = (np.abs(tries[:, None] - taken) < box).all(-1).sum(1)
        outside = np.linalg.norm(tries - template.points.mean(0), axis=1)
        best = tries[np.argmin(covered + 0.5 * np.linalg.norm(tries - middle, axis=1) - 0.6 * outside)]
        corners = best + box * np.stack(np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 3)), -1).reshape(-1, 2)
        taken = np.concatenate([taken, corners])
        spots.append(best)
    return spots


def _outwards(template, i):
    """A direction (2,) of length 1 across the line at point i, where its number doesn't sit on the line."""
    line = next(line for line in template.lines if i in line.points)
    place = line.points.index(i)
    last = len(line.points) - 1
    before = line.points[place - 1] if place or line.closed else i
    after = line.points[(place + 1) % (last + 1)] if place < last or line.closed else i
    along = template.points[after] - template.points[before]
    across = np.array([along[1], -along[0]], dtype=float)
    across /= np.linalg.norm(across) + 1e-9
    return across if across @ (template.points[i] - template.points.mean(0)) >= 0 else -across
