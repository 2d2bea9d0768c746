"""A video with its track drawn on it: lines in their colours, and at every point a white dot with a black ring.

At a hidden point the ring is white, with nothing in it.
"""

from pathlib import Path

import av
import cv2
import numpy as np
from tqdm import tqdm

from glmk_lib.capture.storage import atomic_file
from glmk_lib.capture.video import VideoWriter, read_frames
from glmk_lib.errors import CaptureError
from glmk_lib.landmarks.track import VISIBLE, Track
from glmk_lib.line_colors import line_colors
from glmk_lib.template import Template, rgb

PART = 1024  # frames of a part that is kept as soon as it is encoded
_SHIFT = 4  # bits behind the point of a coordinate that OpenCV draws


def write_overlay(track: Track, video, path, parts, progress: bool = True) -> Path:
    """Draw the track on its video, frame by frame, each shown when the source shows it; the result has no sound.

    Args:
        video: path of the video that was tracked.
        path: of the result, an mp4.
        parts: folder for what is encoded so far, from which the same call goes on after a stop; deleted parts are made anew.
        progress: show a progress bar.

    Raises CaptureError: a video that can't be read or has another number of frames than its track, or a full disk.
    """
    parts, colors = Path(parts), line_colors(track.template)
    files = [parts / f"overlay-{first:08d}.mp4" for first in range(0, len(track), PART)]
    done = next((k for k, file in enumerate(files) if not file.exists()), len(files))
    radius = max(1.5, min(track.size) / 250)
    begin = min(done * PART, len(track))
    with tqdm(total=len(track), initial=begin, desc="overlay", unit="frame", disable=not progress) as bar:
        frames = read_frames(video, first=begin) if done < len(files) else iter(())
        for k in range(done, len(files)):
            first, end = k * PART, min((k + 1) * PART, len(track))
            with VideoWriter(files[k], *track.size, track.fps, timed=True) as writer:
                for i in range(first, end):
                    frame = next(frames, (None, None, None))[2]
                    if frame is None:
                        raise CaptureError(f"{video}: has {i} frames; expected {len(track)}, as when it was tracked.")
                    seen = None if track.visibility is None else track.visibility[i] >= VISIBLE
                    draw(frame, track.points[i], track.template, colors, radius, seen)
                    writer.write(frame, track.seconds[i] - track.seconds[first])
                    bar.update()
    _join(files, track.seconds[::PART], Path(path))
    for file in files:
        file.unlink()
    return Path(path)


def draw(frame: np.ndarray, points: np.ndarray, template: Template, colors: list[str], radius: float, seen=None) -> None:
    """Draw points (N, 2), in pixels counted from the frame's edge, into the frame uint8 (H, W, 3), in place.

    Args:
        colors: "#rrggbb" for each line; a line in bands keeps its own.
        radius: of a dot, in pixels.
        seen: (N,) bool, which points are visible; None for all of them.
    """
    fixed = np.rint((points - 0.5) * 2**_SHIFT).astype(np.int32)  # OpenCV counts from the centre of the first pixel
    for line, color in zip(template.lines, colors, strict=True):
        for joined, own in line.strokes:
            paint = rgb(own if len(line.colors) > 1 else color)
            cv2.polylines(frame, [fixed[list(joined)]], False, paint, max(1, round(radius / 2)), cv2.LINE_AA, _SHIFT)
    hidden = np.zeros(len(points), bool) if seen is None else ~np.asarray(seen)
    for point in fixed[hidden].tolist():
        cv2.circle(frame, point, round(2 * radius * 2**_SHIFT), (255,) * 3, max(1, round(radius / 3)), cv2.LINE_AA, _SHIFT)
    for size, value in ((radius + max(1, radius / 3), 0), (radius, 255)):  # all rings lie under all dots
        for point in fixed[~hidden].tolist():
            cv2.circle(frame, point, round(size * 2**_SHIFT), (value,) * 3, -1, cv2.LINE_AA, _SHIFT)


def _join(parts: list[Path], begins, path: Path) -> None:
    """One video of the parts, of one size and rate, which begin after so many seconds; nothing is encoded again."""
    with atomic_file(path) as made, av.open(str(made.absolute()), "w") as joined:
        stream = None
        for part, begin in zip(parts, begins, strict=True):
            with av.open(str(part.absolute())) as container:
                source = container.streams.video[0]
                stream = stream or joined.add_stream_from_template(source)
                for packet in container.demux(source):
                    if packet.dts is None:  # the empty one at the end
                        continue
                    shift = round(begin / packet.time_base)
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    joined.mux(packet)
