"""Both smoothers: what they must leave alone, what they must take away, and what each may know."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from glmk_lib import metrics
from glmk_lib.smoothing import SMOOTHERS, one_euro, rts

FPS = 25
TIMES = np.arange(150) / FPS
BOTH = pytest.mark.parametrize("smoother", SMOOTHERS.values(), ids=SMOOTHERS)


def moving(frames: int = 150) -> np.ndarray:
    """Four points (T, 4, 2) in pixels that sway slowly."""
    times = np.arange(frames) / FPS
    sway = 6 * np.stack([np.sin(1.7 * times), np.cos(1.1 * times)], -1)
    return 60 + sway[:, None] + np.array([[0, 0], [80, 0], [0, 80], [80, 80]])


def trembling(seed: int = 0) -> np.ndarray:
    return moving() + np.random.default_rng(seed).normal(0, 1.0, (150, 4, 2))


@BOTH
def test_less_tremble_and_no_less_motion(smoother):
    true, noisy = moving(), trembling()
    smooth = smoother(noisy, TIMES)
    assert metrics.nmj(smooth, true) < 0.6 * metrics.nmj(noisy, true)
    assert metrics.motion_retention(smooth, true).slope > 0.85


def test_who_knows_the_whole_video_is_nearer_to_the_truth():
    true, noisy = moving(), trembling()
    assert metrics.mean_error(rts(noisy, TIMES), true) < 0.5 * metrics.mean_error(noisy, true)
    assert metrics.mean_error(rts(noisy, TIMES), true) < metrics.mean_error(one_euro(noisy, TIMES), true)


@BOTH
def test_points_at_rest_stay_where_they_are(smoother):
    still = np.repeat(moving(1), 50, axis=0)
    np.testing.assert_allclose(smoother(still, TIMES[:50]), still, atol=1e-6)


def test_straight_motion_passes_the_offline_smoother_unchanged():
    line = np.linspace(0, 40, 60)[:, None, None] + np.array([[0.0, 5.0], [20.0, -5.0]])
    np.testing.assert_allclose(rts(line, np.arange(60) / FPS), line, atol=1e-3)


@settings(deadline=None, max_examples=25)
@given(arrays(np.float64, (2,), elements=st.floats(-50, 50)), st.floats(0.1, 20))
def test_shifted_or_scaled_tracks_are_smoothed_alike(shift, scale):
    noisy = trembling()
    for smoother in SMOOTHERS.values():
        expected = scale * smoother(noisy, TIMES) + shift
        np.testing.assert_allclose(smoother(scale * noisy + shift, TIMES), expected, atol=1e-3 * scale)


def test_the_causal_one_does_not_look_ahead():
    noisy = trembling()
    bounded = noisy.copy()
    bounded[100:] += 1e-3 * np.random.default_rng(1).normal(size=(50, 4, 2))  # the extent's median must stay as it is
    np.testing.assert_allclose(one_euro(bounded, TIMES)[:100], one_euro(noisy, TIMES)[:100], atol=1e-4)
    assert np.abs(one_euro(bounded, TIMES)[100:] - one_euro(noisy, TIMES)[100:]).max() > 1e-5


@BOTH
def test_nothing_is_smoothed_over_a_cut(smoother):
    """The second piece comes out as it does alone, wherever the first was."""
    noisy, times = trembling(), TIMES.copy()
    times[80:] += 10
    away = noisy.copy()
    away[:80] += 500  # both pieces keep their tremble, so that the likelihood chooses the same
    np.testing.assert_allclose(smoother(away, times)[80:], smoother(noisy, times)[80:], atol=1e-6)
    np.testing.assert_array_equal(one_euro(noisy, times)[80], noisy[80])


def test_one_euro_by_hand():
    """One point in a subject of extent 1: 1 Hz at 25 frames/s takes a = r / (r + 1), r = 2 pi / 25, of a step at rest."""
    points = np.zeros((3, 3, 2))
    points[:, 1], points[:, 2] = (1, 1), (0, 1)
    points[1:, 0, 0] = 0.1
    r = 2 * np.pi / 25
    share = r / (r + 1)
    speed = share * 0.1 * 25  # the low-pass over the first speed
    cut = 2 * np.pi * (1 + 2.0 * speed) / 25
    smooth = one_euro(points, np.arange(3) / 25, beta=2.0)
    assert smooth[1, 0, 0] == pytest.approx(0.1 * cut / (cut + 1))


@pytest.mark.parametrize("count", [1, 2, 3])
@BOTH
def test_very_short_videos(smoother, count):
    assert np.isfinite(smoother(moving(count), TIMES[:count])).all()


@BOTH
@pytest.mark.parametrize(
    "points, times, says",
    [
        (np.zeros((5, 4, 3)), np.arange(5), "expected"),
        (np.zeros((5, 4, 2)), np.arange(4), "expected"),
        (np.zeros((0, 4, 2)), np.arange(0), "expected"),
        (np.full((5, 4, 2), np.nan), np.arange(5), "finite"),
    ],
)
def test_what_cannot_be_smoothed_is_said(smoother, points, times, says):
    with pytest.raises(ValueError, match=says):
        smoother(points, times)
