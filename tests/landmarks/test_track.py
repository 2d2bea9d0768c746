"""A track says what its points are called, and refuses what doesn't fit together."""

import numpy as np
import pytest


def test_a_point_bears_the_name_of_its_first_line(track):
    assert track.lines == ["brow"] * 3 + ['a "mouth", wide'] * 3
    assert track.template.names[2:4] == ["brow_2", 'a "mouth", wide_1']


def test_pieces_are_the_whole_track_in_order(track):
    frames, seconds, points, known = (np.concatenate(part) for part in zip(*track.pieces(), strict=True))
    assert np.array_equal(frames, np.arange(2100)) and np.array_equal(seconds, track.seconds)
    assert np.array_equal(points, track.points) and np.isnan(known).all()


@pytest.mark.parametrize("points", [np.zeros((0, 6, 2)), np.zeros((3, 6, 3)), np.full((3, 6, 2), np.nan)])
def test_what_is_no_track_is_refused(points, make_track):
    with pytest.raises(ValueError, match="expected"):
        make_track(points)


@pytest.mark.parametrize("known", [{"visibility": (3, 6)}, {"visibility": (3, 6), "uncertainty": (3, 5)}])
def test_visibility_comes_with_uncertainty_of_every_point(known, make_track):
    with pytest.raises(ValueError, match="expected both, or neither"):
        make_track(np.zeros((3, 6, 2)), **{name: np.zeros(shape, np.float32) for name, shape in known.items()})
