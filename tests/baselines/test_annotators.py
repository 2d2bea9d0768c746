"""Simulated annotators: their labels deviate as stated, and a network learns from them and from nothing else."""

import copy
import dataclasses

import numpy as np
import pytest

from glmk_lib.baselines.annotators import ANNOTATORS, FEATURES, HAND, HANDS, OUTLINE, Hands, annotate, tangents, train_annotated
from glmk_lib.errors import TrainingError
from glmk_lib.template import Line, Template

SQUARE = Template(
    np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [0.0, 0.9]], dtype=np.float32),
    (Line("ring", (0, 1, 2, 3), closed=True), Line("up", (0, 4))),
)


def frames(count: int) -> np.ndarray:
    return np.repeat(SQUARE.points[None].astype(np.float64), count, axis=0)


def test_tangents_are_chords_of_the_first_line_that_holds_the_point():
    found = tangents(frames(2), SQUARE)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(found[0, :2], [[half, -half], [half, half]], atol=1e-12)  # round the ring, also at its seam
    np.testing.assert_allclose(found[1, 4], np.array([0.5, 1.4]) / np.hypot(0.5, 1.4))  # an end has one neighbour


def test_points_at_one_place_have_some_tangent():
    assert np.isfinite(tangents(np.zeros((1, 5, 2)), SQUARE)).all()


def test_labels_deviate_as_stated():
    """Over many annotated frames and seeds, across and along, as shares of the extent."""
    truth, hands = frames(300), Hands(across=0.01, along=0.03, own=0.5)
    along = tangents(truth, SQUARE)
    off = np.stack([annotate(truth, SQUARE, hands, np.random.default_rng(seed)) - truth for seed in range(60)])
    extent = np.sqrt(1.0 * 1.4)
    lengthwise = (off * along).sum(-1) / extent
    crosswise = (off[..., 1] * along[..., 0] - off[..., 0] * along[..., 1]) / extent
    assert lengthwise.std() == pytest.approx(0.03, rel=0.1) and crosswise.std() == pytest.approx(0.01, rel=0.1)


def test_an_annotators_bias_stays_and_slips_do_not():
    truth = frames(3000)
    biased = annotate(truth, SQUARE, Hands(0.02, 0.02, own=1.0), np.random.default_rng(0))
    np.testing.assert_allclose(biased[0], biased[ANNOTATORS])
    assert not np.allclose(biased[0], biased[1])  # the next annotator has another
    slips = annotate(truth, SQUARE, Hands(0.02, 0.02, own=0.0), np.random.default_rng(0)) - truth
    assert np.abs(slips.mean(0)).max() < 0.003 < slips.std(0).min()


def test_exact_hands_give_the_truth():
    np.testing.assert_array_equal(annotate(frames(4), SQUARE, Hands(0, 0, 0.5), np.random.default_rng(0)), frames(4))


def test_every_region_of_the_studio_has_its_figures():
    assert {"face", "hand", "foot"} <= set(HANDS)
    assert all(0 < hands.across < hands.along < 0.05 and 0 <= hands.own <= 1 for hands in HANDS.values())
    published = np.sqrt(np.mean(np.square(OUTLINE + FEATURES)))
    assert len(OUTLINE + FEATURES) == 68 and np.hypot(HANDS["face"].across, HANDS["face"].along) == pytest.approx(published)
    assert len(HAND) == 21 and np.hypot(HANDS["hand"].across, HANDS["hand"].along) == pytest.approx(
        np.sqrt(np.mean(np.square(HAND)))
    )


def with_truth(capture, truth):
    """The capture, with another truth of its unmarked frames."""
    store = copy.copy(capture.unmarked)
    store.truth = truth
    return dataclasses.replace(capture, unmarked=store)


def test_a_network_learns_from_the_labelled_frames_alone(capture, tiny, tmp_path):
    """Two trainings whose frames differ where no one labels them end alike."""
    preset = tiny.with_(supervised_steps=6)
    one = train_annotated(capture, preset, tmp_path / "one", labelled=3, progress=False)
    changed = capture.unmarked.truth.copy()
    changed[[5, 7]] += 0.3
    other = train_annotated(with_truth(capture, changed), preset, tmp_path / "other", labelled=3, progress=False)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_exact_labels_teach_something_else_than_annotators(capture, tiny, tmp_path):
    """They are the truth itself, of the same frames; what annotators teach ends elsewhere."""
    preset = tiny.with_(supervised_steps=6)
    annotated = train_annotated(capture, preset, tmp_path / "annotated", labelled=3, progress=False)
    exact = train_annotated(capture, preset, tmp_path / "exact", labelled=3, progress=False, exact=True)
    frames = capture.heldout_unmarked
    assert not np.array_equal(annotated.track(frames), exact.track(frames))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glmk_lib.baselines.annotators.annotate", lambda truth, *rest: truth)
        true = train_annotated(capture, preset, tmp_path / "true", labelled=3, progress=False)
    np.testing.assert_array_equal(exact.track(frames), true.track(frames))


def test_a_finished_training_is_read_and_not_made_again(capture, tiny, tmp_path):
    preset = tiny.with_(supervised_steps=4)
    train_annotated(capture, preset, tmp_path, labelled=3, progress=False)
    made = (tmp_path / "landmarks.safetensors").stat().st_mtime_ns
    train_annotated(capture, preset, tmp_path, labelled=3, progress=False)
    assert (tmp_path / "landmarks.safetensors").stat().st_mtime_ns == made


@pytest.mark.parametrize("labelled", [0, 61])
def test_more_frames_than_there_are_cannot_be_labelled(capture, tiny, tmp_path, labelled):
    with pytest.raises(TrainingError, match="expected 1 to 60"):
        train_annotated(capture, tiny, tmp_path, labelled, progress=False)


def test_without_truth_there_is_nothing_to_deviate_from(capture, tiny, tmp_path):
    with pytest.raises(TrainingError, match="no truth"):
        train_annotated(with_truth(capture, None), tiny, tmp_path, 3, progress=False)
