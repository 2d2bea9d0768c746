"""Simulated paint on real footage: one clip of the manifest becomes the takes of a capture, some painted and some bare.

No openly licensed video of really painted skin was found, so paint is drawn along a detector's landmarks, smoothed over time.
Those landmarks are the takes' truth too: pseudo-truth.
"""

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

from glmk_lib.baselines import mediapipe_peer
from glmk_lib.capture import blocks, brush, framing, manifest, skin_lines
from glmk_lib.capture.dataset import TAKES
from glmk_lib.capture.ingest import to_crop
from glmk_lib.capture.storage import atomic_folder
from glmk_lib.capture.video import VideoWriter, probe, read_frames
from glmk_lib.errors import CaptureError, TemplateError
from glmk_lib.template import Template

NEAR_HAND = 12  # frames before and after a hand was found before the face that are left out too
HAND_PAUSE = 40  # frames: a hand that is found again within so many was there all the time


@dataclass(frozen=True)
class Clip:
    """How one data set is filmed."""

    block: int  # frames
    width: float = 2.2  # of the paint, in pixels of a 64-pixel crop
    color: str = skin_lines.BLUE  # of faces; fingers have a colour each
    hand_passes: bool = False  # before the face: such frames are left out
    follow: bool = False  # film a window that follows the subject instead of the full frame


CLIPS = {
    "face_a": Clip(block=40, hand_passes=True),
    "face_b": Clip(block=75, color=skin_lines.GREEN),  # a block is a clip of the corpus; its screen and his shirt are blue
    "hand_a": Clip(block=20),
    "hand_b": Clip(block=20, follow=True),  # with the whole desk in view, a finger is 3 pixels of 64 wide: too thin for paint
}


@dataclass(frozen=True)
class Film:
    """What `build_capture` takes: `takes` maps each of TAKES to (video, truth npz); `crop` is "x,y,w,h" in pixels."""

    takes: dict[str, tuple[Path, Path]]
    template: Template
    crop: str
    info: dict


@dataclass(frozen=True)
class Track:
    """The points (N, P, 2) in pixels of the frame as filmed, how far each is seen (N, P), which frames are usable (N,), of
    which clip each is (N,); and the frame as filmed: its upper left corner in the source (N, 2), its width and height."""

    points: np.ndarray
    seen: np.ndarray
    usable: np.ndarray
    clip_of: np.ndarray
    corners: np.ndarray
    size: tuple[int, int]


def film_real(name: str, out, progress: bool = True) -> Film:
    """Film the takes of "face_a", "face_b", "hand_a" or "hand_b" into the folder `out`; returns at once when they lie there.

    Each take is a lossless video of the full frame (in hand_b, of a window that follows the hand) and an npz: points (N, P, 2)
    float32 in its pixels, pixel i covering [i, i + 1]; visible (N, P) bool; frame (N,) int64, the frame's number in the source.
    `info["blocks"]` has the number of frames in each unbroken block of each take. The template is one marked training frame's
    points: what a user would click on it.

    Frames are left out where nothing was detected, where a point leaves the frame, and, in face_a, while a hand is before the
    face (see `hand_near`).

    Raises:
        CaptureError: unknown name, too few usable frames, or a full disk.
        ManifestError: the footage can't be fetched or verified.
        GlmkError: the peers' environment, which does the tracking, is missing.
    """
    if name not in CLIPS:
        raise CaptureError(f"no footage '{name}' to paint on; expected one of {', '.join(CLIPS)}.")
    out, entry, clip = Path(out), manifest.entry(name), CLIPS[name]
    videos = manifest.fetch(name)
    key = _key(entry)
    if (found := _open(out, key)) is not None:
        return found
    track = _track(videos, entry.region, clip, progress)
    dealt = blocks.cut(track.usable, track.clip_of, clip.block)
    if not all(dealt.values()):
        raise CaptureError(
            f"{name}: {track.usable.sum()} usable frames in {sum(map(len, dealt.values()))} blocks; expected at least "
            f"{8 * clip.block}, so that every take has a block."
        )
    index = {take: np.concatenate(dealt[take]) for take in TAKES}
    box = framing.square(track.points[np.concatenate(list(index.values()))], track.size)
    template = _template(track, index["marked"], box, entry.region, clip)
    info = {
        "title": entry.title,
        "note": "simulated paint on real footage",
        "licence": f"{entry.licence.name} ({entry.licence.holder}; stated by {entry.licence.stated_by})",
        "truth": "pseudo",
        "truth_note": f"MediaPipe's landmarks, smoothed over {skin_lines.WINDOW} frames",
        "region": entry.region,
        "source": f"{entry.source.repository}@{entry.source.commit}",
        "blocks": {take: [len(block) for block in dealt[take]] for take in TAKES},
    }
    with atomic_folder(out) as made:
        _film(made, videos, track, index, template, clip.width * box[2] / 64, progress)
        template.save(made / "template.json")
        body = {"key": key, "crop": ",".join(map(str, box.tolist())), "info": info}
        (made / "film.json").write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    return _open(out, key)


def hand_near(detected: np.ndarray) -> np.ndarray:
    """Frames (N,) bool at which a hand is, or may be, before the face, from those in which it was found.

    The detector is late to find a hand, and loses one that lies on skin: so `NEAR_HAND` frames before and after count, and
    pauses of up to `HAND_PAUSE` frames.
    """
    near, index = np.zeros(len(detected), bool), np.flatnonzero(detected)
    for first, last in pairwise(index):
        if last - first <= HAND_PAUSE:
            near[first:last] = True
    for i in index:
        near[max(0, i - NEAR_HAND) : i + NEAR_HAND + 1] = True
    return near


def _track(videos, region: str, clip: Clip, progress: bool) -> Track:
    """Detect, smooth, and choose the points and the frames to film."""
    info = probe(videos[0])
    size = (info.width, info.height)
    found = mediapipe_peer.track(videos, "face" if region == "face" else "hands", progress=progress)
    marks = np.concatenate([found["points"], found["z"][..., None]], -1)
    marks = skin_lines.smooth(marks, blocks.runs(found["detected"], found["clip"]))
    lines = skin_lines.skin_lines(region, clip.color)
    points = lines.select(marks[..., :2])
    usable = found["detected"] & ((points >= 0) & (points <= size)).all((1, 2))
    if clip.hand_passes:
        usable &= ~hand_near(mediapipe_peer.track(videos, "hands", progress=progress)["detected"])
    seen = np.zeros(points.shape[:2])
    look = skin_lines.seen_on_face if region == "face" else skin_lines.seen_on_hand
    seen[usable] = look(marks[usable], lines.pairs)
    corners = np.zeros((len(points), 2), int)
    if clip.follow and usable.any():
        corners, side = framing.follow(points, usable, size)
        points, size = points - corners[:, None], (side, side)
    return Track(points, seen, usable, found["clip"], corners, size)


def _template(track: Track, index: np.ndarray, box: np.ndarray, region: str, clip: Clip) -> Template:
    """Of those frames that show four points in five or more, the one nearest to the median pose, in [-1, 1] of the crop."""
    points, shown = track.points[index], (track.seen[index] > 0.5).mean(1)
    distance = np.linalg.norm(points - np.median(points, 0), axis=-1).mean(1)
    best = np.argmin(np.where(shown >= min(0.8, shown.max()), distance, np.inf))
    return Template(to_crop(points[best], box), skin_lines.skin_lines(region, clip.color).lines, region)


def _film(out: Path, videos, track: Track, index: dict, template: Template, width: float, progress: bool) -> None:
    """Write the four videos and their truth, painted where the take is a marked one. `width` of the paint is in pixels."""
    take_of = {frame: take for take in TAKES for frame in index[take].tolist()}
    footage = enumerate(frame for video in videos for _, _, frame in read_frames(video))
    tool, (w, h), fps = None, track.size, probe(videos[0]).fps
    with ExitStack() as stack:
        writers = {take: stack.enter_context(VideoWriter(out / f"{take}.mp4", w, h, fps, lossless=True)) for take in TAKES}
        for i, full in tqdm(footage, total=len(track.points), desc="simulated paint", unit="frame", disable=not progress):
            if i not in take_of:
                continue
            x, y = track.corners[i]
            frame, points, seen = full[y : y + h, x : x + w], track.points[i], track.seen[i]
            if not take_of[i].endswith("unmarked"):
                tool = tool or brush.Brush(template.lines, width, _skin_light(frame, points, seen, width))
                frame = tool.paint(frame, points, seen)
            writers[take_of[i]].write(frame, i / fps)  # as it was filmed: where a block ends, time jumps
    for take in TAKES:
        points, visible = track.points[index[take]].astype(np.float32), track.seen[index[take]] > 0.5
        np.savez_compressed(out / f"{take}.npz", points=points, visible=visible, frame=index[take])


def _skin_light(frame, points, seen, width: float) -> float:
    """Median luma of the skin at the points that are seen: the light under which the paint has its stated colour."""
    luma = brush.luminance(frame, brush.LIGHT * width)
    x, y = np.clip(points[seen > 0.5].astype(int), 0, [frame.shape[1] - 1, frame.shape[0] - 1]).T
    return float(np.median(luma[y, x]))


def _key(entry) -> str:
    """Hash of all that the film depends on: the footage, and the text of the modules that make it."""
    digest = hashlib.sha256(entry.model_dump_json().encode())
    for module in (__file__, blocks.__file__, brush.__file__, framing.__file__, skin_lines.__file__, mediapipe_peer.WORKER):
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()


def _open(out: Path, key: str) -> Film | None:
    """The film in that folder, if it is whole and was made from the same inputs."""
    try:
        body = json.loads((out / "film.json").read_text(encoding="utf-8"))
        takes = {take: (out / f"{take}.mp4", out / f"{take}.npz") for take in TAKES}
        if body["key"] == key and all(path.is_file() for pair in takes.values() for path in pair):
            return Film(takes, Template.load(out / "template.json"), body["crop"], body["info"])
    except (OSError, ValueError, KeyError, TypeError, TemplateError):
        pass  # torn, or of an older version: filmed anew
    return None
