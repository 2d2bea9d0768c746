"""The joint tree: rigid where a point follows wholly, smooth where it follows in part."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.studio.shapes import rotation
from glmk_lib.studio.skeleton import Skeleton, carried, skin

JOINTS = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
CHAIN = Skeleton((-1, 0, 1), JOINTS)
angles = st.floats(-3, 3)
vectors = st.tuples(angles, angles, angles)


def _tube(count=400):
    """Points of a tube of radius 0.2 along x, from -1 to 3."""
    x = torch.linspace(-1, 3, count)
    turn = torch.arange(count) * 2.4
    return torch.stack([x, 0.2 * turn.cos(), 0.2 * turn.sin()], -1)


def _weights(points):
    direction = torch.tensor([1.0, 0.0, 0.0])
    return CHAIN.weights(torch.stack([carried(points, joint, direction, 0.25) for joint in JOINTS], -1))


def test_no_turn_leaves_every_point():
    points = _tube()
    still = skin(points, _weights(points), CHAIN.transforms(torch.zeros(1, 3, 3)))
    torch.testing.assert_close(still[0], points)


@given(st.lists(vectors, min_size=3, max_size=3))
@settings(max_examples=30, deadline=None)
def test_a_point_past_the_last_joint_moves_with_all_bones(turns):
    turns = torch.tensor(turns, dtype=torch.float64)
    joints = JOINTS.double()
    point = torch.tensor([2.7, 0.1, -0.1], dtype=torch.float64)
    expected = point
    for joint, turn in reversed(list(zip(joints, turns, strict=True))):
        expected = rotation(turn, turn) @ (expected - joint) + joint
    weights = CHAIN.weights(torch.ones(1, 3, dtype=torch.float64))
    torch.testing.assert_close(skin(point[None], weights, CHAIN.transforms(turns[None]))[0, 0], expected)


def test_weights_are_shares():
    weights = _weights(_tube())
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(1), torch.ones(len(weights)))


def test_two_fingers_share_the_web_between_them():
    fork = Skeleton((-1, -1), torch.zeros(2, 3))
    weights = fork.weights(torch.tensor([[0.9, 0.9]]))
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(), torch.tensor(1.0))


def test_a_right_angle_keeps_nine_tenths_of_the_thickness():
    ring = torch.arange(32) * math.tau / 32
    ring = torch.stack([torch.ones(32), 0.2 * ring.cos(), 0.2 * ring.sin()], -1)  # around the second joint
    turns = torch.zeros(1, 3, 3)
    turns[0, 1, 2] = math.pi / 2
    bent = skin(ring, _weights(ring), CHAIN.transforms(turns))[0]
    thickness = (bent - JOINTS[1]).norm(dim=1).min() / 0.2
    assert thickness > 0.9


def test_a_joint_may_not_carry_an_earlier_one():
    with pytest.raises(ValueError, match="joint 0 is carried by joint 1"):
        Skeleton((1, -1), torch.zeros(2, 3))
