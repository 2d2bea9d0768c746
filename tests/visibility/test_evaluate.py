"""The scores of visibility and uncertainty, where it is known what they must be."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from glmk_lib.visibility import evaluate
from glmk_lib.visibility.network import LEVELS, STATED

SIZE = 64


@dataclass
class Says:
    """In the place of an observer: what it says of all frames."""

    visibility: np.ndarray
    bound: np.ndarray  # in units of [-1, 1], at the level STATED
    factors: list[float]

    def look(self, store, points):
        return self.visibility, self.bound


@pytest.fixture(scope="module")
def known():
    """400 frames of ten points: a fifth are hidden, and errors are Rayleigh's, of a scale that the bound knows."""
    rng = np.random.default_rng(0)
    truth, visible = rng.uniform(-0.8, 0.8, (400, 10, 2)), rng.uniform(size=(400, 10)) > 0.2
    scale = rng.uniform(0.01, 0.1, (400, 10))
    points = truth + scale[..., None] * rng.standard_normal(truth.shape)
    factors = [float(np.sqrt(-2 * np.log(1 - level))) for level in LEVELS]  # quantiles of Rayleigh's distribution
    store = SimpleNamespace(frames=np.zeros((400, SIZE, SIZE, 3), np.uint8), truth=truth, visible=visible)
    return Says(np.where(visible, 0.9, 0.1), scale * factors[LEVELS.index(STATED)], factors), points, store


def test_who_knows_the_truth_scores_one(known):
    found = evaluate.score(*known)
    assert found["hidden"] == found["visible"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert found["hidden_share"] == found["said_hidden"] == (~known[2].visible).mean()


def test_who_calls_everything_visible_scores_nothing_in_hidden(known):
    says, points, store = known
    found = evaluate.score(replace(says, visibility=np.ones_like(says.visibility)), points, store)
    assert found["hidden"] == {"recall": 0.0, "f1": 0.0}
    assert found["visible"]["f1"] == pytest.approx(found["all_visible_f1"])


def test_a_bound_of_the_true_spread_covers_what_it_states(known):
    found = evaluate.score(*known)
    for level in LEVELS:
        assert found["coverage"][f"{level:.0%}"] == pytest.approx(level, abs=0.03)
    assert found["rank_correlation"] > 0.4 and found["rank_correlation_within"] > 0.4


def test_a_bound_that_is_half_too_small_covers_too_few(known):
    says, points, store = known
    found = evaluate.score(replace(says, bound=says.bound / 2), points, store)
    assert found["coverage"]["70%"] < 0.4
    assert found["rank_correlation"] > 0.4  # which points are off is still known


def test_where_nothing_is_hidden_hidden_has_no_score(known):
    says, points, store = known
    whole = SimpleNamespace(**vars(store) | {"visible": np.ones_like(store.visible)})
    found = evaluate.score(says, points, whole)
    assert "hidden" not in found and "-" in evaluate.table({"whole": found})


def test_something_passes_before_the_subject(capture, tmp_path):
    store = evaluate.film_occluded(capture, "cup", 40, tmp_path)
    assert store.frames.shape == (40, SIZE, SIZE, 3)
    hidden = (~store.visible).mean(1)
    assert hidden.max() > hidden.min() + 0.3  # frames with and without it
