"""The project's own scales: each figure of targets.yaml beside the value that a run wrote, and whether it holds."""

import json
import operator
import re
from dataclasses import dataclass
from pathlib import Path

import pydantic

from glmk_lib import paths, presets
from glmk_lib.publish import BookError, entries
from glmk_lib.publish.notebook import check_capture, look_up, read_json

HOLDS, SHORT, MISSING, FEW, SHOWN = "holds", "falls short", "not measured", "too few seeds", "for comparison"
_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
_TARGET = re.compile(r"(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)")
_KEY = re.compile(r"[\w-]+(?:/[\w-]+)?:[\w-]+(?:\.[\w@-]+)*")
_OVER_SEEDS = re.compile(r"(study/\w+):at_three_seeds\.(\w+\.\w+)")  # a study's row and its measure


class Target(pydantic.BaseModel):
    """One figure that the project holds itself to; without `target` it is shown for comparison."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str = pydantic.Field(min_length=1)
    unit: str = ""
    target: str | None = None
    key: str
    capture: str
    preset: str
    command: str = pydantic.Field(min_length=1)

    @pydantic.field_validator("target")
    @classmethod
    def _comparison(cls, text):
        return check_bound(text)

    @pydantic.field_validator("key")
    @classmethod
    def _chapter_and_path(cls, text):
        if not _KEY.fullmatch(text):
            raise ValueError('expected chapter:path, such as "03_training:ours.mean_px"')
        return text

    @pydantic.field_validator("preset")
    @classmethod
    def _known_preset(cls, name):
        if name not in presets.PRESETS:
            raise ValueError(f"expected one of {', '.join(presets.PRESETS)}")
        return name

    @pydantic.field_validator("capture")
    @classmethod
    def _known_capture(cls, name):
        try:
            return check_capture(name)
        except presets.PresetError as error:
            raise ValueError(str(error)) from None

    def value(self) -> float | None:
        """What the results file holds under the key; None where no run has written it."""
        return result(self.capture, self.preset, self.key)

    def of_fewer_seeds(self) -> list[float]:
        """What a study has so far, one value a seed, where the figure asks for three; nothing of any other figure.

        Three that don't make the figure are of another configuration, which says nothing about it.
        """
        if not (found := _OVER_SEEDS.fullmatch(self.key)):
            return []
        study, measure = found.groups()
        body = read_json(paths.results_file(self.capture, self.preset, study))
        values = look_up(body, f"rows.{measure}.values") or []
        return values if len(values) < 3 else []


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    target: Target
    value: float | None
    early: list[float]  # see `Target.of_fewer_seeds`

    @property
    def verdict(self) -> str:
        if self.value is None:
            return FEW if self.early else MISSING
        if self.target.target is None:
            return SHOWN
        return HOLDS if within(self.value, self.target.target) else SHORT

    def cells(self) -> list[str]:
        unit = f"\N{NO-BREAK SPACE}{self.target.unit}" if self.target.unit else ""
        return [
            self.target.name,
            self._value(unit),
            f"{pretty(self.target.target)}{unit}" if self.target.target else "–",
            self.verdict,
            self.target.preset,
            self.target.command,
        ]

    def _value(self, unit: str) -> str:
        if self.value is not None:
            return f"{beside(self.value, self.target.target)}{unit}"
        if not self.early:
            return "–"
        seeds = f"{len(self.early)} seed" + "s" * (len(self.early) > 1)
        return f"{number(sum(self.early) / len(self.early))}{unit} ({seeds})"


def check_bound(text: str | None) -> str | None:
    """`text`, if it is a comparison with a number or None. Raises ValueError."""
    if text is not None and not _TARGET.fullmatch(text):
        raise ValueError('expected a comparison such as "<= 1.5"')
    return text


def within(value: float, bound: str) -> bool:
    """Whether `value` is on the right side of a bound such as "<= 1.5"."""
    sign, number = _TARGET.fullmatch(bound).groups()
    return _COMPARE[sign](value, float(number))


def pretty(target: str) -> str:
    """A bound as it is printed."""
    return target.replace("<=", "≤").replace(">=", "≥").replace(" ", "\N{NO-BREAK SPACE}")


HEADINGS = ["Figure", "Value", "Target", "Verdict", "Preset", "Made by"]


def result(capture: str, preset: str, key: str) -> float | None:
    """The number under "chapter:dotted.path" of that capture and preset; None where no run has written one."""
    chapter, path = key.split(":", 1)
    value = look_up(read_json(paths.results_file(capture, preset, chapter)), path)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def number(value: float) -> str:
    """Three significant digits, and whole numbers from 100 on."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def beside(value: float, bound: str | None) -> str:
    """`number`, with as many digits more as it takes to stand on the same side of `bound` as the value does."""
    texts = (number(value), *(f"{value:.{digits}g}" for digits in range(3, 18)))
    return next((text for text in texts if not bound or within(float(text), bound) == within(value, bound)), repr(value))


def targets(path: Path | None = None) -> list[Target]:
    """The entries of targets.yaml. Raises BookError naming the entry and what is wrong with it."""
    path = path or paths.TARGETS
    found = entries.read(path, "targets", Target)
    names = [(t.name, t.capture, t.preset) for t in found]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise BookError(f"{path}: entry {twice[0]!r} stands there twice for {twice[1]} at {twice[2]}.")
    return found


def rows(preset: str | None = None, capture: str | None = None) -> list[Row]:
    """The report's lines, of all presets and captures or of those named."""
    chosen = [t for t in targets() if preset in (None, t.preset) and capture in (None, t.capture)]
    return [Row(t, t.value(), t.of_fewer_seeds()) for t in chosen]


def report(preset: str | None = None, capture: str | None = None, as_json: bool = False) -> str:
    """The report as a table of plain text, or as JSON (a list of objects, `value` null where not measured)."""
    lines = rows(preset, capture)
    if as_json:
        return json.dumps([{**r.target.model_dump(), "value": r.value, "verdict": r.verdict} for r in lines], indent=1)
    if not lines:
        return f"{paths.TARGETS.name} holds no figure for capture {capture or 'any'} at preset {preset or 'any'}."
    table = [HEADINGS, *(r.cells() for r in lines)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEADINGS))]
    table.insert(1, ["-" * width for width in widths])
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table)


def markdown(preset: str | None = None, capture: str | None = None) -> str:
    """The report as a table for the book; each verdict is a span of a class such as "falls-short"."""
    table = [HEADINGS, ["---"] * len(HEADINGS)]
    for row in rows(preset, capture):
        cells = [cell.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;") for cell in row.cells()]
        cells[3] = f'<span class="{row.verdict.replace(" ", "-")}">{row.verdict}</span>'
        cells[5] = f"`{row.target.command}`"
        table.append(cells)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in table)
