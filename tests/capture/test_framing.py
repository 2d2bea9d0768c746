"""Framing: a fixed square around a track, and a window that follows it."""

import numpy as np
import pytest

from glmk_lib.capture.framing import MARGIN, follow, square

SIZE = (400, 300)


def drifting(count=200, reach=80):
    """Two points 40 px apart that swing from side to side, (N, 2, 2)."""
    middle = np.stack([200 + reach * np.sin(np.arange(count) / 30), np.full(count, 150.0)], -1)
    return middle[:, None] + np.array([[-20, 0], [20, 0]])


def test_the_square_holds_all_points_with_the_margin():
    points = drifting()
    x, y, side, height = square(points, SIZE)
    assert side == height
    places = (points - (x, y)) / side
    assert places.min() > MARGIN - 0.01
    assert places.max() < 1 - MARGIN + 0.01


def test_the_square_stays_in_the_frame():
    x, y, side, _ = square(drifting() + np.array([150, 100]), SIZE)
    assert x >= 0 and y >= 0 and x + side <= 400 and y + side <= 300


def test_a_following_window_is_smaller_than_the_fixed_one_and_holds_the_points():
    points = drifting()
    corners, side = follow(points, np.ones(200, bool), SIZE)
    places = (points - corners[:, None]) / side
    assert side < 0.6 * square(points, SIZE)[2]
    assert places.min() > 0
    assert places.max() < 1


def test_a_following_window_moves_smoothly_where_points_jitter():
    rng = np.random.default_rng(0)
    points = drifting() + rng.normal(0, 3, (200, 1, 2))
    corners, _ = follow(points, np.ones(200, bool), SIZE)
    assert np.abs(np.diff(corners, 2, axis=0)).max() <= 2


@pytest.mark.parametrize("value", [np.nan, 1e6])
def test_a_following_window_ignores_unusable_frames(value):
    points, usable = drifting(), np.ones(200, bool)
    usable[90:95] = False
    points[90:95] = value
    corners, side = follow(points, usable, SIZE)
    expected, _ = follow(drifting(), np.ones(200, bool), SIZE)
    assert side < 200
    assert np.abs(corners - expected).max() < 6
