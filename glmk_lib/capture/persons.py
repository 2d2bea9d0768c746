"""Takes of the studio in which several persons follow one another."""

import shutil
from pathlib import Path

from glmk_lib.capture.reel import film_take, join, open_take
from glmk_lib.studio.take import Take

APART = 1000  # between the seeds of two persons' motion in one take: more than a seed of a capture is ever counted up to


def shares(frames: int, persons: int) -> list[int]:
    """How many of the frames show each of so many persons: as equal as can be, the first ones more."""
    return [frames // persons + (i < frames % persons) for i in range(persons)]


def film_persons(out: Path, name: str, frames: int, persons: tuple[int, ...], **how) -> Take:
    """The take `out`/`name`, in which each of the persons is seen for a share of the frames, in the order given.

    Takes and raises what `reel.film_take` does; one person alone is filmed by that. No two persons share their motion.
    """
    if len(persons) == 1:
        return film_take(out, name, frames, identity=persons[0], **how)
    if (done := open_take(out / f"{name}.json")) is not None:
        return done
    folder = out / f"{name}-persons"
    parts = [
        film_take(folder, f"person-{person}", share, **how | {"identity": person, "seed": how["seed"] + APART * i})
        for i, (person, share) in enumerate(zip(persons, shares(frames, len(persons)), strict=True))
    ]
    whole = join(parts, out / f"{name}.mkv", frames, persons=list(persons))
    shutil.rmtree(folder)
    return whole
