"""Simulated paint on real footage: one clip of the manifest becomes the takes of a capture, some painted and some bare.

No openly licensed video of really painted skin was found, so paint is drawn along a detector's landmarks, smoothed over time.
Those landmarks are the takes' truth too: pseudo-truth. Cutting a clip in halves would put other poses in each domain, and
nothing is learned from that; so it is cut into short blocks, alternately marked and unmarked, with gaps between them.
"""

import hashlib
import json
import os
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

from glmk_lib.baselines import mediapipe_peer
from glmk_lib.capture import brush, manifest, skin_lines
from glmk_lib.capture.storage import atomic_folder
from glmk_lib.capture.video import VideoWriter, probe, read_frames
from glmk_lib.errors import CaptureError
from glmk_lib.template import Template

TAKES = ("marked", "unmarked", "heldout_marked", "heldout_unmarked")
GAP = 3  # frames left out between blocks, so that near-duplicates don't end up on both sides
MARGIN = 0.06  # of the crop's side, on each side of all the points there are
NEAR_HAND = 12  # frames before and after a hand was found before the face that are left out too
HAND_PAUSE = 40  # frames: a hand that is found again within so many was there all the time


@dataclass(frozen=True)
class Clip:
    """How one data set is filmed: frames in a block, and the paint's width in pixels of a 64-pixel crop."""

    block: int
    width: float = 2.2
    color: str = skin_lines.BLUE  # of faces; fingers have a colour each
    hand_passes: bool = False  # before the face: such frames are left out


CLIPS = {
    "face_a": Clip(block=40, hand_passes=True),
    "face_b": Clip(block=75, color=skin_lines.GREEN),  # a block is a clip of the corpus; its screen and his shirt are blue
    "hand_a": Clip(block=20),
    "hand_b": Clip(block=20, width=1.6),  # the whole desk is in the crop, and a finger only 3 pixels wide
}


@dataclass(frozen=True)
class Film:
    """What `build_capture` takes: `takes` maps each of TAKES to (video, truth npz); `crop` is "x,y,w,h" in pixels."""

    takes: dict[str, tuple[Path, Path]]
    template: Template
    crop: str
    info: dict


def film_real(name: str, out, progress: bool = True) -> Film:
    """Film the takes of "face_a", "face_b", "hand_a" or "hand_b" into the folder `out`; returns at once when they lie there.

    Each take is a lossless video of the full frame and an npz: points (N, P, 2) float32, full-frame pixels with pixel i
    covering [i, i + 1]; visible (N, P) bool; frame (N,) int64, the frame's number in the source. `info["blocks"]` has the
    number of frames in each unbroken block of each take. The template is one marked training frame's points: what a user
    would click on it.

    Frames are left out where nothing was detected, where a point leaves the frame, and, in face_a, while a hand is before the
    face (see `hand_near`).

    Raises:
        CaptureError: unknown name, or too few usable frames.
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
    size = np.array([probe(videos[0]).width, probe(videos[0]).height])
    points, seen, clip_of, usable = _track(videos, entry.region, clip, size, progress)
    takes = cut(usable, clip_of, clip.block)
    if any(not blocks for blocks in takes.values()):
        raise CaptureError(
            f"{name}: {usable.sum()} usable frames in {sum(map(len, takes.values()))} blocks; expected at least "
            f"{8 * clip.block}, so that every take has a block."
        )
    box = _square(points[np.concatenate([block for blocks in takes.values() for block in blocks])], size)
    template = _template(
        points[np.concatenate(takes["marked"])], seen[np.concatenate(takes["marked"])], box, entry.region, clip
    )
    with atomic_folder(out) as made:
        _film(made, videos, points, seen, takes, template, clip.width * box[2] / 64, progress)
        template.save(made / "template.json")
        info = {
            "title": entry.title,
            "note": "simulated paint on real footage",
            "licence": f"{entry.licence.name} ({entry.licence.holder}; stated by {entry.licence.stated_by})",
            "truth": "pseudo",
            "truth_note": "MediaPipe's landmarks, smoothed over 7 frames",
            "region": entry.region,
            "source": f"{entry.source.repository}@{entry.source.commit}",
            "blocks": {take: [len(block) for block in blocks] for take, blocks in takes.items()},
        }
        crop = ",".join(str(int(v)) for v in box)
        (made / "film.json").write_text(json.dumps({"key": key, "crop": crop, "info": info}, indent=1) + "\n", encoding="utf-8")
    return _open(out, key)


def cut(usable: np.ndarray, clip_of: np.ndarray, block: int) -> dict[str, list[np.ndarray]]:
    """Cut a clip into blocks and deal them out: marked, unmarked, marked, ...; every sixth marked and every fourth unmarked
    block is held out.

    Args:
        usable: (N,) bool; a block has only such frames.
        clip_of: (N,) int; a block lies in one clip.
        block: frames in a block. What is left at the end of a stretch becomes a block if it is at least half as long.

    Returns:
        For each of TAKES its blocks, each an array of consecutive frame numbers. At least `GAP` frames lie between two
        blocks of a clip.
    """
    blocks = []
    for run in _runs(usable, clip_of):
        starts = range(0, len(run), block + GAP)
        blocks += [run[s : s + block] for s in starts if len(run[s : s + block]) >= block / 2]
    marked, unmarked = blocks[0::2], blocks[1::2]
    return {
        "marked": [b for i, b in enumerate(marked) if i % 6 != 3],
        "unmarked": [b for i, b in enumerate(unmarked) if i % 4 != 1],
        "heldout_marked": marked[3::6],
        "heldout_unmarked": unmarked[1::4],
    }


def _runs(usable, clip_of) -> list[np.ndarray]:
    """Stretches of consecutive usable frames of one clip."""
    index = np.flatnonzero(usable)
    return [r for r in np.split(index, np.flatnonzero((np.diff(index) > 1) | (np.diff(clip_of[index]) != 0)) + 1) if len(r)]


def _track(videos, region: str, clip: Clip, size, progress):
    """Smoothed points (N, P, 2), how far each is seen (N, P), the clip of each frame, and which frames can be used."""
    found = mediapipe_peer.track(videos, "face" if region == "face" else "hands", progress=progress)
    marks = np.concatenate([found["points"], found["z"][..., None]], -1)
    marks = skin_lines.smooth(marks, _runs(found["detected"], found["clip"]))
    lines = skin_lines.skin_lines(region, clip.color)
    points = lines.select(marks[..., :2])
    inside = ((points >= 0) & (points <= size)).all((1, 2))
    usable = found["detected"] & inside
    if clip.hand_passes:
        usable &= ~hand_near(mediapipe_peer.track(videos, "hands", progress=progress)["detected"])
    seen = np.zeros(points.shape[:2])
    look = skin_lines.seen_on_face if region == "face" else skin_lines.seen_on_hand
    seen[usable] = look(marks[usable], lines.pairs)
    return points, seen, found["clip"], usable


def hand_near(detected: np.ndarray) -> np.ndarray:
    """Frames (N,) bool at which a hand is, or may be, before the face, from those in which it was found.

    The detector is late to find a hand, and loses one that lies on skin: so `NEAR_HAND` frames before and after count, and
    pauses of up to `HAND_PAUSE` frames."""
    near, index = np.zeros(len(detected), bool), np.flatnonzero(detected)
    for first, last in pairwise(index):
        if last - first <= HAND_PAUSE:
            near[first:last] = True
    for i in index:
        near[max(0, i - NEAR_HAND) : i + NEAR_HAND + 1] = True
    return near


def _square(points: np.ndarray, size: np.ndarray) -> np.ndarray:
    """The crop: a square (x, y, side, side) of whole pixels within the frame around all points (K, P, 2), with a margin."""
    low, high = points.min((0, 1)), points.max((0, 1))
    side = min(int(np.ceil((high - low).max() / (1 - 2 * MARGIN))), *size.tolist())
    corner = np.clip(np.rint((low + high - side) / 2), 0, size - side).astype(int)
    return np.array([*corner, side, side])


def _template(points: np.ndarray, seen: np.ndarray, box: np.ndarray, region: str, clip: Clip) -> Template:
    """The frame nearest to the median pose, of those that show four points in five or more, in [-1, 1] of the crop."""
    shown = (seen > 0.5).mean(1)
    distance = np.linalg.norm(points - np.median(points, 0), axis=-1).mean(1)
    best = points[np.argmin(np.where(shown >= min(0.8, shown.max()), distance, np.inf))]
    return Template((best - box[:2]) / box[2:] * 2 - 1, skin_lines.skin_lines(region, clip.color).lines, region)


def _film(out: Path, videos, points, seen, takes, template: Template, width: float, progress: bool) -> None:
    """Write the four videos and their truth; painted where the take is a marked one."""
    take_of = {frame: take for take, blocks in takes.items() for block in blocks for frame in block.tolist()}
    info = probe(videos[0])
    frames = ((number, frame) for number, frame in enumerate(f for video in videos for _, _, f in read_frames(video)))
    tool = None
    with ExitStack() as stack:
        writers = {
            take: stack.enter_context(VideoWriter(out / f"{take}.mkv", info.width, info.height, info.fps, lossless=True))
            for take in TAKES
        }
        for number, frame in tqdm(frames, total=len(points), desc="simulated paint", unit="frame", disable=not progress):
            take = take_of.get(number)
            if take is None:
                continue
            if take.endswith("unmarked"):
                writers[take].write(frame)
                continue
            if tool is None:
                tool = brush.Brush(template.lines, width, _skin_light(frame, points[number], seen[number], width))
            writers[take].write(tool.paint(frame, points[number], seen[number]))
    for take, blocks in takes.items():
        index = np.concatenate(blocks)
        visible = seen[index] > 0.5
        np.savez_compressed(out / f"{take}.npz", points=points[index].astype(np.float32), visible=visible, frame=index)


def _skin_light(frame, points, seen, width: float) -> float:
    """Median luma of the skin at the points that are seen: the light under which the paint has its stated colour."""
    luma = brush.luminance(frame, 0.5 * width)
    x, y = np.clip(points[seen > 0.5].astype(int), 0, [frame.shape[1] - 1, frame.shape[0] - 1]).T
    return float(np.median(luma[y, x]))


def _key(entry) -> str:
    """Hash of all that the film depends on: the footage, and the text of the modules that make it."""
    digest = hashlib.sha256(entry.model_dump_json().encode())
    for module in (__file__, brush.__file__, skin_lines.__file__, mediapipe_peer.WORKER):
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()


def _open(out: Path, key: str) -> Film | None:
    """The film in that folder, if it is whole and was made from the same inputs."""
    try:
        body = json.loads((out / "film.json").read_text(encoding="utf-8"))
        takes = {take: (out / f"{take}.mkv", out / f"{take}.npz") for take in TAKES}
        if body["key"] == key and all(os.path.isfile(path) for pair in takes.values() for path in pair):
            return Film(takes, Template.load(out / "template.json"), body["crop"], body["info"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None
