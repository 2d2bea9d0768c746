import numpy as np
import pytest

from glmk_lib.studio.head import MOUTH_V, face_lines
from glmk_lib.studio.motion import Pose, motion
from glmk_lib.studio.warp import forward, inverse

OPEN = Pose(jaw=0.26)


@pytest.mark.parametrize("frame", range(0, 1000, 125))
def test_the_inverse_undoes_every_expression_of_a_take(frame):
    pose = motion(6, 1000).frame(frame)
    places = np.random.default_rng(frame).uniform([-1.2, -0.7], [1.2, 1.0], (500, 2))
    moved = forward(places, pose)
    u, v, inside, _ = inverse(moved[:, 0], moved[:, 1], pose, rounds=25)
    assert (inside < 0).all()
    np.testing.assert_allclose(np.stack([u, v], -1), places, atol=2e-3)


def test_a_face_at_rest_moves_nothing():
    places, _ = face_lines()
    np.testing.assert_array_equal(forward(places, Pose()), places)


def test_a_closed_mouth_has_no_inside():
    u, v = (a.ravel() for a in np.meshgrid(np.linspace(-0.5, 0.5, 41), np.linspace(0.3, 0.9, 41)))
    assert (inverse(u, v, Pose())[2] < 0).all()


def test_an_open_mouth_shows_its_inside_between_the_lips_only():
    u, v = np.array([0.0, 0.0, 0.0]), np.array([MOUTH_V - 0.08, MOUTH_V + 0.1, MOUTH_V + 0.32])
    np.testing.assert_array_equal(inverse(u, v, OPEN, rounds=25)[2] >= 0, [False, True, False])


def test_depth_in_the_mouth_grows_from_the_upper_lip_to_the_lower():
    v = np.linspace(MOUTH_V, MOUTH_V + 0.2, 9)
    inside = inverse(np.zeros(9), v, OPEN, rounds=25)[2]
    assert inside.min() > 0 and inside.max() < 1 and (np.diff(inside) > 0).all()


def test_an_open_jaw_carries_the_chin_and_leaves_the_brows():
    places, lines = face_lines()
    moved = forward(places, OPEN) - places
    chin = lines[-1].points[4]
    assert moved[chin, 1] > 0.15
    np.testing.assert_array_equal(moved[list(lines[0].points)], 0)
