"""A region of one's own: a mug, painted and bare, filmed as a reader would film theirs.

The studio knows a face, a hand and a foot. This module gives it another body, made of its primitives, and leaves what a camera
leaves: videos in which the mug wanders about the frame. Nothing in the library knows of mugs. The truth that lies beside each
video is there to measure with.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from glmk_lib.capture.ingest import checksum
from glmk_lib.capture.prepare import studio_hash
from glmk_lib.capture.reel import open_take
from glmk_lib.capture.storage import atomic_file
from glmk_lib.capture.video import VideoWriter
from glmk_lib.studio.body import Body, RigidRange
from glmk_lib.studio.colors import GREEN, LIME, TEAL
from glmk_lib.studio.filming import BATCH, shoot
from glmk_lib.studio.mesh import locate
from glmk_lib.studio.motion import FPS
from glmk_lib.studio.occluder import cup
from glmk_lib.studio.render import Actor
from glmk_lib.studio.room import Room
from glmk_lib.studio.scene import Scene, Script
from glmk_lib.studio.take import Take, describe
from glmk_lib.template import Line

SIZE = 128  # pixels, width and height of a film: the mug takes up under half of it
EVERY = 4  # one frame in so many of 25 a second is kept: more poses in as few frames
# Body units, as the cup is built: y points down, and its wall leans in from the top, at -0.45, to the bottom.
_RIM, _FOOT, _TOP, _LEAN = -0.28, 0.355, 0.36, 0.08
_RIGID = RigidRange(yaw=(-0.3, 0.25), pitch=(-0.1, 0.3), roll=(-0.25, 0.25), x=(-0.5, 0.5), y=(-0.45, 0.45), scale=(1.0, 1.15))


def _on_wall(degrees, y):
    """Places (n, 3) on the wall, by the angle from the front towards the handle, and the directions (n, 3) it faces there."""
    turn = np.radians(degrees)
    outward = np.stack([np.sin(turn), np.zeros_like(turn), -np.cos(turn)], 1)
    y = np.broadcast_to(y, turn.shape)
    places = outward * (_TOP - _LEAN * (y + 0.45))[:, None]
    places[:, 1] = y
    return places, outward


@lru_cache(maxsize=1)
def mug() -> Body:
    """The studio's cup with three painted lines: rim and foot around its front, side down its wall between them.

    None lies on the handle or over the white band: paint that hides what else is seen there makes the two takes differ.
    """
    parts = {
        "rim": (TEAL, *_on_wall(np.linspace(-55, 55, 6), _RIM)),
        "side": (LIME, *_on_wall(np.full(4, -12.0), np.linspace(-0.18, 0.06, 4))),
        "foot": (GREEN, *_on_wall(np.linspace(-55, 45, 6), _FOOT)),
    }
    lines, count = [], 0
    for name, (color, places, _) in parts.items():
        lines.append(Line(name, tuple(range(count, count + len(places))), False, color))
        count += len(places)
    bare = cup()
    places, facing = (np.concatenate([part[k] for part in parts.values()]) for k in (1, 2))
    return replace(
        bare,
        region="mug",
        lines=tuple(lines),
        places=locate(bare.rest, places, facing=facing),
        rigid=_RIGID,
        identity={"person": 0},
        paint_width=0.065,
    )


def film(out, name: str, frames: int, seed: int, marked: bool, progress: bool = True) -> Take:
    """Film the mug: `out`/`name`.mkv, of SIZE x SIZE pixels, and what `studio.film` leaves beside a video.

    A take that lies there already, of the same arguments and the same code, is not filmed again.

    Args:
        frames: how many, at least 1. seed: of motion, light and noise; takes that must be independent have different ones.
        marked: with the lines painted on it.
        progress: show a progress bar.

    Returns:
        The take; its truth holds points (N, P, 2), visible (N, P) and boxes (N, 4) as `studio.film` describes them, in the
        order of the lines of `mug`.

    Raises CaptureError: a full disk, or a folder that can't be written.
    """
    body, entry = mug(), Path(out) / f"{name}.json"
    told = {"region": body.region, "frames": frames, "seed": seed, "marked": marked, "size": SIZE, "fps": FPS / EVERY}
    told["code"] = [studio_hash(), checksum(__file__)]
    if (done := open_take(entry)) is not None and told.items() <= done.info.items():
        return done
    scene = Scene((Actor.of(body),), Room.build("hand", 0), "cpu")
    scene = scene.painted() if marked else scene
    script = Script.write(scene, seed, frames * EVERY + 1)  # one more, for the speed of the last
    video, truth_file, truths = Path(out) / f"{name}.mkv", Path(out) / f"{name}.npz", []
    with (
        VideoWriter(video, SIZE, SIZE, FPS / EVERY, lossless=True) as writer,
        tqdm(total=frames, desc=f"filming {name}", unit="frame", disable=not progress) as bar,
    ):
        for begin in range(0, frames, BATCH):
            numbers = [EVERY * k for k in range(begin, min(begin + BATCH, frames))]
            pictures, truth = shoot(scene, script, numbers, seed, SIZE)
            for picture in pictures.numpy():
                writer.write(picture)
            truths.append({key: truth[key] for key in ("points", "visible", "boxes")})
            bar.update(len(numbers))
    with atomic_file(truth_file) as made:
        np.savez_compressed(made, **{key: np.concatenate([each[key] for each in truths]) for key in truths[0]})
    return describe(video, truth_file, told)


def astray(boxes: np.ndarray, take: Take) -> np.ndarray:
    """How far the middles of `boxes` (T, 4) are from those of the true boxes of a take's frames: (T,) pixels."""
    true = np.load(take.truth, allow_pickle=False)["boxes"]
    return np.linalg.norm(boxes[:, :2] + boxes[:, 2:] / 2 - true[:, :2] - true[:, 2:] / 2, axis=1)
