"""Each fact holds of what is sound, and no longer where one thing is wrong."""

import copy
import dataclasses
import shutil

import numpy as np
import pytest
import torch

from glmk_lib import checkpoint, metrics, soundness, training
from glmk_lib.augment import Similarity
from glmk_lib.errors import CheckpointError
from glmk_lib.objective import Objective
from glmk_lib.renderer import PaintRenderer


def wrong(facts):
    """The facts that don't hold."""
    return [fact for fact, holds in facts.items() if not holds]


@pytest.fixture(scope="module")
def run(capture, tiny, tmp_path_factory):
    return training.train(capture, tiny, tmp_path_factory.mktemp("sound") / "run", progress=False)


def test_a_capture_as_it_was_filmed_is_sound(capture):
    facts = soundness.of_capture(capture)
    assert len(facts) == 2 and not wrong(facts)


def test_red_taken_for_blue_is_told(capture):
    paint = dataclasses.replace(capture.paint, colors=capture.paint.colors[:, ::-1])
    assert "paint has its stated colours, red and blue not exchanged" in wrong(
        soundness.of_capture(dataclasses.replace(capture, paint=paint))
    )


def test_truth_that_lies_beside_the_paint_is_told(capture):
    store = copy.copy(capture.heldout_marked)
    store.truth = store.truth + np.float32(2 * 1.5 / store.frames.shape[1])  # a pixel and a half, in x and y
    (told,) = wrong(soundness.of_capture(dataclasses.replace(capture, heldout_marked=store)))
    assert told.startswith("true lines lie within")


def test_of_truth_that_is_not_exact_nothing_is_asked(capture):
    facts = soundness.of_capture(dataclasses.replace(capture, info={**capture.info, "truth": "pseudo"}))
    assert len(facts) == 1


@pytest.mark.parametrize("turn", [False, True], ids=["as it is", "axes swapped"])
def test_r_paints_along_the_lines(capture, tiny, turn):
    renderer = PaintRenderer(capture.template, capture.paint, tiny.size)
    points, image = torch.tensor(capture.template.points)[None], capture.unmarked.batch([0])
    paint = (lambda p, i: renderer(p.flip(-1), i)) if turn else renderer
    assert len(wrong(soundness.of_renderer(paint, capture.template, points, image))) == turn


def test_a_renderer_that_paints_nothing_is_told(capture):
    points, image = torch.tensor(capture.template.points)[None], capture.unmarked.batch([0])
    assert wrong(soundness.of_renderer(lambda _, i: i, capture.template, points, image))


@pytest.mark.parametrize("paper_only", [False, True])
def test_training_is_sound(capture, tiny, paper_only):
    assert not wrong(soundness.of_training(capture, tiny.with_(paper_only=paper_only)))


def test_numbers_drawn_twice_are_told(capture, tiny, monkeypatch):
    once = Similarity.random(tiny.batch, 0.1, 0.1, 0.1, torch.Generator().manual_seed(0))
    monkeypatch.setattr(Similarity, "random", lambda *_: once)
    assert wrong(soundness.of_training(capture, tiny)) == ["no two looks at a frame are alike"]


def test_a_term_under_anothers_weight_is_told(capture, tiny, monkeypatch):
    making = Objective.making

    def mistaken(self, *arguments, **named):
        terms = making(self, *arguments, **named)
        return terms | {"keep": terms["keep"] / self.terms.keep * self.terms.cycle}

    monkeypatch.setattr(Objective, "making", mistaken)
    assert wrong(soundness.of_training(capture, tiny)) == ["each weight scales its own terms alone"]


def test_the_callers_random_numbers_stay_as_they_are(capture, tiny):
    before = torch.random.get_rng_state()
    soundness.of_training(capture, tiny)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_finished_run_is_sound(run, capture):
    facts = soundness.of_run(run, capture)
    assert len(facts) == 3 and not wrong(facts)


def test_an_older_checkpoint_is_told(run, capture, monkeypatch):
    last = checkpoint.load_latest(run.folder / "checkpoints")
    monkeypatch.setattr(checkpoint, "load_latest", lambda _: dataclasses.replace(last, step=last.step - 1))
    assert wrong(soundness.of_run(run, capture)) == ["its newest checkpoint is that of its last step"]


def test_the_last_weights_in_place_of_their_average_are_told(run, capture, monkeypatch):
    last = checkpoint.load_latest(run.folder / "checkpoints")
    for key in list(last.tensors):
        if key.startswith("ema.deformation."):
            last.tensors[key] = last.tensors["models." + key.removeprefix("ema.")]
    monkeypatch.setattr(checkpoint, "load_latest", lambda _: last)
    assert wrong(soundness.of_run(run, capture)) == ["L_delta is a running average of what was learned"]


def test_hidden_points_that_are_judged_are_told(run, capture, monkeypatch):
    counted = metrics.point_error
    monkeypatch.setattr(metrics, "point_error", lambda pred, true, visible: counted(pred, true, ~visible))
    assert wrong(soundness.of_run(run, capture)) == ["points are judged where they can be seen, and nowhere else"]


def test_a_run_without_checkpoints_is_named(run, capture, tmp_path):
    folder = shutil.copytree(run.folder, tmp_path / "run", ignore=shutil.ignore_patterns("checkpoints"))
    with pytest.raises(CheckpointError, match="has no checkpoints"):
        soundness.of_run(dataclasses.replace(run, folder=folder), capture)
