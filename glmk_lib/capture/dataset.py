"""A capture: what one training run reads. Two takes with their held-out parts, the template, and the paint as measured.

The folder has capture.json, template.json, paint.json and four frame stores: marked, unmarked, heldout_marked,
heldout_unmarked. It appears whole or not at all.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from glmk_lib.capture.frames import FrameStore, FrameStoreWriter
from glmk_lib.capture.ingest import Crop, checksum, ingest, parse_crop
from glmk_lib.capture.paint import Paint, measure_paint
from glmk_lib.capture.quality import check_count, check_sizes, check_takes
from glmk_lib.capture.storage import atomic_folder
from glmk_lib.capture.video import probe
from glmk_lib.errors import CaptureError, TemplateError
from glmk_lib.template import Template

SCHEMA = "glmk-capture/1"
TAKES = ("marked", "unmarked", "heldout_marked", "heldout_unmarked")
BLOCK = 40  # frames: about what passes before a pose comes back
HELD_OUT = 10  # every so many blocks, one is held out
GAP = 3  # frames left out beside a held-out block, so that near-duplicates don't end up on both sides


@dataclass(frozen=True, eq=False)
class Capture:
    """A capture on disk, opened.

    Attributes:
        root: its folder. name: for example "studio_face". region: "face", "hand", "foot" or the user's own.
        template: T, in [-1, 1] of the cropped frame. paint: as measured on the marked frames.
        marked, unmarked: the frames for training. heldout_marked, heldout_unmarked: those never trained on.
        info: JSON values, with at least `title`, `note`, `licence`, `truth` ("exact", "pseudo" or "none"), `key` (changes with
            any input) and `quality` (see `check_takes`).
    """

    root: Path
    name: str
    region: str
    template: Template
    marked: FrameStore
    unmarked: FrameStore
    heldout_marked: FrameStore
    heldout_unmarked: FrameStore
    paint: Paint
    info: dict


def open_capture(root) -> Capture:
    """Open the capture in the folder `root`. Raises CaptureError: missing, damaged, or of another version."""
    root = Path(root)
    try:
        about = json.loads((root / "capture.json").read_text(encoding="utf-8"))
        if about["schema"] != SCHEMA:
            raise ValueError(f'schema is {about["schema"]!r}, not "{SCHEMA}"')
        name, region, info = about["name"], about["region"], dict(about["info"])
        paint = Paint.from_json((root / "paint.json").read_text(encoding="utf-8"), str(root / "paint.json"))
        template = Template.load(root / "template.json")
    except (OSError, ValueError, KeyError, TypeError, TemplateError) as error:
        raise CaptureError(
            f"{root}: can't be opened as a capture ({error}); expected a folder made by preparing one: prepare it again."
        ) from None
    stores = {take: FrameStore.open(root / take) for take in TAKES}
    return Capture(root, name, region, template, **stores, paint=paint, info=info)


def build_capture(
    root, name: str, region: str, template: Template, takes: dict, size: int, crop=None, info=None, progress=True
) -> Capture:
    """Build the capture `root` from videos, or open it when it was built from the same inputs already.

    Where no held-out takes are given, they are cut from the two videos: every tenth block of 40 frames, or the last tenth of
    a shorter video, with 3 frames left out beside each. An older capture is replaced only when the new one is whole.

    Args:
        takes: "marked" and "unmarked", and "heldout_marked" and "heldout_unmarked" or neither: each a pair of the video's path
            and the path of its truth (see `ingest`) or None.
        size: pixels of the square frames.
        crop: for all takes (see `parse_crop`), or a dict with one for "marked" and one for "unmarked".
        info: JSON values to keep, such as title, note, licence and truth.

    Raises:
        CaptureError: an unusable video, crop or truth, fewer than 50 frames, videos of different frame sizes, no paint of a
            stated colour in the marked take, paint in the unmarked one, or a full disk.
    """
    root = Path(root)
    given = {take: (Path(takes[take][0]), takes[take][1]) for take in TAKES if takes.get(take)}
    if set(given) not in ({"marked", "unmarked"}, set(TAKES)):
        raise CaptureError(
            f"{name}: takes are {sorted(given)}; expected marked and unmarked, and both held-out takes or neither."
        )
    videos = {take: probe(video) for take, (video, _) in given.items()}  # says what is wrong with a file, before reading all
    check_sizes(videos)
    crops = {take: parse_crop(crop[take.removeprefix("heldout_")] if isinstance(crop, dict) else crop) for take in given}
    info = {"title": name, "note": "", "licence": "", "truth": "none", **(info or {})}
    info["key"] = _key(name, region, template, given, size, crops, info)
    if (root / "capture.json").is_file():
        try:
            capture = open_capture(root)
            if capture.info["key"] == info["key"]:
                return capture
        except CaptureError:
            pass  # torn or of an older version: built anew
    with atomic_folder(root) as made:
        for take, (video, truth) in given.items():
            store = ingest(video, made / take, size, crops[take], truth, progress=progress)
            if not take.startswith("heldout"):
                check_count(video, len(store))
            if store.truth is not None and store.truth.shape[1] != len(template):
                raise CaptureError(
                    f"{truth}: has {store.truth.shape[1]} points a frame; expected {len(template)}, as the template "
                    f"{template.source} has."
                )
        if "heldout_marked" not in given:
            for take in ("marked", "unmarked"):
                _hold_out(made, take)
        marked, unmarked = FrameStore.open(made / "marked"), FrameStore.open(made / "unmarked")
        paint = measure_paint(marked.frames, template, str(given["marked"][0]))
        info["quality"] = check_takes(videos, marked, unmarked, template)
        template.save(made / "template.json")
        (made / "paint.json").write_text(paint.to_json() + "\n", encoding="utf-8")
        about = {"schema": SCHEMA, "name": name, "region": region, "info": info}
        (made / "capture.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return open_capture(root)


def held_out(count: int) -> np.ndarray:
    """Which of a take's frames are held out: (count,) int8, 1 held out, 0 for training, -1 neither."""
    frames = np.arange(count)
    if count >= BLOCK * HELD_OUT:
        out = frames // BLOCK % HELD_OUT == HELD_OUT - 1
    else:
        out = frames >= count - max(1, count // HELD_OUT)
    near = np.convolve(out, np.ones(2 * GAP + 1), "same") > 0
    return np.where(out, 1, np.where(near, -1, 0)).astype(np.int8)


def _hold_out(folder: Path, take: str) -> None:
    """Split the store of a whole take into the part for training, which keeps its name, and the held-out part."""
    whole = FrameStore.open(folder / take)
    part = held_out(len(whole))
    about = {name: whole.meta[name] for name in ("fps", "frame_size")}
    for name, wanted in (("heldout_" + take, 1), (take + ".new", 0)):
        with FrameStoreWriter(
            folder / name, whole.meta["size"], whole.meta["source"], whole.meta["sha256"], None, about
        ) as out:
            for i in np.flatnonzero(part == wanted):
                truth = () if whole.truth is None else (whole.truth[i], whole.visible[i])
                out.write(whole.frames[i], whole.timestamps[i], whole.box[i], *truth)
    shutil.rmtree(folder / take)
    (folder / (take + ".new")).rename(folder / take)


def _key(name: str, region: str, template: Template, given: dict, size: int, crops: dict[str, Crop], info: dict) -> str:
    """SHA-256 over everything that the capture is built from."""
    inputs = {
        "schema": SCHEMA,
        "name": name,
        "region": region,
        "template": template.to_json(),
        "size": size,
        "info": info,
        "crops": {take: crop.key() for take, crop in crops.items()},
        "files": {take: [_checksum(video), truth and _checksum(truth)] for take, (video, truth) in given.items()},
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _checksum(path) -> str:
    try:
        return checksum(path)
    except OSError as error:
        raise CaptureError(f"{path}: can't be read ({error.strerror}); expected a video, or an npz with its truth.") from None
