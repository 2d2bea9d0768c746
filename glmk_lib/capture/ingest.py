"""A video, a crop and maybe the truth in; a frame store out.

Full-frame pixels count from their edges: pixel i covers [i, i + 1], its centre is i + 0.5. A crop box (x, y, w, h) is mapped
to [-1, 1] x [-1, 1], so that resampling and truth agree exactly, also for boxes that don't fall on whole pixels.
"""

import csv
import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from tqdm import tqdm

from glmk_lib.capture.frames import FrameStore, FrameStoreWriter
from glmk_lib.capture.video import probe, read_frames
from glmk_lib.errors import CaptureError

_COLUMNS = ("frame", "x", "y", "w", "h")
_LARGEST = 4  # times the frame: a larger box would be nearly all border


@dataclass(frozen=True)
class Crop:
    """Where the subject is: one box (x, y, w, h) in full-frame pixels, a box for each frame, or neither: a centred square."""

    fixed: tuple[float, float, float, float] | None = None
    each: dict[int, tuple[float, float, float, float]] | None = field(default=None, hash=False)
    source: str = "crop"  # what was written, or the file: named in errors

    def box(self, frame: int, width: int, height: int) -> tuple[float, float, float, float]:
        """The box of one frame of a video of this size; it may reach beyond the frame.

        Raises CaptureError where the CSV has no row for the frame, or the box lies outside it or is far too large.
        """
        if self.each is not None:
            if frame not in self.each:
                raise CaptureError(
                    f"{self.source}: has no box for frame {frame}; expected a row for every frame of the video: "
                    "add it, or give one box for all frames."
                )
            box = self.each[frame]
        elif self.fixed is not None:
            box = self.fixed
        else:
            side = min(width, height)
            box = ((width - side) / 2, (height - side) / 2, side, side)
        x, y, w, h = box
        if x >= width or y >= height or x + w <= 0 or y + h <= 0:
            raise CaptureError(
                f"{self.source}: the box {_text(box)} of frame {frame} lies outside the frame of {width}x{height} pixels; "
                "expected x,y,w,h that overlap it."
            )
        if w > _LARGEST * width or h > _LARGEST * height:
            raise CaptureError(
                f"{self.source}: the box {_text(box)} of frame {frame} is over {_LARGEST} times the frame of {width}x{height} "
                "pixels; expected x,y,w,h in pixels around the subject."
            )
        return box

    def key(self) -> str:
        """Changes when any box does: for caches."""
        rows = sorted(self.each.items()) if self.each is not None else self.fixed
        return hashlib.sha256(repr(rows).encode()).hexdigest()


def parse_crop(text) -> Crop:
    """A crop as the user writes it: "x,y,w,h" in pixels, the path of a CSV with columns frame,x,y,w,h, or None.

    Raises CaptureError: neither, a malformed or repeated row, or a box without area.
    """
    if text is None or isinstance(text, Crop):
        return text or Crop()
    text = str(text)
    if not text.lower().endswith(".csv"):
        return Crop(_numbers(text.split(","), text, f'crop "{text}"'), None, f'crop "{text}"')
    try:
        with open(text, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, skipinitialspace=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise CaptureError(f"{text}: can't be read ({reason}); expected a CSV with columns frame,x,y,w,h.") from None
    each = {}
    for line, row in enumerate(rows, start=2):
        where = f"{text}, line {line}"
        values = [row.get(column) for column in _COLUMNS]
        if None in values or not values[0].strip().isdecimal():
            raise CaptureError(f"{where}: found {list(row.values())}; expected the columns frame,x,y,w,h, frame from 0.")
        frame = int(values[0])
        if frame in each:
            raise CaptureError(f"{where}: frame {frame} has a box already; expected one row for each frame.")
        each[frame] = _numbers(values[1:], ",".join(values[1:]), where)
    if not each:
        raise CaptureError(f"{text}: has no rows; expected a CSV with columns frame,x,y,w,h and a row for each frame.")
    return Crop(None, each, text)


def to_crop(points, box) -> np.ndarray:
    """Full-frame pixels (..., 2) to [-1, 1] of the box (x, y, w, h)."""
    x, y, w, h = box
    return (np.asarray(points, np.float64) - (x, y)) / (w, h) * 2 - 1


def from_crop(points, box) -> np.ndarray:
    """[-1, 1] of the box (x, y, w, h) to full-frame pixels (..., 2): the inverse of `to_crop`.

    Example:
        >>> from_crop([[0.0, 0.0], [1.0, 1.0]], (100, 50, 40, 40))
        array([[120.,  70.],
               [140.,  90.]])
        >>> to_crop([[120.0, 70.0]], (100, 50, 40, 40))
        array([[0., 0.]])
    """
    x, y, w, h = box
    return (np.asarray(points, np.float64) + 1) / 2 * (w, h) + (x, y)


def cut(image: np.ndarray, box, size: int) -> np.ndarray:
    """The box (x, y, w, h) of a frame uint8 (H, W, 3) as uint8 (size, size, 3).

    Where the box is larger than `size`, pixels are averaged by the area they share with each new one; where it is smaller,
    they are interpolated linearly. Outside the frame, its border is repeated.
    """
    x, y, w, h = box
    columns, across = _weights(float(x), float(w), size, image.shape[1])
    rows, down = _weights(float(y), float(h), size, image.shape[0])
    part = image[rows, columns].astype(np.float32)  # (R, C, 3)
    part = (down @ part.reshape(len(part), -1)).reshape(size, -1, 3)  # (size, C, 3)
    part = across @ part.transpose(1, 0, 2).reshape(-1, 3 * size)  # (size, 3 * size), its columns first
    return np.rint(part.reshape(size, size, 3).transpose(1, 0, 2)).clip(0, 255).astype(np.uint8)


def ingest(video, out, size: int, crop=None, truth=None, frames: Iterable[int] | None = None, progress=True) -> FrameStore:
    """Crop and resize a video into the frame store `out`.

    Args:
        video: path. out: folder to make; an older one is replaced when the new one is whole.
        size: pixels of the square frames.
        crop: see `parse_crop`.
        truth: path of an npz with points (N, P, 2) in full-frame pixels and, optionally, visible (N, P), for all N frames of
            the video; stored mapped to [-1, 1] of each frame's crop.
        frames: numbers of the frames to keep, from 0, stored in their order in the video; all if not given.
        progress: show a progress bar.

    Raises:
        CaptureError: an unusable video (see `read_frames`), crop or truth, a frame number beyond the end, or a full disk.
    """
    video, crop = Path(video), parse_crop(crop)
    info = probe(video)
    points, visible = load_truth(truth) if truth is not None else (None, None)
    keep = None if frames is None else set(map(int, frames))
    stated = info.frames or (round(info.duration * info.fps) if info.duration else None)
    total = stated if keep is None else len(keep)
    about = {"fps": info.fps, "frame_size": [info.height, info.width]}
    writer = FrameStoreWriter(out, size, video.name, checksum(video), total, about)
    with writer, tqdm(total=total, desc=video.name, unit="frame", disable=not progress) as bar:
        seen = 0
        for i, seconds, frame in read_frames(video):  # to the end, also when no more frames are kept: it may be cut off
            seen = i + 1
            if (keep is not None and i not in keep) or (points is not None and i >= len(points)):
                continue
            box = crop.box(i, info.width, info.height)
            known = () if points is None else (to_crop(points[i], box), visible[i])
            writer.write(cut(frame, box, size), seconds, box, *known)
            bar.update()
        if points is not None and len(points) != seen:
            raise CaptureError(f"{truth}: has points for {len(points)} frames; expected {seen}, as {video} has.")
        if keep and max(keep) >= seen:
            raise CaptureError(f"{video}: has frames 0 to {seen - 1}; expected frame {max(keep)} too, which was asked for.")
    return FrameStore.open(out)


def load_truth(path) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, P, 2) and visible (N, P) of an npz. Raises CaptureError."""
    expected = "expected an npz with points (N, P, 2) in pixels and visible (N, P)"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            points = np.asarray(arrays["points"], np.float64)
            visible = np.asarray(arrays["visible"], bool) if "visible" in arrays else np.ones(points.shape[:2], bool)
    except FileNotFoundError:
        raise CaptureError(f"{path}: no such file; {expected}.") from None
    except Exception as error:  # zipfile, zlib and numpy raise many kinds for a torn file
        raise CaptureError(f"{path}: can't be read ({error}); {expected}.") from None
    if points.ndim != 3 or points.shape[2] != 2 or visible.shape != points.shape[:2]:
        raise CaptureError(f"{path}: has points {points.shape} and visible {visible.shape}; {expected}.")
    if not np.isfinite(points[visible]).all():
        bad = int(np.nonzero((~np.isfinite(points).all(-1) & visible).any(1))[0][0])
        raise CaptureError(f"{path}: frame {bad} has a visible point that is not finite; {expected}, or mark it as hidden.")
    return points, visible


def checksum(path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _weights(start: float, length: float, size: int, limit: int) -> tuple[slice, csr_array]:
    """How `size` new pixels along one axis mix the old ones: a slice of the old axis and weights (size, slice's length).

    Each old pixel has a share in one new one or two, so the weights are sparse: a full-HD frame is cut in a third of the time.
    """
    step = length / size
    edges = start + np.arange(size + 1) * step
    if step > 1:  # the share of each old pixel in each new one
        old = np.arange(math.floor(edges[0]), math.ceil(edges[-1]))
        left, right = edges[:-1, None], edges[1:, None]
        mix = (np.minimum(right, old + 1) - np.maximum(left, old)).clip(0) / step
    else:  # a tent around the new pixel's centre
        old = np.arange(math.floor(edges[0]) - 1, math.ceil(edges[-1]) + 1)
        centre = (edges[:-1] + edges[1:])[:, None] / 2
        mix = (1 - np.abs(centre - (old + 0.5))).clip(0)
    inside = old.clip(0, limit - 1)  # beyond the frame its border pixel counts once more
    first, last = inside[0], inside[-1]
    folded = np.zeros((size, last - first + 1))
    np.add.at(folded.T, inside - first, mix.T)
    folded /= folded.sum(1, keepdims=True)
    return slice(int(first), int(last) + 1), csr_array(folded.astype(np.float32))


def _numbers(values, found: str, where: str) -> tuple[float, float, float, float]:
    expected = "expected x,y,w,h in pixels, four numbers with w and h above 0"
    try:
        box = tuple(float(value) for value in values)
    except (ValueError, TypeError):
        raise CaptureError(f'{where}: found "{found}"; {expected}, or the path of a .csv.') from None
    if len(box) != 4 or not all(map(math.isfinite, box)) or box[2] <= 0 or box[3] <= 0:
        raise CaptureError(f'{where}: found "{found}"; {expected}.')
    return box


def _text(box) -> str:
    return ",".join(f"{value:g}" for value in box)
