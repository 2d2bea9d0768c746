"""One method over another on the same frames: the ratio, its interval, and what goes into it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmk_lib import metrics
from glmk_lib.metrics.ratios import bootstrap_ratio, squared_jitter

RNG = np.random.default_rng(0)


def test_a_method_over_itself_is_one_for_sure():
    values = RNG.uniform(1, 2, 300)
    assert bootstrap_ratio(values, values) == pytest.approx((1, 1, 1))


def test_by_hand():
    """Four frames of one block length each: the ratio of means, and of root mean squares."""
    ours, theirs = np.array([1.0, 3.0, 1.0, 3.0]), np.array([2.0, 2.0, 6.0, 6.0])
    assert bootstrap_ratio(ours, theirs).mean == 0.5
    assert bootstrap_ratio(ours, theirs, power=2).mean == pytest.approx(np.sqrt(0.5))


def test_shared_hard_stretches_do_not_widen_it():
    hard = np.repeat([1.0, 20.0, 2.0, 9.0, 1.0, 15.0], 50)
    found = bootstrap_ratio(0.5 * hard * RNG.uniform(0.95, 1.05, 300), hard)
    alone = metrics.block_bootstrap(0.5 * hard)
    assert found.high - found.low < 0.02 < (alone.high - alone.low) / alone.mean


def test_the_interval_holds_the_ratio_about_as_often_as_it_says():
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        found = bootstrap_ratio(rng.exponential(1.0, 400), rng.exponential(2.0, 400), block=5, n=300)
        held += found.low <= 0.5 <= found.high
    assert 85 <= held <= 100


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_units_scale_the_ratio_and_nothing_else(a, b):
    ours, theirs = np.arange(1.0, 60), np.arange(2.0, 61)
    plain, scaled = bootstrap_ratio(ours, theirs, n=50), bootstrap_ratio(a * ours, b * theirs, n=50)
    assert scaled == pytest.approx(tuple(v * a / b for v in plain))


def test_frames_that_one_of_them_lacks_do_not_count():
    assert bootstrap_ratio([1.0, np.nan, 1.0], [2.0, 2.0, np.nan]).mean == 0.5
    assert np.isnan(bootstrap_ratio([np.nan], [1.0]).mean) and np.isnan(bootstrap_ratio([1.0], [0.0]).mean)


def test_what_is_no_number_a_frame_is_refused():
    with pytest.raises(ValueError, match="one number a frame"):
        bootstrap_ratio([1.0], [1.0, 2.0])


@pytest.mark.parametrize("frames", [10, 39, 40, 41])
def test_a_short_video_has_an_interval_too(frames):
    found = bootstrap_ratio(RNG.uniform(1, 2, frames), RNG.uniform(1, 2, frames))
    assert found.low < found.mean < found.high and found.high - found.low > 0.02


def test_the_ratio_is_that_of_the_two_jitters_also_where_some_frames_hide_points():
    true = np.cumsum(RNG.normal(size=(80, 4, 2)), 0) + np.array([[0, 0], [90, 0], [0, 90], [90, 90]])
    ours, theirs = (true + scale * RNG.normal(size=true.shape) for scale in (1, 2))
    seen = RNG.uniform(size=(80, 4)) < np.linspace(0.3, 1, 80)[:, None]
    found = bootstrap_ratio(*(squared_jitter(track, true, seen) for track in (ours, theirs)), power=2)
    assert found.mean == pytest.approx(metrics.nmj(ours, true, seen) / metrics.nmj(theirs, true, seen))


def test_squared_jitter_averages_to_the_square_of_nmj():
    true = np.cumsum(RNG.normal(size=(80, 4, 2)), 0) + np.array([[0, 0], [90, 0], [0, 90], [90, 90]])
    pred = true + RNG.normal(size=true.shape)
    times = np.arange(80) / 25 + np.where(np.arange(80) >= 40, 9, 0)
    pieces = metrics.segments_from_timestamps(times)
    every = squared_jitter(pred, true, timestamps=times)
    assert np.isnan(every[39]) and np.isfinite(np.delete(every, 39)).all()
    assert np.sqrt(np.nansum(every) / (78 * 4)) == pytest.approx(metrics.nmj(pred, true, segments=pieces))


@np.errstate(all="raise")
def test_a_frame_jitters_by_the_points_that_can_be_seen_and_by_none_if_there_are_none():
    true = np.tile([[0.0, 0.0], [256.0, 256.0]], (4, 1, 1))
    pred = true + np.arange(4)[:, None, None] * [[1, 0], [0, 2]]
    seen = np.array([[1, 1], [1, 1], [1, 0], [1, 0]], bool)
    one, two = 100.0**2, 200.0**2
    assert squared_jitter(pred, true, seen) == pytest.approx([one + two, one, one])
    assert np.isnan(squared_jitter(pred, true, ~seen)).tolist() == [True, True, False]


def test_what_is_not_said_is_as_of_the_other_interval():
    ours, theirs = RNG.uniform(1, 2, (2, 400))
    assert bootstrap_ratio(ours, theirs) == bootstrap_ratio(ours, theirs, power=1.0, block=40, n=1000, seed=0)
    single = bootstrap_ratio(ours, np.ones(400))
    assert single == pytest.approx(metrics.block_bootstrap(ours))
