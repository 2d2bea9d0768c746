"""The template T: named lines of points on the image plane (paper, Section 2).

Points are (x, y) in [-1, 1], x right, y down, pixel centres at (i + 0.5) / W * 2 - 1. A line joins points in order; a closed
one returns to its first point. Two points are neighbours, and carry a spring, when a line joins them. A line is painted in one
colour or in bands: its colour then changes at its points, which shows where along the line they are.
"""

import json
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from glmk_lib.errors import TemplateError
from glmk_lib.paths import TEMPLATES

SCHEMA = "glmk-template/1"
DEFAULT_COLOR = "#1e5ad6"
COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Line:
    """One painted line: `points` are indices into the template's points, in order.

    `color` is the colour stated for its paint, "#rrggbb", or several that its segments take in turn; the measured ones are in
    capture.paint.Paint.
    """

    name: str
    points: tuple[int, ...]
    closed: bool = False
    color: str | tuple[str, ...] = DEFAULT_COLOR

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The two ends of each segment, in order; of a closed line the last leads back to its first point."""
        return list(pairwise(self.points + self.points[:1] if self.closed else self.points))

    @property
    def colors(self) -> tuple[str, ...]:
        """The stated colours, one or those of its bands."""
        return (self.color,) if isinstance(self.color, str) else tuple(self.color)

    @property
    def segment_colors(self) -> list[str]:
        """The colour of each segment."""
        return [self.colors[k % len(self.colors)] for k in range(len(self.pairs))]

    @property
    def strokes(self) -> list[tuple[tuple[int, ...], str]]:
        """What is drawn in one go, as the points that a stroke joins and its colour. A line in one colour is one stroke."""
        if len(self.colors) > 1:
            return list(zip(self.pairs, self.segment_colors, strict=True))
        return [(self.points + self.points[:1] if self.closed else self.points, self.colors[0])]


@dataclass(frozen=True, eq=False)
class Template:
    """T, shape (N, 2) float32 in [-1, 1], and the lines over it.

    Raises:
        TemplateError: not finite, outside the frame, a line of fewer than two points (three if closed), an index out of
            range, a point on no line, a repeated name, a colour that is not "#rrggbb", or bands of which two neighbours have
            the same colour.

    Example:
        >>> corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
        >>> template = Template(corners, (Line("rim", (0, 1, 2, 3), closed=True), Line("fold", (0, 2))))
        >>> template.names
        ['rim_0', 'rim_1', 'rim_2', 'rim_3']
        >>> template.edges.tolist()
        [[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]]
    """

    points: np.ndarray
    lines: tuple[Line, ...]
    region: str = "custom"
    source: str = field(default="template", compare=False)  # the file named in error messages

    def __post_init__(self):
        try:
            points = np.array(self.points, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise TemplateError(f"{self.source}: points must be pairs of numbers ({error}).") from None
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "lines", tuple(self.lines))
        self._validate()
        points.setflags(write=False)

    def _validate(self):
        def fail(found, expected):
            raise TemplateError(f"{self.source}: {found}; expected {expected}.")

        points = self.points
        if points.ndim != 2 or points.shape[1] != 2 or len(points) < 2:
            fail(f"points have shape {points.shape}", "(N, 2) with at least two points, each (x, y)")
        if not np.isfinite(points).all():
            fail(f"point {int(np.argmin(np.isfinite(points).all(1)))} is not finite", "finite coordinates")
        outside = np.abs(points).max(1) > 1
        if outside.any():
            i = int(np.argmax(outside))
            fail(
                f"point {i} at ({points[i, 0]:.3f}, {points[i, 1]:.3f}) lies outside the frame",
                "x and y in [-1, 1], where -1 and 1 are the edges of the cropped frame",
            )
        if not self.lines:
            fail("no lines", "at least one line")
        names = [line.name for line in self.lines]
        if not all(isinstance(n, str) and n for n in names) or len(set(names)) < len(names):
            fail(f"line names {names}", "unique, non-empty names")
        for line in self.lines:
            if not all(type(i) is int and 0 <= i < len(points) for i in line.points):
                fail(f"line '{line.name}' joins points {list(line.points)}", f"whole numbers from 0 to {len(points) - 1}")
            least = 3 if line.closed else 2
            if len(line.points) < least or len(set(line.points)) < len(line.points):
                fail(
                    f"line '{line.name}' joins points {list(line.points)}",
                    f"at least {least} different points" + (" in a closed line" if line.closed else ""),
                )
            if not isinstance(line.closed, bool):
                fail(f"line '{line.name}' has closed = {line.closed!r}", "true or false")
            stated = (line.color,) if isinstance(line.color, str) else line.color
            if not (isinstance(stated, tuple) and stated and all(isinstance(c, str) and COLOR.fullmatch(c) for c in stated)):
                fail(f"line '{line.name}' has colour {line.color!r}", 'a colour written as "#rrggbb", or a list of several')
            bands = [c.lower() for c in line.segment_colors]
            bands += bands[:1] if line.closed else []
            if len(stated) > 1 and any(a == b for a, b in pairwise(bands)):
                fail(
                    f"line '{line.name}' has colours {list(stated)} for {len(line.pairs)} segments",
                    "another colour on each segment than on the next" + (", the first after the last" if line.closed else ""),
                )
        loose = sorted(set(range(len(points))) - {i for line in self.lines for i in line.points})
        if loose:
            fail(f"points {loose} are on no line", "every point on a line, since only lines are painted")

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def edges(self) -> np.ndarray:
        """Neighbour pairs (E, 2) int64, each once, in the order of the lines."""
        seen: dict[tuple[int, int], None] = {}
        for line in self.lines:
            for a, b in line.pairs:
                if (b, a) not in seen:
                    seen[(a, b)] = None
        return np.array(list(seen), dtype=np.int64).reshape(-1, 2)

    @cached_property
    def segments(self) -> np.ndarray:
        """Painted segments (S, 3) int64, each as first point, second point and index of the line."""
        return np.array([(a, b, k) for k, line in enumerate(self.lines) for a, b in line.pairs], dtype=np.int64)

    @cached_property
    def segment_colors(self) -> tuple[str, ...]:
        """The colour stated for each painted segment, (S,) "#rrggbb" in small letters, in the order of `segments`."""
        return tuple(color.lower() for line in self.lines for color in line.segment_colors)

    @property
    def names(self) -> list[str]:
        """A name for each point, that of its first line and its place on it, for example "nose_2"."""
        names = [""] * len(self.points)
        for line in self.lines:
            for place, i in enumerate(line.points):
                names[i] = names[i] or f"{line.name}_{place}"
        return names

    def with_points(self, points) -> "Template":
        """The same lines over other points (N, 2)."""
        if np.shape(points) != self.points.shape:
            raise TemplateError(f"{self.source}: got points of shape {np.shape(points)}; expected {self.points.shape}.")
        return Template(points, self.lines, self.region, self.source)

    def to_json(self) -> str:
        """The file's text; `Template.from_json` reads it back, points to a millionth of half the frame."""
        body = {
            "schema": SCHEMA,
            "region": self.region,
            "points": [[round(float(x), 6), round(float(y), 6)] for x, y in self.points],
            "lines": [{"name": k.name, "points": list(k.points), "closed": k.closed, "color": k.color} for k in self.lines],
        }
        return json.dumps(body, indent=1)

    @classmethod
    def from_json(cls, text: str, source: str = "template") -> "Template":
        """Read a template from JSON text. `source` is named in errors. Raises TemplateError."""
        try:
            body = json.loads(text)
        except json.JSONDecodeError as error:
            raise TemplateError(f"{source}: not JSON (line {error.lineno}: {error.msg}); expected a template file.") from None
        found = body.get("schema") if isinstance(body, dict) else type(body).__name__
        if found != SCHEMA:
            raise TemplateError(f'{source}: schema is {found!r}; expected "{SCHEMA}".')
        unknown = set(body) - {"schema", "region", "points", "lines"}
        if unknown or not {"points", "lines"} <= set(body):
            raise TemplateError(f"{source}: keys are {sorted(body)}; expected schema, region, points and lines.")
        try:
            lines = tuple(_line(**line) for line in body["lines"])
        except (TypeError, KeyError, ValueError) as error:
            raise TemplateError(f"{source}: a line is malformed ({error}); expected name, points, closed and color.") from None
        return cls(body["points"], lines, str(body.get("region", "custom")), source)

    def save(self, path) -> Path:
        """Write the template to `path`, atomically."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_text(self.to_json() + "\n", encoding="utf-8")
        os.replace(temporary, path)
        return path

    @classmethod
    def load(cls, path) -> "Template":
        """Read and validate the template at `path`. Raises TemplateError."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise TemplateError(f"{path}: can't be read ({reason}); expected a template JSON file.") from None
        return cls.from_json(text, str(path))

    @classmethod
    def ready(cls, name: str) -> "Template":
        """One of the templates that come with the library: "face", "hand" or "foot", or with "_bands" after it, in bands."""
        path = TEMPLATES / f"{name}.json"
        if not path.is_file():
            have = sorted(p.stem for p in TEMPLATES.glob("*.json"))
            raise TemplateError(f"no ready template '{name}'; expected one of {have}, or the path of your own JSON.")
        return cls.load(path)

    @classmethod
    def from_paint(cls, frame: np.ndarray, colors, spacing: float = 0.15, region: str = "custom") -> "Template":
        """Propose a template from the paint on one marked frame, to be corrected by hand; see `capture.propose`.

        Args:
            frame: (H, W, 3) uint8 RGB, square.
            colors: the stated colours of the paint, "#rrggbb" each.
            spacing: between neighbouring points of a line, in units of [-1, 1].

        Raises:
            CaptureError: no thin shape of any of the colours was found.
        """
        from glmk_lib.capture import propose  # it finds and follows the paint, which needs more than a template does

        return propose.template(frame, colors, spacing, region)


def _line(**stated) -> Line:
    """A line as JSON has it: lists for tuples. Raises TypeError, KeyError or ValueError where it is malformed."""
    color = stated.get("color", DEFAULT_COLOR)
    return Line(**{**stated, "points": tuple(stated["points"]), "color": tuple(color) if isinstance(color, list) else color})


def rgb(color: str) -> tuple[int, int, int]:
    """A colour written as "#rrggbb" in numbers from 0 to 255."""
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))
