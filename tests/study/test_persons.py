"""The personalization study: one training for each person, shown everybody's frames."""

import dataclasses

import numpy as np
import pytest

from glmk_lib import paths, presets, training
from glmk_lib.errors import TrainingError
from glmk_lib.study import cells, persons, rows, runner
from glmk_lib.template import Template

TINY = presets.get("smoke").with_(
    studio_frames=60, studio_every=1, heldout_frames=12, heldout_marked=12, steps=4, refine_steps=0, evaluate_every=4,
    checkpoint_every=4, generator_width=8, generator_blocks=1, batch=2,
)  # fmt: skip


@pytest.fixture
def study(at, place):
    at(place)
    return dataclasses.replace(rows.get("personalization", TINY), base=TINY)


def test_every_row_says_what_it_is_trained_on(study):
    for capture in study.captures:
        trained_on = {row.name: rows.TRAINED_ON[capture][row.name] for row in study.rows}
        assert trained_on["own"] == capture and trained_on["other"] in study.captures and trained_on["other"] != capture
        assert trained_on["several"] not in study.captures
        for row in study.rows:
            assert cells.Cell(study, row, capture, 0).config("films")["trained_on"] == trained_on[row.name]


def test_two_persons_need_two_trainings_and_each_is_shown_both(study, monkeypatch):
    trained, real = [], training.train

    def train(capture, *args, **options):
        trained.append(capture.name)
        return real(capture, *args, **options)

    monkeypatch.setattr(training, "train", train)
    outcome = runner.run(runner.order(study, study.captures, [0], ["own", "other"]), say=lambda line: None)
    assert outcome.failed == {} and len(outcome.measured) == 4
    assert sorted(set(trained)) == ["studio_face", "studio_face_b"]
    made = list((paths.RUNS).rglob("landmarks.safetensors"))
    assert len(made) == 2 and not list(paths.RUNS.rglob("checkpoints"))
    scores = {(c.capture, c.row.name): cells.load(c).score("mean_px") for c in outcome.measured}
    assert len(set(scores.values())) == 4 and all(np.isfinite(list(scores.values())))


def test_other_lines_are_refused(study):
    face = runner._prepared("studio_face", study, progress=False)
    hand = dataclasses.replace(face, template=Template.ready("hand"))
    with pytest.raises(TrainingError, match="other lines"):
        persons.measure_persons(face, hand, TINY, paths.RUNS, 0, None, progress=False)
