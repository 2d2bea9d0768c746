"""Lines proposed from the paint of one marked frame: the skeleton of its mask, cut into lines, with points along them."""

import cv2
import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from skimage.filters import apply_hysteresis_threshold

from glmk_lib.capture.chroma import chroma_of, unmix
from glmk_lib.capture.paint_search import search
from glmk_lib.capture.skeleton import middle_lines
from glmk_lib.errors import CaptureError
from glmk_lib.polylines import distances, length, spaced
from glmk_lib.template import COLOR, Line, Template, rgb

_LARGEST = 256  # pixels of the frame that is looked at; more say no more about lines
_FINE = 256  # pixels of the mask that is thinned
_WIDTH = 0.06  # of a stroke, about, in units of [-1, 1]
_SHORTEST = 0.14  # of a line, likewise
_GAP = 0.15  # where paint is worn off or another line covers it, likewise
_SURE, _PAINTED = 0.5, 0.25  # share of paint in a line's middle, and at its rim
_LEAST = 0.25  # of the way from skin to the stated colour: how far a line must be on average
_DASHES = 9  # in a row
_STEP = 0.02  # between the places at which lines are compared, in units of [-1, 1]
_COVERED = 1.5  # pixels from a proposed line


def template(frame: np.ndarray, colors, spacing: float, region: str) -> Template:
    """See `Template.from_paint`."""
    colors = list(dict.fromkeys(color.lower() for color in colors))
    _check(frame, colors, spacing)
    size = min(len(frame), _LARGEST)
    image = cv2.resize(frame, (size, size), interpolation=cv2.INTER_AREA) if size < len(frame) else frame
    points, lines = [], []
    for color, key, strength in _keys(image, colors):
        for path, closed in _lines(key, strength):
            spots = _spaced(path, closed, spacing)
            numbers = tuple(range(len(points), len(points) + len(spots)))
            lines.append(Line(f"line {len(lines) + 1}", numbers, closed, color))
            points.extend(spots)
    if not lines:
        raise CaptureError(
            f"the frame: no thin shape of the colours {', '.join(colors)} was found; expected lines of paint on skin: state "
            "the colours that were used, choose a sharp frame in which the lines are seen, or draw the lines by hand."
        )
    return Template(np.array(points), tuple(lines), region, "the proposed template")


def agreement(proposed: Template, template: Template, points: np.ndarray, visible: np.ndarray, size: int) -> dict:
    """How far proposed lines lie from the true lines of their colour, and how much of these they cover.

    Args:
        template: whose lines are the true ones. points: (N, 2), where its points are in the frame. visible: (N,) bool.
        size: pixels of the frame.

    Returns:
        `off_px` and `off_median_px`: mean and median distance of places all along the proposed lines from the true ones;
        `covered`: share of the true lines between visible points that lies within 1.5 pixels of a proposed line; `lines` and
        `true_lines`: how many there are.
    """
    off, covered = [], []
    for color in dict.fromkeys(template.segment_colors):
        segments = template.segments[np.equal(template.segment_colors, color), :2]
        own = proposed.segments[np.equal(proposed.segment_colors, color), :2]
        seen = segments[visible[segments].all(1)]
        off.append(_distances(_places(proposed.points, own), points, segments) * size / 2)
        covered.append(_distances(_places(points, seen), proposed.points, own) * size / 2 < _COVERED)
    off, covered = np.concatenate(off), np.concatenate(covered)
    return {
        "off_px": float(off.mean()),
        "off_median_px": float(np.median(off)),
        "covered": float(covered.mean()),
        "lines": len(proposed.lines),
        "true_lines": len(template.lines),
    }


def _places(points, segments) -> np.ndarray:
    """Places (K, 2) all along these segments (S, 2)."""
    parts = [np.linspace(a, b, 2 + int(np.linalg.norm(b - a) / _STEP)) for a, b in points[segments]]
    return np.concatenate(parts) if parts else np.empty((0, 2))


def _distances(places, points, segments) -> np.ndarray:
    """How far each place (K, 2) is from the nearest of these segments (S, 2); without any, infinitely."""
    starts, ends = points[segments].astype(np.float64).transpose(1, 0, 2)
    return distances(places, starts, ends).min(1, initial=np.inf)


def _check(frame, colors, spacing):
    if frame.ndim != 3 or frame.shape[0] != frame.shape[1] or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise CaptureError(f"the frame is {frame.dtype} {frame.shape}; expected uint8 (H, H, 3), a square crop in RGB.")
    if not colors or not all(COLOR.fullmatch(color) for color in colors):
        raise CaptureError(f'the colours are {colors}; expected those of the paint, at least one, each written as "#rrggbb".')
    if not 0 < spacing <= 2:
        raise CaptureError(f"the spacing is {spacing}; expected above 0 and at most 2, the frame's width.")


def _keys(image: np.ndarray, colors: list[str]):
    """Of an image (H, W, 3) uint8, for each colour that is there: "#rrggbb", how much of each pixel its paint covers, (H, W) in
    [0, 1], and how far the pixel is from skin towards the stated colour, 1 all the way."""
    images, stated = image[None].astype(np.float32) / 255, np.array([rgb(c) for c in colors], np.float32) / 255
    found = search(images, _everywhere(len(colors)), stated, np.repeat(np.arange(len(colors)), _DASHES**2))
    there = [k for k, present in enumerate(found.present) if present[0]]
    if not there:
        return
    middles = np.stack([np.median(images[found.core[k]], axis=0) for k in there])
    keys = unmix(*(torch.from_numpy(x) for x in (images, found.skin, middles)), [])[0].numpy()
    around = np.ones((4 * max(1, len(image) // 64) + 1,) * 2, np.uint8)
    for k, key in zip(there, keys, strict=True):
        toward = chroma_of(stated[k]) - chroma_of(found.skin)
        strength = (chroma_of(images[0]) - chroma_of(found.skin)) @ toward / (toward @ toward)
        yield colors[k], key * cv2.dilate(found.core[k][0].astype(np.uint8), around), strength


def _everywhere(count: int) -> Template:
    """What `search` is told of a template when nothing is known of it: short dashes of each colour all over the frame."""
    places = np.linspace(-0.95, 0.95, _DASHES)
    starts = np.stack(np.meshgrid(places, places), -1).reshape(-1, 2)
    dash = np.array([2 * _SHORTEST / len(starts), 0])  # all together are as long as two of the shortest lines
    dashes = np.stack([starts, starts + dash], 1)
    points = np.tile(dashes.reshape(-1, 2), (count, 1))
    return Template(points, tuple(Line(str(k), (2 * k, 2 * k + 1)) for k in range(len(points) // 2)))


def _lines(key: np.ndarray, strength: np.ndarray):
    """The lines in the mask (H, W) of one colour: paths (K, 2) in [-1, 1] and whether they are closed, the longest first."""
    scale = max(1, round(_FINE / len(key)))
    side = scale * len(key)
    fine = cv2.resize(key, (side, side), interpolation=cv2.INTER_CUBIC)
    found = []
    for path, closed in middle_lines(apply_hysteresis_threshold(fine, _PAINTED, _SURE), _WIDTH * side / 2, _GAP * side / 2):
        x, y = np.rint((path + 0.5) / scale - 0.5).astype(int).clip(0, len(key) - 1).T
        path = (_smooth(path, closed, _WIDTH * side / 8) + 0.5) * 2 / side - 1
        if length(path, closed) >= _SHORTEST and strength[y, x].mean() >= _LEAST:
            found.append((path, closed))
    return sorted(found, key=lambda line: -length(*line))


def _smooth(path: np.ndarray, closed: bool, sigma: float) -> np.ndarray:
    """A path (K, 2) of pixels without its stairs; the ends of an open one stay."""
    if closed:
        return gaussian_filter1d(path, sigma, axis=0, mode="wrap")
    before, after = 2 * path[:1] - path[:0:-1], 2 * path[-1:] - path[-2::-1]  # point reflection
    return gaussian_filter1d(np.concatenate([before, path, after]), sigma, axis=0)[len(before) : len(before) + len(path)]


def _spaced(path: np.ndarray, closed: bool, spacing: float) -> np.ndarray:
    """Points evenly along a path, about `spacing` apart: (P, 2)."""
    steps = max(3 if closed else 1, round(length(path, closed) / spacing))
    return spaced(path, steps if closed else steps + 1, closed).clip(-1, 1)
