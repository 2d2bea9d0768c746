"""Geometry of a drawing: a line's normals, the way onto paint, the other side of a mirror. Units of [-1, 1]."""

import re

import numpy as np

_SIDES = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
_SIDE = re.compile(r"(?<![A-Za-z])(left|right|Left|Right)(?![a-z])")
_MIRRORED = " mirrored"


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


def onto_paint(points, lines, mask, reach):
    """Points (N, 2) of lines over a mask (H, W) in [0, 1], moved to the middle of paint within `reach`, and how many moved."""
    points, moved = points.copy(), 0
    height, width = mask.shape
    rows, columns = np.nonzero(mask > 0.05)
    paint = np.stack([(columns + 0.5) / width * 2 - 1, (rows + 0.5) / height * 2 - 1], axis=1)
    for index, across in {i: normal(points, line, i) for line in lines for i in line.points}.items():
        spot = climb(points[index], across, paint, mask[rows, columns], reach)
        if spot is not None:
            points[index], moved = spot, moved + 1
    return points, moved


def mirrored_name(name: str) -> str:
    """The name of a line's mirror image: "left brow" for "right brow", "scar mirrored" for "scar", and the other way round."""
    swapped = _SIDE.sub(lambda side: _SIDES[side[0]], name)
    if swapped != name:
        return swapped
    return name.removesuffix(_MIRRORED) if name.endswith(_MIRRORED) else name + _MIRRORED
