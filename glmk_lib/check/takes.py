"""One pass over a take: what the camera did, frame by frame, and a sample of its frames as training would see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from skimage.measure import blur_effect
from tqdm import tqdm

from glmk_lib.capture.chroma import LUMA, chroma_of
from glmk_lib.capture.frames import FrameStore
from glmk_lib.capture.ingest import cut, parse_crop
from glmk_lib.capture.mirrored import refuse_mirrored
from glmk_lib.capture.video import probe, read_frames

SAMPLE = 240  # frames that are kept, spread through the take: paint is measured on 200, and poses need a little more
_BRIGHT = 250  # grey level from which on a channel tells no more about the surface
_LIT = 0.8  # quantile of the crop's luma that stands for its light


@dataclass(frozen=True, eq=False)
class Take:
    """N frames were seen, K of them kept.

    Attributes:
        name: "marked" or "unmarked". source: the file's path, as it was given.
        width, height: of the full frame, in pixels.
        seconds: (N,) when each frame is shown. box: (N, 4) its crop x, y, w, h in pixels of the full frame.
        light: (N,) log2 of the luma, in grey levels, that a fifth of the crop exceeds: the subject's, also before a black wall;
            a difference of 1 is a stop.
        colour: (N, 2) chroma of the crop's mean colour. clipped: (N,) share of its pixels at the top of the scale.
        change: (N,) mean difference to the frame before, grey levels; the first is 0.
        frames: (K, S, S, 3) uint8, the crops of the kept frames. numbers: (K,) which frames they are.
        blur: (K,) of the kept frames, 0 sharp to 1.
    """

    name: str
    source: str
    width: int
    height: int
    seconds: np.ndarray
    box: np.ndarray
    light: np.ndarray
    colour: np.ndarray
    clipped: np.ndarray
    change: np.ndarray
    frames: np.ndarray
    numbers: np.ndarray
    blur: np.ndarray

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def rate(self) -> float:
        """Frames a second: of the commonest interval, so that dropped frames don't lower it."""
        return float(1 / np.median(np.diff(self.seconds))) if len(self) > 1 else 0.0


def of_video(name: str, path, size: int, crop=None, progress: bool = True) -> Take:
    """Decode the whole video at `path`, cropped (see `parse_crop`) and resized to `size` pixels.

    Memory holds SAMPLE to 2 * SAMPLE crops and a few numbers a frame, whatever the length.

    Raises CaptureError: an unusable video (see `read_frames`) or crop.
    """
    info, crop = probe(path), parse_crop(crop)
    refuse_mirrored(path)
    total = info.frames or (round(info.duration * info.fps) if info.duration else None)

    def crops():
        for number, seconds, frame in tqdm(
            read_frames(path), total=total, desc=f"checking {Path(path).name}", unit="frame", disable=not progress
        ):
            box = crop.box(number, info.width, info.height)
            yield seconds, box, cut(frame, box, size)

    return _watched(name, str(path), info.width, info.height, crops())


def of_store(name: str, store: FrameStore) -> Take:
    """The same of frames that were cropped and resized before."""
    height, width = store.meta.get("frame_size", store.meta["size"])
    return _watched(name, store.meta["source"], width, height, zip(store.timestamps, store.box, store.frames, strict=True))


def _watched(name: str, source: str, width: int, height: int, crops: Iterable) -> Take:
    """From (seconds, box, frame) of every frame."""
    rows, kept, step, before = [], [], 1, None
    for number, (seconds, box, frame) in enumerate(crops):
        frame = np.asarray(frame)
        luma = frame @ np.array(LUMA, np.float32)
        now = frame.astype(np.int16)
        change = 0.0 if before is None else float(np.abs(now - before).mean())
        before = now
        row = (seconds, *box, np.quantile(luma, _LIT), *frame.mean((0, 1)), (frame >= _BRIGHT).any(-1).mean())
        rows.append((*row, change))
        if number % step == 0:
            kept.append((number, frame))
            if len(kept) == 2 * SAMPLE:  # every second one of them, and of those to come
                kept, step = kept[::2], 2 * step
    seconds, *box, luma, red, green, blue, clipped, change = np.array(rows, np.float64).T
    spread = np.linspace(0, len(kept) - 1, min(SAMPLE, len(kept))).round().astype(int)
    frames = np.stack([kept[k][1] for k in spread])
    return Take(
        name,
        source,
        width,
        height,
        seconds,
        np.stack(box, 1),
        np.log2(luma.clip(1)),
        chroma_of(np.stack([red, green, blue], 1) / 255),
        clipped,
        change,
        frames,
        np.array([kept[k][0] for k in spread]),
        np.array([blur_effect(frame @ np.array(LUMA) / 255, h_size=5) for frame in frames]),
    )
