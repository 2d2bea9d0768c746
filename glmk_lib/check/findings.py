"""What a check finds: a number, how bad it is, a sentence about it, and what to do."""

import json
from dataclasses import asdict, dataclass, field

from glmk_lib.errors import CaptureError

SCHEMA = "glmk-check/1"
LEVELS = ("ok", "amber", "red")
_MARKS = {"ok": " ", "amber": "!", "red": "X"}  # red: no sense in training; amber: worse for it, or nobody tried


@dataclass(frozen=True)
class Limit:
    """From which value on a finding is amber, and from which red; where `amber` lies above `red`, low values are bad.

    A side that is None is never reached.
    """

    amber: float | None
    red: float | None = None
    low: bool = False

    def level(self, value: float) -> str:
        """One of LEVELS for the value."""
        for level in ("red", "amber"):
            bound = getattr(self, level)
            if bound is not None and (value < bound if self.low else value >= bound):
                return level
        return "ok"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what it is, such as "exposure drift".
        take: "marked", "unmarked", or "both" where two takes are compared.
        value: a number in `unit`; None where there is none to give.
        text: the value as it is shown.
        level: one of LEVELS.
        sentence: what was found, and what was expected where that is not what was found.
        remedy: what to do about it; empty where all is well.
    """

    name: str
    take: str
    value: float | None
    unit: str
    text: str
    level: str
    sentence: str
    remedy: str = ""

    def __post_init__(self):
        if self.level not in LEVELS:
            raise ValueError(f"{self.name}: level is {self.level!r}; expected one of {LEVELS}.")


def graded(name: str, take: str, value: float, unit: str, limit: Limit, sentence: str, remedy: str, form: str = "{:.2f}"):
    """A finding whose level follows from its value. `form` writes the value, its unit after it; shares are written `{:.0%}`."""
    level = limit.level(value)
    text = form.format(value) + (f" {unit}" if unit and "%" not in form else "")
    return Finding(name, take, float(value), unit, text, level, sentence, "" if level == "ok" else remedy)


@dataclass(frozen=True)
class Report:
    """All findings of one check.

    Attributes:
        findings: in the order in which they are told.
        inputs: SHA-256 of all that was checked; "" where that has no meaning.
        takes: for each take what it is: file name, frames, frames a second, width and height.
    """

    findings: tuple[Finding, ...]
    inputs: str = ""
    takes: dict = field(default_factory=dict)

    def at(self, level: str) -> list[Finding]:
        """The findings of that level."""
        return [finding for finding in self.findings if finding.level == level]

    def level(self, name: str) -> str:
        """The worst level among the findings of that name. Raises KeyError where there is none."""
        found = [LEVELS.index(finding.level) for finding in self.findings if finding.name == name]
        if not found:
            raise KeyError(name)
        return LEVELS[max(found)]

    def table(self) -> str:
        """As lines of text: every finding with its value, and below each that is not well what it means and what to do."""
        wide = max(len(finding.name) for finding in self.findings)
        lines = []
        for finding in self.findings:
            name = f"{finding.name:{wide + 2}s}"
            lines.append(f"{_MARKS[finding.level]} {finding.level:6s}{finding.take:10s}{name}{finding.text}")
            if finding.level != "ok":
                lines += [f"{'':8s}{finding.sentence}", f"{'':8s}{finding.remedy}"]
            elif finding.value is None:  # what has no number is told in words
                lines.append(f"{'':8s}{finding.sentence}")
        return "\n".join([*lines, "", self.verdict()])

    def verdict(self) -> str:
        """One sentence on the whole."""
        red, amber = (len(self.at(level)) for level in ("red", "amber"))
        if red:
            return f"{red} red and {amber} amber findings: mend what is red before you train."
        return f"no red and {amber} amber findings: " + ("look at what is amber, then train." if amber else "train.")

    def to_json(self) -> str:
        """The file's text; `Report.from_json` reads it back."""
        body = {"schema": SCHEMA, "inputs": self.inputs, "takes": self.takes, "findings": [asdict(f) for f in self.findings]}
        return json.dumps(body, indent=1)

    @classmethod
    def from_json(cls, text: str, source: str = "check") -> "Report":
        """Read what `to_json` wrote. Raises CaptureError naming `source`."""
        try:
            body = json.loads(text)
            if body["schema"] != SCHEMA:
                raise ValueError("of another version")
            return cls(tuple(Finding(**finding) for finding in body["findings"]), body["inputs"], body["takes"])
        except (ValueError, TypeError, KeyError) as error:
            raise CaptureError(f'{source}: not a report of a check ({error}); expected "{SCHEMA}": check again.') from None
