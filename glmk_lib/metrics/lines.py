"""Errors across and along a line, and the distance between a predicted line and the paint that is really there.

Paint says nothing about where along a plain line a point sits. The two parts of the error tell what the method could know
from what it could not.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import distance_transform_edt

from glmk_lib import polylines
from glmk_lib.metrics.accuracy import checked, nanmean
from glmk_lib.template import Template


class LineErrors(NamedTuple):
    """Both (T, N) in pixels, NaN where hidden. `across` is >= 0; `along` is signed, positive towards the line's end."""

    across: np.ndarray
    along: np.ndarray

    @property
    def mean_across(self) -> float:
        """Mean distance from the predicted points to the painted line, in pixels."""
        return nanmean(self.across)

    @property
    def mean_along(self) -> float:
        """Mean `|along|`, in pixels."""
        return nanmean(np.abs(self.along))


class PaintDistance(NamedTuple):
    """Both (T,) in pixels: `there` from each predicted line to the paint, `back` from the paint to the predicted lines."""

    there: np.ndarray
    back: np.ndarray


def line_errors(pred, true, template: Template, visible=None) -> LineErrors:
    """Split each point's error by the true polyline of its own line, the first line that holds it.

    Equation: eq-line-errors of the book.

    The polyline is taken as it is painted: it does not go on beyond its ends.
    across: distance from the predicted point to the nearest point of the polyline, the "px to the painted line".
    along: arc length from the true point to that nearest point; on a closed line the shorter way round.
    On a straight line, between its ends, error^2 = across^2 + along^2.
    """
    pred, true, counted = checked(pred, true, visible)
    across, along = np.full(counted.shape, np.nan), np.full(counted.shape, np.nan)
    taken: set[int] = set()
    for line in template.lines:
        ring = true[:, list(line.points + line.points[:1] if line.closed else line.points)]  # (T, K, 2)
        corners = np.concatenate([np.zeros((len(true), 1)), np.cumsum(_lengths(ring), axis=1)], axis=1)  # (T, K)
        for place, i in enumerate(line.points):
            if i in taken:
                continue
            taken.add(i)
            distance, foot = _nearest_on_polyline(pred[:, i], ring, corners)
            offset = foot - corners[:, place]
            if line.closed:
                around = np.where(corners[:, -1] > 0, corners[:, -1], np.nan)
                offset = (offset + around / 2) % around - around / 2
            across[:, i], along[:, i] = distance, offset
    return LineErrors(np.where(counted, across, np.nan), np.where(counted, along, np.nan))


def paint_reprojection(
    pred, masks, template: Template, segment_color=None, visible=None, threshold: float = 0.5
) -> PaintDistance:
    """Distance between predicted lines and paint in the same frames, there and back, for each frame in pixels.

    Equation: eq-reprojection of the book.

    The frames are held-out marked ones: G removed the paint, L_Δ read the result, and `masks` (T, C, H, W) in [0, 1] is the
    chroma key of what was really painted, one channel a paint colour. `segment_color` (S,) says which colour each segment has;
    without it any paint will do. `pred` (T, N, 2) is in pixels of the masks.

    there: mean over the predicted lines, walked in steps of half a pixel, of the distance to the nearest pixel of their
    colour above `threshold`; 0 on paint. back: mean over those pixels of the distance to the nearest predicted line of their
    colour; about a quarter of the paint's width at best. A hidden end hides its segment in `there`; a frame with no paint is
    NaN. It needs no labels, so it works on any capture.
    """
    pred, _, counted = checked(pred, pred, visible)
    masks = np.asarray(masks)
    if masks.ndim != 4 or len(masks) != len(pred):
        raise ValueError(f"masks have shape {masks.shape}; expected ({len(pred)}, C, H, W).")
    if segment_color is None:
        masks, segment_color = masks.max(1, keepdims=True), np.zeros(len(template.segments), dtype=int)
    there, back = np.full(len(pred), np.nan), np.full(len(pred), np.nan)
    for t in range(len(pred)):
        to_paint, to_line = [], []
        for color in range(masks.shape[1]):
            paint = masks[t, color] > threshold
            segments = template.segments[np.equal(segment_color, color), :2]
            shown = [(a, b) for a, b in segments if counted[t, a] and counted[t, b]]
            if not paint.any() or not shown:
                continue
            away = distance_transform_edt(~paint)  # OpenCV's differs in its last digits from run to run
            to_paint.append(_sample(away, np.concatenate([_walk(pred[t, a], pred[t, b]) for a, b in shown])))
            rows, columns = np.nonzero(paint)
            pixels = np.stack([columns, rows], -1) + 0.5
            starts, ends = (np.array([pred[t, i] for i in ends]) for ends in zip(*shown, strict=True))
            to_line.append(polylines.distances(pixels, starts, ends).min(1))
        if to_paint:
            there[t], back[t] = np.concatenate(to_paint).mean(), np.concatenate(to_line).mean()
    return PaintDistance(there, back)


def fold_overs(pred, template: Template, visible=None) -> float:
    """The share (0 to 1) of corners at which a predicted line folds over, compared with the template.

    Equation: eq-fold-overs of the book.

    A corner is three consecutive points of a line; there the line turns by a signed angle. It folds over where that angle
    differs from the template's by more than 90 degrees. Position, size and rotation don't matter. Corners with a hidden point
    don't count.
    """
    pred, _, counted = checked(pred, pred, visible)
    corners = []
    for line in template.lines:
        ring = line.points + line.points[:2] if line.closed else line.points
        corners += list(zip(ring, ring[1:], ring[2:], strict=False))
    if not corners:
        return float("nan")
    a, b, c = np.array(corners).T
    change = _turn(pred[:, a], pred[:, b], pred[:, c]) - _turn(*(template.points[i].astype(np.float64) for i in (a, b, c)))
    folded = np.abs((change + np.pi) % (2 * np.pi) - np.pi) > np.pi / 2
    return nanmean(np.where(counted[:, a] & counted[:, b] & counted[:, c], folded, np.nan))


def _turn(a, b, c):
    """The signed angle in radians from b - a to c - b."""
    (ux, uy), (vx, vy) = np.moveaxis(b - a, -1, 0), np.moveaxis(c - b, -1, 0)
    return np.arctan2(ux * vy - uy * vx, ux * vx + uy * vy)


def _lengths(ring):
    return np.linalg.norm(np.diff(ring, axis=1), axis=-1)


def _nearest_on_polyline(points, ring, corners):
    """From points (T, 2) to polylines (T, K, 2): distance (T,) and arc length (T,) of the foot, over finite segments."""
    distance, place = polylines.project(points[:, None], ring[:, :-1], ring[:, 1:])  # (T, K - 1)
    distance = np.where(np.isfinite(distance), distance, np.inf)
    best = distance.argmin(1)
    rows = np.arange(len(points))
    foot = corners[rows, best] + place[rows, best] * (corners[rows, best + 1] - corners[rows, best])
    nearest = distance[rows, best]
    return np.where(np.isfinite(nearest), nearest, np.nan), foot


def _walk(start, end, step=0.5):
    """Points (S, 2) from `start` to `end`, at most `step` pixels apart, each standing for an equal length."""
    count = max(1, int(np.ceil(np.linalg.norm(end - start) / step)))
    return start + (np.arange(count)[:, None] + 0.5) / count * (end - start)


def _sample(image, points):
    """Bilinear samples (S,) at `points` (pixel centres at + 0.5); beyond the border, the way to the border is added."""
    height, width = image.shape
    inside = np.clip(points, 0.5, [width - 0.5, height - 0.5])
    xy = inside - 0.5
    low = np.minimum(np.floor(xy).astype(int), [max(width - 2, 0), max(height - 2, 0)])
    fx, fy = (xy - low).T
    x, y = low.T
    x1, y1 = np.minimum(x + 1, width - 1), np.minimum(y + 1, height - 1)
    top = image[y, x] * (1 - fx) + image[y, x1] * fx
    bottom = image[y1, x] * (1 - fx) + image[y1, x1] * fx
    return top * (1 - fy) + bottom * fy + np.linalg.norm(points - inside, axis=-1)
