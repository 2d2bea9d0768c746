"""Videos that are stored mirrored, and turned back by a player alone.

A video's header says how to show its frames: a matrix, which for nearly all phones is a rotation, and `video.read_frames` turns
them by it. Where the matrix also exchanges left and right, as some apps store what the front camera saw, that is not enough.
"""

from pathlib import Path

import av
import numpy as np

from glmk_lib.errors import CaptureError


def refuse_mirrored(path) -> None:
    """Raise CaptureError if a player would mirror the frames of the video at `path`.

    What can't be read is left to its reader, who says more.
    """
    try:
        with av.open(str(path)) as container:
            frame = next(container.decode(container.streams.video[0]))
            stored = frame.side_data.get("DISPLAYMATRIX")
    except (av.FFmpegError, OSError, IndexError, StopIteration):
        return
    if stored is None:
        return
    a, b, _, c, d = np.frombuffer(bytes(stored), "<i4")[:5].astype(float)
    if a * d - b * c < 0:
        raise CaptureError(
            f"{Path(path)}: is stored mirrored, for a player to turn back; expected frames stored as they are seen, or turned: "
            "export the video once more, for example with ffmpeg -i IN OUT, which stores what a player shows."
        )
