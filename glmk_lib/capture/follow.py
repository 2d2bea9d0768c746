"""A box that is given on a video's first frame, followed to its last: the CSV that a crop reads.

Corners within the box are found and followed by pyramidal Lucas-Kanade flow (Bouguet, "Pyramidal implementation of the affine
Lucas Kanade feature tracker", 2001), and believed where the flow leads back (Kalal, Mikolajczyk and Matas, "Forward-backward
error", ICPR 2010). The similarity transform that most of them agree on carries the middle of the box. They are looked for in
each frame as one earlier frame, the anchor, shows them, so that errors don't add up from frame to frame; only where too few are
found any more the frame before becomes the next anchor.

OpenCV's own tracker that needs no trained weights, MIL, was tried on the mug of chapter 6: it was farther off and slower, and
didn't say that it had lost the subject.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from glmk_lib.capture.ingest import parse_crop
from glmk_lib.capture.mirrored import refuse_mirrored
from glmk_lib.capture.storage import atomic_file
from glmk_lib.capture.video import probe, read_frames
from glmk_lib.errors import CaptureError
from glmk_lib.smoothing import rts

CORNERS = 100  # at most, in an anchor
INNER = 0.8  # of the box's width and height: what lies at its edges is rather the background
AGREED = 0.5  # of an anchor's corners: with fewer another anchor is taken
LEAST = 0.1, 6  # the share of its corners, and their number, without which the subject is lost
SIDE = 96  # pixels: frames are reduced until the box is as small, so that quick motion stays within the flow's reach
BACK = 1.0  # pixels of those frames: how far from where it began a corner may come back
APART = 0.03  # of the box's side: how far from the common transform a corner may be
_FLOW = {"winSize": (15, 15), "maxLevel": 3}


@dataclass(frozen=True, eq=False)
class _Anchor:
    """A frame (H, W) uint8, the corners (K, 1, 2) float32 in the box there, and the box's middle (2,)."""

    frame: np.ndarray
    corners: np.ndarray
    middle: np.ndarray

    @classmethod
    def of(cls, frame, middle, sides) -> "_Anchor":
        mask = np.zeros_like(frame)
        low, high = (np.rint(middle + way * INNER / 2 * sides).astype(int) for way in (-1, 1))
        (left, top), (right, bottom) = low.clip(0), high.clip(0)
        mask[top:bottom, left:right] = 255
        apart = max(2.0, min(sides) / 25)
        found = cv2.goodFeaturesToTrack(frame, CORNERS, 0.01, apart, mask=mask)
        return cls(frame, np.zeros((0, 1, 2), np.float32) if found is None else found, middle)

    def seen_in(self, frame, move, reach: float) -> tuple[np.ndarray, int]:
        """The similarity (2, 3) from this frame to another, near the guess `move`, and how many corners agree on it."""
        if len(self.corners) < 2:
            return move, 0
        guess = cv2.transform(self.corners, move)
        there, found, _ = cv2.calcOpticalFlowPyrLK(
            self.frame, frame, self.corners, guess.copy(), flags=cv2.OPTFLOW_USE_INITIAL_FLOW, **_FLOW
        )
        back, led, _ = cv2.calcOpticalFlowPyrLK(
            frame, self.frame, there, self.corners.copy(), flags=cv2.OPTFLOW_USE_INITIAL_FLOW, **_FLOW
        )
        good = (found & led).astype(bool)[:, 0] & (np.linalg.norm(back - self.corners, axis=-1)[:, 0] < BACK)
        if good.sum() < 2:
            return move, 0
        fitted, agreed = cv2.estimateAffinePartial2D(self.corners[good], there[good], ransacReprojThreshold=reach)
        return (move, 0) if fitted is None else (fitted, int(agreed.sum()))


def follow(video, box, progress: bool = True) -> np.ndarray:
    """Follow what is in a box of a video's first frame.

    Memory holds two frames, whatever the video's length.

    Args:
        video: path.
        box: "x,y,w,h" in pixels of the first frame, drawn closely around the subject: what most of its corners do is followed.
        progress: show a progress bar.

    Returns:
        Boxes (T, 4) float64: x, y, w and h in pixels, one for each frame, all of the size of the first. Their middles are
        smoothed over time by `smoothing.rts`, so that the box doesn't tremble; they may reach beyond the frame.

    Raises:
        CaptureError: an unusable video (see `read_frames`) or box, or a subject that is lost, with the number of the frame.
    """
    video, crop = Path(video), parse_crop(box)
    if crop.fixed is None:
        raise CaptureError(f"{crop.source}: a box to follow is one box of the first frame; expected x,y,w,h in pixels.")
    info = probe(video)
    refuse_mirrored(video)
    x, y, *sides = crop.box(0, info.width, info.height)
    size, whole = np.array([info.width, info.height]), np.array(sides)
    small = np.rint(size * min(1, SIDE / whole.min())).astype(int).clip(1)
    scale = small / size
    # In pixels of the reduced frames, counted from the middle of the first one as OpenCV does.
    sides, middles = whole * scale, [(np.array([x, y]) + whole / 2) * scale - 0.5]
    reach, seconds, anchor, before = max(1.5, APART * sides.min()), [], None, None
    total = info.frames or (round(info.duration * info.fps) if info.duration else None)
    with tqdm(total=total, desc=f"following in {video.name}", unit="frame", disable=not progress) as bar:
        for i, when, picture in read_frames(video):
            frame = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), small.tolist(), interpolation=cv2.INTER_AREA)
            seconds.append(when)
            bar.update()
            if anchor is None:
                anchor, move = _Anchor.of(frame, middles[0], sides), np.eye(2, 3)
                _check(video, i, anchor, len(anchor.corners))
            else:
                found, agreed = anchor.seen_in(frame, move, reach)
                if agreed < max(LEAST[1], AGREED * len(anchor.corners)):
                    anchor = _Anchor.of(before, middles[-1], sides)
                    found, agreed = anchor.seen_in(frame, np.eye(2, 3), reach)
                    _check(video, i, anchor, agreed)
                move = found
                middles.append(move[:, :2] @ anchor.middle + move[:, 2])
                if not ((middles[-1] >= -0.5) & (middles[-1] < small - 0.5)).all():
                    _lose(video, i, "its middle left the picture")
            before = frame
    smooth = rts((np.array(middles)[:, None] + 0.5) / scale, seconds)[:, 0]
    return np.concatenate([smooth - whole / 2, np.broadcast_to(whole, smooth.shape)], 1)


def write_boxes(boxes: np.ndarray, path) -> Path:
    """Write boxes (T, 4) as the CSV that a crop reads, every bit of a number kept. Raises CaptureError where it can't be."""
    path = check_name(path)
    rows = "".join(f"{i},{','.join(map(repr, row))}\n" for i, row in enumerate(boxes.tolist()))
    with atomic_file(path) as made:
        made.write_text("frame,x,y,w,h\n" + rows, encoding="utf-8")
    return path


def check_name(path) -> Path:
    """The path of a file of boxes, by whose ending a crop knows that it is one. Raises CaptureError for another ending."""
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise CaptureError(f"{path}: this can't name a file of boxes; expected a name that ends in .csv.")
    return path


def _check(video: Path, frame: int, anchor: _Anchor, agreed: int) -> None:
    needed = max(LEAST[1], round(LEAST[0] * len(anchor.corners)))
    if agreed < needed and frame == 0:
        raise CaptureError(
            f"{video}: the box of frame 0 has {agreed} corners to follow; expected {needed} or more: draw it around more "
            "of the subject, or give a CSV with a box for each frame."
        )
    if agreed < needed:
        _lose(video, frame, f"{agreed} of {len(anchor.corners)} corners agree on where it went, expected {needed} or more")


def _lose(video: Path, frame: int, why: str):
    raise CaptureError(
        f"{video}: the subject in the box was lost at frame {frame}: {why}; cut the video before it, draw the first box more "
        "closely around the subject, or give a CSV with a box for each frame."
    )
