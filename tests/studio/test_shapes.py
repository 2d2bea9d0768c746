import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.studio.shapes import box, capsule, ellipsoid, intersection, ramp, rotation, sphere, subtraction, turned, union

number = st.floats(-1, 1, width=32)
place = st.tuples(number, number, number)
SHAPES = {
    "sphere": lambda p: sphere(p, (0.1, 0, 0.2), 0.5),
    "ellipsoid": lambda p: ellipsoid(p, (0, 0.1, 0), (0.7, 0.4, 0.5)),
    "capsule": lambda p: capsule(p, (-0.4, 0, 0), (0.5, 0.2, 0.1), 0.3, 0.1),
    "box": lambda p: box(p, (0.1, 0, 0), (0.4, 0.3, 0.5), 0.1),
}


@pytest.mark.parametrize("name", ["sphere", "capsule", "box"])
@given(place, place)
def test_an_exact_distance_never_changes_faster_than_the_way(name, a, b):
    a, b = torch.tensor([a, b])
    assert abs(SHAPES[name](a) - SHAPES[name](b)) <= (a - b).norm() + 1e-5


@pytest.mark.parametrize("name", SHAPES)
def test_the_inside_is_negative_and_the_far_outside_positive(name):
    assert SHAPES[name](torch.tensor([0.1, 0.05, 0.1])) < 0 < SHAPES[name](torch.tensor([3.0, 3.0, 3.0]))


@given(place, st.floats(0.15, 0.4), st.floats(0.05, 0.14))
def test_a_round_cone_is_the_union_of_the_spheres_along_its_axis(p, big, small):
    p = torch.tensor(p, dtype=torch.float64)
    t = torch.linspace(0, 1, 4001, dtype=torch.float64)[:, None]
    spheres = (p - t * torch.tensor([0.9, 0.0, 0.0])).norm(dim=1) - (big + t[:, 0] * (small - big))
    assert abs(capsule(p, (0, 0, 0), (0.9, 0, 0), big, small) - spheres.min()) < 1e-3


def test_a_round_cone_that_is_only_a_sphere_is_refused():
    with pytest.raises(ValueError, match="further apart"):
        capsule(torch.zeros(1, 3), (0, 0, 0), (0.1, 0, 0), 0.5, 0.1)


@given(place, st.floats(0.01, 0.3))
def test_a_smooth_union_lies_at_most_a_quarter_of_k_outside_both(p, k):
    p = torch.tensor(p)
    a, b = SHAPES["sphere"](p), SHAPES["box"](p)
    assert torch.minimum(a, b) - k / 4 - 1e-6 <= union(a, b, k=k) <= torch.minimum(a, b) + 1e-6


@given(place)
def test_cutting_leaves_what_is_in_the_body_and_not_in_the_cut(p):
    p = torch.tensor(p)
    a, b = SHAPES["sphere"](p), SHAPES["box"](p)
    assert bool(subtraction(a, b) < 0) == bool((a < 0) & (-b < 0))
    assert bool(intersection(a, b) < 0) == bool((a < 0) & (b < 0))


@given(place)
def test_a_rotation_keeps_lengths_and_its_opposite_undoes_it(turn):
    there, back = rotation(torch.tensor(turn)), rotation(-torch.tensor(turn))
    np.testing.assert_allclose(there @ back, np.eye(3), atol=1e-5)
    np.testing.assert_allclose(there @ there.T, np.eye(3), atol=1e-5)


def test_a_quarter_turn_about_z_takes_right_to_down():
    np.testing.assert_allclose(rotation((0, 0, np.pi / 2)) @ torch.tensor([1.0, 0, 0]), [0, 1, 0], atol=1e-6)


def test_a_turned_shape_is_found_where_the_turn_takes_it():
    p = torch.tensor([[0.0, 0.45, 0.0], [0.45, 0.0, 0.0]])
    inside = box(turned(p, (0, 0, np.pi / 2)), (0, 0, 0), (0.5, 0.1, 0.1)) < 0
    assert inside.tolist() == [True, False]


@settings(max_examples=30)
@given(st.floats(-2, 3))
def test_a_ramp_rises_or_falls_between_its_ends(x):
    x = torch.tensor(x)
    assert 0 <= ramp(x, 0.2, 0.7) <= 1
    assert abs(ramp(x, 0.2, 0.7) + ramp(x, 0.7, 0.2) - 1) < 1e-5
