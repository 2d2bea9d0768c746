"""What a template editor knows and can do, without any front end.

A draft may be unfinished (a line with no points yet), so it is validated only when it is taken out, by `template` or `save`.
Every operation either happens as a whole and can be undone, or raises a TemplateError and changes nothing.
"""

import re
from dataclasses import replace

import numpy as np

from glmk_lib import polylines
from glmk_lib.errors import TemplateError
from glmk_lib.template import DEFAULT_COLOR, Line, Template
from glmk_lib.widgets import shapes
from glmk_lib.widgets.draft import Draft, inside, renumbered

_KEPT = 200  # states that undo can go back
_PARTNERS = 0.1  # how far a point may be from another's mirror image and still be its partner, in units of [-1, 1]


class EditorModel:
    """A template being drawn: points (x, y) in [-1, 1] on named lines, with undo and redo.

    Lines go by name and points by index. A point may lie on several lines; taking it away takes it off all of them.

    With an `axis`, the x of an upright mirror, a point that is moved takes along the one that lies at its mirror image, and a
    point on the mirror stays there.
    """

    def __init__(self, template: Template | None = None):
        self._now = Draft() if template is None else Draft.of(template)
        self._past: list[Draft] = []
        self._future: list[Draft] = []
        self._dragging: int | None = None
        self._partner: int | None = None  # of the point that was moved last
        self.axis: float | None = None

    # -- looking ------------------------------------------------------------------------------------------------------------

    @property
    def points(self) -> np.ndarray:
        """(N, 2) float64."""
        return np.array(self._now.points, dtype=np.float64).reshape(-1, 2)

    @property
    def lines(self) -> tuple[Line, ...]:
        return self._now.lines

    @property
    def region(self) -> str:
        return self._now.region

    @property
    def template(self) -> Template:
        """The finished template. Raises TemplateError, naming what is still missing."""
        return Template(self.points, self._now.lines, self.region, source="the edited template")

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
        points = (*self._now.points, inside(x, y))
        self._do(points=points, lines=self._with(name, points=(*line.points[:place], index, *line.points[place:])))
        return index

    def place_on(self, name: str, x: float, y: float, chosen: int | None = None, reach: float = 0.04) -> int:
        """Where among a line's points a new one at (x, y) belongs: on a segment within `reach`; else on from the `chosen` point
        where the line ends there; else on the nearest segment.
        """
        line = self.line(name)
        if len(line.points) < 2:
            return len(line.points)
        starts, ends = self.points[np.array(line.pairs)].transpose(1, 0, 2)
        off = polylines.distances(np.array([[x, y]]), starts, ends)[0]
        nearest = int(off.argmin())
        if off[nearest] > reach and not line.closed and chosen in (line.points[0], line.points[-1]):
            return 0 if chosen == line.points[0] else len(line.points)
        return nearest + 1

    def nearest_point(self, x: float, y: float, reach: float) -> int | None:
        """The point nearest to (x, y), within `reach`; None where there is none."""
        off = np.linalg.norm(self.points - (x, y), axis=1)
        return int(off.argmin()) if len(off) and off.min() <= reach else None

    def move_point(self, index: int, x: float, y: float, dragging: bool = False):
        """Move a point to (x, y), and its partner beyond the `axis`. While `dragging`, moves of one point are undone as one."""
        self._check(index)
        again = dragging and self._dragging == index
        if not again:
            self._partner = self._mirrors(index)
        points = list(self._now.points)
        if self.axis is not None and self._partner == index:
            x = self.axis
        points[index] = inside(x, y)
        if self.axis is not None and self._partner not in (None, index):
            points[self._partner] = inside(2 * self.axis - x, y)
        if again:
            self._now = replace(self._now, points=tuple(points))
            return
        self._do(points=tuple(points))
        self._dragging = index if dragging else None

    def release(self):
        """End a drag: what is moved next is undone by itself."""
        self._dragging = None

    def nudge_point(self, index: int, dx: float, dy: float):
        """Move a point by (dx, dy), as far as the frame's edge."""
        self._check(index)
        x, y = np.clip(self.points[index] + (dx, dy), -1, 1)
        self.move_point(index, x, y)

    def delete_point(self, index: int):
        """Take a point off the frame and off every line."""
        self._check(index)
        self._do(**renumbered(self._now.points, self._now.lines, gone={index}))

    # -- lines --------------------------------------------------------------------------------------------------------------

    def add_line(self, name: str, color: str = DEFAULT_COLOR):
        """Add an open line with no points yet."""
        self._do(lines=(*self._now.lines, Line(self._new_name(name), (), False, color)))

    def delete_line(self, name: str):
        """Take a line away, with the points that lie on no other."""
        kept = tuple(line for line in self._now.lines if line is not self.line(name))
        elsewhere = {i for line in kept for i in line.points}
        self._do(**renumbered(self._now.points, kept, gone=set(self.line(name).points) - elsewhere))

    def mirror_line(self, name: str, axis: float) -> str:
        """Make a line's mirror image beyond x = `axis`, or make it anew, and return its name: "left" and "right" change places.

        Points on the mirror are shared by both.

        Raises:
            TemplateError: no point of the line is off the mirror, or its image leaves the frame.
        """
        line, other = self.line(name), shapes.mirrored_name(name)
        points, numbers = list(self._now.points), []
        for index in line.points:
            x, y = points[index]
            on_mirror = abs(x - axis) < 1e-3
            numbers.append(index if on_mirror else len(points))
            points += [] if on_mirror else [inside(2 * axis - x, y)]
        if set(numbers) <= set(line.points):
            raise TemplateError(f"line '{name}' has no point off the mirror at x = {axis:.3f}; move the axis or the line.")
        image = replace(line, name=other, points=tuple(numbers))
        lines = [image if own.name == other else own for own in self._now.lines]
        lines += [] if image in lines else [image]
        self._do(**renumbered(points, lines, gone=set(range(len(points))) - {i for own in lines for i in own.points}))
        return other

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
        if np.ptp(self.points[list(line.points)], axis=0).max() == 0:
            raise TemplateError(f"the points of line '{name}' all lie in one place; move them apart first.")
        spaced = polylines.spaced(self.points[list(line.points)], count, line.closed)
        fresh = spaced[1:] if line.closed else spaced[1:-1]
        numbers = tuple(range(len(self._now.points), len(self._now.points) + len(fresh)))
        tail = () if line.closed else (line.points[-1],)
        points = (*self._now.points, *(inside(x, y) for x, y in fresh))
        lines = self._with(name, points=(line.points[0], *numbers, *tail))
        self._do(**renumbered(points, lines, gone=set(line.points) - pinned))

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
        points, moved = shapes.onto_paint(self.points, chosen, mask, reach)
        if moved:
            self._do(points=tuple(inside(x, y) for x, y in points))
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
        self.take(Template.load(path))

    def take(self, template: Template):
        """Take up a template in place of the draft, which undo brings back."""
        found = Draft.of(template)
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

    def _mirrors(self, index):
        """The point at the mirror image of another, which may be itself; None where there is none, or no mirror."""
        if self.axis is None:
            return None
        x, y = self._now.points[index]
        if abs(x - self.axis) <= _PARTNERS / 2:
            return index
        found = self.nearest_point(2 * self.axis - x, y, _PARTNERS)
        return None if found == index else found

    def _check(self, index):
        if not 0 <= index < len(self._now.points):
            raise TemplateError(f"there is no point {index}; expected one from 0 to {len(self._now.points) - 1}.")
