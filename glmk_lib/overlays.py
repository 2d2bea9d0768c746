"""Tracks of several methods over the same video, side by side: a film that plays in the book's page."""

import io
from collections.abc import Iterable
from fractions import Fraction

import av
import cv2
import numpy as np

from glmk_lib.sheets import overlay
from glmk_lib.template import Template

_BAR = 22  # pixels above each panel, for its title


def side_by_side(frames: np.ndarray, tracks: dict[str, np.ndarray], template: Template, fps: float, width: int = 256) -> bytes:
    """A WebM (VP9, which every browser plays) with a panel for each method.

    Args:
        frames: (T, H, W, 3) uint8.
        tracks: title -> points (T, N, 2) in [-1, 1].
        fps: frames a second.
        width: of a panel, about: frames are enlarged by a whole number.

    Raises:
        ValueError: no tracks, no frames, or a track of another length.
    """
    if not tracks or not len(frames) or any(len(points) != len(frames) for points in tracks.values()):
        lengths = {title: len(points) for title, points in tracks.items()}
        raise ValueError(f"got {len(frames)} frames and tracks of {lengths}; expected tracks of as many frames, at least one.")
    scale = max(1, width // frames.shape[2])
    return webm(
        (
            np.hstack([_panel(frame, points[t], template, scale, title) for title, points in tracks.items()])
            for t, frame in enumerate(frames)
        ),
        fps,
    )


def webm(pictures: Iterable[np.ndarray], fps: float, crf: int = 34) -> bytes:
    """Pictures (H, W, 3) uint8 RGB of one size, at least one, as WebM. An odd size loses its last row or column.

    Args:
        fps: frames a second.
        crf: VP9's quality, 0 (best) to 63.
    """
    data = io.BytesIO()
    with av.open(data, "w", format="webm") as container:
        stream = container.add_stream("libvpx-vp9", Fraction(fps).limit_denominator(1001))
        stream.options = {"crf": str(crf), "b": "0", "cpu-used": "5", "deadline": "good"}
        stream.pix_fmt = "yuv420p"
        for t, picture in enumerate(pictures):
            picture = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]  # 4:2:0 needs even sizes
            if t == 0:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode(None))
    return data.getvalue()


def _panel(frame, points, template: Template, scale: int, title: str) -> np.ndarray:
    drawn = overlay(frame, points, template, scale)
    bar = np.full((_BAR, drawn.shape[1], 3), 255, np.uint8)
    cv2.putText(bar, title.replace("–", "-"), (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (34, 34, 34), 1, cv2.LINE_AA)
    return np.vstack([bar, drawn])
