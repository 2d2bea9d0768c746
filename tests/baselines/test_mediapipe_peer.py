"""MediaPipe as a peer: frames go to a process of another Python, and landmarks come back once."""

import json
import os
import sys

import numpy as np
import pytest

from glmk_lib import paths
from glmk_lib.baselines import mediapipe_peer
from glmk_lib.capture import manifest
from glmk_lib.capture.video import VideoWriter
from glmk_lib.errors import CaptureError, GlmkError

# Speaks the worker's protocol without MediaPipe: all landmarks of a frame lie at (its red value, whether a clip starts there),
# at depth 7, and none is found where green is 255.
ECHO = """
import sys
import numpy as np
kind, width, height, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
size, rows = width * height * 3, []
while len(block := sys.stdin.buffer.read(1 + size)) == 1 + size:
    red, green = block[1], block[2]
    row = np.full(({"face": 468, "hands": 21}[kind], 3), np.nan if green == 255 else 7.0, np.float32)
    row[:, :2] = np.nan if green == 255 else (red, block[0])
    rows.append(row)
np.savez(out, track=np.array(rows, np.float32))
"""
DYING = "import sys; sys.stdin.buffer.read(100); print('models are missing', file=sys.stderr); sys.exit(3)"


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Puts a script in the worker's place, run by this Python."""

    def use(text):
        script = tmp_path / "worker.py"
        script.write_text(text)
        monkeypatch.setattr(mediapipe_peer, "WORKER", script)
        monkeypatch.setattr(paths, "PEERS_PYTHON", type(paths.PEERS_PYTHON)(sys.executable))

    use(ECHO)
    return use


def film(path, reds, lost=(), size=(32, 24), fps=25):
    with VideoWriter(path, *size, fps, lossless=True) as video:
        for i, red in enumerate(reds):
            video.write(np.full((size[1], size[0], 3), (red, 255 if i in lost else 0, 0), np.uint8))
    return path


def track(*videos, tmp_path, kind="hands"):
    return mediapipe_peer.track(videos[0] if len(videos) == 1 else videos, kind, cache=tmp_path / "cache", progress=False)


def test_the_worker_is_spared_what_a_notebooks_kernel_sets(worker, tmp_path, monkeypatch):
    # MediaPipe imports a matplotlib of its own, which knows no inline backend.
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("PYTHONPATH", "/modules/of/another/python")
    worker("import os, sys\nassert not {'MPLBACKEND', 'PYTHONPATH'} & set(os.environ)\n" + ECHO)
    assert track(film(tmp_path / "a.mkv", [1]), tmp_path=tmp_path)["points"].shape == (1, 21, 2)


def test_landmarks_come_back_for_each_frame_in_order(worker, tmp_path):
    found = track(film(tmp_path / "a.mkv", [10, 20, 30]), tmp_path=tmp_path)
    assert found["points"].shape == (3, 21, 2)
    assert found["points"][:, 0, 0].tolist() == [10, 20, 30]
    assert (found["z"] == 7).all()


def test_frames_without_detection_are_nan_and_say_so(worker, tmp_path):
    found = track(film(tmp_path / "a.mkv", [1, 2, 3], lost=[1]), tmp_path=tmp_path)
    assert found["detected"].tolist() == [True, False, True]
    assert np.isnan(found["points"][1]).all()


def test_tracking_starts_anew_at_each_clip(worker, tmp_path):
    found = track(film(tmp_path / "a.mkv", [1, 2]), film(tmp_path / "b.mkv", [3, 4, 5]), tmp_path=tmp_path)
    assert found["points"][:, 0, 1].tolist() == [1, 0, 1, 0, 0]
    assert found["clip"].tolist() == [0, 0, 1, 1, 1]


def test_the_same_video_is_tracked_once_wherever_it_lies(worker, tmp_path, monkeypatch):
    video = film(tmp_path / "a.mkv", [1, 2])
    first = track(video, tmp_path=tmp_path)
    monkeypatch.setattr(paths, "PEERS_PYTHON", tmp_path / "gone")
    second = track(video.rename(tmp_path / "moved.mkv"), tmp_path=tmp_path)
    assert np.array_equal(first["points"], second["points"])


def test_another_kind_of_landmarks_is_not_taken_from_the_cache(worker, tmp_path):
    video = film(tmp_path / "a.mkv", [1, 2])
    track(video, tmp_path=tmp_path)
    assert track(video, tmp_path=tmp_path, kind="face")["points"].shape == (2, 468, 2)


def test_without_the_peers_environment_make_peers_is_suggested(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "PEERS_PYTHON", tmp_path / "none/bin/python")
    with pytest.raises(GlmkError, match="run `make peers`"):
        track(film(tmp_path / "a.mkv", [1, 2]), tmp_path=tmp_path)


def test_a_worker_that_dies_is_quoted_and_leaves_no_result(worker, tmp_path):
    worker(DYING)
    with pytest.raises(GlmkError, match=r"exit code 3.*models are missing"):
        track(film(tmp_path / "a.mkv", range(200), size=(320, 240)), tmp_path=tmp_path)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_missing_video_is_named(worker, tmp_path):
    with pytest.raises(CaptureError, match=r"nowhere\.mp4"):
        track(tmp_path / "nowhere.mp4", tmp_path=tmp_path)


def test_clips_of_different_sizes_are_refused(worker, tmp_path):
    videos = film(tmp_path / "a.mkv", [1]), film(tmp_path / "b.mkv", [2], size=(48, 24))
    with pytest.raises(CaptureError, match=r"b\.mkv.*48x24.*32x24"):
        track(*videos, tmp_path=tmp_path)


def test_an_unknown_kind_lists_the_known_ones(worker, tmp_path):
    with pytest.raises(GlmkError, match="face, hands"):
        track(film(tmp_path / "a.mkv", [1]), tmp_path=tmp_path, kind="feet")


@pytest.mark.slow
@pytest.mark.skipif(not paths.PEERS_PYTHON.is_file(), reason="no peers' environment; run `make peers`")
def test_mediapipe_itself_finds_no_face_in_plain_colour(tmp_path):
    found = track(film(tmp_path / "a.mkv", [90, 100, 110], size=(160, 120)), tmp_path=tmp_path, kind="face")
    assert found["points"].shape == (3, 468, 2)
    assert not found["detected"].any()


@pytest.mark.slow
@pytest.mark.skipif(
    not (os.environ.get(manifest.MIRROR) and paths.PEERS_PYTHON.is_file()), reason="needs a mirror and `make peers`"
)
def test_landmarks_on_hand_a_are_those_that_its_publisher_expects(tmp_path):
    (video,), (expected,) = manifest.fetch("hand_a"), manifest.fetch("hand_a", "landmarks")
    found = track(video, tmp_path=tmp_path)
    publisher = np.array(json.loads(expected.read_text()))[..., :2]  # (325, 21, 2), pixels
    assert np.linalg.norm(found["points"] - publisher, axis=-1).mean() < 1  # a frame's shift would make it 4.5, measured
