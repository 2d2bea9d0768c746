"""The truth of a film is that of the body: points, depth and boxes lead back to the skin that was posed."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.studio import camera
from glmk_lib.studio.filming import truth_of
from glmk_lib.studio.raster import project
from glmk_lib.studio.scene import REGIONS, Script, make_scene

share = st.floats(0, 1)


def within(limits, shares):
    low, high = np.asarray(limits, np.float64).T
    return torch.tensor(low + (high - low) * shares[: len(low)]).float()[None]


def lifted(points, depth, size):
    """The inverse of `project`, given the depth."""
    return torch.cat([(points / size - 0.5) / camera.FOCAL * depth[..., None], depth[..., None]], -1)


@given(st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.5, 20)), st.integers(16, 512))
def test_a_point_projected_and_lifted_by_its_depth_is_where_it_was(at, size):
    point = torch.tensor([at], dtype=torch.float64)
    torch.testing.assert_close(lifted(project(point, camera.FOCAL, size), point[:, 2], size), point)


@pytest.mark.parametrize("region", REGIONS)
@settings(max_examples=12, deadline=None)
@given(st.lists(share, min_size=24, max_size=24), st.lists(share, min_size=6, max_size=6))
def test_truth_leads_back_to_the_same_points_of_the_skin(region, posed, moved):
    scene = make_scene(region, 0)
    body = scene.body
    pose = within([(p.low, p.high) for p in body.parameters], posed)
    rigid = within(body.rigid.limits(), moved)
    truth = truth_of(scene, [scene.actors[0].vertices(pose, rigid)], 64)
    before = (lifted(truth["points"], truth["depth"], 64) - camera.offset(rigid)[:, None]) @ camera.turn(rigid)
    torch.testing.assert_close(before, body.places.on(body.deform(pose)), atol=1e-4, rtol=0)


@pytest.mark.parametrize("region", REGIONS)
def test_the_box_holds_the_skin_and_leaves_out_what_is_worn(region):
    scene = make_scene(region, 0)
    script = Script.write(scene, 1, 6).part(range(6))
    vertices = scene.actors[0].vertices(script.poses[0], script.rigid[0])
    low, side = truth_of(scene, [vertices], 64)["boxes"].split(2, dim=1)
    part = scene.body.rest.part
    skin, worn = (project(vertices[:, chosen], camera.FOCAL, 64) for chosen in (part == 0, part == part.max()))
    torch.testing.assert_close(low, skin.amin(1))
    torch.testing.assert_close(low + side, skin.amax(1))
    beyond = (worn < low[:, None] - 1) | (worn > (low + side)[:, None] + 1)
    assert beyond.any(-1).any(1).all()  # sleeve, trouser and shirt go on beyond it in every frame
