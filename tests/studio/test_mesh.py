import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.studio.camera import place
from glmk_lib.studio.mesh import RestMesh, around, face_normals, join, locate, surface, vertex_normals
from glmk_lib.studio.shapes import box, sphere

number = st.floats(-1, 1, width=32)


def test_every_vertex_lies_on_the_surface(egg, egg_distance):
    assert egg_distance(egg.rest.vertices).abs().max() < 2e-3


def test_the_mesh_is_closed(egg):
    faces = egg.rest.faces
    sides = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there = {tuple(side) for side in sides.tolist()}
    assert len(there) == len(sides) and all((b, a) in there for a, b in there)


def test_faces_point_outwards_and_hold_the_right_volume():
    ball = surface(lambda p: sphere(p, (0, 0, 0), 0.8), (-1,) * 3, (1,) * 3, 0.05)
    a, b, c = ball.vertices[ball.faces].unbind(1)
    volume = (a * torch.linalg.cross(b, c)).sum() / 6
    assert volume.item() == pytest.approx(4 / 3 * np.pi * 0.8**3, rel=0.01)


def test_normals_of_moved_faces_agree_with_the_slope_of_the_distance(egg):
    found = vertex_normals(egg.rest.vertices, egg.rest.faces, around(egg.rest.faces, len(egg.rest.vertices)))
    assert (found * egg.rest.normals).sum(1).median() > 0.999


def test_a_box_without_surface_is_refused():
    with pytest.raises(ValueError, match="no surface"):
        surface(lambda p: sphere(p, (0, 0, 0), 0.5), (1, 1, 1), (2, 2, 2), 0.1)


@settings(max_examples=30, deadline=None)
@given(st.tuples(number, number, number))
def test_the_located_point_is_the_nearest_of_the_mesh(egg, at):
    point = torch.tensor([at])
    found = locate(egg.rest, point).on(egg.rest.vertices)
    a, b, c = egg.rest.vertices[egg.rest.faces].unbind(1)
    t = torch.linspace(0, 1, 7)
    pairs = torch.cartesian_prod(t, t)
    u, v = pairs[pairs.sum(1) <= 1 + 1e-6].T[..., None]
    on = a[:, None] + u * (b - a)[:, None] + v * (c - a)[:, None]
    assert (found - point).norm() <= (on - point).norm(dim=-1).min() + 1e-5


def test_the_side_that_faces_the_given_way_is_taken():
    plate = surface(lambda p: box(p, (0, 0, 0), (0.5, 0.5, 0.03), 0.02), (-0.7,) * 3, (0.7,) * 3, 0.02)
    at = torch.tensor([[0.1, 0.2, 0.02]])
    back, front = locate(plate, at), locate(plate, at, facing=[[0, 0, -1.0]])
    assert back.on(plate.vertices)[0, 2] > 0 > front.on(plate.vertices)[0, 2]


def test_only_faces_of_the_asked_part_are_taken():
    both = join([_triangle(0.0, part=0), _triangle(1.0, part=3)])
    found = locate(both, [[0.2, 0.2, 0.9]], part=0)
    assert found.on(both.vertices)[0, 2] == 0
    assert locate(both, [[0.2, 0.2, 0.1]], part=3).on(both.vertices)[0, 2] == 1


def _triangle(z, part):
    vertices = torch.tensor([[0, 0, z], [1, 0, z], [0, 1, z]])
    away = torch.tensor([[0.0, 0, 1]]).expand(3, 3)
    return RestMesh(vertices, torch.tensor([[0, 1, 2]]), away, torch.full((3,), part))


@settings(max_examples=20, deadline=None)
@given(st.tuples(number, number, number), st.floats(-0.2, 0.2))
def test_a_point_of_the_skin_keeps_its_place_under_pose(egg, angles, bend):
    rigid = torch.tensor([[*angles, 0.1, -0.05, 1.02]])
    found = egg.places.on(place(egg.deform(torch.tensor([[bend]])), rigid))
    skin = egg.places.on(egg.rest.vertices)
    bent = torch.stack([skin[:, 0] + bend * (skin[:, 1] + 0.7), skin[:, 1], skin[:, 2]], -1)
    np.testing.assert_allclose(found, place(bent[None], rigid), atol=1e-5)


def test_joined_meshes_keep_their_faces_parts_and_attributes():
    one, two = (
        surface(lambda p, x=x: sphere(p, (x, 0, 0), 0.3), (-1,) * 3, (1,) * 3, 0.1, part) for x, part in ((-0.5, 0), (0.5, 2))
    )
    both = join([one.with_attributes(shine=torch.ones(len(one.vertices))), two])
    np.testing.assert_array_equal(
        face_normals(both.vertices, both.faces),
        torch.cat([face_normals(m.vertices, m.faces) for m in (one, two)]),
    )
    assert both.part[both.faces[-1]].tolist() == [2, 2, 2]
    assert both.attributes["shine"].sum() == len(one.vertices)
