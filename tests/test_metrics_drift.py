"""How fast an error grows while a video runs on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmk_lib.metrics.drift import drift

TIMES = np.r_[np.arange(50), 200 + np.arange(50)] / 25  # two unbroken pieces of two seconds
TRUE = np.zeros((100, 3, 2))


@given(st.floats(-3, 3), st.floats(0, 2))
def test_an_error_that_grows_with_time_drifts_by_its_slope_in_every_piece(start, speed):
    since = np.r_[np.arange(50), np.arange(50)] / 25
    off = (10 + start + speed * since)[:, None, None] * np.array([0.6, 0.8])
    assert drift(TRUE + off, TRUE, timestamps=TIMES) == pytest.approx(speed, abs=1e-6)


def test_an_error_of_each_frame_alone_does_not_drift():
    noise = np.random.default_rng(0).normal(size=TRUE.shape)
    assert abs(drift(TRUE + noise, TRUE, timestamps=TIMES)) < 0.2
    assert drift(TRUE + 5, TRUE, timestamps=TIMES) == pytest.approx(0, abs=1e-9)


def test_what_is_hidden_does_not_count():
    pred, seen = TRUE.copy(), np.ones((100, 3), bool)
    pred[:, 2] += TIMES[:, None]
    seen[:, 2] = False
    assert drift(pred, TRUE, seen, TIMES) == 0
    assert np.isnan(drift(pred, TRUE, np.zeros((100, 3), bool), TIMES))
    assert np.isnan(drift(pred[:1], TRUE[:1], timestamps=TIMES[:1]))
