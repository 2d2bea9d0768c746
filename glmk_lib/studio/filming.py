"""Film a take of the virtual capture: a lossless video and its exact truth."""

import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from numbers import Integral
from pathlib import Path

import numpy as np
from tqdm import tqdm

from glmk_lib.capture.storage import explain_full_disk
from glmk_lib.capture.video import VideoWriter
from glmk_lib.errors import PresetError
from glmk_lib.studio.head import Identity, face_lines, linear
from glmk_lib.studio.motion import FPS, Pose, motion
from glmk_lib.studio.paint import coverage
from glmk_lib.studio.render import SAMPLES, Scene, render
from glmk_lib.studio.room import Room
from glmk_lib.studio.skin import bake
from glmk_lib.studio.surface import truth
from glmk_lib.template import Template

REGIONS = ("face",)


@dataclass(frozen=True)
class Take:
    """The video, an npz with `points` (N, P, 2) float32 in pixels and `visible` (N, P) bool, and how they were made."""

    video: Path
    truth: Path
    info: dict


def film(
    region: str = "face",
    identity: int = 0,
    frames: int = 2000,
    seed: int = 0,
    marked: bool = False,
    size: int = 64,
    out=".",
    name: str | None = None,
    progress: bool = True,
) -> Take:
    """Film `frames` frames of `size` × `size` px at 25 frames a second: `out`/`name`.mkv, with its truth in `name`.npz.

    Motion, light and noise follow from `seed`: the same arguments give the same frames bit for bit, and the same seed with and
    without paint gives the same motion. Takes that must be independent, as the method's two videos must, take different seeds.

    Args:
        region: "face".
        identity: the person, 0 or more. The ready template was drawn on identity 0.
        marked: with the template's lines painted on the skin.
        name: "marked" or "unmarked" if not given.
        progress: show a progress bar.

    Returns:
        The take. Truth points are in pixels of the full frame, pixel i covering [i, i + 1]; a point is visible where its skin
        faces the camera, unhidden by the rest of the head, inside the frame.

    Raises:
        PresetError: another region, no frames, frames below 16 px, a negative identity or seed.
        CaptureError: a full disk, or a folder that can't be written.
    """
    if region not in REGIONS:
        raise PresetError(f"studio: there is no region {region!r}; expected one of {list(REGIONS)}.")
    for what, value, least in (("frames", frames, 1), ("size", size, 16), ("identity", identity, 0), ("seed", seed, 0)):
        if not isinstance(value, Integral) or value < least:
            raise PresetError(f"studio: {what} is {value!r}; expected a whole number of at least {least}.")
    name = name or ("marked" if marked else "unmarked")
    video, points_file = Path(out) / f"{name}.mkv", Path(out) / f"{name}.npz"
    scene = make_scene(identity, size, marked)
    poses = motion(seed, frames)
    places, lines = face_lines()
    points, visible = truth(scene.identity, scene.skin.height, places, poses, size)
    with _written(points_file, points=points, visible=visible), VideoWriter(video, size, size, FPS, lossless=True) as writer:
        for i in tqdm(range(frames), desc=f"filming {name}", disable=not progress, unit="frame"):
            writer.write(render(scene, poses.frame(i), [seed, i]))
    info = {"region": region, "identity": identity, "frames": frames, "seed": seed, "marked": marked, "size": size, "fps": FPS}
    return Take(video, points_file, {**info, "color": lines[0].color, "lines": [line.name for line in lines]})


def make_scene(identity: int, size: int, marked: bool = False) -> Scene:
    """What stays the same through all takes of that person: bare, or painted, once for all marked takes."""
    person, skin, room = _person(identity, size)
    if not marked:
        return Scene(person, skin, room, size)
    places, lines = face_lines()
    segments = Template(np.zeros_like(places), lines).segments[:, :2]
    return Scene(person, skin, room, size, coverage(person, places, segments, size), linear(lines[0].color))


def face_template() -> Template:
    """The ready template "face": the painted points of identity 0 at rest, (36, 2), as the film's frame shows them."""
    places, lines = face_lines()
    person, skin, _ = _person(0, 64)
    points, _ = truth(person, skin.height, places, Pose()[None], size=2)
    return Template(np.round(points[0].astype(np.float64) - 1, 6), lines, "face", "studio")


@lru_cache(maxsize=2)  # a capture is several takes of one person
def _person(identity, size):
    person = Identity.of(identity)
    return person, bake(person, size), Room.build(identity, size * SAMPLES)


@contextmanager
def _written(path: Path, **arrays):
    """Write the arrays before the block, and put them in their place when it has ended well: a video never lacks its truth."""
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    with explain_full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            np.savez_compressed(temporary, **arrays)
            yield
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
