"""A template being drawn, which may be unfinished: a line with no points yet, points that two lines share, none at all."""

from dataclasses import dataclass, replace

from glmk_lib.errors import TemplateError
from glmk_lib.template import Line, Template


@dataclass(frozen=True)
class Draft:
    """One state of the drawing: points (x, y) in [-1, 1], and the lines over them."""

    points: tuple[tuple[float, float], ...] = ()
    lines: tuple[Line, ...] = ()
    region: str = "custom"

    @classmethod
    def of(cls, template: Template) -> "Draft":
        return cls(tuple((float(x), float(y)) for x, y in template.points), template.lines, template.region)


def inside(x, y) -> tuple[float, float]:
    """The same point. Raises TemplateError outside the frame."""
    if not (abs(x) <= 1 and abs(y) <= 1):
        raise TemplateError(f"({x:.3f}, {y:.3f}) lies outside the frame; expected x and y in [-1, 1].")
    return float(x), float(y)


def renumbered(points, lines, gone) -> dict:
    """Points and lines without the points `gone`, the rest numbered anew."""
    kept = [i for i in range(len(points)) if i not in gone]
    new = {old: i for i, old in enumerate(kept)}
    lines = tuple(replace(line, points=tuple(new[i] for i in line.points if i in new)) for line in lines)
    return {"points": tuple(points[i] for i in kept), "lines": lines}
