"""Steadiness by optical flow: points that go with the picture, that stand still, and that jump over a cut."""

import numpy as np
import pytest

from glmk_lib.metrics.flow import flow_disagreement

RNG = np.random.default_rng(0)


def texture(shift: float) -> np.ndarray:
    y, x = np.mgrid[:64, :64] + 0.5
    value = 127 + 50 * np.sin(0.5 * (x - shift)) * np.cos(0.4 * y) + 40 * np.cos(0.23 * (x - shift) + 0.31 * y)
    return np.repeat(value.clip(0, 255).astype(np.uint8)[..., None], 3, 2)


FILM = np.stack([texture(0.8 * t) for t in range(12)])
HOME = np.array([[20.0, 20.0], [32.0, 40.0], [28.0, 30.0]])
FOLLOWS = HOME + 0.8 * np.arange(12)[:, None, None] * [1, 0]


def test_points_that_move_with_the_picture_agree_with_it():
    assert flow_disagreement(FOLLOWS, FILM) < 0.1


def test_a_frozen_template_disagrees_by_all_of_the_motion():
    assert flow_disagreement(np.repeat(HOME[None], 12, 0), FILM) == pytest.approx(0.8, abs=0.1)


def test_nothing_is_compared_over_a_cut():
    cut = np.where(np.arange(12) < 6, 0, 1)
    jumped = FOLLOWS + np.where(cut == 1, 15.0, 0.0)[:, None, None]
    assert flow_disagreement(jumped, FILM, cut) < 0.15 < flow_disagreement(jumped, FILM)


def test_no_flow_that_is_believed_gives_nan():
    noise = RNG.integers(0, 255, (4, 64, 64, 3), dtype=np.uint8)
    assert np.isnan(flow_disagreement(np.repeat(HOME[None], 1, 0), noise[:1]))
    with pytest.raises(ValueError, match="expected"):
        flow_disagreement(FOLLOWS, FILM[:3])
