"""Videos in and out: PyAV decodes any common container and codec, and says plainly when it can't.

Frames are uint8 (H, W, 3) RGB, turned upright by the rotation that phones store beside the picture.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from glmk_lib.capture.storage import explain_full_disk
from glmk_lib.errors import CaptureError

# Containers whose header states the duration. Others have it estimated from the very bytes that would be missing.
_DECLARING = {"mov", "matroska", "webm", "avi", "flv", "asf"}
TICK = Fraction(1, 90_000)  # seconds: what the times of a video of varying rate are rounded to
_NOT_VIDEO = {"tty", "hls", "dash", "concat"}  # FFmpeg would render a text file as a picture, or follow a playlist elsewhere


@dataclass(frozen=True)
class VideoInfo:
    """What a video states about itself, upright: pixels, frames per second, frame count and seconds (None if not stated)."""

    path: Path
    width: int
    height: int
    fps: float
    frames: int | None
    duration: float | None


def probe(path) -> VideoInfo:
    """Read the header and the first frame of the video at `path`. Raises CaptureError as `read_frames` does."""
    path = Path(path)
    container, stream = _open(path)
    with container:
        first = next(_decoded(path, container, stream), None)
        if first is None:
            raise CaptureError(f"{path}: no frame could be decoded; expected a video with at least one frame.")
        height, width = _Upright()(first).shape[:2]
        return VideoInfo(path, width, height, _rate(stream), stream.frames or None, _duration(container, stream))


def read_frames(path, first: int = 0) -> Iterator[tuple[int, float, np.ndarray]]:
    """Every frame of the video at `path`, in order of display: (index, seconds since the first frame, frame uint8 (H, W, 3)).

    Pixels are taken as they are stored, also where their aspect ratio is not 1. Memory does not grow with the video.

    Args:
        first: begin with this frame. Those before it are decoded all the same, since not every file can be searched exactly.

    Raises:
        CaptureError: missing, a folder, empty, not a video, audio only, damaged (names the last good frame), truncated
            (fewer frames or seconds than its header states), or of varying frame size.
    """
    path = Path(path)
    container, stream = _open(path)
    with container:
        rate, start, shape, index, upright = _rate(stream), None, None, -1, _Upright()
        reached = _Reached()
        for index, frame in enumerate(_decoded(path, container, stream, reached)):
            seconds = index / rate if frame.time is None else float(frame.time)
            start = seconds if start is None else start
            if index < first:
                continue
            image = upright(frame)
            shape = shape or image.shape
            if image.shape != shape:
                raise CaptureError(
                    f"{path}: frame {index} is {image.shape[1]}x{image.shape[0]} pixels, "
                    f"those before it {shape[1]}x{shape[0]}; expected one size throughout: cut it where the size changes."
                )
            yield index, seconds - start, image
        _check_complete(path, container, stream, index + 1, reached.end)


class VideoWriter:
    """Writes frames to a video; a context manager. The file appears, whole, when the block ends well.

    Args:
        path: the container follows from its ending (.mp4, .mkv, ...).
        width, height: pixels.
        fps: frames per second.
        lossless: every RGB value survives (H.264 in RGB at quantiser 0); otherwise H.264 as any player shows it.
        timed: each frame comes with its time, so that the rate may vary; encoded fast, and such that videos can be joined.

    Raises CaptureError: unknown ending, a frame of another size or type, a full disk.
    """

    def __init__(self, path, width: int, height: int, fps: float, lossless: bool = False, timed: bool = False):
        self.path, self.shape, self.count, self._last = Path(path), (height, width, 3), 0, -1
        self._temporary = self.path.with_name(f".{self.path.stem}.{os.getpid()}{self.path.suffix}")
        with explain_full_disk(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                # Bit-exact: else Matroska has a random number, and the same frames make another file each time.
                self._container = av.open(str(self._temporary.absolute()), "w", options={"fflags": "bitexact"})
            except ValueError:
                raise CaptureError(f"{path}: can't tell the video format from this name; expected .mp4 or .mkv.") from None
        even = width % 2 == 0 and height % 2 == 0
        options = {"qp": "0", "preset": "veryfast"} if lossless else {"crf": "16", "preset": "medium"}
        stream = self._container.add_stream("libx264rgb" if lossless else "libx264", Fraction(fps).limit_denominator(1001))
        if timed:
            # No frame is decoded before it is shown, and none waits in memory for those after it.
            options = {"crf": "18", "preset": "superfast", "bf": "0", "rc-lookahead": "0"}
            options["x264-params"] = "sliced-threads=1:sync-lookahead=0"
            stream.time_base = stream.codec_context.time_base = TICK
        stream.width, stream.height, stream.options = width, height, options
        stream.pix_fmt = "rgb24" if lossless else "yuv420p" if even else "yuv444p"  # 4:2:0 needs even sizes
        self._stream = stream

    def write(self, frame: np.ndarray, seconds: float | None = None) -> None:
        """Append one frame, uint8 (H, W, 3) RGB; where the writer is `timed`, with the seconds at which it is shown."""
        if frame.shape != self.shape or frame.dtype != np.uint8:
            raise CaptureError(f"{self.path}: frame {self.count} is {frame.dtype} {frame.shape}; expected uint8 {self.shape}.")
        with explain_full_disk(self.path):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            picture.pts, picture.time_base = self.count, 1 / self._stream.codec_context.framerate
            if seconds is not None:
                self._last = max(self._last + 1, round(seconds / TICK))  # a player wants no two frames at one time
                picture.pts, picture.time_base = self._last, TICK
            self._container.mux(self._stream.encode(picture))
        self.count += 1

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            with explain_full_disk(self.path):
                if kind is None and self.count:
                    self._container.mux(self._stream.encode(None))
                self._container.close()
                if kind is None:
                    if not self.count:
                        raise CaptureError(f"{self.path}: no frames were written; expected at least one.")
                    os.replace(self._temporary, self.path)
        finally:
            self._temporary.unlink(missing_ok=True)


class _Reached:
    """How far into the recording the packets of any stream reached, in seconds."""

    end = 0.0

    def note(self, packet):
        if packet.pts is not None and packet.time_base:
            self.end = max(self.end, float((packet.pts + (packet.duration or 0)) * packet.time_base))


def _open(path: Path):
    """The container and its first real video stream."""
    expected = "expected a video file such as .mp4, .mov, .mkv, .avi or .mpg"
    if not path.exists():
        raise CaptureError(f"{path}: no such file; {expected}.")
    if path.is_dir():
        raise CaptureError(f"{path}: this is a folder; {expected}.")
    if path.stat().st_size == 0:
        raise CaptureError(f"{path}: the file is empty (0 bytes); {expected}: copy or export it again.")
    try:
        # Absolute: a name with a colon is no protocol. Titles and names in any other encoding than UTF-8 are not what is read.
        container = av.open(str(path.absolute()), metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CaptureError(f"{path}: can't be opened as a video ({reason}); {expected}, whole and not cut off.") from None
    if _NOT_VIDEO & set(container.format.name.split(",")):
        container.close()
        raise CaptureError(f"{path}: this is text, not a video; {expected}.")
    streams = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    if not streams or streams[0].codec_context is None:
        has = "sound but no picture" if container.streams.audio else "no picture"
        container.close()
        raise CaptureError(f"{path}: has {has}; {expected}.")
    streams[0].thread_type = "AUTO"
    return container, streams[0]


def _decoded(path: Path, container, stream, reached=None):
    """Decoded frames of the stream; damage raises CaptureError naming the last good frame."""
    count, packets = 0, container.demux()
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            if reached:
                reached.note(packet)
            frames = packet.decode() if packet.stream is stream else []
            damaged = packet.stream is stream and (packet.is_corrupt or any(f.is_corrupt for f in frames))
        except av.error.EOFError:
            return
        except (av.error.FFmpegError, OSError) as error:
            raise _damaged(path, count, getattr(error, "strerror", None) or str(error)) from None
        if damaged:
            raise _damaged(path, count, "part of a frame is missing")
        for frame in frames:
            yield frame
            count += 1


def _damaged(path, count, reason):
    good = f"the last good frame is {count - 1}" if count else "no frame before it is good"
    return CaptureError(
        f"{path}: damaged or cut off at frame {count} ({reason}; {good}); expected a whole video: copy or export it again."
    )


def _check_complete(path: Path, container, stream, count: int, end: float):
    """Compare what was decoded with what the header states, where a header states it."""
    if not count:
        raise CaptureError(f"{path}: no frame could be decoded; expected a video with at least one frame.")
    if not _DECLARING & set(container.format.name.split(",")):
        return
    stated = _duration(container, stream)
    begin = float((stream.start_time or 0) * stream.time_base)
    # Edit lists hide frames, and sound may outlast the picture: only a recording that ends early everywhere is cut off.
    slack = max(2.5 / _rate(stream), 0.01 * (stated or 0))
    if stated and end - min(begin, 0.0) < stated - slack and count < (stream.frames or float("inf")):
        frames = f"{stream.frames} frames" if stream.frames else f"{stated:.1f} s"
        raise CaptureError(
            f"{path}: cut off: {count} frames ({end:.1f} s) could be decoded; "
            f"expected {frames} ({stated:.1f} s) by its header: copy or export the video again."
        )


def _rate(stream) -> float:
    return float(stream.average_rate or stream.guessed_rate or 25)


def _duration(container, stream) -> float | None:
    """Seconds, as the header states: of the video stream, else of the whole recording."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


class _Upright:
    """Frames as uint8 (H, W, 3) RGB, turned by their stored rotation (degrees, counter-clockwise)."""

    def __init__(self):
        self._convert = VideoReformatter()  # one for all frames: each new one starts threads and tables anew

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        image = self._convert.reformat(frame, format="rgb24", threads=1).to_ndarray()
        return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90) % 4)) if frame.rotation else image
