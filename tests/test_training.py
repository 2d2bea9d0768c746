"""Training: it learns, it resumes exactly, it keeps what it made, and it says what is wrong."""

import json
import shutil

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric

from glmk_lib import checkpoint, learner, runs, training
from glmk_lib.capture.dataset import open_capture
from glmk_lib.errors import CaptureError, CheckpointError, TrainingError


@pytest.fixture(scope="module")
def whole(capture, tiny, tmp_path_factory):
    """A run from its first step to its last, never stopped."""
    return training.train(capture, tiny, tmp_path_factory.mktemp("runs") / "whole", progress=False)


def weights(run):
    return checkpoint.load_tensors(run.folder / "landmarks.safetensors")


def assert_same_run(a, b):
    assert weights(a).keys() == weights(b).keys()
    assert all(torch.equal(v, weights(b)[k]) for k, v in weights(a).items())
    clean = [[{k: v for k, v in row.items() if k != "seconds"} for row in run.history] for run in (a, b)]
    assert clean[0] == clean[1]


class _Killed(BaseException):
    """Stands for a kill: nothing in the library may catch it and tidy up."""


@pytest.mark.parametrize("after", [1, 3, 4, 17, 60])
def test_a_killed_run_resumes_to_the_same_weights_bit_for_bit(capture, tiny, whole, tmp_path, monkeypatch, after):
    """Killed in the first phase, between the two, and in the second."""

    def mortal(step):
        def wrapped(self):
            if self.step == after:
                raise _Killed
            return step(self)

        return wrapped

    with monkeypatch.context() as patch, pytest.raises(_Killed):
        for name in ("train_step", "refine_step"):
            patch.setattr(learner.Learner, name, mortal(getattr(learner.Learner, name)))
        training.train(capture, tiny, tmp_path / "run", progress=False)
    assert_same_run(training.train(capture, tiny, tmp_path / "run", progress=False), whole)


def test_the_same_seed_gives_the_same_run(capture, tiny, whole, tmp_path):
    assert_same_run(training.train(capture, tiny, tmp_path / "again", progress=False), whole)


def test_another_seed_gives_another_run(capture, tiny, whole, tmp_path):
    other = training.train(capture, tiny, tmp_path / "other", seed=1, progress=False)
    assert not all(torch.equal(v, weights(whole)[k]) for k, v in weights(other).items())


def test_a_finished_run_is_taken_as_it_is(capture, tiny, whole, monkeypatch):
    monkeypatch.setattr(training, "Trainer", None)  # building one would fail
    assert training.train(capture, tiny, whole.folder, progress=False).history == whole.history


def test_a_run_of_another_configuration_is_not_overwritten(capture, tiny, whole):
    before = (whole.folder / "landmarks.safetensors").read_bytes()
    with pytest.raises(CheckpointError, match="made with another preset; choose another folder, or delete this one"):
        training.train(capture, tiny.with_(spring=7.0), whole.folder, progress=False)
    assert (whole.folder / "landmarks.safetensors").read_bytes() == before


def test_an_existing_run_is_not_started_over(capture, tiny, whole):
    with pytest.raises(CheckpointError, match="already holds a run"):
        training.train(capture, tiny, whole.folder, resume=False, progress=False)


@pytest.fixture
def poisoned(monkeypatch):
    """A weight of G is no number from step 3 on."""
    step = learner.Learner.train_step

    def poisonous(self):
        if self.step == 3:
            next(self.models["generator"].parameters()).data.fill_(float("nan"))
        return step(self)

    monkeypatch.setattr(learner.Learner, "train_step", poisonous)


def test_a_non_finite_loss_stops_with_a_sentence_and_keeps_the_last_checkpoint(capture, tiny, tmp_path, poisoned):
    with pytest.raises(TrainingError, match=r"stopped at step 3: .* became non-finite; .* checkpoint, of step 2, is kept"):
        training.train(capture, tiny, tmp_path / "run", progress=False)
    assert checkpoint.load_latest(tmp_path / "run" / "checkpoints").step == 2


def test_the_batch_of_a_step_that_was_not_applied_is_kept(capture, tiny, tmp_path, poisoned):
    with pytest.raises(TrainingError):
        training.train(capture, tiny, tmp_path / "run", progress=False)
    kept = checkpoint.load_tensors(tmp_path / "run" / "not_finite.safetensors")
    for take in ("marked", "unmarked"):
        assert len(kept[take]) == tiny.batch
        assert torch.equal(kept[take], getattr(capture, take).batch(kept[f"{take}_index"]))


@pytest.mark.parametrize("change", ["removed", "changed"])
def test_data_that_change_while_they_are_trained_on_stop_the_run_and_nothing_of_them_is_kept(
    capture, tiny, whole, tmp_path, monkeypatch, change
):
    shutil.copytree(capture.root, tmp_path / "capture")
    file = tmp_path / "capture" / "unmarked" / "frames.npy"
    content, step = file.read_bytes(), learner.Learner.train_step

    def meddled(self):
        if self.step == 2:
            if change == "removed":
                file.unlink()
            else:
                file.write_bytes(bytes(byte ^ 1 for byte in content[:200]) + content[200:])
        return step(self)

    with monkeypatch.context() as patch, pytest.raises(CaptureError, match=r"frames\.npy: changed or was removed"):
        patch.setattr(learner.Learner, "train_step", meddled)
        training.train(open_capture(tmp_path / "capture"), tiny, tmp_path / "run", progress=False)
    assert checkpoint.load_latest(tmp_path / "run" / "checkpoints").step == 2
    with pytest.raises(CaptureError, match=r"frames\.npy"):
        open_capture(tmp_path / "capture")
    file.write_bytes(content)
    assert_same_run(training.train(open_capture(tmp_path / "capture"), tiny, tmp_path / "run", progress=False), whole)


def test_every_evaluation_leaves_a_sheet_and_a_row(whole):
    assert [row["step"] for row in whole.history] == [2, 4, 44, 84]
    assert [p.stem for p in whole.sheet_files] == ["step-000002", "step-000004", "step-000044", "step-000084"]
    assert {"mean_px", "line_px", "chamfer", "spring", "cycle_marked"} <= set(whole.history[0])
    assert {"mean_px", "line_px", "fit"} <= set(whole.history[-1])


def test_the_generator_is_frozen_in_the_second_phase(whole):
    first, last = whole.history[1], whole.history[-1]
    assert "disc_marked" in first and "disc_marked" not in last
    assert not list(whole.folder.glob("cleaned*.npy"))


@pytest.mark.parametrize("restart", [True, False])
def test_the_second_phase_begins_with_the_first_weights(capture, tiny, tmp_path, monkeypatch, restart):
    preset = tiny.with_(restart=restart)
    made = learner.Learner(capture, preset, 0, "splat", Fabric(accelerator="cpu", devices=1), tmp_path)
    net, optimizer = made.models["deformation"], made.optimizers["makers"].optimizer
    first = {k: v.clone() for k, v in net.state_dict().items()}
    while made.step < preset.steps:
        made.next_step()
    learned = {k: v.clone() for k, v in net.state_dict().items()}
    assert not all(torch.equal(v, first[k]) for k, v in learned.items())

    monkeypatch.setattr(made, "refine", lambda **_: {})  # the step's beginning alone
    made.next_step()
    expected = first if restart else learned
    assert all(torch.equal(v, expected[k]) for k, v in net.state_dict().items())
    moments = [value.abs().sum() for p in net.parameters() for value in optimizer.state[p].values()]
    assert (sum(moments) == 0) == restart
    if restart:
        assert all(torch.equal(v, first[k]) for k, v in made.ema.state_dict().items())


def test_paper_only_has_exactly_the_papers_terms(capture, tiny, tmp_path):
    run = training.train(capture, tiny.with_(paper_only=True, steps=2), tmp_path / "paper", progress=False)
    measured = {"step", "seconds", "mean_px", "line_px", "along_px", "nme", "saturated", "spread"}
    measured |= {f"disc_{name}_{kind}" for name in ("marked", "unmarked") for kind in ("real", "fake")}
    terms = set(run.history[-1]) - measured
    paper = {"adversarial_marked", "adversarial_unmarked", "cycle_unmarked", "cycle_marked", "spring"}
    assert terms == paper | {"disc_marked", "disc_unmarked"}


def test_a_run_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="no finished training run"):
        runs.open_run(tmp_path)


def test_what_a_run_leaves_can_be_moved_and_opened(whole, tmp_path):
    shutil.copytree(whole.folder, tmp_path / "moved")
    run = runs.open_run(tmp_path / "moved")
    assert run.history == whole.history
    assert json.loads((run.folder / "run.json").read_text())["provenance"]["python"]


def test_the_rate_is_constant_then_falls_to_zero():
    rates = np.array([learner.rate(s, 100, 0.5) for s in range(101)])
    assert (rates[:51] == 1).all() and (np.diff(rates[50:]) < 0).all() and rates[-1] == 0
