"""The studio's other persons: the template that each of them would draw, and takes in which several follow one another."""

import shutil
from pathlib import Path

import numpy as np
import torch

from glmk_lib.capture.reel import film_take, join, open_take
from glmk_lib.studio import camera
from glmk_lib.studio.filming import check
from glmk_lib.studio.raster import project
from glmk_lib.studio.scene import make_body, one_thread, painted_lines
from glmk_lib.studio.take import Take
from glmk_lib.template import Template

APART = 1000  # between the seeds of two persons' motion in one take: more than a seed of a capture is ever counted up to


@one_thread()
def template_of(region: str, person: int, marks: str = "none") -> Template:
    """The template of that person: their painted points (P, 2) at rest, in the middle of their motion as a whole.

    Point i is the same place of the body as point i of the ready template, which is that of person 0. Raises PresetError for
    another region or marks.
    """
    check(identity=person, marks=marks)
    body = make_body(region, person)
    middle = torch.from_numpy(body.rigid.limits().mean(1, keepdims=True).T).float()
    on = body.places.on(camera.place(body.deform(body.pose_at_rest()), middle))
    points = project(on[0].double(), camera.FOCAL, 2) - 1
    return Template(np.round(points.numpy(), 6), painted_lines(body, marks=marks), region, "studio")


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
