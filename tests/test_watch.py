"""A run that goes wrong stops, says what went wrong, and keeps what was good; one that goes well is left alone."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from glmk_lib import checkpoint, runs, training, watch
from glmk_lib.capture.frames import FrameStore
from glmk_lib.errors import CheckpointError, DivergenceError
from glmk_lib.learner import Learner


@pytest.fixture(scope="module")
def small(capture):
    """The capture at half its size: a quarter of the time."""

    def halved(store):
        n, height, width, _ = store.frames.shape
        frames = store.frames.reshape(n, height // 2, 2, width // 2, 2, 3).mean((2, 4)).round().astype(np.uint8)
        return FrameStore(store.path, frames, store.timestamps, store.box, store.truth, store.visible, store.meta)

    stores = ("marked", "unmarked", "heldout_marked", "heldout_unmarked")
    return dataclasses.replace(capture, **{name: halved(getattr(capture, name)) for name in stores})


@pytest.fixture(scope="module")
def long(tiny):
    """A preset long enough for three evaluations after the steps that L_delta is given to get going."""
    return tiny.with_(size=32, steps=100, refine_steps=0, evaluate_every=20, checkpoint_every=20)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(watch, "AFTER", 20)


def stopped(capture, preset, folder, what) -> DivergenceError:
    """Train into a stop of the kind `what`."""
    with pytest.raises(DivergenceError) as error:
        training.train(capture, preset, folder, progress=False)
    assert (error.value.what, error.value.folder) == (what, folder)
    return error.value


def test_a_healthy_run_is_left_alone_and_shows_no_sign(small, long, impatient, tmp_path):
    rows = training.train(small, long, tmp_path, progress=False).history
    assert [watch.sign(rows[: i + 1]) for i in range(len(rows))] == [None] * 5
    assert rows[-1]["spread"] > 10 * watch.CONSTANT and rows[-1]["mean_px"] < rows[0]["mean_px"]
    assert all(-1 < rows[-1][f"disc_marked_{kind}"] < 2 for kind in ("real", "fake"))


def test_a_deformation_network_that_never_moves_stops_the_run(small, long, impatient, tmp_path):
    error = stopped(small, long.with_(lr_deformation=1e-12), tmp_path, "constant")
    assert error.step == 80 and "offsets are the same for every frame" in str(error)
    assert [row["step"] for row in json.loads((tmp_path / "history.json").read_text())] == [20, 40, 60, 80]

    assert [p.name for p in (tmp_path / "checkpoints").glob("*.json")] == ["step-000020.json"]  # the later ones showed it
    landmarker = training.last_good(tmp_path, small, long.with_(lr_deformation=1e-12))
    assert np.allclose(landmarker.track(small.heldout_unmarked), small.template.points, atol=1e-6)


def test_a_discriminator_that_has_won_stops_the_run(small, long, tmp_path, monkeypatch):
    """G paints everything white and no longer learns: D_U and D_M need only look at the brightness.

    Without a pool they see no fakes from before, whose share in their loss is chance.
    """
    rates = Learner._set_rates

    def broken(self, step, steps):
        rates(self, step, steps)
        if self.step == 20:
            self.models["generator"].body[-1].bias.data.fill_(5.0)
        if self.step >= 20:
            for group in self.optimizers["makers"].param_groups:
                group["lr"] = 0.0
            self.optimizers["judges"].param_groups[0]["lr"] = 2e-3

    monkeypatch.setattr(Learner, "_set_rates", broken)
    with pytest.raises(DivergenceError) as error:
        training.train(small, long.with_(steps=200, pool=0), tmp_path, progress=False)
    assert error.value.what in watch.JUDGES
    assert "without fail" in str(error.value) and "lower adversarial_" in str(error.value)
    good = checkpoint.load_latest(tmp_path / "checkpoints", good=True).step
    assert f"the last good checkpoint, of step {good}, is kept" in str(error.value)


def test_a_gradient_that_is_not_finite_stops_the_run_before_its_step(small, long, tmp_path, monkeypatch):
    step, seen = Learner.train_step, {}

    def poisoned(self):
        if self.step == 2:
            weight = self.models["deformation"].head[-1].weight
            weight.register_hook(lambda gradient: gradient * torch.inf)
            seen.update(learner=self, before={k: v.clone() for k, v in self.models["deformation"].state_dict().items()})
        return step(self)

    monkeypatch.setattr(Learner, "train_step", poisoned)
    error = stopped(small, long, tmp_path, "non-finite")
    assert error.step == 2 and "the gradient became non-finite" in str(error)
    after = seen["learner"].models["deformation"].state_dict()
    assert all(torch.equal(value, after[name]) for name, value in seen["before"].items())


@pytest.fixture(scope="module")
def wild(long):
    """A preset under which L_delta leaves the frame at once."""
    return long.with_(lr_deformation=0.05)


@pytest.fixture(scope="module")
def wrong(small, wild, tmp_path_factory):
    """What a run said that went wrong before its first good checkpoint."""
    return stopped(small, wild, tmp_path_factory.mktemp("wrong"), "saturated")


def test_offsets_at_their_bound_stop_the_run(wrong):
    assert "100% of L_delta's offsets are at their bound" in str(wrong) and "halve lr_deformation" in str(wrong)


def test_the_same_inputs_say_it_again(small, wild, wrong, monkeypatch):
    monkeypatch.setattr(training, "Trainer", None)  # building one would fail
    assert str(stopped(small, wild, wrong.folder, "saturated")) == str(wrong)


def test_other_inputs_need_another_folder(small, long, wrong):
    with pytest.raises(CheckpointError, match="made with another preset; choose another folder"):
        training.train(small, long, wrong.folder, progress=False)


def test_a_run_that_went_wrong_is_not_started_over(small, wild, wrong):
    with pytest.raises(CheckpointError, match="already holds a run"):
        training.train(small, wild, wrong.folder, resume=False, progress=False)


def test_a_run_that_went_wrong_does_not_open_as_a_finished_one(wrong):
    with pytest.raises(DivergenceError, match="stopped at step 60"):
        runs.open_run(wrong.folder)


def test_without_a_good_checkpoint_the_template_is_what_is_left(small, wild, wrong):
    assert "there was no good checkpoint yet" in str(wrong)
    tracks = training.last_good(wrong.folder, small, wild).track(small.heldout_unmarked)
    assert np.allclose(tracks, small.template.points)


def test_a_folder_without_a_run_has_no_last_good_checkpoint(small, long, tmp_path):
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        training.last_good(tmp_path, small, long)


def test_what_was_good_of_another_preset_is_not_given(small, long, tmp_path):
    preset = long.with_(steps=2, evaluate_every=2, checkpoint_every=2)
    run = training.train(small, preset, tmp_path, progress=False)
    tracks = training.last_good(tmp_path, small, preset).track(small.heldout_unmarked)
    assert np.array_equal(tracks, run.landmarker.track(small.heldout_unmarked))
    with pytest.raises(CheckpointError, match="made with another preset"):
        training.last_good(tmp_path, small, long)


# -- the rules, on histories alone --------------------------------------------------------------------------------------------


def history(count, every=50, **values):
    """Rows of a run that goes well, or as `values` say: a number, or one for each row."""
    fine = {
        "saturated": 0.0, "spread": 0.1, "disc_marked": 0.2, "disc_unmarked": 0.2, "cycle_marked": 0.2, "cycle_unmarked": 0.1,
    }  # fmt: skip
    columns = {name: np.broadcast_to(value, count).tolist() for name, value in {**fine, **values}.items()}
    return [{"step": every * (i + 1), **{name: column[i] for name, column in columns.items()}} for i in range(count)]


def test_one_bad_evaluation_or_two_are_no_trouble():
    assert watch.trouble(history(5, saturated=[0, 0, 0, 1, 1])) is None
    assert watch.trouble(history(5, saturated=[0, 0, 1, 1, 1])) == "saturated"
    assert watch.trouble(history(5, saturated=[1, 1, 1, 1, 0])) is None


def test_evaluations_in_quick_succession_count_by_their_steps():
    assert watch.trouble(history(5, every=2, saturated=1)) is None
    assert watch.trouble(history(30, every=2, saturated=1)) == "saturated"


def test_a_deformation_network_is_given_time_to_move():
    assert watch.trouble(history(2, spread=0.0)) is None
    assert watch.trouble(history(4, spread=0.0)) is None  # at step 100 it was not yet due
    assert watch.trouble(history(5, spread=0.0)) == "constant"


def test_a_discriminator_near_zero_is_no_trouble_while_the_cycles_improve():
    falling = [0.5, 0.4, 0.35, 0.3, 0.28, 0.27]
    assert watch.trouble(history(6, disc_marked=0.001, cycle_marked=falling)) is None
    assert watch.trouble(history(6, disc_marked=0.001, cycle_marked=falling[::-1])) == "disc_marked"


def test_cycles_that_rise_are_no_trouble_while_the_discriminators_are_unsure():
    assert watch.trouble(history(6, disc_marked=0.1, disc_unmarked=0.1, cycle_marked=[0.2, 0.3, 0.4, 0.5, 0.6, 0.7])) is None


def test_the_second_phase_has_no_discriminators():
    rows = history(4) + [{"step": 1000 + 500 * i, "saturated": 0.0, "spread": 0.1, "cycle_marked": 0.9} for i in range(4)]
    assert watch.trouble(rows) is None
    assert watch.trouble([*rows, *({**rows[-1], "step": 3000 + 500 * i, "spread": 0.0} for i in range(3))]) == "constant"


def test_a_suspect_checkpoint_does_not_replace_the_last_good_one(tmp_path):
    for step, good in ((1, True), (2, True), (3, False), (4, False), (5, False)):
        checkpoint.save(tmp_path, step, {"a": torch.zeros(1)}, {}, [], 0.0, good=good)
    assert [p.stem for p in sorted(tmp_path.glob("*.json"))] == ["step-000002", "step-000004", "step-000005"]
    assert checkpoint.load_latest(tmp_path).step == 5 and checkpoint.load_latest(tmp_path, good=True).step == 2
    assert checkpoint.drop_suspects(tmp_path) == 2
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["step-000002.json", "step-000002.safetensors"]
