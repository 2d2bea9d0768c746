"""Film a take of the virtual capture: a lossless video and its exact truth."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from glmk_lib.capture.storage import explain_full_disk
from glmk_lib.capture.video import VideoWriter
from glmk_lib.errors import CaptureError
from glmk_lib.studio import surface
from glmk_lib.studio.face_paint import coverage
from glmk_lib.studio.head import Identity, face_lines, linear
from glmk_lib.studio.motion import FPS, Pose, motion
from glmk_lib.studio.render import SAMPLES, Scene, render
from glmk_lib.studio.room import Room
from glmk_lib.studio.skin import bake
from glmk_lib.template import Template

REGIONS = ("face",)


@dataclass(frozen=True)
class Take:
    """A filmed take: the video, and an npz with `points` (N, P, 2) float32 in pixels and `visible` (N, P) bool."""

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
    name: str = "take",
    progress: bool = True,
) -> Take:
    """Film `frames` frames of `size` × `size` px at 25 frames a second into `out`/`name`.mkv, with truth in `name`.npz.

    Motion, light and noise follow from `seed`: the same arguments give the same frames bit for bit, and the same seed with and
    without paint gives the same motion. Takes that should be independent, as the method needs them, take different seeds.

    Args:
        region: "face".
        identity: the person, 0 or more. The ready template was drawn on identity 0.
        marked: with the template's lines painted on the skin.
        progress: show a progress bar.

    Returns:
        The take. Truth points are in pixels of the full frame, pixel i covering [i, i + 1]; a point is visible where its skin
        faces the camera, unhidden, inside the frame.

    Raises:
        CaptureError: another region, no frames, a frame size below 16 px, a negative identity or seed, or a full disk.
    """
    if region not in REGIONS:
        raise CaptureError(f"studio: no region '{region}'; expected one of {list(REGIONS)}.")
    for what, value, least in (("frames", frames, 1), ("size", size, 16), ("identity", identity, 0), ("seed", seed, 0)):
        if int(value) != value or value < least:
            raise CaptureError(f"studio: {what} is {value!r}; expected a whole number of at least {least}.")
    scene = make_scene(identity, size, seed if marked else None)
    poses = motion(seed, frames)
    places, lines = face_lines()
    points, visible = surface.truth(scene.identity, scene.skin.height, places, poses, size)
    out = Path(out)
    video, truth = out / f"{name}.mkv", out / f"{name}.npz"
    with VideoWriter(video, size, size, FPS, lossless=True) as writer:
        for i in tqdm(range(frames), desc=f"film {name}", disable=not progress, unit="frame"):
            writer.write(render(scene, poses.frame(i), [seed, i]))
    _save(truth, points=points, visible=visible)
    info = {"region": region, "identity": identity, "frames": frames, "seed": seed, "marked": marked, "size": size, "fps": FPS}
    return Take(video, truth, {**info, "color": lines[0].color, "lines": [line.name for line in lines]})


def make_scene(identity: int, size: int, paint_seed: int | None = None) -> Scene:
    """What stays the same through a take of that person; painted by the hand `paint_seed`, or bare when it is None."""
    person = Identity.of(identity)
    paint = color = None
    if paint_seed is not None:
        places, lines = face_lines()
        paint = coverage(person, places, face_template().segments[:, :2], paint_seed, size)
        color = linear(lines[0].color)
    return Scene(person, bake(person, size), Room.build(identity, size * SAMPLES), size, paint, color)


def face_template() -> Template:
    """The ready template "face": the painted points of identity 0 at rest, as the film's frame shows them."""
    person = Identity.of(0)
    places, lines = face_lines()
    rest = Pose()[None]
    points, _ = surface.truth(person, bake(person, 64).height, places, rest, 2)
    return Template(np.round(points[0].astype(np.float64) - 1, 6), lines, "face", "studio")


def _save(path: Path, **arrays):
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    with explain_full_disk(path):
        try:
            np.savez_compressed(temporary, **arrays)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
