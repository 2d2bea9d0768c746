"""A scene is ready to be filmed: its bodies, what is behind them, and the script of a take."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch

from glmk_lib.capture.chroma import LUMA
from glmk_lib.errors import PresetError, TemplateError
from glmk_lib.studio.body import Body
from glmk_lib.studio.identity import Identity
from glmk_lib.studio.motion import rigid_motion, squeezed, surroundings
from glmk_lib.studio.occluder import cup, other_hand, passing
from glmk_lib.studio.paint import Paint
from glmk_lib.studio.render import Actor
from glmk_lib.studio.room import Room
from glmk_lib.template import Line, Template

REGIONS = ("face", "hand", "foot")
_EXPECTED = (
    'one colour written as "#rrggbb", or {}, one for each line',
    'a list of {}, for each line the colours, each written as "#rrggbb", that its segments take in turn',
)
_EXPOSED_FOR = 0.45  # luma of the skin, in linear light, that needs no correction: about identity 0's


@contextmanager
def one_thread():
    """Lets torch compute on one thread: the studio's many small steps gain little from more, and lose much on a busy machine.

    Results then don't depend on the number of cores either.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@one_thread()
def make_body(region: str, identity: int) -> Body:
    """The body of that region and person (0 or more). PresetError for another region."""
    if region not in REGIONS:
        raise PresetError(f"studio: there is no region {region!r}; expected one of {list(REGIONS)}.")
    if region == "face":
        from glmk_lib.studio.face import build_face as build
    elif region == "hand":
        from glmk_lib.studio.hand import build_hand as build
    else:
        from glmk_lib.studio.foot import build_foot as build
    return build(identity)


def painted_lines(body: Body, colors=None, marks: str = "none") -> tuple[Line, ...]:
    """The body's lines in the colours of their paint: their own, or `colors`, one for all or a list with one for each.

    With the marks "bands" the colour of a line is several that its segments take in turn. PresetError where they don't fit.
    """
    banded, lines = marks == "bands", body.lines
    if colors is None:
        given = body.bands if banded else [line.color for line in lines]
    else:
        given = [colors] * len(lines) if isinstance(colors, str) else list(colors)
    try:
        given = [tuple(c) if banded and isinstance(c, list) else c for c in given]
        if len(given) != len(lines) or any(isinstance(c, str) == banded for c in given):
            raise TemplateError(f"studio: colors are {colors!r}; expected {_EXPECTED[banded].format(len(lines))}.")
        painted = tuple(replace(line, color=color) for line, color in zip(lines, given, strict=True))
        return Template(np.zeros((len(body.places), 2)), painted, source="studio: colors").lines
    except TemplateError as error:
        raise PresetError(str(error)) from None


@dataclass(frozen=True, eq=False)
class Scene:
    """The body, whatever passes in front of it, and the room, on one device."""

    actors: tuple[Actor, ...]
    room: Room
    device: str
    exposure: float = 1.0  # factor of the light, set for the subject's skin as a camera is before a take

    @property
    def body(self) -> Body:
        """The body that is filmed."""
        return self.actors[0].body

    @one_thread()
    def painted(self, colors=None, marks: str = "none") -> "Scene":
        """The same scene with the body's lines painted: see `painted_lines` and `Paint.on`."""
        person, lines = self.body.identity.get("person", 0), painted_lines(self.body, colors, marks)
        paint = Paint.on(self.body, [line.color for line in lines], marks, 100 * person)
        return replace(self, actors=(self.actors[0].with_paint(paint), *self.actors[1:]))


@lru_cache(maxsize=2)  # a capture is several takes of one person
@one_thread()
def make_scene(region: str, identity: int, occluder: str = "none", device: str = "cpu") -> Scene:
    """The scene of that region and person, bare, with an occluder of `occluder.OCCLUDERS`, on a device of torch.

    It is exposed for that person's skin: see `exposure_for`. PresetError for another region.
    """
    bodies = [make_body(region, identity)]
    if occluder != "none":
        bodies.append({"cup": cup, "hand": other_hand}[occluder](identity))
    exposure = exposure_for(Identity.of(region, identity).skin)
    return Scene(tuple(Actor.of(b, device=device) for b in bodies), Room.build(region, identity, device), device, exposure)


def exposure_for(skin: np.ndarray) -> float:
    """The factor, 0.8 to 1.8, by which light is raised for dark skin, linear RGB (3,), and lowered for light skin.

    It makes up for less than half of the difference (in stops): who is darker still looks darker.
    """
    brightness = float(skin @ np.array(LUMA, np.float32))
    return float(np.clip((_EXPOSED_FOR / brightness) ** 0.4, 0.8, 1.8))


@dataclass(frozen=True, eq=False)
class Script:
    """What happens in each of N frames: of each actor poses (N, K) and motion as a whole (N, 6), and what else drifts (N,)."""

    poses: tuple[np.ndarray, ...]
    rigid: tuple[np.ndarray, ...]
    around: dict[str, np.ndarray]

    @classmethod
    def write(cls, scene: Scene, seed: int, frames: int, mismatch: float = 0.0) -> "Script":
        """The script that follows from the seed. A longer one begins as a shorter one does."""
        motion, whole, passes, drift = (np.random.default_rng([104729, seed, k]) for k in range(4))
        body, others = scene.body, scene.actors[1:]
        poses = [
            _mismatched(body, body.motion(motion, frames), mismatch),
            *(other.body.motion(passes, frames) for other in others),
        ]
        rigid = [rigid_motion(whole, frames, body.rigid, mismatch), *(passing(passes, frames) for _ in others)]
        return cls(tuple(poses), tuple(rigid), surroundings(drift, frames))

    def part(self, frames, device="cpu") -> "Script":
        """The n frames of those numbers as float32 tensors: poses (n, K), motion as a whole (n, 6), the rest (n,)."""

        def tensor(values):
            return torch.from_numpy(np.ascontiguousarray(values[list(frames)], dtype=np.float32)).to(device)

        around = {name: tensor(curve) for name, curve in self.around.items()}
        return Script(tuple(map(tensor, self.poses)), tuple(map(tensor, self.rigid)), around)


def _mismatched(body: Body, poses: np.ndarray, mismatch: float) -> np.ndarray:
    """Poses (N, K) whose parameters that turn the body as a whole keep to one half of their range; see `motion.squeezed`."""
    if mismatch == 0:
        return poses
    poses = poses.copy()
    for k, p in enumerate(body.parameters):
        if p.name in body.turns:
            middle, half = (p.low + p.high) / 2, (p.high - p.low) / 2
            poses[:, k] = middle + half * squeezed((poses[:, k] - middle) / half, mismatch)
    return poses
