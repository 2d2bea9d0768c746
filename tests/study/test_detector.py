"""The detector on real clips: shown the whole clip, judged in the frames that are held out."""

from types import SimpleNamespace

import numpy as np
import pytest

from glmk_lib.baselines import mediapipe_peer
from glmk_lib.capture import blocks, manifest, skin_lines
from glmk_lib.capture.ingest import to_crop
from glmk_lib.errors import CaptureError
from glmk_lib.study import detector

FRAMES = np.r_[30:42, 70:82]  # of a clip of 100, in two blocks
CROP = (10.0, 20.0, 40.0, 40.0)
LINES = skin_lines.skin_lines("face")


@pytest.fixture
def clip(monkeypatch, tmp_path):
    """The detector's landmarks in 100 frames, and a film of two blocks of them through a window that moves by whole pixels."""
    rng = np.random.default_rng(0)
    marks = (
        200
        + np.cumsum(rng.normal(0, 1, (100, 1, 2)), 0)
        + rng.uniform(-40, 40, (1, 468, 2))
        + rng.normal(0, 0.3, (100, 468, 2))
    )
    found = {"points": marks.astype(np.float32), "z": np.zeros((100, 468), np.float32)}
    found |= {"detected": np.ones(100, bool), "clip": np.zeros(100, np.int64)}
    smooth = skin_lines.smooth(
        np.concatenate([marks, np.zeros((100, 468, 1))], -1), blocks.runs(found["detected"], found["clip"])
    )
    corners = rng.integers(100, 140, (100, 1, 2))
    filmed = (LINES.select(smooth[..., :2]) - corners)[FRAMES]
    np.savez(tmp_path / "bare.npz", frame=FRAMES, points=filmed.astype(np.float32))
    film = SimpleNamespace(takes={"heldout_unmarked": ("bare.mp4", tmp_path / "bare.npz")}, crop=",".join(map(str, CROP)))
    monkeypatch.setattr(detector, "film_real", lambda *a: film)
    monkeypatch.setattr(manifest, "fetch", lambda name: [f"{name}.mp4"])
    monkeypatch.setattr(mediapipe_peer, "track", lambda videos, kind, progress: shown.append((videos, kind)) or found)
    shown = []
    return SimpleNamespace(found=found, corners=corners, shown=shown)


def of_face():
    return detector.detected(SimpleNamespace(name="face_a", region="face"), False)


def test_its_points_are_those_of_the_whole_clip_in_the_held_out_frames(clip):
    expected = to_crop((LINES.select(clip.found["points"]) - clip.corners)[FRAMES], CROP)
    np.testing.assert_allclose(of_face(), expected, atol=1e-4)
    assert clip.shown == [(["face_a.mp4"], "face")]


def test_a_frame_in_which_it_finds_nothing_is_told_if_it_is_held_out(clip):
    clip.found["detected"][0] = False
    of_face()
    clip.found["detected"][[31, 75, 76]] = False
    with pytest.raises(CaptureError, match="face_a: the detector finds nothing in 3 of 24 held-out frames"):
        of_face()
