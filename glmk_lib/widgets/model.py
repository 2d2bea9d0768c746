"""What a template editor knows and can do, without any front end.

A draft may be unfinished (a line with no points yet), so it is validated only when it is taken out, by `template` or `save`.
Every operation either happens as a whole and can be undone, or raises a TemplateError and changes nothing.
"""

import re
from dataclasses import dataclass, replace

import numpy as np

from glmk_lib.errors import TemplateError
from glmk_lib.template import DEFAULT_COLOR, Line, Template

_KEPT = 200  # states that undo can go back


@dataclass(frozen=True)
class _Draft:
    points: tuple[tuple[float, float], ...] = ()
    lines: tuple[Line, ...] = ()
    region: str = "custom"


class EditorModel:
    """A template being drawn: points (x, y) in [-1, 1] on named lines, with undo and redo.

    Lines go by name and points by index. A point may lie on several lines; taking it away takes it off all of them.
    """

    def __init__(self, template: Template | None = None):
        self._now = _Draft() if template is None else _from(template)
        self._past: list[_Draft] = []
        self._future: list[_Draft] = []
        self._dragging: int | None = None

    # -- looking ------------------------------------------------------------------------------------------------------------

    @property
    def points(self) -> np.ndarray:
        """(N, 2) float64."""
        return np.array(self._now.points, dtype=np.float64).reshape(-1, 2)

    @property
    def lines(self) -> tuple[Line, ...]:
        return self._now.lines

    @property
    def template(self) -> Template:
        """The finished template. Raises TemplateError, naming what is still missing."""
        return Template(self.points, self._now.lines, self._now.region, source="the edited template")

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def line(self, name: str) -> Line:
        """The line of that name. Raises TemplateError."""
        for line in self._now.lines:
            if line.name == name:
                return line
        raise TemplateError(f"there is no line '{name}'; expected one of {[line.name for line in self._now.lines]}.")

    # -- points -------------------------------------------------------------------------------------------------------------

    def add_point(self, name: str, x: float, y: float, place: int | None = None) -> int:
        """Put a new point on a line, at `place` among its points or at its end, and return its index."""
        line, index = self.line(name), len(self._now.points)
        place = len(line.points) if place is None else place
        points = (*self._now.points, _inside(x, y))
        self._do(points=points, lines=self._with(name, points=(*line.points[:place], index, *line.points[place:])))
        return index

    def move_point(self, index: int, x: float, y: float, dragging: bool = False):
        """Move a point to (x, y). While `dragging`, the moves of one point are undone as one."""
        self._check(index)
        points = list(self._now.points)
        points[index] = _inside(x, y)
        if dragging and self._dragging == index:
            self._now = replace(self._now, points=tuple(points))
            return
        self._do(points=tuple(points))
        self._dragging = index if dragging else None

    def nudge_point(self, index: int, dx: float, dy: float):
        """Move a point by (dx, dy), as far as the frame's edge."""
        self._check(index)
        x, y = np.clip(self.points[index] + (dx, dy), -1, 1)
        self.move_point(index, x, y)

    def delete_point(self, index: int):
        """Take a point off the frame and off every line."""
        self._check(index)
        self._do(**_renumbered(self._now.points, self._now.lines, gone={index}))

    # -- lines --------------------------------------------------------------------------------------------------------------

    def add_line(self, name: str, color: str = DEFAULT_COLOR):
        """Add an open line with no points yet."""
        self._do(lines=(*self._now.lines, Line(self._new_name(name), (), False, color)))

    def delete_line(self, name: str):
        """Take a line away, with the points that lie on no other."""
        kept = tuple(line for line in self._now.lines if line is not self.line(name))
        elsewhere = {i for line in kept for i in line.points}
        self._do(**_renumbered(self._now.points, kept, gone=set(self.line(name).points) - elsewhere))

    def rename_line(self, name: str, new: str):
        """Give a line another name."""
        if new != name:
            self._do(lines=self._with(name, name=self._new_name(new)))

    def set_closed(self, name: str, closed: bool):
        """Close a line into a loop, or open it."""
        if self.line(name).closed != closed:
            self._do(lines=self._with(name, closed=closed))

    def set_color(self, name: str, color: str):
        """State the colour of a line's paint, "#rrggbb"; of a line in bands the first of its colours."""
        if not re.fullmatch("#[0-9a-fA-F]{6}", color):
            raise TemplateError(f'{color!r} is not a colour; expected one written as "#rrggbb".')
        before = self.line(name)
        if before.colors[0] != color:
            self._do(lines=self._with(name, color=color if isinstance(before.color, str) else (color, *before.color[1:])))

    def resample_line(self, name: str, count: int):
        """Space `count` points evenly along a line's length. Its ends stay; so does the first point of a closed one.

        Raises:
            TemplateError: fewer than two points on the line or asked for (three if closed), no length, or an inner point that
                another line shares, which can't be moved away from it.
        """
        line = self.line(name)
        least = 3 if line.closed else 2
        if len(line.points) < least or count < least:
            raise TemplateError(
                f"line '{name}' has {len(line.points)} points and {count} were asked for; expected at least {least} for both."
            )
        pinned = {line.points[0]} if line.closed else {line.points[0], line.points[-1]}
        for other in self._now.lines:
            shared = (set(other.points) & set(line.points)) - pinned
            if other.name != name and shared:
                raise TemplateError(
                    f"point {min(shared)} of line '{name}' also lies on '{other.name}', so '{name}' can't be resampled; "
                    f"give '{other.name}' a point of its own there first."
                )
        ring = self.points[list(line.points + line.points[:1] if line.closed else line.points)]
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
        if length[-1] == 0:
            raise TemplateError(f"the points of line '{name}' all lie in one place; move them apart first.")
        places = np.linspace(0, length[-1], count + 1 if line.closed else count)
        places = places[1:] if line.closed else places[1:-1]
        places = places[:-1] if line.closed else places
        fresh = np.stack([np.interp(places, length, ring[:, k]) for k in (0, 1)], axis=1)
        numbers = tuple(range(len(self._now.points), len(self._now.points) + len(fresh)))
        tail = () if line.closed else (line.points[-1],)
        points = (*self._now.points, *(_inside(x, y) for x, y in fresh))
        lines = self._with(name, points=(line.points[0], *numbers, *tail))
        self._do(**_renumbered(points, lines, gone=set(line.points) - pinned))

    def snap(self, mask, name: str | None = None, reach: float = 0.15) -> int:
        """Move the points of a line, or of all lines, across their line onto the paint of a mask; how many moved.

        Each point climbs to the middle of the paint near it: mean shift under a Gaussian of sigma = reach / 2, along the line's
        normal only, so that points don't slide together. A point with no paint within `reach` stays.

        Args:
            mask: (H, W) in [0, 1], for example a chroma key.
            reach: in units of [-1, 1].

        Raises:
            TemplateError: the mask is not (H, W).
        """
        mask = np.asarray(mask, dtype=np.float64)
        if mask.ndim != 2:
            raise TemplateError(f"the mask has shape {mask.shape}; expected (H, W).")
        chosen = self._now.lines if name is None else (self.line(name),)
        points, moved = self.points, 0
        height, width = mask.shape
        rows, columns = np.nonzero(mask > 0.05)
        paint = np.stack([(columns + 0.5) / width * 2 - 1, (rows + 0.5) / height * 2 - 1], axis=1)
        for index, normal in {i: _normal(self.points, line, i) for line in chosen for i in line.points}.items():
            spot = _climb(points[index], normal, paint, mask[rows, columns], reach)
            if spot is not None:
                points[index], moved = spot, moved + 1
        if moved:
            self._do(points=tuple(_inside(x, y) for x, y in points))
        return moved

    # -- history and files --------------------------------------------------------------------------------------------------

    def undo(self):
        """Go back one operation; nothing happens at the beginning."""
        if self._past:
            self._future.append(self._now)
            self._now, self._dragging = self._past.pop(), None

    def redo(self):
        """Take back an undo."""
        if self._future:
            self._past.append(self._now)
            self._now, self._dragging = self._future.pop(), None

    def load(self, path):
        """Take up the template in a file in place of the draft, which undo brings back. Raises TemplateError."""
        found = _from(Template.load(path))
        self._do(points=found.points, lines=found.lines, region=found.region)

    def save(self, path):
        """Validate the draft and write it. Raises TemplateError, and OSError if the file can't be written."""
        return self.template.save(path)

    # -- within -------------------------------------------------------------------------------------------------------------

    def _do(self, **changes):
        self._past = [*self._past, self._now][-_KEPT:]
        self._future, self._dragging = [], None
        self._now = replace(self._now, **changes)

    def _with(self, name, /, **changes):
        self.line(name)
        return tuple(replace(line, **changes) if line.name == name else line for line in self._now.lines)

    def _new_name(self, name):
        name = name.strip()
        if not name or name in [line.name for line in self._now.lines]:
            raise TemplateError(f"'{name}' can't name a line: it is empty or taken; expected a new name.")
        return name

    def _check(self, index):
        if not 0 <= index < len(self._now.points):
            raise TemplateError(f"there is no point {index}; expected one from 0 to {len(self._now.points) - 1}.")


def _from(template):
    return _Draft(tuple((float(x), float(y)) for x, y in template.points), template.lines, template.region)


def _inside(x, y):
    if not (abs(x) <= 1 and abs(y) <= 1):
        raise TemplateError(f"({x:.3f}, {y:.3f}) lies outside the frame; expected x and y in [-1, 1].")
    return float(x), float(y)


def _renumbered(points, lines, gone):
    """Points and lines without the points `gone`, the rest numbered anew."""
    kept = [i for i in range(len(points)) if i not in gone]
    new = {old: i for i, old in enumerate(kept)}
    lines = tuple(replace(line, points=tuple(new[i] for i in line.points if i in new)) for line in lines)
    return {"points": tuple(points[i] for i in kept), "lines": lines}


def _normal(points, line, index):
    """The unit normal (2,) of a line at one of its points; None where it has no direction."""
    place, count = line.points.index(index), len(line.points)
    before = line.points[place - 1] if place or line.closed else index
    after = line.points[(place + 1) % count] if place < count - 1 or line.closed else index
    along = points[after] - points[before]
    length = np.linalg.norm(along)
    return np.array([-along[1], along[0]]) / length if length > 0 else None


def _climb(point, normal, paint, weight, reach, steps=20):
    """Mean shift of a point onto the paint within `reach`, along `normal` if there is one; None where there is no paint."""
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
