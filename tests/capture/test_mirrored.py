"""Videos that a player would mirror are refused; those that it only turns are not."""

import struct

import numpy as np
import pytest

from glmk_lib.capture.follow import follow
from glmk_lib.capture.mirrored import refuse_mirrored
from glmk_lib.capture.video import VideoWriter
from glmk_lib.check import takes
from glmk_lib.errors import CaptureError


@pytest.fixture
def shown_by(tmp_path):
    """Write a video whose header has this display matrix (a, b, c, d)."""

    def make(a, b, c, d):
        path = tmp_path / "a.mp4"
        with VideoWriter(path, 64, 48, 25) as writer:
            for frame in np.random.default_rng(0).integers(0, 256, (3, 48, 64, 3), dtype=np.uint8):
                writer.write(frame)
        body = bytearray(path.read_bytes())
        matrix = body.find(b"tkhd") + 44  # ISO/IEC 14496-12, track header box, version 0
        body[matrix : matrix + 36] = struct.pack(">9i", *(n << 16 for n in (a, b, 0, c, d, 0, 0, 0)), 1 << 30)
        path.write_bytes(body)
        return path

    return make


@pytest.mark.parametrize("turned", [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)])
def test_turned_videos_are_taken(shown_by, turned):
    refuse_mirrored(shown_by(*turned))


@pytest.mark.parametrize("mirrored", [(-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0)])
@pytest.mark.parametrize(
    "reader",
    [
        refuse_mirrored,
        lambda video: follow(video, "8,8,30,30", progress=False),
        lambda video: takes.of_video("marked", video, 32, progress=False),
    ],
    ids=["alone", "follow", "check"],
)
def test_mirrored_videos_are_refused(shown_by, mirrored, reader):
    with pytest.raises(CaptureError, match=r"a\.mp4: is stored mirrored"):
        reader(shown_by(*mirrored))


def test_what_is_no_video_is_left_to_its_reader(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    refuse_mirrored(tmp_path / "a.mp4")
    refuse_mirrored(tmp_path / "gone.mp4")
