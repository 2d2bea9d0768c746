"""Learned from a finished run, beside its landmarks; the factors of the uncertainty make it hold where it is calibrated."""

import numpy as np
import pytest
import torch

from glmk_lib.errors import CheckpointError
from glmk_lib.visibility import learn as learning
from glmk_lib.visibility.labels import SEEN
from glmk_lib.visibility.learn import Teacher, learn
from glmk_lib.visibility.network import FILE, LEVELS, Observer


@pytest.fixture(scope="module")
def observer(finished, capture, tiny):
    return learn(finished, capture, tiny, progress=False)


def test_the_file_lies_beside_the_landmarks_and_nothing_else_is_left(observer, finished, capture):
    again = Observer.beside(finished / "landmarks.safetensors")
    images, points = capture.heldout_unmarked.batch([0, 1]), torch.as_tensor(capture.template.points.copy()).expand(2, -1, -1)
    for ours, theirs in zip(observer(images, points), again(images, points), strict=True):
        assert torch.equal(ours, theirs)
    assert not [path for path in finished.iterdir() if path.name.startswith(".")]


def test_what_is_there_is_not_learned_again(observer, finished, capture, tiny, monkeypatch):
    monkeypatch.setattr(learning, "Teacher", None)
    assert learn(finished, capture, tiny, progress=False).factors == observer.factors


def test_the_same_seed_learns_the_same(observer, finished, capture, tiny):
    first = (finished / FILE).read_bytes()
    (finished / FILE).unlink()
    learn(finished, capture, tiny, progress=False)
    assert (finished / FILE).read_bytes() == first


def test_the_bounds_hold_on_the_frames_of_the_calibration(observer, finished, capture, tiny, tmp_path):
    """Of the points that are seen in held-out paint, the share that a level states lies within its bound."""
    teacher = Teacher(finished, capture, tiny)
    cleaned, fitted, paint = teacher.held_out(tmp_path)
    found = teacher.landmarker.track(cleaned)
    off, on_paint = np.linalg.norm(found - fitted.numpy(), axis=-1), paint.numpy() > SEEN
    assert on_paint.sum() > 100
    for level in LEVELS[::3]:
        _, bound = observer.look(cleaned, found, level=level)
        assert (off <= bound)[on_paint].mean() == pytest.approx(level, abs=0.02)


def test_as_many_points_are_called_hidden_there_as_lack_their_paint(observer, finished, capture, tiny, tmp_path):
    teacher = Teacher(finished, capture, tiny)
    cleaned, _, paint = teacher.held_out(tmp_path)
    visibility, _ = observer.look(cleaned, teacher.landmarker.track(cleaned))
    assert (visibility < 0.5).mean() == pytest.approx((paint <= SEEN).float().mean().item(), abs=0.01)


def test_a_bound_that_knows_nothing_is_still_calibrated(finished, capture, tiny, tmp_path):
    """A network that says the same of every point: its bound at each level is that quantile of the errors."""
    net = learning.VisibilityNet(len(capture.template), tiny.size)
    for parameter in net.parameters():
        torch.nn.init.zeros_(parameter)
    teacher = Teacher(finished, capture, tiny)
    factors = learning.calibrate(Observer(net, 0.5, ""), teacher, tmp_path).factors
    cleaned, fitted, paint = teacher.held_out(tmp_path)
    off = np.linalg.norm(teacher.landmarker.track(cleaned) - fitted.numpy(), axis=-1)[paint.numpy() > SEEN]
    np.testing.assert_allclose(factors, np.quantile(off, LEVELS), rtol=1e-5)


def test_a_folder_without_a_finished_run_is_named(capture, tiny, tmp_path):
    with pytest.raises(CheckpointError, match=r"landmarks\.safetensors: no such file"):
        learn(tmp_path, capture, tiny, progress=False)


def test_a_run_whose_checkpoints_are_gone_is_named(finished, capture, tiny, tmp_path):
    for name in ("landmarks.safetensors", "generator.safetensors"):
        (tmp_path / name).write_bytes((finished / name).read_bytes())
    with pytest.raises(CheckpointError, match="holds no points fitted to paint"):
        learn(tmp_path, capture, tiny, progress=False)


def test_a_run_of_another_preset_is_refused(finished, capture, tiny):
    with pytest.raises(CheckpointError, match="made with another preset"):
        Teacher(finished, capture, tiny.with_(fit_steps=3))
