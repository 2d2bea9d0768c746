"""From a video of any length to the track of its landmarks, and to the files that other programs read.

Frames are read one after the other, cut as in training, and forgotten; the network takes them in batches. What it finds is
stored in parts (see `streaming.py`), so that a run that was stopped goes on from its last part and gives the same track.

    OUT/track.json              what is tracked, by which model, in which crop
    OUT/parts/                  the track as the network gives it, part by part
    OUT/landmarks.*             the track for other programs (see `landmarks`)
    OUT/overlay.mp4, README.md  the track drawn on its video; what all this is
    OUT/one_euro/, OUT/rts/     the same files of the smoothed track, where it was asked for
"""

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from glmk_lib import landmarks
from glmk_lib.capture.ingest import Crop, checksum, from_crop, parse_crop
from glmk_lib.capture.mirrored import refuse_mirrored
from glmk_lib.capture.storage import alone, atomic_file, explain_full_disk, identity, sweep
from glmk_lib.capture.unchanged import check_unchanged
from glmk_lib.capture.video import VideoInfo, probe
from glmk_lib.checkpoint import write_atomic
from glmk_lib.errors import CaptureError, CheckpointError, PresetError
from glmk_lib.landmarks.card import card
from glmk_lib.landmarks.overlay import write_overlay
from glmk_lib.predict import Landmarker
from glmk_lib.provenance import provenance
from glmk_lib.runs import same_config
from glmk_lib.streaming import KNOWN, count_frames, find_points, stored_parts
from glmk_lib.template import Template
from glmk_lib.visibility.network import FILE, Observer

FORMAT = "glmk-track/1"
STATE, LOCK = "track.json", ".lock"
_TEMPORARY = re.compile(r"\.(track|landmarks|overlay|README)[^/]*\.\d+(\.\w+)?")  # as the writers of files name them


def track_video(video, model, out, crop=None, smooth: str | None = None, progress: bool = True) -> landmarks.Track:
    """Track a video's landmarks with a trained model; every file goes to the folder `out`. The same call goes on after a stop.

    Where visibility.safetensors lies beside the model, the track says of each point whether it is visible, and how far off it
    may be. Memory holds a few frames and the track, 24 bytes for each point in each frame, whatever the video's length;
    smoothing by "rts" needs some twenty times the track. Runs on a CUDA device where there is one.

    Args:
        video: path of the video.
        model: path of the landmarks.safetensors of a training run.
        out: folder, new or empty, or of an earlier call with the same video, model and crop.
        crop: where the subject is, as in training: "x,y,w,h" in pixels, the path of a CSV with columns frame,x,y,w,h, or None
            for the centred square.
        smooth: "one_euro" or "rts": store a smoothed track too, in a folder of that name within `out`.
        progress: show progress bars.

    Returns:
        The raw track, in pixels of the video's upright frame.

    Raises:
        CaptureError: an unusable video (see `read_frames`), one that changes meanwhile, or an unusable crop; a folder that
            holds something else or that another run is writing to; a full disk.
        CheckpointError: no landmarker at `model`, points that are not finite, or an `out` of another video, model or crop.
        PresetError: no such smoother.
    """
    smoother = None if smooth is None else _smoother(smooth)
    video, model, out, crop = Path(video), Path(model), Path(out), parse_crop(crop)
    landmarker, observer, info = Landmarker.load(model), Observer.beside(model), probe(video)
    refuse_mirrored(video)
    _check_boxes(crop, video, info)
    before = identity(video)
    config = {"format": FORMAT, "video": checksum(video), "model": checksum(model), "crop": crop.key()}
    config["visibility"] = observer and checksum(model.with_name(FILE))
    with _held(out), explain_full_disk(out):
        made = _claimed(out, config) or config | {
            "frames": None,
            "about": provenance(video_file=video.name, model_file=model.name, crop_text=_crop_text(crop)),
        }
        _write_state(out, made)
        found = find_points(landmarker, observer, video, crop, info, out / "parts", made["frames"], progress)
        check_unchanged(video, before, config["video"], [out / "parts"])
        track = _track(out / "parts", found, landmarker.template, info, made)
        del landmarker, observer  # what follows needs their memory
        made["frames"] = len(track)
        _write_state(out, made)
        # Files of text come first, since the overlay takes longest; the others load what it has no memory for.
        landmarks.write(track, out, [name for name in landmarks.FILES if name.endswith((".csv", ".json"))])
        if not (out / "overlay.mp4").exists():
            write_overlay(track, video, out / "overlay.mp4", out / "parts", progress)
            check_unchanged(video, before, config["video"], [out / "overlay.mp4"])
        landmarks.write(track, out)
        if not (out / "README.md").exists():
            write_atomic(out / "README.md", card(track, made).encode())
        if smoother is not None:
            smoothed = smoother(track.points, track.seconds)
            landmarks.write(replace(track, points=smoothed, scorer=f"{track.scorer}_{smooth}"), out / smooth)
    return track


def _smoother(name: str):
    from glmk_lib.smoothing import SMOOTHERS  # its solver is loaded only where it is asked for

    if name not in SMOOTHERS:
        raise PresetError(f"smoother is '{name}'; expected one of {sorted(SMOOTHERS)}, or nothing: leave it out.")
    return SMOOTHERS[name]


def _track(folder: Path, frames: int, template: Template, info: VideoInfo, made: dict) -> landmarks.Track:
    """The stored parts as one track, in pixels of the whole frame."""
    points, seconds, i = np.empty((frames, len(template), 2)), np.empty(frames), 0
    is_known = made["visibility"] is not None
    known = {key: np.empty((frames, len(template)), np.float32) for key in KNOWN} if is_known else {}
    for part in stored_parts(folder, len(template), is_known):
        for k, (found, box, when) in enumerate(
            zip(*(part[key].numpy() for key in ("points", "boxes", "seconds")), strict=True)
        ):
            points[i], seconds[i] = from_crop(found, box), when
            if is_known:
                known["visibility"][i] = part["visibility"][k]
                known["uncertainty"][i] = part["uncertainty"][k] * float(np.sqrt(box[2] * box[3])) / 2  # the crop is 2 wide
            i += 1
    return landmarks.Track(
        points=points,
        seconds=seconds,
        template=template,
        size=(info.width, info.height),
        video=made["about"]["video_file"],
        fps=info.fps,
        scorer=f"glmk_{made['model'][:8]}",
        **known,
    )


@contextmanager
def _held(out: Path):
    """The folder `out`, made if need be, is this process's alone, and free of what killed ones were writing.

    Raises CaptureError: it is no folder, holds something else, or is in use.
    """
    if out.exists() and not out.is_dir():
        raise CaptureError(f"{out}: this is a file; expected a folder, new or empty: choose another one.")
    if out.is_dir() and not (out / STATE).exists():
        other = sorted(path.name for path in out.iterdir() if not path.name.startswith("."))
        if other:
            raise CaptureError(f"{out}: holds '{other[0]}', and no track; expected a folder, new or empty: choose another one.")
    with explain_full_disk(out), alone(out / LOCK, wait=False) as free:
        if not free:
            raise CaptureError(f"{out}: another run is writing to this folder; wait for it, or choose another folder.")
        for folder in (out, *(path for path in out.glob("*") if path.is_dir())):
            sweep(folder)
            for stray in folder.glob(".*.*"):  # of no process that lives, even if one has its number by now: this one is alone
                if _TEMPORARY.fullmatch(stray.name) and stray.is_file():
                    stray.unlink()
        yield


def _claimed(out: Path, config: dict) -> dict | None:
    """What `out` says of its track; None if it is new. Raises CheckpointError: a track of something else, or unreadable."""
    file = out / STATE
    if not file.exists():
        return None
    try:
        made = json.loads(file.read_text(encoding="utf-8"))
        made.setdefault("visibility", None)  # an older version knew nothing of it
        found = {key: made[key] for key in config}
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{file}: can't be read ({error}); expected what this command wrote: choose another folder."
        ) from None
    same_config(out, found, config)
    return made


def _write_state(out: Path, made: dict):
    with atomic_file(out / STATE) as file:
        file.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


def _check_boxes(crop: Crop, video: Path, info: VideoInfo):
    """Raise CaptureError for a frame without a usable box before hours are spent on those with one."""
    for frame in range(count_frames(video) if crop.each is not None else 1):
        crop.box(frame, info.width, info.height)


def _crop_text(crop: Crop) -> str:
    if crop.each is not None:
        return f"a box for each frame, from `{Path(crop.source).name}`"
    return "the centred square" if crop.fixed is None else "x, y, w, h = " + ", ".join(f"{value:g}" for value in crop.fixed)
