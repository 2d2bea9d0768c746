import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.studio.camera import FOCAL, place
from glmk_lib.studio.mesh import surface
from glmk_lib.studio.raster import project, rasterize
from glmk_lib.studio.shapes import sphere

SQUARE = torch.tensor([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
TOWARDS, AWAY = torch.tensor([[0, 2, 1], [0, 3, 2]]), torch.tensor([[0, 1, 2], [0, 2, 3]])


def square(z, half=0.5):
    return half * SQUARE + torch.tensor([0, 0, z])


@settings(max_examples=25, deadline=None)
@given(st.floats(-3, 3), st.floats(-1, 1), st.floats(-0.2, 0.2))
def test_what_a_sample_sees_projects_onto_that_sample(egg, yaw, pitch, x):
    vertices = place(egg.rest.vertices[None], torch.tensor([[yaw, pitch, 0.3, x, 0.1, 1.1]]))
    hits = rasterize(vertices, egg.rest.faces, FOCAL, 48)
    seen = (vertices[0, egg.rest.faces[hits.face]] * hits.bary[..., None]).sum(1)
    centres = torch.stack([hits.at % 48, hits.at // 48], 1) + 0.5
    np.testing.assert_allclose(project(seen, FOCAL, 48), centres, atol=2e-3)
    np.testing.assert_allclose(seen[:, 2], hits.depth, atol=1e-4)


def test_the_nearer_of_two_faces_is_seen():
    vertices = torch.cat([square(4.0), square(3.0, 0.2)])[None]
    hits = rasterize(vertices, torch.cat([TOWARDS, TOWARDS + 4]), 1.0, 40)
    depth = hits.picture(hits.depth)
    assert depth[0, 20, 20] == pytest.approx(3) and depth[0, 20, 16] == pytest.approx(4) and depth[0, 0, 0] == 0


def test_a_face_seen_from_behind_is_left_out():
    assert len(rasterize(square(3.0)[None], AWAY, 1.0, 20).at) == 0
    assert len(rasterize(square(3.0)[None], TOWARDS, 1.0, 20).at) > 0


def test_two_faces_that_share_an_edge_leave_no_crack():
    hits = rasterize(square(1.0, 3.0)[None], TOWARDS, 1.0, 64)
    assert len(hits.at) == 64 * 64


def test_a_ball_covers_the_area_that_it_should():
    ball = surface(lambda p: sphere(p, (0, 0, 0), 0.8), (-1,) * 3, (1,) * 3, 0.05)
    hits = rasterize(ball.vertices[None] + torch.tensor([0, 0, 5.0]), ball.faces, FOCAL, 256)
    radius = FOCAL * np.tan(np.arcsin(0.8 / 5)) * 256
    assert len(hits.at) == pytest.approx(np.pi * radius**2, rel=0.01)


def test_a_frame_is_the_same_alone_and_among_others(egg, rigid):
    poses = torch.cat([rigid(yaw=yaw) for yaw in (-0.6, 0.1, 0.7)])
    vertices = place(egg.rest.vertices.expand(3, -1, -1), poses)
    together = rasterize(vertices, egg.rest.faces, FOCAL, 40)
    for b in range(3):
        alone = rasterize(vertices[b : b + 1], egg.rest.faces, FOCAL, 40)
        mine = together.frame == b
        assert torch.equal(together.face[mine], alone.face) and torch.equal(together.bary[mine], alone.bary)


def test_a_mesh_outside_the_picture_is_not_seen():
    assert len(rasterize(square(3.0)[None] + torch.tensor([9.0, 0, 0]), TOWARDS, 1.0, 20).at) == 0
