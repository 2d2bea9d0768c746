"""Captures that went wrong on purpose: what a camera, a painter or a crop does to a good one, and which finding must say so.

Each is made from short takes of the studio, so that a test knows what is wrong with it, and that nothing else is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from glmk_lib import studio
from glmk_lib.capture.video import VideoWriter, read_frames
from glmk_lib.check import takes
from glmk_lib.check.capture import parts
from glmk_lib.check.findings import LEVELS, Finding
from glmk_lib.check.takes import Take
from glmk_lib.template import Template

SIZE = 64  # pixels of a frame, in the films and in training
FPS = 6.25  # of every fourth frame at 25 a second
_BLUE = (58, 87, 239)  # sRGB of the face's first paint, as the studio's camera sees it
_BROWN = "#b5805f"  # a paint of the hue of skin


@dataclass(frozen=True, eq=False)
class Films:
    """What mistakes are made from, each frames (K, S, S, 3) uint8 of the studio's face.

    marked, unmarked: a good capture. bare: the marked take without its paint, in the same motion. body: (K, S, S) bool, where
    the subject is in the unmarked take. up, down: takes that share no pose, marked and unmarked. template: of all of them.
    """

    marked: np.ndarray
    unmarked: np.ndarray
    bare: np.ndarray
    body: np.ndarray
    up: np.ndarray
    down: np.ndarray
    template: Template


@dataclass(frozen=True, eq=False)
class Shot:
    """A capture as it is written: frames of both takes, when those of the marked one are shown, and what is asked for."""

    marked: np.ndarray
    unmarked: np.ndarray
    template: Template
    fps: float = FPS
    seconds: np.ndarray | None = None
    crop_marked: str | None = None


@dataclass(frozen=True)
class Mistake:
    """What went wrong, in a few words; the finding that says so, and its level."""

    text: str
    finding: str
    level: str
    make: Callable[[Films], Shot]


def film(folder, frames: int = 64, progress: bool = False) -> Films:
    """Film the takes that mistakes are made from, into `folder`."""

    def take(name: str, count: int, **how) -> studio.Take:
        return studio.film("face", frames=count, every=4, size=SIZE, out=folder, name=name, progress=progress, **how)

    filmed = {
        "marked": take("marked", frames, seed=0, marked=True),
        "bare": take("bare", frames, seed=0),
        "unmarked": take("unmarked", frames, seed=1),
        "up": take("up", frames, seed=0, marked=True, mismatch=1.0),
        "down": take("down", frames, seed=1, mismatch=-1.0),
    }
    seen = {name: np.stack([frame for _, _, frame in read_frames(each.video)]) for name, each in filmed.items()}
    with np.load(filmed["unmarked"].truth, allow_pickle=False) as truth:
        body = np.unpackbits(truth["mask"], axis=1, count=SIZE**2).reshape(-1, SIZE, SIZE).astype(bool)
    return Films(**seen, body=body, template=Template.ready("face"))


def write(shot: Shot, folder) -> tuple[Path, Path]:
    """Write the takes of a shot as videos without loss, and return their paths: marked, unmarked."""
    paths = []
    for name, frames in (("marked", shot.marked), ("unmarked", shot.unmarked)):
        path = Path(folder) / f"{name}.mkv"
        times = shot.seconds if name == "marked" else None
        height, width = frames.shape[1:3]
        with VideoWriter(path, width, height, shot.fps, lossless=times is None, timed=times is not None) as writer:
            for k, frame in enumerate(frames):
                writer.write(frame, None if times is None else float(times[k]))
        paths.append(path)
    return paths[0], paths[1]


def findings(shot: Shot, folder, about: str) -> tuple[list[Finding], list[Take]]:
    """What the check says of a shot, up to the part that has the finding `about`; and the takes as it saw them.

    The shot's videos are written to `folder`.
    """
    videos, crops = write(shot, folder), (shot.crop_marked, None)
    seen = [
        takes.of_video(name, video, SIZE, crop, progress=False)
        for name, video, crop in zip(("marked", "unmarked"), videos, crops, strict=True)
    ]
    found = []
    for part in parts(*seen, shot.template):
        found += part
        if about in {finding.name for finding in part}:
            break
    return found, seen


def gallery(films: Films, every: int = 1) -> dict[str, list]:
    """Mistakes as `figures.mistakes_figure` shows them: a frame of each, what was done, and the finding that says so.

    `every`: 1 shows all that are known here, 4 one in four.
    """
    shown = {"frames": [], "titles": [], "told": [], "levels": []}
    for mistake in list(MISTAKES.values())[::every]:
        with TemporaryDirectory() as folder:
            found, seen = findings(mistake.make(films), folder, mistake.finding)
        worst = max((f for f in found if f.name == mistake.finding), key=lambda f: LEVELS.index(f.level), default=None)
        take = seen[worst is None or worst.take != "marked"]
        shown["frames"].append(take.frames[-len(take.frames) // 8])
        shown["titles"].append(mistake.text)
        shown["told"].append(f"{worst.name}\n{worst.text}" if worst else "not recognised")
        shown["levels"].append(worst.level if worst else "ok")
    return shown


def good(films: Films) -> Shot:
    """The capture in which nothing went wrong."""
    return Shot(films.marked, films.unmarked, films.template)


def _mixed(films: Films, share: float) -> np.ndarray:
    """The marked take with so much of its paint."""
    return np.rint(films.bare + share * (films.marked.astype(np.float32) - films.bare)).astype(np.uint8)


def _lit(frames: np.ndarray, gains) -> np.ndarray:
    """Frames under light that is `gains` times as strong: a number, or (K,) or (K, 3) numbers. In linear light, clipped."""
    gains = np.asarray(gains, np.float32)
    gains = gains.reshape(*gains.shape, *[1] * (2 - gains.ndim)) if gains.ndim < 2 else gains
    linear = (frames / 255.0) ** 2.2 * gains[:, None, None]
    return np.rint(255 * linear.clip(0, 1) ** (1 / 2.2)).astype(np.uint8)


def _no_paint(films):
    return replace(good(films), marked=films.bare)


def _swapped(films):
    return replace(good(films), marked=films.unmarked, unmarked=films.marked)


def _left(films):
    return replace(good(films), unmarked=_mixed(films, 0.7)[::-1])


def _skin_coloured(films):
    lines = tuple(replace(line, color=_BROWN) for line in films.template.lines)
    amount = np.abs(films.marked.astype(np.float32) - films.bare).max(-1, keepdims=True)
    amount = (amount / np.quantile(amount, 0.99)).clip(0, 1)
    brown = films.bare * (1 - 0.35 * amount)
    return replace(good(films), marked=brown.astype(np.uint8), template=Template(films.template.points, lines, "face", "brown"))


def _faint(films):
    return replace(good(films), marked=_mixed(films, 0.6))


def _thin(films):
    """Lines of half their width: the paint's difference from the skin, as of twice the size, is drawn thinner and reduced."""
    frames = []
    for painted, bare in zip(films.marked, films.bare, strict=True):
        skin, paint = (cv2.resize(each, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC) for each in (bare, painted))
        paint = paint.astype(np.float32) - skin
        thin = cv2.erode(np.abs(paint).max(-1), np.ones((7, 7), np.uint8)) > 25
        frames.append(cv2.resize(skin + thin[..., None] * paint, bare.shape[1::-1], interpolation=cv2.INTER_AREA))
    return replace(good(films), marked=np.rint(frames).clip(0, 255).astype(np.uint8))


def _blue_wall(films):
    def walled(frames, body):
        shade = frames.mean(-1, keepdims=True) / 140
        return np.where(body[..., None], frames, (shade * _BLUE).clip(0, 255)).astype(np.uint8)

    still = films.body.all(0)  # what is the subject in every frame, so that the wall reaches up to it in both takes
    return replace(good(films), marked=walled(films.marked, still[None]), unmarked=walled(films.unmarked, films.body))


def _blurred(films):
    soft = [np.stack([cv2.GaussianBlur(frame, (0, 0), 1.6) for frame in take]) for take in (films.marked, films.unmarked)]
    return replace(good(films), marked=soft[0], unmarked=soft[1])


def _brightening(films):
    return replace(good(films), unmarked=_lit(films.unmarked, 2 ** np.linspace(-1.2, 1.0, len(films.unmarked))))


def _warming(films):
    along = np.linspace(-1, 1, len(films.unmarked))
    return replace(good(films), unmarked=_lit(films.unmarked, np.stack([1.5**along, along * 0 + 1, 1.5**-along], 1)))


def _too_bright(films):
    return replace(good(films), marked=_lit(films.marked, [6.0]), unmarked=_lit(films.unmarked, [6.0]))


def _too_dark(films):
    return replace(good(films), marked=_lit(films.marked, [0.002]), unmarked=_lit(films.unmarked, [0.002]))


def _other_light(films):
    return replace(good(films), unmarked=_lit(films.unmarked, [0.3]))


def _other_colour(films):
    return replace(good(films), unmarked=_lit(films.unmarked, [[1.6, 1.0, 0.6]]))


def _dropping(films):
    numbers = np.arange(len(films.marked))
    kept = numbers % 8 < 6
    return replace(good(films), marked=films.marked[kept], seconds=numbers[kept] / FPS)


def _repeating(films):
    return replace(good(films), marked=films.marked[np.arange(len(films.marked)) // 3 * 3])


def _slow(films):
    return replace(good(films), fps=2.0)


def _short(films):
    return replace(good(films), unmarked=films.unmarked[:30])


def _cut(films):
    half = len(films.unmarked) // 2
    return replace(good(films), unmarked=np.concatenate([films.unmarked[:half], films.bare[half:]]))


def _tiny(films):
    small = [cv2.resize(frame, (32, 32), interpolation=cv2.INTER_AREA) for frame in films.marked]
    wall = {"borderType": cv2.BORDER_CONSTANT, "value": (150, 140, 128)}
    return replace(good(films), marked=np.stack([cv2.copyMakeBorder(frame, 16, 16, 16, 16, **wall) for frame in small]))


def _misplaced(films):
    return replace(good(films), crop_marked="-14,-14,64,64")


def _no_pose_shared(films):
    return replace(good(films), marked=films.up, unmarked=films.down)


def _other_size(films):
    return replace(good(films), unmarked=np.stack([cv2.resize(frame, (96, 96)) for frame in films.unmarked]))


MISTAKES = {
    "no_paint": Mistake("no paint", "paint found", "red", _no_paint),
    "swapped": Mistake("takes swapped", "order of the takes", "red", _swapped),
    "left": Mistake("paint left over", "leftover paint", "red", _left),
    "skin_coloured": Mistake("paint of skin's hue", "paint found", "red", _skin_coloured),
    "faint": Mistake("paint too pale", "paint opacity", "amber", _faint),
    "thin": Mistake("lines too thin", "paint found", "red", _thin),
    "blue_wall": Mistake("wall like paint", "confusion with paint", "red", _blue_wall),
    "blurred": Mistake("out of focus", "blur", "amber", _blurred),
    "brightening": Mistake("exposure drifts", "exposure drift", "amber", _brightening),
    "warming": Mistake("white balance drifts", "white-balance drift", "amber", _warming),
    "too_bright": Mistake("overexposed", "too bright", "red", _too_bright),
    "too_dark": Mistake("underexposed", "darkness", "red", _too_dark),
    "other_light": Mistake("a take in less light", "light of both takes", "amber", _other_light),
    "other_colour": Mistake("warmer lamps", "colour of both takes", "amber", _other_colour),
    "dropping": Mistake("frames dropped", "dropped frames", "amber", _dropping),
    "repeating": Mistake("frames repeated", "repeated frames", "amber", _repeating),
    "slow": Mistake("two frames a second", "frame rate", "amber", _slow),
    "short": Mistake("30 frames", "frames", "red", _short),
    "cut": Mistake("a cut in the middle", "cuts", "amber", _cut),
    "tiny": Mistake("subject far away", "subject size", "red", _tiny),
    "misplaced": Mistake("crop off subject", "subject place", "amber", _misplaced),
    "no_pose_shared": Mistake("no pose in common", "pose overlap", "red", _no_pose_shared),
    "other_size": Mistake("another resolution", "resolution", "red", _other_size),
}
