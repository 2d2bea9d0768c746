"""Regression learns what it is shown, resumes exactly, and stops in time; the slim network learns from the trained one."""

import json
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from glmk_lib import checkpoint, presets, regression
from glmk_lib.baselines.supervised import train_supervised
from glmk_lib.errors import CheckpointError, OutOfTime, TrainingError
from glmk_lib.networks import DeformationNet, Generator, SlimDeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.slim import distil
from glmk_lib.template import Line, Template

SIZE = 32
TEMPLATE = Template(np.array([[-0.3, 0.0], [0.3, 0.0]], dtype=np.float32), (Line("l", (0, 1)),))
TINY = presets.get("smoke").with_(
    size=SIZE, supervised_steps=60, batch=8, checkpoint_every=2, deformation_width=16, generator_width=8, generator_blocks=1,
    lr_deformation=2e-3, ema=0.9,
)  # fmt: skip


class Store:
    """Frames with a bright square whose place is the truth: both points lie on its middle, left and right of it."""

    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        self.middle = rng.uniform(8, SIZE - 8, (count, 2)).round()
        self.frames = np.full((count, SIZE, SIZE, 3), 60, np.uint8)
        for frame, (x, y) in zip(self.frames, self.middle.astype(int), strict=True):
            frame[y - 4 : y + 4, x - 4 : x + 4] = 220
        middle = self.middle / SIZE * 2 - 1
        self.truth = (middle[:, None] + np.array([[-0.25, 0], [0.25, 0]])).astype(np.float32)
        self.visible = np.ones((count, 2), bool)

    def __len__(self):
        return len(self.frames)

    def batch(self, indices):
        return torch.from_numpy(self.frames[np.asarray(indices)]).permute(0, 3, 1, 2).float() / 255


@pytest.fixture(scope="module")
def capture():
    stores = {"marked": Store(60, 0), "unmarked": Store(60, 1), "heldout_unmarked": Store(40, 2)}
    return SimpleNamespace(name="squares", root=Path("squares"), info={"key": "k"}, template=TEMPLATE, **stores)


@pytest.fixture(scope="module")
def bound(capture, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bound")
    return train_supervised(capture, TINY, folder, progress=False), folder


def error(points, store):
    return np.linalg.norm(points - store.truth, axis=-1).mean()


def weights(landmarker):
    return list(landmarker.deformation.state_dict().values())


def assert_same(a, b):
    assert all(torch.equal(x, y) for x, y in zip(weights(a), weights(b), strict=True))


def test_full_supervision_learns_the_truth(capture, bound):
    held = capture.heldout_unmarked
    still = np.broadcast_to(TEMPLATE.points, held.truth.shape)
    assert error(bound[0].track(held), held) < 0.6 * error(still, held)


def test_a_finished_one_is_read_and_not_learned_again(capture, bound, monkeypatch):
    monkeypatch.setattr("glmk_lib.baselines.supervised.regress", None)
    assert_same(train_supervised(capture, TINY, bound[1], progress=False), bound[0])
    assert not (bound[1] / "checkpoints").exists()


def test_stopped_again_and_again_it_ends_as_if_never_stopped(capture, bound, tmp_path):
    """A deadline in the past lets each call come just one checkpoint further."""
    stops = 0
    while True:
        try:
            done = train_supervised(capture, TINY, tmp_path / "s", progress=False, deadline=time.monotonic())
            break
        except OutOfTime as stopped:
            stops += 1
            assert f"stopped at step {20 * stops} of 60" in str(stopped)
    assert stops == 2
    assert_same(done, bound[0])


def test_killed_between_two_checkpoints_it_ends_as_if_never_killed(capture, bound, tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    class Mortal(Store):
        calls = 0

        def batch(self, indices):
            self.calls += 1
            if self.calls == 33:
                raise Killed
            return super().batch(indices)

    dying = SimpleNamespace(**{**vars(capture), "unmarked": Mortal(60, 1)})
    with pytest.raises(Killed):
        train_supervised(dying, TINY, tmp_path / "s", progress=False)
    assert checkpoint.load_latest(tmp_path / "s" / "checkpoints").step == 20
    assert_same(train_supervised(capture, TINY, tmp_path / "s", progress=False), bound[0])


def test_checkpoints_of_another_configuration_are_not_gone_on_from(capture, tmp_path):
    with pytest.raises(OutOfTime):
        train_supervised(capture, TINY, tmp_path / "s", progress=False, deadline=time.monotonic())
    with pytest.raises(CheckpointError, match="made with another seed"):
        train_supervised(capture, TINY, tmp_path / "s", seed=1, progress=False)


def test_hidden_points_are_not_learned(capture, tmp_path):
    store = Store(60, 1)
    store.visible[:, 1] = False
    store.truth[:, 1] = 50.0  # would pull everything, if it counted
    half = SimpleNamespace(**{**vars(capture), "unmarked": store})
    found = train_supervised(half, TINY, tmp_path / "s", progress=False).track(capture.heldout_unmarked)
    assert np.linalg.norm(found - capture.heldout_unmarked.truth, axis=-1)[:, 0].mean() < 0.25


def test_without_truth_it_says_so(capture, tmp_path):
    blind = SimpleNamespace(**{**vars(capture), "unmarked": SimpleNamespace(truth=None)})
    with pytest.raises(TrainingError, match="has no truth"):
        train_supervised(blind, TINY, tmp_path / "s", progress=False)


@pytest.fixture(scope="module")
def run(bound, tmp_path_factory):
    """A finished run, as far as the slim network reads it: a landmarker, and a generator that changes nothing yet."""
    folder = tmp_path_factory.mktemp("run")
    bound[0].save(folder / regression.WEIGHTS)
    generator = Generator(TINY.generator_width, TINY.generator_blocks)
    checkpoint.write_tensors(folder / "generator.safetensors", generator.state_dict())
    return SimpleNamespace(folder=folder, landmarker=Landmarker.load(folder / regression.WEIGHTS))


def test_the_slim_network_says_what_the_trained_one_says(capture, run, tmp_path):
    slim = distil(capture, TINY.with_(supervised_steps=150), run, tmp_path / "slim", progress=False)
    held = capture.heldout_unmarked
    assert isinstance(slim.deformation, SlimDeformationNet)
    taught = np.linalg.norm(slim.track(held) - run.landmarker.track(held), axis=-1).mean()
    assert taught < 0.35 * np.linalg.norm(TEMPLATE.points - run.landmarker.track(held), axis=-1).mean()
    assert not (tmp_path / "slim" / "cleaned.npy").exists()
    assert_same(Landmarker.load(tmp_path / "slim" / regression.WEIGHTS), slim)


def test_the_slim_network_resumes_exactly_and_learns_anew_from_another_teacher(capture, run, tmp_path):
    whole = distil(capture, TINY, run, tmp_path / "whole", progress=False)
    with pytest.raises(OutOfTime):
        distil(capture, TINY, run, tmp_path / "slim", progress=False, deadline=time.monotonic())
    assert (tmp_path / "slim" / "cleaned.npy").exists()
    assert_same(distil(capture, TINY, run, tmp_path / "slim", progress=False), whole)
    before = json.loads((tmp_path / "slim" / "run.json").read_text())["teacher"]

    other = Landmarker(DeformationNet(2, SIZE, TINY.deformation_width), TEMPLATE, 0.0)
    other.save(run.folder / regression.WEIGHTS)
    distil(capture, TINY, SimpleNamespace(folder=run.folder, landmarker=other), tmp_path / "slim", progress=False)
    assert json.loads((tmp_path / "slim" / "run.json").read_text())["teacher"] != before
