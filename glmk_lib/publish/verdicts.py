"""Whether a claim holds, by what studies measured of it.

A ratio is taken seed by seed, each row to the other one trained with the same seed, and then averaged, with Student's 95 %
interval over seeds. A comparison holds on a capture where its whole interval is on the right side of its bound, so one that
spans the bound does not; one seed has no interval and gives no verdict. What a chapter keeps of its runs is one value a seed
likewise; of one run alone its interval over the frames of its video is told, without a verdict. A claim holds on a capture
where all of its comparisons that have a bound do.
"""

from dataclasses import dataclass

from glmk_lib.metrics.intervals import Interval, seed_interval
from glmk_lib.publish.claims import Claim, Comparison
from glmk_lib.publish.report import HOLDS, MISSING, SHOWN, within

SHORT, ONE_SEED, CONDITIONAL = "does not hold here", "one seed: no verdict", "holds if"
# Rows without a seed of training: one value for the seeds of all others.
UNTRAINED = ("static", "mean_shape", "lucas_kanade", "mediapipe")


@dataclass(frozen=True)
class Effect:
    """One comparison on one capture."""

    comparison: Comparison
    capture: str
    values: tuple[float, ...] = ()  # one a seed that every trained row of the comparison has
    lacking: tuple[str, ...] = ()  # rows that are not measured, or not with the seeds of the other
    over_frames: Interval | None = None  # of one run, where that is what is compared
    by_zero: int = 0  # how many seeds there are, where a ratio can't be taken because what it is over is 0 for some
    stale: tuple[str, ...] = ()  # why, of the rows' cells
    diverged: tuple[str, ...] = ()  # what, of the rows' cells

    @property
    def mean(self) -> float:
        return self.over_frames.mean if self.over_frames else sum(self.values) / len(self.values)

    @property
    def interval(self) -> Interval | None:
        """None of fewer than two seeds."""
        if self.over_frames:
            return self.over_frames
        return seed_interval(self.values) if len(self.values) > 1 else None

    @property
    def state(self) -> str:
        """HOLDS, SHORT, ONE_SEED, MISSING, or SHOWN where there is no bound."""
        if self.lacking:
            return MISSING
        if self.comparison.bound is None:
            return SHOWN
        if max(len(self.values), self.by_zero) < 2:
            return ONE_SEED
        if self.by_zero:
            return SHORT
        return HOLDS if all(within(end, self.comparison.bound) for end in self.interval[1:]) else SHORT


@dataclass(frozen=True)
class Verdict:
    """A claim's verdict at one preset, and what it rests on."""

    claim: Claim
    effects: tuple[Effect, ...]  # test by test, and of each test capture by capture

    def on(self, capture: str) -> str:
        """HOLDS, SHORT, ONE_SEED or MISSING on one capture: what does not hold outweighs what is not known."""
        states = [e.state for e in self.effects if e.capture == capture and e.comparison.bound is not None]
        return next((state for state in (SHORT, MISSING, ONE_SEED, HOLDS) if state in states), MISSING)

    def where(self, state: str) -> list[str]:
        """The captures with that state."""
        return [capture for capture in self.claim.captures if self.on(capture) == state]

    @property
    def word(self) -> str:
        """HOLDS, CONDITIONAL, SHORT, ONE_SEED or MISSING over all captures of the claim."""
        if holding := self.where(HOLDS):
            return HOLDS if len(holding) == len(self.claim.captures) else CONDITIONAL
        return next((state for state in (SHORT, ONE_SEED) if self.where(state)), MISSING)

    @property
    def text(self) -> str:
        """The verdict in words, with the captures that differ: "holds if the capture is studio_face; not measured: hand_a"."""
        if self.word == HOLDS or self.word == MISSING:
            return self.word
        said = self.word
        if self.word == CONDITIONAL:
            said += f" the capture is {' or '.join(self.where(HOLDS))}"
        rest = {SHORT: "does not hold", ONE_SEED: "one seed", MISSING: MISSING}
        others = [f"{name}: {', '.join(self.where(s))}" for s, name in rest.items() if s != self.word and self.where(s)]
        return "; ".join([said, *others])

    @property
    def lacking(self) -> tuple[list[str], list[str]]:
        """Captures and rows that a study has to measure, or measure with more seeds, for a verdict everywhere."""
        short = [e for e in self.effects if e.state in (MISSING, ONE_SEED) and not e.comparison.kept]
        rows = [row for e in short for row in (e.lacking or dict.fromkeys(row for row, _ in e.comparison.sides))]
        return list(dict.fromkeys(e.capture for e in short)), list(dict.fromkeys(rows))


def judge(claim: Claim, summaries: dict[str, dict | None], kept=lambda capture, key: ()) -> Verdict:
    """The verdict on a claim.

    Args:
        summaries: {capture: summary of its study}, as `study.summarise` writes it; None where there is none.
        kept: gives what a chapter keeps of a capture under "chapter:path": (mean, low, high) of each run, over its frames.
    """
    pairs = [(test, name) for test in claim.tests for name in claim.captures]
    return Verdict(claim, tuple(effect(test, name, summaries.get(name), kept) for test, name in pairs))


def effect(comparison: Comparison, capture: str, summary: dict | None, kept=lambda capture, key: ()) -> Effect:
    """What one comparison comes to on one capture; arguments as for `judge`."""
    if comparison.kept:
        found = [Interval(*interval) for interval in kept(capture, comparison.kept)]
        if not found:
            return Effect(comparison, capture, lacking=(comparison.kept,))
        if len(found) == 1:
            return Effect(comparison, capture, over_frames=found[0])
        return Effect(comparison, capture, tuple(interval.mean for interval in found))
    rows = (summary or {}).get("rows", {})
    lacking = [row for row, measure in comparison.sides if measure not in rows.get(row, {})]
    trained = [row for row, _ in comparison.sides if row not in UNTRAINED]
    seeds = [] if lacking else _shared(rows, trained)
    if not seeds:
        return Effect(comparison, capture, lacking=tuple(dict.fromkeys(lacking or trained)))
    of, *over = (_values(rows[row], row, measure, seeds) for row, measure in comparison.sides)
    marks = {kind: _marks(rows, kind, comparison.sides, seeds) for kind in ("stale", "diverged")}
    if not over:
        return Effect(comparison, capture, of, **marks)
    if 0 in over[0]:
        return Effect(comparison, capture, by_zero=len(seeds), **marks)
    return Effect(comparison, capture, tuple(a / b for a, b in zip(of, over[0], strict=True)), **marks)


def _shared(rows: dict, trained: list[str]) -> list[int]:
    """The seeds that all of these rows have; one, whichever, where no row is trained."""
    return sorted(set.intersection(*(set(rows[row]["seeds"]) for row in trained))) if trained else [0]


def _values(found: dict, row: str, measure: str, seeds: list[int]) -> tuple[float, ...]:
    values = found[measure]["values"]
    if row in UNTRAINED:
        return (values[0],) * len(seeds)
    by_seed = dict(zip(found["seeds"], values, strict=True))
    return tuple(by_seed[seed] for seed in seeds)


def _marks(rows: dict, kind: str, sides, seeds: list[int]) -> tuple[str, ...]:
    """What the summaries' "stale" or "diverged" say of the cells that were used."""
    texts = (
        text for row, _ in sides for seed, text in rows[row].get(kind, {}).items() if row in UNTRAINED or int(seed) in seeds
    )
    return tuple(dict.fromkeys(texts))
