"""Film a take of the virtual capture: a video and its exact truth."""

from numbers import Integral, Real
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from glmk_lib.capture.storage import atomic_file
from glmk_lib.capture.video import VideoWriter
from glmk_lib.errors import PresetError
from glmk_lib.studio import camera
from glmk_lib.studio.motion import FPS
from glmk_lib.studio.occluder import OCCLUDERS
from glmk_lib.studio.paint import MARKS
from glmk_lib.studio.raster import project
from glmk_lib.studio.render import draw, together
from glmk_lib.studio.scene import Scene, Script, make_body, make_scene, one_thread, painted_lines
from glmk_lib.studio.shade import Light
from glmk_lib.studio.take import Take, describe
from glmk_lib.studio.visibility import visible
from glmk_lib.template import Template

CODECS = {"lossless": ".mkv", "h264": ".mp4"}
BATCH = 8  # frames rendered at once
_CHOICES = {"marks": MARKS, "occluder": OCCLUDERS, "codec": tuple(CODECS)}
_LEAST = {"identity": 0, "frames": 1, "seed": 0, "size": 16, "every": 1, "first": 0}


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
    colors=None,
    marks: str = "none",
    occluder: str = "none",
    mismatch: float = 0.0,
    codec: str = "lossless",
    device: str = "cpu",
    every: int = 1,
    first: int = 0,
) -> Take:
    """Film `frames` frames of `size` × `size` px, 25 a second: `out`/`name`.mkv, with its truth in `name`.npz and the entry
    that says how they were made in `name`.json.

    Motion, light and noise follow from `seed`: the same arguments give the same frames bit for bit on one machine, and the same
    seed with and without paint gives the same motion. Takes that must be independent, as the method's two videos must, take
    different seeds.

    Args:
        region: "face", "hand" or "foot".
        identity: the person, 0 or more. The ready templates were drawn on identity 0.
        marked: with the template's lines painted on the skin.
        name: "marked" or "unmarked" if not given.
        progress: show a progress bar.
        colors: of the paint, "#rrggbb": one for all lines, or a list with one for each; the body's own if not given.
        marks: at the template's points: "dots" or "ticks" of paint, "bands", between which the colour of a line changes, or
            "none". Each of the `colors` is then, with "bands", a list of those that the segments of a line take in turn.
        occluder: what passes in front at times: "cup", "hand" or "none".
        mismatch: -1 to 1: squeezes the angles by which the body turns as a whole, a face's neck among them, into the lower or
            upper half of their range, to make two takes of different distributions. 0 uses the whole.
        codec: "lossless" (.mkv), or "h264" as any player shows it (.mp4).
        device: where torch computes, such as "cpu" or "cuda".
        every: keep one frame in so many of a take that is as many times longer, for more variety in as few frames. Frame k
            is frame `every` · k of the take with `every` 1 and the same seed; the video has 25 / `every` a second.
        first: begin with this one of the take's frames: a long take can be filmed in parts. In parts of a multiple of 8 they
            are the very same frames.

    Returns:
        The take. Its truth holds, for N frames and P template points in pixels of the full frame, pixel i covering [i, i + 1]:
        points (N, P, 2) float32; visible (N, P) bool: facing the camera, hidden by nothing, inside the frame; depth (N, P)
        float32 from the camera, body units; pose (N, K) and rigid (N, 6) float32, whose columns `info` names; boxes (N, 4)
        float32, x, y, width and height of the body's skin, hidden or not, without what it wears; mask (N, ⌈size · size / 8⌉)
        uint8, the body's visible pixels with what it wears, a bit each as `np.packbits` packs them.

    Raises:
        PresetError: another region, codec, occluder or marks, no frames, frames below 16 px, a negative identity or seed, a
            mismatch beyond ±1, `every` below 1, a device that torch can't use here, or colours that don't fit.
        CaptureError: a full disk, or a folder that can't be written.
    """
    check(identity=identity, frames=frames, seed=seed, size=size, every=every, first=first, mismatch=mismatch)
    check(marks=marks, occluder=occluder, codec=codec, device=device)
    numbers = (identity, frames, seed, size, every, first)
    identity, frames, seed, size, every, first = map(int, numbers)  # NumPy's numbers are not JSON
    body = make_body(region, identity)
    colors = [line.color for line in painted_lines(body, colors, marks)]
    name = name or ("marked" if marked else "unmarked")
    video, truth_file = Path(out) / f"{name}{CODECS[codec]}", Path(out) / f"{name}.npz"
    scene = make_scene(region, identity, occluder, device)
    scene = scene.painted(colors, marks) if marked else scene
    script = Script.write(scene, seed, (first + frames) * every + 1, mismatch)  # one more, for the speed of the last
    bar = tqdm(total=frames, desc=f"filming {name}", disable=not progress, unit="frame")
    truths = {}
    with (
        atomic_file(truth_file) as made,
        bar,
        VideoWriter(video, size, size, FPS / every, lossless=codec == "lossless") as writer,
    ):
        for begin in range(0, frames, BATCH):
            some = range(begin, min(begin + BATCH, frames))
            pictures, truth = shoot(scene, script, [every * (first + k) for k in some], seed, size)
            for picture in pictures.numpy():
                writer.write(picture)
            for key, value in truth.items():  # into whole arrays: many little ones would scatter over the memory
                truths.setdefault(key, np.empty((frames, *value.shape[1:]), value.dtype))[some.start : some.stop] = value
            bar.update(len(some))
        np.savez_compressed(made, **truths)
    told = {"region": region, "identity": identity, "frames": frames, "seed": seed, "marked": bool(marked), "size": size}
    told |= {"first": first, "fps": FPS / every, "codec": codec}
    told |= {"marks": marks, "occluder": occluder, "mismatch": float(mismatch)}
    told |= {"person": body.identity, "color": colors[0], "colors": colors, "lines": [line.name for line in body.lines]}
    told |= {"pose": [p.name for p in body.parameters], "rigid": list(body.rigid.NAMES)}
    return describe(video, truth_file, told)


@one_thread()
def shoot(scene: Scene, script: Script, numbers, seed: int, size: int) -> tuple[torch.Tensor, dict[str, np.ndarray]]:
    """Frames of a script, and their truth.

    Args:
        numbers: of the frames, rising. The script must hold one more after the last: blur follows the speed.

    Returns:
        (n, size, size, 3) uint8 RGB, and the arrays that `film` describes.
    """
    needed = sorted({*numbers, *(k + 1 for k in numbers)})
    at = torch.tensor([needed.index(k) for k in numbers], device=scene.device)
    posed = script.part(needed, scene.device)
    moving = [actor.vertices(*how) for actor, *how in zip(scene.actors, posed.poses, posed.rigid, strict=True)]
    vertices, velocities = [v[at] for v in moving], [project(v, camera.FOCAL, 1).diff(dim=0)[at] for v in moving]
    now = script.part(numbers, scene.device)
    poses, around = now.poses, now.around

    light = Light.of(around["light_turn"], around["light_rise"])
    layer = draw(scene.actors, vertices, poses, light, size, velocities)
    mask = layer[:, 4] > 0.5
    layer = camera.blur_moving(layer)
    behind = scene.room.view(around["pan_x"], around["pan_y"], size)
    linear = layer[:, :3] + (1 - layer[:, 3:4]) * behind
    linear = camera.defocus(linear, (0.3 + 0.5 * around["focus"]) * size / 64)
    linear = camera.expose(linear, scene.exposure * around["exposure"], around["warmth"])
    linear = camera.sense(linear, [_seed(seed, k) for k in numbers])
    pictures = (camera.develop(linear) * 255 + 0.5).clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().cpu()

    truth = {**truth_of(scene, vertices, size), "pose": now.poses[0], "rigid": now.rigid[0]}
    truth = {key: value.cpu().numpy() for key, value in truth.items()}
    return pictures, {**truth, "mask": np.packbits(mask.cpu().numpy().reshape(len(mask), -1), axis=1)}


def truth_of(scene: Scene, vertices, size: int) -> dict[str, torch.Tensor]:
    """The truth that `film` describes, but for pose and mask, of B frames of `size` px.

    Args:
        vertices: of each actor, (B, V, 3) in camera coordinates.

    Returns:
        points (B, P, 2) px, visible (B, P) bool, depth (B, P) body units and boxes (B, 4) px.
    """
    places = scene.body.places.to(scene.device)
    on = places.on(vertices[0])
    points = project(on, camera.FOCAL, size)
    everything, faces = together(scene.actors, vertices)
    framed = ((points >= 0) & (points < size)).all(-1)
    skin = scene.body.rest.part.to(scene.device) == 0  # not the sleeve, which goes on beyond the frame
    outline = project(vertices[0][:, skin], camera.FOCAL, size)
    low, high = outline.amin(1), outline.amax(1)
    return {
        "points": points,
        "visible": visible(on, places.face, everything, faces) & framed,
        "depth": on[..., 2].contiguous(),
        "boxes": torch.cat([low, high - low], 1),
    }


@one_thread()
def template_of(region: str, marks: str = "none", identity: int = 0) -> Template:
    """The template of a person: their painted points (P, 2) at rest, in the middle of their motion as a whole.

    That of identity 0 is the region's ready template; point i is the same place of every body. The lines have the colours of
    the paint that `film` uses with the same `marks`. PresetError for another region or marks, or a negative identity.
    """
    check(marks=marks, identity=identity)
    body = make_body(region, identity)
    middle = torch.from_numpy(body.rigid.limits().mean(1, keepdims=True).T).float()
    on = body.places.on(camera.place(body.deform(body.pose_at_rest()), middle))
    points = project(on[0].double(), camera.FOCAL, 2) - 1
    return Template(np.round(points.numpy(), 6), painted_lines(body, marks=marks), region, "studio")


def check(**wanted):
    """Raises PresetError where `film` can't do what is wanted, given as some of its arguments by name."""
    for what, value in wanted.items():
        if what in _CHOICES and value not in _CHOICES[what]:
            raise PresetError(f"studio: there is no {what} {value!r}; expected one of {list(_CHOICES[what])}.")
        if what in _LEAST and (not isinstance(value, Integral) or value < _LEAST[what]):
            raise PresetError(f"studio: {what} is {value!r}; expected a whole number of at least {_LEAST[what]}.")
        if what == "mismatch" and (not isinstance(value, Real) or not -1 <= value <= 1):
            raise PresetError(f"studio: mismatch is {value!r}; expected a number from -1 to 1.")
        if what == "device" and not _usable(value):
            raise PresetError(f'studio: device is {value!r}; expected one that torch can use here, such as "cpu".')


def _usable(device) -> bool:
    """Whether torch can compute there."""
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, TypeError):
        return False
    return True


def _seed(seed: int, frame: int) -> int:
    """The seed of a frame's noise."""
    return int(np.random.SeedSequence([seed, frame]).generate_state(1, np.uint64)[0] >> 1)
