"""Which of MediaPipe's landmarks is which point of the template, and what is left of it: without MediaPipe."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from glmk_lib import paths
from glmk_lib.baselines import mediapipe_studio
from glmk_lib.baselines.mediapipe_studio import WANDERS, Peer, available, compare, correspond
from glmk_lib.errors import CaptureError

RNG = np.random.default_rng(0)
REST = RNG.uniform(-0.5, 0.5, (30, 2))


def turned(frames: int, tremble: float = 0.0, seed: int = 1) -> np.ndarray:
    """A shape of 30 landmarks that turns, grows and moves, (frames, 30, 2)."""
    rng = np.random.default_rng(seed)
    angle, size, shift = rng.uniform(-0.6, 0.6, frames), rng.uniform(0.7, 1.2, frames), rng.uniform(-0.2, 0.2, (frames, 1, 2))
    turn = np.stack([np.stack([np.cos(angle), -np.sin(angle)], -1), np.stack([np.sin(angle), np.cos(angle)], -1)], 1)
    return size[:, None, None] * (REST @ turn.transpose(0, 2, 1)) + shift + tremble * rng.normal(size=(frames, 30, 2))


def test_points_find_their_own_landmark():
    seen = turned(40, 0.001)
    points, landmarks, beside = correspond(seen, seen[:, [7, 3, 21]])
    assert points.tolist() == [0, 1, 2] and landmarks.tolist() == [7, 3, 21] and np.abs(beside).max() < 0.01


def test_a_point_without_a_counterpart_has_none():
    seen = turned(40)
    loose = seen[:, [5]] + 4 * WANDERS * RNG.normal(size=(40, 1, 2))
    assert correspond(seen, np.concatenate([seen[:, [5]], loose], 1))[0].tolist() == [0]


def test_what_moves_alike_elsewhere_is_no_counterpart():
    """The nearest landmark trembles and is taken all the same: the one that does not lies half an extent away."""
    seen = turned(40)
    steady = seen[:, [5]].copy()
    seen[:, 5] += 0.005 * RNG.normal(size=(40, 2))
    apart = np.linalg.norm(REST - REST[5], axis=-1)
    keep = [5, *np.flatnonzero(apart > 0.3)]
    assert correspond(seen[:, keep], steady)[1].tolist() == [0]
    assert correspond(seen[:, keep[1:]], steady)[0].size == 0


def test_frames_without_a_detection_do_not_count():
    seen = turned(20)
    true = seen[:, [4]].copy()
    seen[3:9], true[3:9] = np.nan, 9.0
    assert correspond(seen, true)[1].tolist() == [4]
    assert correspond(np.full((5, 30, 2), np.nan), np.zeros((5, 2, 2)))[0].size == 0


@pytest.fixture
def footage(monkeypatch, capture):
    """MediaPipe sees the points exactly, but for a convention of its own: each a little to the side, in the subject's axes."""
    shapes = {"mapping": turned(30, seed=2), "heldout": turned(len(capture.heldout_unmarked), seed=3)}

    def seen(region, kind, folder, name, seed, frames, every, progress):
        true = shapes[name]
        middle = true.mean(1, keepdims=True)
        return true + 0.1 * (true - middle), true.astype(np.float32), np.ones(len(true), bool)

    monkeypatch.setattr(mediapipe_studio, "_seen", seen)
    return shapes


def with_truth(capture, truth):
    held = dataclasses.make_dataclass("Store", ["truth", "__len__"])
    held.__len__ = lambda self: len(self.truth)
    return dataclasses.replace(capture, heldout_unmarked=held(truth, None))


def test_a_convention_of_where_a_landmark_sits_is_taken_off(footage, capture):
    peer = mediapipe_studio.measure(with_truth(capture, footage["heldout"]), 0, 1, progress=False)
    assert peer.points.tolist() == list(range(30)) and peer.detected.all()
    np.testing.assert_allclose(peer.track, footage["heldout"], atol=0.01)


def test_another_film_is_no_comparison(footage, capture):
    with pytest.raises(CaptureError, match="differs"):
        mediapipe_studio.measure(with_truth(capture, footage["heldout"] + 0.1), 0, 1, progress=False)


def test_where_it_cannot_be_measured_it_is_said_why(capture, monkeypatch, tmp_path):
    assert "no landmarks for a foot" in available(dataclasses.replace(capture, region="foot"))
    assert "pseudo-truth" in available(dataclasses.replace(capture, name="face_a"))
    monkeypatch.setattr(paths, "PEERS_PYTHON", tmp_path / "none")
    assert "make peers" in available(capture)
    monkeypatch.setattr(paths, "PEERS_PYTHON", tmp_path)
    (tmp_path / "python").touch()
    monkeypatch.setattr(paths, "PEERS_PYTHON", tmp_path / "python")
    assert available(capture) == ""


def test_both_are_compared_where_both_are():
    """Ours errs by 1 px to and fro, MediaPipe by 2 px; frames without a detection and points without a landmark don't count."""
    true = turned(60, seed=4)
    sway = np.where(np.arange(60) % 2, 1, -1)[:, None, None] * np.array([2 / 64, 0])  # one pixel of 64
    ours, theirs = true + sway, (true + 2 * sway)[:, :29]
    ours[:, 29], detected = 9.0, np.arange(60) != 30
    theirs[30] = np.nan
    store = SimpleNamespace(
        frames=np.zeros((60, 64, 64, 3), np.uint8), truth=true, visible=np.ones((60, 30), bool), timestamps=np.arange(60) / 25
    )
    found = compare(Peer(theirs, detected, np.arange(29), np.arange(29)), ours, store)
    assert found["ours"]["mean_px"] == pytest.approx(1) and found["MediaPipe"]["mean_px"] == pytest.approx(2)
    assert found["nmj_ratio"] == pytest.approx([0.5] * 3) and found["nme_ratio"] == pytest.approx([0.5] * 3)
    assert found["points"] == 29 and found["detected"] == pytest.approx(59 / 60)
    for smoother in ("one_euro", "rts"):
        assert found[f"nmj_ratio_{smoother}"][0] == pytest.approx(
            found["ours"][f"nmj_{smoother}"] / found["MediaPipe"][f"nmj_{smoother}"]
        )


def test_where_nothing_is_detected_nothing_is_compared(capture, monkeypatch):
    count = len(capture.heldout_unmarked)
    nothing = np.full((count, 30, 2), np.nan)
    monkeypatch.setattr(mediapipe_studio, "_seen", lambda *a: (nothing, np.zeros((count, 36, 2)), np.zeros(count, bool)))
    peer = mediapipe_studio.measure(capture, 0, 1, progress=False)
    assert peer.track.shape == (count, 0, 2) and not peer.detected.any()
