"""What the paper claims, and how each claim is tested here: claims.yaml, read and checked. Verdicts are in verdicts.py."""

from pathlib import Path

import pydantic

from glmk_lib import paths
from glmk_lib.errors import PresetError
from glmk_lib.publish import BookError, entries, figure, report
from glmk_lib.publish.notebook import check_capture

_MEASURE = r"^\w+\.\w+$"  # a row of the study and a measure of it
_KEPT = r"^\w+:\w+(\.\w+)*$"  # a chapter and what it keeps


class Comparison(pydantic.BaseModel):
    """A measure of one row, or its ratio to another row's, against a bound; without `bound` it is shown and decides nothing.

    Or, as `kept`, what a chapter keeps of each of its runs: a mean and its interval over the frames of one video.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str = pydantic.Field(min_length=1)
    of: str | None = pydantic.Field(default=None, pattern=_MEASURE)
    over: str | None = pydantic.Field(default=None, pattern=_MEASURE)
    kept: str | None = pydantic.Field(default=None, pattern=_KEPT)
    bound: str | None = None

    @pydantic.model_validator(mode="after")
    def _one_source(self):
        if (self.of is None) == (self.kept is None) or (self.kept and self.over):
            raise ValueError("expected either `of`, perhaps with `over`, or `kept`")
        return self

    @pydantic.field_validator("bound")
    @classmethod
    def _comparison(cls, text):
        return report.check_bound(text)

    @property
    def sides(self) -> list[tuple[str, str]]:
        """Row and measure of each side; none of what a chapter keeps."""
        return [tuple(side.split(".")) for side in (self.of, self.over) if side]


class Claim(pydantic.BaseModel):
    """One claim of the paper; without `tests` nothing here tests it yet."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str = pydantic.Field(min_length=1)
    words: str = pydantic.Field(min_length=1)
    experiment: str = pydantic.Field(min_length=1)
    figure: str | None = None
    captures: tuple[str, ...] = ()
    study: str = pydantic.Field(default="accuracy", pattern=r"^\w+$")
    tests: tuple[Comparison, ...] = ()

    @pydantic.field_validator("captures")
    @classmethod
    def _known_captures(cls, names):
        try:
            return tuple(check_capture(name) for name in names)
        except PresetError as error:
            raise ValueError(str(error)) from None

    @pydantic.model_validator(mode="after")
    def _tests_need_captures(self):
        if self.tests and not self.captures:
            raise ValueError("has tests, and no captures to test on")
        return self


def claims(path: Path | None = None) -> list[Claim]:
    """The entries of claims.yaml. Raises BookError naming the entry and what is wrong with it."""
    path = path or paths.CLAIMS
    found = entries.read(path, "claims", Claim)
    known, names = figure.labels(), [claim.name for claim in found]
    for claim in found:
        if names.count(claim.name) > 1:
            raise BookError(f"{path}: entry {claim.name!r} stands there twice.")
        if claim.figure is not None and claim.figure not in known:
            expected = ", ".join(known) or "none"
            raise BookError(f"{path}: entry {claim.name!r}: figure: found {claim.figure!r}, expected one of {expected}.")
    return found
