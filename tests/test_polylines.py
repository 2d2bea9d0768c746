"""Lengths, even spacing and distances of polylines, where they can be said by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmk_lib import polylines

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)


def test_a_closed_path_is_longer_by_the_way_back():
    assert polylines.length(SQUARE) == 3 and polylines.length(SQUARE, closed=True) == 4


def test_points_are_spaced_from_end_to_end_or_all_the_way_round():
    np.testing.assert_allclose(polylines.spaced(SQUARE, 4), SQUARE)
    np.testing.assert_allclose(polylines.spaced(SQUARE, 4, closed=True), SQUARE)
    np.testing.assert_allclose(polylines.spaced(SQUARE, 3), [[0, 0], [1, 0.5], [0, 1]])


@given(st.integers(2, 30), st.booleans())
def test_spacing_is_even(count, closed):
    straight = np.array([[0, 0], [0.3, 0], [1, 0]], float)
    steps = np.diff(polylines.spaced(SQUARE if closed else straight, 4 * count if closed else count, closed), axis=0)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), 1 / count if closed else 1 / (count - 1))


@pytest.mark.parametrize(("place", "far"), [((0.5, 0.2), 0.2), ((-3, 4), 5), ((2, 0), 1), ((0.25, 0), 0)])
def test_the_distance_is_to_the_nearest_place_on_the_segment(place, far):
    assert polylines.distances(np.array([place], float), SQUARE[:1], SQUARE[1:2])[0, 0] == pytest.approx(far)


def test_a_segment_without_length_is_a_point():
    assert polylines.distances(np.array([[3.0, 4.0]]), SQUARE[:1], SQUARE[:1]) == pytest.approx(5)
