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
from glmk_lib.template import Template

EXCHANGED = "red and blue are not exchanged in the measured paint"


def wrong(facts):
    """The facts that don't hold."""
    return [fact for fact, holds in facts.items() if not holds]


@pytest.fixture(scope="module")
def run(capture, tiny, tmp_path_factory):
    return training.train(capture, tiny, tmp_path_factory.mktemp("sound") / "run", progress=False)


def test_a_capture_as_it_was_filmed_is_sound(capture):
    facts = soundness.of_capture(capture)
    assert len(facts) == 2 and not wrong(facts)


def painted(capture, colors):
    return dataclasses.replace(capture, paint=dataclasses.replace(capture.paint, colors=colors))


def test_red_taken_for_blue_is_told(capture):
    assert EXCHANGED in wrong(soundness.of_capture(painted(capture, capture.paint.colors[:, ::-1])))


@pytest.mark.parametrize("light", [(1.3, 1.0, 0.7), (0.7, 1.0, 1.3)], ids=["warm", "cold"])
def test_warm_and_cold_light_exchange_nothing(capture, light):
    assert soundness.of_capture(painted(capture, (capture.paint.colors * light).clip(0, 1)))[EXCHANGED]


def test_of_green_paint_it_is_not_asked_whether_red_is_blue(capture):
    lines = tuple(dataclasses.replace(line, color="#2e8b3a") for line in capture.template.lines)
    green = dataclasses.replace(capture, template=Template(capture.template.points, lines))
    assert EXCHANGED not in soundness.of_capture(green)


def test_truth_that_lies_beside_the_paint_is_told(capture):
    store = copy.copy(capture.heldout_marked)
    store.truth = store.truth + np.float32(2 * 1 / store.frames.shape[1])  # a pixel, in x and y
    (told,) = wrong(soundness.of_capture(dataclasses.replace(capture, heldout_marked=store)))
    assert told.startswith("true lines lie on their paint")


def test_of_truth_that_is_not_exact_nothing_is_asked(capture):
    facts = soundness.of_capture(dataclasses.replace(capture, info={**capture.info, "truth": "pseudo"}))
    assert len(facts) == 1


@pytest.fixture(params=[64, 128])
def renderer(request, capture):
    return PaintRenderer(capture.template, capture.paint, request.param)


def test_r_paints_along_the_lines_wherever_they_are(capture, renderer):
    for truth in capture.unmarked.truth[::10]:
        assert not wrong(soundness.of_renderer(renderer, capture.template, torch.tensor(truth)[None]))


def mistaken(renderer, how):
    """A renderer that is one, but for a change to its points."""
    paint = copy.copy(renderer)
    paint.forward = lambda points, images: renderer(how(points), images)
    return paint


@pytest.mark.parametrize(
    "how",
    [lambda p: p.flip(-1), lambda p: -p, lambda p: p + 0.2, lambda p: torch.cat([p[:, :1], p[:, :-1]], 1)],
    ids=["axes swapped", "turned", "beside", "points confused"],
)
def test_a_renderer_that_paints_elsewhere_is_told(capture, renderer, how):
    points = torch.tensor(capture.template.points)[None]
    assert wrong(soundness.of_renderer(mistaken(renderer, how), capture.template, points))


def test_a_renderer_that_paints_nothing_is_told(capture, renderer):
    paint, points = mistaken(renderer, lambda p: p + 9), torch.tensor(capture.template.points)[None]
    assert wrong(soundness.of_renderer(paint, capture.template, points)) == ["R paints along the lines"]


@pytest.mark.parametrize("paper_only", [False, True])
def test_training_is_sound(capture, tiny, paper_only):
    facts = soundness.of_training(capture, tiny.with_(paper_only=paper_only))
    assert len(facts) == 2 - paper_only and not wrong(facts)  # the paper's objective moves no frame


def test_transforms_that_only_shift_are_alike_in_nothing(capture, tiny):
    assert not wrong(soundness.of_training(capture, tiny.with_(scale=0.0, rotate=0.0)))


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
    assert wrong(soundness.of_training(capture, tiny)) == ["each weight of the first phase scales its own terms alone"]


def test_the_callers_random_numbers_stay_as_they_are(capture, tiny):
    before = torch.random.get_rng_state()
    soundness.of_training(capture, tiny)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_finished_run_is_sound(run, capture):
    facts = soundness.of_run(run, capture)
    assert len(facts) == 4 and not wrong(facts)


def test_an_older_checkpoint_is_told(run, capture, monkeypatch):
    last = checkpoint.load_latest(run.folder / "checkpoints")
    monkeypatch.setattr(checkpoint, "load_latest", lambda _: dataclasses.replace(last, step=last.step - 1))
    assert wrong(soundness.of_run(run, capture)) == ["the newest checkpoint is that of the last step"]


def test_the_last_weights_in_place_of_their_average_are_told(run, capture):
    last = checkpoint.load_latest(run.folder / "checkpoints").tensors
    landmarker = copy.deepcopy(run.landmarker)
    prefix = "models.deformation."
    landmarker.deformation.load_state_dict({k.removeprefix(prefix): v for k, v in last.items() if k.startswith(prefix)})
    told = wrong(soundness.of_run(dataclasses.replace(run, landmarker=landmarker), capture))
    assert told == ["L_delta is the running average kept there", "L_delta is not what was learned last, unaveraged"]


def test_hidden_points_that_are_judged_are_told(run, capture, monkeypatch):
    counted = metrics.point_error
    monkeypatch.setattr(metrics, "point_error", lambda pred, true, visible: counted(pred, true, ~visible))
    assert wrong(soundness.of_run(run, capture)) == ["points are judged where the truth says that they show, and nowhere else"]


def test_a_run_without_checkpoints_is_named(run, capture, tmp_path):
    folder = shutil.copytree(run.folder, tmp_path / "run", ignore=shutil.ignore_patterns("checkpoints"))
    with pytest.raises(CheckpointError, match="has no checkpoints"):
        soundness.of_run(dataclasses.replace(run, folder=folder), capture)
