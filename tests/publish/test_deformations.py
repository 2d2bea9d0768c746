"""Principal deformations of tracks whose motion is known."""

import numpy as np
import pytest

from glmk_lib.publish.deformations import principal


@pytest.fixture
def known():
    """Two directions, one of three times the deviation of the other, around a mean, in 400 frames of 5 points."""
    random = np.random.default_rng(0)
    directions, _ = np.linalg.qr(random.normal(size=(10, 2)))
    directions = directions.T.reshape(2, 5, 2)
    mean = random.normal(size=(5, 2))
    amounts = random.normal(size=(400, 2)) * (0.3, 0.1)
    return mean + np.einsum("tk,knd->tnd", amounts, directions), directions, mean


def test_the_directions_of_a_motion_are_found_largest_first(known):
    deltas, directions, mean = known
    found = principal(deltas)
    assert found.directions.shape == (2, 5, 2), "the other directions have no motion"
    overlap = np.abs(np.einsum("knd,knd->k", found.directions, directions))
    np.testing.assert_allclose(overlap, 1, atol=0.01)
    np.testing.assert_allclose(found.mean, mean, atol=0.05)
    np.testing.assert_allclose(found.deviations, (0.3, 0.1), rtol=0.1)
    np.testing.assert_allclose(found.shares, (0.9, 0.1), atol=0.03)


def test_mean_and_directions_give_every_frame_back(known):
    deltas, _, _ = known
    found = principal(deltas)
    amounts = np.einsum("tnd,knd->tk", deltas - found.mean, found.directions)
    np.testing.assert_allclose(found.mean + np.einsum("tk,knd->tnd", amounts, found.directions), deltas, atol=1e-12)
    np.testing.assert_allclose(amounts.std(0, ddof=1), found.deviations)


def test_the_sign_does_not_depend_on_the_sign_of_the_motion(known):
    deltas, _, mean = known
    np.testing.assert_allclose(principal(2 * mean - deltas).directions, principal(deltas).directions, atol=1e-12)


def test_a_track_that_does_not_move_has_no_deformation():
    found = principal(np.ones((10, 3, 2)))
    assert found.directions.shape == (0, 3, 2) and len(found.deviations) == len(found.shares) == 0


@pytest.mark.parametrize("deltas", [np.zeros((1, 3, 2)), np.zeros((4, 3)), np.full((4, 3, 2), np.nan)])
def test_what_is_no_track_is_refused(deltas):
    with pytest.raises(ValueError, match="expected"):
        principal(deltas)
