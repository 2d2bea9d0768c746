"""What the figures share: the style sheet, colours with a fixed meaning, and panels that show frames."""

import functools
import io

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke

from glmk_lib.line_colors import ON_SKIN, line_colors
from glmk_lib.paths import PACKAGE
from glmk_lib.template import Template

_STYLE = ("default", str(PACKAGE / "glmk.mplstyle"))

WIDTH = 7.2  # inches: the text column of the book
INK, SOFT = "#222222", "#767676"
# A method keeps its colour from figure to figure. Its key is looked for in the method's name, in this order.
_METHODS = {
    "static": "#8c8c8c",
    "mean shape": "#b5a78a",
    "supervis": "#0072B2",
    "paper": "#CC79A7",
    "optical": "#009E73",
    "lucas": "#009E73",
    "mediapipe": "#56B4E9",
    "ours": "#D55E00",
}
_OTHERS = ("#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#000000", "#0072B2")


class BookFigure(Figure):
    """A Figure that a notebook shows by itself, without pyplot and whatever its backend."""

    def _repr_png_(self):
        return png_bytes(self)


def png_bytes(figure: Figure, dpi: float | None = None) -> bytes:
    """The figure as PNG, at `dpi` or its own resolution."""
    with matplotlib.style.context(_STYLE):
        data = io.BytesIO()
        figure.savefig(data, format="png", dpi=dpi or figure.dpi, metadata={"Software": None})
    return data.getvalue()


def styled(function):
    """Run a figure function under the project's style sheet, leaving the caller's settings as they were."""

    @functools.wraps(function)
    def inner(*args, **kwargs):
        with matplotlib.style.context(_STYLE):
            return function(*args, **kwargs)

    return inner


def new_figure(width: float = WIDTH, height: float = 3.0, **kwargs) -> BookFigure:
    """An empty figure of `width` x `height` inches with a canvas of its own."""
    figure = BookFigure(figsize=(width, height), **kwargs)
    FigureCanvasAgg(figure)
    return figure


def unmeasured_figure() -> BookFigure:
    """What stands in a figure's place where none of its numbers has been measured yet."""
    figure = new_figure(WIDTH, 0.6)
    figure.text(0.5, 0.5, "not measured", ha="center", va="center", color=SOFT)
    return figure


def method_colors(names) -> dict[str, str]:
    """A colour for each method name; the known ones keep theirs from figure to figure, and the others get what is left."""
    known = {name: next((color for key, color in _METHODS.items() if key in name.lower()), None) for name in names}
    found = {}
    for name, color in sorted(known.items(), key=lambda item: item[1] is None):  # the known ones choose first
        free = (each for each in (color, *_OTHERS, *_METHODS.values()) if each and each not in found.values())
        found[name] = next(free, SOFT)
    return {name: found[name] for name in known}


def halo(width: float, color: str = "black"):
    """Path effects that put an outline `width` points wide around a line or a text."""
    return [Stroke(linewidth=width, foreground=color), Normal()]


def show_frame(ax, frame, interpolation: str = "bicubic"):
    """Show a frame (H, W, 3) or (H, W) over [-1, 1] x [-1, 1], so that points need no conversion; no ticks, no frame."""
    ax.imshow(frame, extent=(-1, 1, 1, -1), interpolation=interpolation, cmap="gray", vmin=0, vmax=255)
    bare(ax)
    height, width = np.shape(frame)[:2]
    ax.set(xlim=(-1, 1), ylim=(1, -1))
    ax.set_aspect(height / width)


def bare(ax):
    """Take ticks, grid and spines off an axes."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    ax.spines[:].set_visible(False)


def chains(points, template: Template):
    """The (M, 2) polyline of each line through points (N, 2), closed ones ending where they began."""
    for line in template.lines:
        ring = list(line.points + line.points[:1] if line.closed else line.points)
        yield np.asarray(points)[ring]


def draw_lines(ax, points, template: Template, colors, width: float, dots: float, **line):
    """Draw the template's lines through points (N, 2), a dot at each point: in `colors`, one a line, or their bands' own.

    `line` goes to the plotting of lines. Points have the first colour of their line.
    """
    points = np.asarray(points)
    for own, color in zip(template.lines, colors, strict=True):
        strokes = own.strokes
        for ring, stated in strokes:
            ax.plot(*points[list(ring)].T, color=color if len(strokes) == 1 else stated, lw=width, **line)
        ax.plot(*points[list(own.points)].T, "o", ms=dots, color=color, mec="white", mew=0.18 * dots)


def draw_landmarks(ax, points, template: Template | None, width: float = 1.3, dots: float = 2.2):
    """Draw predicted points (N, 2): each line in its colour, thinly outlined, with a dot at each point."""
    points = np.asarray(points)
    if template is None:
        ax.plot(*points.T, "o", ms=dots, color=ON_SKIN[1], mec="black", mew=0.4)
        return
    draw_lines(ax, points, template, line_colors(template), width, dots)


def draw_truth(ax, points, template: Template | None, width: float = 0.6):
    """Draw true points (N, 2) as thin white lines outlined in black."""
    points = np.asarray(points)
    if template is None:
        ax.plot(*points.T, "o", ms=2.2, color="white", mec="black", mew=0.6)
        return
    for chain in chains(points, template):
        ax.plot(*chain.T, color="white", lw=width, path_effects=halo(width + 1.0))


def grid_of_panels(
    rows: int, columns: int, aspect: float, *, width=WIDTH, left=0.0, top=0.0, gap=0.05, label=0.0, between=None
):
    """A figure and its (rows, columns) array of axes for frames of `aspect` = height / width, edge to edge.

    In inches: `left` and `top` are kept free beside and above the whole, `label` above every row, `gap` between columns, and
    `between`, if it is not the same, between rows.
    """
    between = gap if between is None else between
    side = (width - left - gap * (columns - 1)) / columns
    height = top + rows * (side * aspect + label) + between * (rows - 1)
    figure = new_figure(width, height, layout="none")
    axes = np.empty((rows, columns), dtype=object)
    for r in range(rows):
        for c in range(columns):
            x, y = left + c * (side + gap), height - top - (r + 1) * (side * aspect + label) - r * between
            axes[r, c] = figure.add_axes((x / width, y / height, side / width, side * aspect / height))
            bare(axes[r, c])
    return figure, axes


def colored_words(figure, words: dict[str, str], x: float, y: float, size: float = 8.5):
    """Write `words` (text -> colour) in one row from (x, y) in figure coordinates, in place of a legend box."""
    renderer = figure.canvas.get_renderer()
    for word, color in words.items():
        text = figure.text(x, y, word, color=color, size=size, weight="bold")
        text.set_in_layout(False)
        x += text.get_window_extent(renderer).width / figure.bbox.width + 0.025


def end_labels(ax, labels, size: float = 8):
    """Write (level, text, colour) beside the right edge of `ax`; where they would overlap they share the room evenly."""
    low, high = ax.get_ylim()
    apart = 1.35 * size / 72 / (0.75 * ax.figure.bbox.height / ax.figure.dpi) * (high - low)
    labels = sorted(labels)
    piles = []  # [centre, how many]: neighbours that touch become one pile, centred on the mean of their levels
    for level, _, _ in labels:
        piles.append([level, 1])
        while len(piles) > 1 and piles[-1][0] - piles[-2][0] < apart * (piles[-1][1] + piles[-2][1]) / 2:
            (b, m), (a, n) = piles.pop(), piles.pop()
            piles.append([(a * n + b * m) / (n + m), n + m])
    spots = [centre + apart * (i - (n - 1) / 2) for centre, n in piles for i in range(n)]
    for spot, (_, text, color) in zip(spots, labels, strict=True):
        spot = {"xy": (1, spot), "xycoords": ("axes fraction", "data"), "xytext": (5, 0), "textcoords": "offset points"}
        ax.annotate(text, color=color, size=size, va="center", annotation_clip=False, **spot)
