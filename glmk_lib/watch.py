"""When a run starts to go wrong: what is measured at every step, what stops the run, and what it says then.

Every step notes, beside the losses, how L_delta and the discriminators behave; their means over the steps between two
evaluations stand in the history. A run is stopped when each of the last `IN_A_ROW` evaluations, over at least `LEAST_STEPS`
steps, shows the same sign:

saturated   More than `SATURATED` of L_delta's offsets are within 5 % of their bound, where tanh leaves a tenth of its slope and
            less: L_delta has thrown points out of the frame, from where no gradient brings them back. Runs that went well
            had none; one that recovered from a learning rate ten times too high had 5 % at first; one that did not had all.
constant    L_delta's offsets differ between frames by less than `CONSTANT`, a fifteenth of a pixel at 64 px, after `AFTER`
            steps. It starts at the template, so it has to move first: it passed 0.02 within 20 steps where it had to follow
            the random transforms, and 0.01 within 100 with the paper's terms alone, which have none.
disc_...    A discriminator has won: its loss is below `WON`, where chance is 0.25, and the two cycles are worse by `WORSE` than
            they were at best. Not before both: a nearly perfect D_M alone is no harm where other terms lead (a run that ended
            well had 0.025), and cycles may rise while L_delta moves away from the template. Runs that had both lost accuracy
            from there on.

A loss or a gradient that isn't finite stops the run at once, before its step is applied. Runs that are merely poor go on.
"""

import torch
from torch import Tensor

SATURATED = 0.1  # share of the offsets
CONSTANT = 0.002  # standard deviation over frames, in units of [-1, 1]
AFTER = 100  # steps
WON = 0.02  # of LSGAN's loss: scores are within about 0.14 of what D wants
WORSE = 1.1  # times the best so far
IN_A_ROW = 3  # evaluations
LEAST_STEPS = 60  # that they span

JUDGES = {"disc_marked": ("D_M", "painted"), "disc_unmarked": ("D_U", "unpainted")}


class NotFinite(Exception):
    """A step was not applied because the terms of these `names`, or (no names) its gradient, are not finite."""

    def __init__(self, names: list[str]):
        which = ", ".join(names) or "the gradient"
        super().__init__(f"{which} became non-finite; try another seed, or halve lr and lr_deformation")


class Recorder:
    """The networks of one step, with what they gave: `recorder[name](images)` calls one, `outputs[name]` lists its results."""

    def __init__(self, models):
        self.models = models
        self.outputs: dict[str, list[Tensor]] = {}

    def __getitem__(self, name: str):
        def call(images: Tensor) -> Tensor:
            output = self.models[name](images)
            self.outputs.setdefault(name, []).append(output.detach())
            return output

        return call


def of_offsets(offsets: list[Tensor], bound: float) -> dict[str, Tensor]:
    """How L_delta behaves in a step, from all its offsets (B, N, 2) there.

    Returns:
        saturated: share of the offsets beyond 95 % of `bound`. spread: mean over points and axes of the standard deviation over
        frames; absent when there is a single frame.
    """
    deltas = torch.cat([o.float() for o in offsets])
    found = {"saturated": (deltas.abs() > 0.95 * bound).float().mean()}
    if len(deltas) > 1:
        found["spread"] = deltas.std(0).mean()
    return found


def of_scores(outputs: dict[str, list[Tensor]]) -> dict[str, Tensor]:
    """Mean scores that D_M and D_U gave to real frames, which they want to be 1, and to fakes, from calls in this order."""
    return {
        f"{name}_{kind}": scores.float().mean()
        for name, both in outputs.items()
        for kind, scores in zip(("real", "fake"), both, strict=True)
    }


class Means:
    """Means of named values over the steps since they were last taken."""

    def __init__(self):
        self.names, self.sums, self.count = (), None, 0

    def add(self, values: dict[str, Tensor]):
        """Add the values of one step; the names must stay the same until `take`."""
        stacked = torch.stack([v.detach().float() for v in values.values()])
        self.sums = stacked if self.sums is None else self.sums + stacked
        self.names, self.count = tuple(values), self.count + 1

    def take(self, everywhere=lambda mean: mean) -> dict[str, float]:
        """The means, of all processes by `everywhere`; then it begins anew."""
        found = dict(zip(self.names, everywhere(self.sums / self.count).tolist(), strict=True))
        self.__init__()
        return found


def sign(rows: list[dict]) -> str | None:
    """What the last of the history's `rows` shows of a run going wrong: "saturated", "constant", a discriminator, or None."""
    row = rows[-1]
    if row["saturated"] > SATURATED:
        return "saturated"
    if row["step"] > AFTER and row.get("spread", CONSTANT) < CONSTANT:
        return "constant"
    if "disc_marked" in row and _cycles(row) > WORSE * best_cycles(rows):
        return next((judge for judge in JUDGES if row[judge] < WON), None)
    return None


def trouble(rows: list[dict]) -> str | None:
    """The sign that all of the last evaluations show; None lets the run go on."""
    first = len(rows) - 1
    while first > 0 and (len(rows) - first < IN_A_ROW or rows[-1]["step"] - rows[first - 1]["step"] < LEAST_STEPS):
        first -= 1
    before = rows[first - 1]["step"] if first else 0
    if len(rows) - first < IN_A_ROW or rows[-1]["step"] - before < LEAST_STEPS:
        return None
    signs = {sign(rows[: i + 1]) for i in range(first, len(rows))}
    return signs.pop() if len(signs) == 1 else None


def best_cycles(rows: list[dict]) -> float:
    """The least sum of both cycles' means in the first phase."""
    return min(_cycles(row) for row in rows if "cycle_unmarked" in row)


def explain(what: str, rows: list[dict]) -> str:
    """What went wrong and what to try, as two halves of a sentence, of a sign that the last of the history's `rows` shows."""
    row = rows[-1]
    if what == "saturated":
        return (
            f"{row['saturated']:.0%} of L_delta's offsets are at their bound (expected: hardly any), so that it no longer "
            "learns; try another seed, halve lr_deformation, or raise spring"
        )
    if what == "constant":
        return (
            f"L_delta's offsets are the same for every frame (they differ by {row['spread']:.4f} of half a frame; expected: "
            f"at least {CONSTANT}); check that the subject moves in both takes, or try another seed or lr_deformation"
        )
    judge, frames = JUDGES[what]
    return (
        f"{judge} tells real {frames} frames from made ones without fail (its loss is {row[what]:.4f}; by chance: 0.25) while "
        f"both cycles together rose from {best_cycles(rows):.3f} to {_cycles(row):.3f}; "
        f"lower {what.replace('disc', 'adversarial')}, or film both takes in the same light and poses"
    )


def _cycles(row: dict) -> float:
    return row["cycle_marked"] + row["cycle_unmarked"]
