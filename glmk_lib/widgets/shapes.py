"""Geometry of a drawing: points along a line, its normals, the way onto paint, the other side of a mirror. Units of [-1, 1]."""

import re

import numpy as np

_SIDES = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
_SIDE = re.compile(r"(?<![A-Za-z])(left|right|Left|Right)(?![a-z])")
_MIRRORED = " mirrored"


def spaced(path: np.ndarray, count: int, closed: bool) -> np.ndarray:
    """`count` points evenly along a path (K, 2), (count, 2): from its first point to its last, or all the way round."""
    path = np.concatenate([path, path[:1]]) if closed else path
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    places = np.linspace(0, along[-1], count + closed)[:count]
    return np.stack([np.interp(places, along, path[:, k]) for k in (0, 1)], axis=1)


def distances(points: np.ndarray, pairs, spot) -> np.ndarray:
    """How far `spot` (x, y) is from each segment (S,); `pairs` are indices into `points` (N, 2)."""
    a, b = points[np.array(pairs)].transpose(1, 0, 2)
    along = b - a
    t = ((spot - a) * along).sum(1) / np.maximum((along**2).sum(1), 1e-12)
    return np.linalg.norm(a + t.clip(0, 1)[:, None] * along - spot, axis=1)


def normal(points, line, index):
    """The unit normal (2,) of a line at one of its points; None where it has no direction."""
    place, count = line.points.index(index), len(line.points)
    before = line.points[place - 1] if place or line.closed else index
    after = line.points[(place + 1) % count] if place < count - 1 or line.closed else index
    along = points[after] - points[before]
    length = np.linalg.norm(along)
    return np.array([-along[1], along[0]]) / length if length > 0 else None


def climb(point, normal, paint, weight, reach, steps=20):
    """Mean shift of a point onto the paint within `reach`, along `normal` if there is one; None where there is no paint.

    `paint` are the places (K, 2) of painted pixels, `weight` (K,) how much of it each has.
    """
    distance = np.linalg.norm(paint - point, axis=1)
    if not (distance <= reach).any():
        return None
    around = distance <= 2 * reach  # all of a stroke that begins within reach, or its middle would be missed
    paint, weight, spot = paint[around], weight[around], point
    for _ in range(steps):
        away = paint - spot
        near = weight * np.exp(-2 * (away**2).sum(1) / reach**2)
        shift = (near[:, None] * away).sum(0) / near.sum()
        spot = spot + (shift if normal is None else (shift @ normal) * normal)
    return spot.clip(-1, 1)


def mirrored_name(name: str) -> str:
    """The name of a line's mirror image: "left brow" for "right brow", "scar mirrored" for "scar", and the other way round."""
    swapped = _SIDE.sub(lambda side: _SIDES[side[0]], name)
    if swapped != name:
        return swapped
    return name.removesuffix(_MIRRORED) if name.endswith(_MIRRORED) else name + _MIRRORED
