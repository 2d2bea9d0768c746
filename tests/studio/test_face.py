"""The virtual face keeps what it promises: who it is, how its skin moves, what is painted on it, how it talks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.studio import camera, face_mesh
from glmk_lib.studio.face import build_face
from glmk_lib.studio.face_move import INDEX, NECK_JOINT, PARAMETERS, expression
from glmk_lib.studio.face_shape import Anatomy, close, seam, skin
from glmk_lib.studio.identity import Identity
from glmk_lib.studio.mesh import face_normals, gradient
from glmk_lib.studio.raster import rasterize
from glmk_lib.template import Template

ANATOMY = Anatomy.of(Identity.of("face", 0).draw)
AHEAD = torch.tensor([[0.0, 0, 0, 0, 0, 1]])
coordinate = st.floats(-0.9, 0.9)


@pytest.fixture(scope="module")
def body():
    return build_face(0)


def seen_parts(body, **pose):
    """How many of 128 x 128 samples show each part."""
    vertices = camera.place(body.deform(body.pose_at_rest(1, **pose)), AHEAD)
    hits = rasterize(vertices, body.rest.faces, camera.FOCAL, 128)
    return torch.bincount(body.rest.part[body.rest.faces[hits.face, 0]], minlength=8)


def nearest(body, point, part=face_mesh.SKIN):
    """The vertex of that part nearest to a rest point."""
    far = (body.rest.vertices - torch.tensor(point)).norm(dim=1) + 9.0 * (body.rest.part != part)
    return int(far.argmin())


def test_the_same_person_has_the_same_head_bit_for_bit():
    once, again = build_face.__wrapped__(1), build_face(1)
    assert torch.equal(once.rest.vertices, again.rest.vertices)
    assert torch.equal(once.places.bary, again.places.bary)


def test_two_persons_differ_in_form_and_colour(body):
    other = build_face(1)
    assert (body.places.on(body.rest.vertices) - other.places.on(other.rest.vertices)).abs().max() > 0.01
    assert body.identity["skin"] != other.identity["skin"]


def test_every_vertex_of_the_skin_lies_on_the_signed_distance(body):
    on_skin = body.rest.vertices[body.rest.part == face_mesh.SKIN]
    assert skin(ANATOMY, on_skin).abs().quantile(0.99) < 2e-3


def test_the_lines_are_those_of_the_ready_template(body):
    ready = Template.ready("face")
    assert [(line.name, line.points, line.closed) for line in body.lines] == [
        (line.name, line.points, line.closed) for line in ready.lines
    ]
    assert len(body.places) == len(ready)


def test_painted_points_lie_on_skin_that_a_camera_ahead_sees(body):
    normals = face_normals(body.rest.vertices, body.rest.faces)[body.places.face]
    assert (normals[:, 2] < 0).all(), torch.nonzero(normals[:, 2] >= 0)
    assert (body.rest.part[body.places.corners] == face_mesh.SKIN).all()


def test_closed_lips_hide_the_mouth_and_an_open_jaw_shows_it(body):
    inside = [face_mesh.UPPER_TEETH, face_mesh.LOWER_TEETH, face_mesh.TONGUE]
    assert seen_parts(body)[inside].sum() == 0
    assert seen_parts(body, jaw=1.0)[inside].sum() > 20


def test_a_blink_hides_the_eyes(body):
    eyes = [face_mesh.LEFT_EYE, face_mesh.RIGHT_EYE]
    assert seen_parts(body, blink=1.0)[eyes].sum() <= 0.1 * seen_parts(body)[eyes].sum()


def test_the_jaw_drops_the_chin_and_leaves_the_brow(body):
    shut, opened = body.deform(body.pose_at_rest())[0], body.deform(body.pose_at_rest(1, jaw=1.0))[0]
    chin, brow = nearest(body, (0.0, ANATOMY.chin - 0.05, -0.6)), nearest(body, (0.2, -0.25, -0.5))
    assert opened[chin, 1] - shut[chin, 1] > 0.08
    assert torch.equal(opened[brow], shut[brow])


def test_a_look_to_the_right_turns_both_pupils_right(body):
    ahead, aside = body.deform(body.pose_at_rest())[0], body.deform(body.pose_at_rest(1, look_x=1.0))[0]
    for side, part in ((-1, face_mesh.LEFT_EYE), (1, face_mesh.RIGHT_EYE)):
        pupil = nearest(body, (side * ANATOMY.eye_x, ANATOMY.eye_y, ANATOMY.eye_z - 0.1), part)
        assert aside[pupil, 0] - ahead[pupil, 0] > 0.02


def test_a_turn_to_the_right_carries_the_nose_right_and_keeps_its_distance_from_the_neck(body):
    ahead, turned = body.deform(body.pose_at_rest())[0], body.deform(body.pose_at_rest(1, turn=0.5))[0]
    tip = nearest(body, (0.0, ANATOMY.nose_tip, ANATOMY.nose_depth - 0.05))
    joint = torch.tensor(NECK_JOINT)
    assert turned[tip, 0] > 0.3
    assert (turned[tip] - joint).norm() == pytest.approx(float((ahead[tip] - joint).norm()), abs=1e-4)


def test_the_shoulders_stay_while_the_head_turns(body):
    cloth = body.rest.part == face_mesh.CLOTH
    turned = body.deform(body.pose_at_rest(1, turn=0.5, nod=0.2))[0]
    assert torch.equal(turned[cloth], body.rest.vertices[cloth])


@given(coordinate, coordinate, coordinate)
def test_left_and_right_brows_mirror_each_other(x, y, z):
    p = torch.tensor([[x, y, z]])
    mirrored = p * torch.tensor([-1.0, 1, 1])
    left, right = expression(ANATOMY, p, "raise_left"), expression(ANATOMY, mirrored, "raise_right")
    assert torch.allclose(left, right * torch.tensor([-1.0, 1, 1]), atol=1e-6)


@settings(deadline=None)
@given(st.floats(-0.15, 0.15), st.floats(0, 0.028), st.sampled_from([-1, 1]))
def test_closing_brings_what_lines_the_lips_to_the_seam_and_never_past_it(x, off, side):
    x = torch.tensor(x)
    p = torch.stack([x, seam(ANATOMY, x) + side * off, torch.tensor(-0.6)])
    left = side * ((p + close(ANATOMY, p))[1] - seam(ANATOMY, x))
    assert -1e-6 <= float(left) <= off + 1e-6


@settings(deadline=None, max_examples=20)
@given(st.data())
def test_no_pose_of_the_range_tears_the_painted_skin(body, data):
    pose = torch.tensor([[data.draw(st.floats(p.low, p.high)) for p in PARAMETERS]], dtype=torch.float32)
    moved = body.deform(pose)[0]
    assert torch.isfinite(moved).all()
    for line in body.lines:
        at = body.places.on(moved)[list(line.points)]
        rest = body.places.on(body.rest.vertices)[list(line.points)]
        stretch = (at[1:] - at[:-1]).norm(dim=1) / (rest[1:] - rest[:-1]).norm(dim=1)
        assert float(stretch.min()) > 0.2 and float(stretch.max()) < 2.5


def test_deforming_many_poses_at_once_equals_one_by_one(body):
    poses = torch.tensor(body.motion(np.random.default_rng(0), 3), dtype=torch.float32)
    together = body.deform(poses)
    assert all(torch.allclose(together[k], body.deform(poses[k : k + 1])[0], atol=1e-5) for k in range(3))


def test_lips_are_redder_than_the_brow_is_and_the_throat_is_dark(body):
    def color(point):
        p = torch.tensor([point])
        return body.material(p, torch.zeros(1, dtype=torch.int64), body.pose_at_rest()).albedo[0]

    lip, forehead = color((0.0, ANATOMY.mouth_y + 0.06, -0.63)), color((0.0, -0.4, -0.57))
    assert lip[0] / lip[1] > 1.2 * forehead[0] / forehead[1]
    assert color((0.0, ANATOMY.mouth_y + 0.08, -0.40)).sum() < 0.3 * forehead.sum()


def test_material_is_within_its_ranges_over_the_whole_head(body):
    corners = body.rest.faces[::7, 0]
    surface = body.material(body.rest.vertices[corners], body.rest.part[corners], body.pose_at_rest())
    for values in (surface.albedo, surface.gloss, surface.roughness):
        assert torch.isfinite(values).all() and values.min() >= 0 and values.max() <= 1


def test_normals_at_the_painted_points_agree_with_the_distance(body):
    points = body.places.on(body.rest.vertices)
    outward = torch.nn.functional.normalize(gradient(lambda p: skin(ANATOMY, p), points), dim=1)
    normals = torch.nn.functional.normalize(body.places.on(body.rest.normals), dim=1)
    assert (outward * normals).sum(1).min() > 0.9


def test_a_longer_take_begins_as_a_shorter_one(body):
    short, long = (body.motion(np.random.default_rng(5), n) for n in (200, 500))
    assert np.array_equal(short, long[:200])


def test_motion_keeps_to_its_ranges_and_uses_them(body):
    poses = body.motion(np.random.default_rng(1), 4000)
    low, high = (np.array([getattr(p, end) for p in PARAMETERS]) for end in ("low", "high"))
    assert (poses >= low).all() and (poses <= high).all()
    used = np.quantile(poses, 0.99, 0) - np.quantile(poses, 0.01, 0)
    assert (used > 0.4 * (high - low)).all(), dict(zip(INDEX, used / (high - low), strict=True))


def test_lips_close_for_pauses_and_open_for_speech(body):
    jaw = body.motion(np.random.default_rng(2), 4000)[:, INDEX["jaw"]]
    assert 0.1 < (jaw < 0.03).mean() < 0.7
    assert (jaw > 0.4).mean() > 0.1


def test_no_frame_jumps(body):
    poses = body.motion(np.random.default_rng(3), 2000)
    slow = [i for name, i in INDEX.items() if name not in ("blink", "look_x", "look_y")]  # those are quick in life too
    step = np.abs(np.diff(poses[:, slow], axis=0)) / np.array([PARAMETERS[i].high - PARAMETERS[i].low for i in slow])
    assert step.max() < 0.45
