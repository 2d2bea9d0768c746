"""The hand: what it is made of, how it bends, and that its painted points stay where they were painted."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.studio.hand import build_hand
from glmk_lib.studio.hand_motion import SIGNS, sign
from glmk_lib.studio.mesh import face_normals
from glmk_lib.template import Template

FINGERS = ("thumb", "index", "middle", "ring", "little")


@pytest.fixture(scope="module")
def hand():
    return build_hand(0)


def posed(hand, **values):
    return hand.deform(hand.pose_at_rest(**({p.name: 0.0 for p in hand.parameters} | values)))[0]


def points(hand, vertices):
    """The painted points by name, (3,) each."""
    on = hand.places.on(vertices)
    return {f"{line.name}_{k}": on[i] for line in hand.lines for k, i in enumerate(line.points)}


def test_the_straight_pose_is_the_rest_mesh(hand):
    torch.testing.assert_close(posed(hand), hand.rest.vertices, atol=1e-5, rtol=0)


def test_names_and_counts_are_those_of_the_ready_template(hand):
    ready = Template.ready("hand")
    assert [(line.name, line.points) for line in hand.lines] == [(line.name, line.points) for line in ready.lines]


def test_every_line_has_a_colour_of_its_own(hand):
    assert len({line.color for line in hand.lines}) == len(hand.lines)


def test_painted_points_lie_on_the_back_and_face_the_camera(hand):
    normals = face_normals(hand.rest.vertices, hand.rest.faces)[hand.places.face]
    assert (torch.nn.functional.normalize(normals, dim=-1)[:, 2] < -0.4).all()


def test_painted_points_are_on_skin_and_not_on_cloth(hand):
    assert (hand.rest.part[hand.places.corners] == 0).all()


def test_the_open_hand_lies_within_the_frame(hand):
    on = hand.places.on(hand.rest.vertices)
    assert on[:, :2].abs().max() < 1.1


def test_the_mesh_is_closed(hand):
    edges = torch.cat([hand.rest.faces[:, [0, 1]], hand.rest.faces[:, [1, 2]], hand.rest.faces[:, [2, 0]]])
    directed = {tuple(e) for e in edges.tolist()}
    assert len(directed) == len(edges) and all((b, a) in directed for a, b in directed)


@pytest.mark.parametrize("finger", FINGERS[1:])
def test_a_finger_bends_alone(hand, finger):
    before, after = points(hand, posed(hand)), points(hand, posed(hand, **{f"{finger}_knuckle": 1.0, f"{finger}_bend": 1.2}))
    moved = {name for name in before if (after[name] - before[name]).norm() > 0.02}
    moved -= {name for name in moved if name.startswith("palm")}  # skin over the knuckles is drawn along a little
    assert {f"{finger}_{k}" for k in (1, 2, 3)} <= moved <= {f"{finger}_{k}" for k in range(4)}


def test_a_bent_finger_goes_towards_the_palm(hand):
    straight, bent = points(hand, posed(hand)), points(hand, posed(hand, index_knuckle=1.0))
    assert bent["index_3"][2] > straight["index_3"][2] + 0.3


def test_a_finger_keeps_its_bones_length_when_it_bends(hand):
    straight, bent = points(hand, posed(hand)), points(hand, posed(hand, middle_knuckle=1.2))
    before, after = ((p["middle_3"] - p["middle_1"]).norm() for p in (straight, bent))
    assert abs(after - before) < 0.01


def test_a_right_angle_does_not_collapse_the_finger(hand):
    """Faces around the joint keep an area: none of the skin is drawn into a point."""
    before = face_normals(hand.rest.vertices, hand.rest.faces).norm(dim=-1)
    after = face_normals(posed(hand, middle_bend=np.pi / 2), hand.rest.faces).norm(dim=-1)
    assert (after / before).median() > 0.9
    assert (after < 0.1 * before).float().mean() < 0.005


def test_the_pinch_brings_thumb_and_index_together(hand):
    def gap(vertices):
        on = points(hand, vertices)
        return (on["thumb_3"] - on["index_3"]).norm()

    pinched = hand.deform(torch.tensor(sign("pinch"), dtype=torch.float32)[None])[0]
    assert gap(pinched) < 0.4 < gap(posed(hand))


@given(st.sampled_from(list(SIGNS)), st.sampled_from(list(SIGNS)), st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_skin_points_move_by_little_for_a_little_pose(first, second, share):
    hand = build_hand(0)
    a, b = (torch.tensor(sign(name), dtype=torch.float32) for name in (first, second))
    near = torch.stack([a + (b - a) * share, a + (b - a) * (share + 1e-3)])
    moved = hand.deform(near)
    reach = 3 * 1.2 * (near[1] - near[0]).abs().sum() + 1e-5  # a hand's length from any joint, for all joints
    assert (moved[1] - moved[0]).norm(dim=-1).max() <= reach


def test_a_batch_gives_what_single_poses_give(hand):
    poses = torch.tensor(np.stack([sign(name) for name in SIGNS]), dtype=torch.float32)
    torch.testing.assert_close(hand.deform(poses)[3], hand.deform(poses[3:4])[0])


def test_people_differ_in_form_and_skin():
    one, other = build_hand(0), build_hand(1)
    assert one.rest.vertices.shape != other.rest.vertices.shape
    assert one.identity["skin"] != other.identity["skin"]


def test_material_is_light_and_finite_everywhere(hand):
    mesh = hand.rest
    surface = hand.material(mesh.vertices, mesh.part, hand.pose_at_rest(len(mesh.vertices)))
    assert torch.isfinite(surface.albedo).all() and (surface.albedo > 0).all() and (surface.albedo < 1).all()


def test_nails_shine_more_than_skin(hand):
    on = hand.places.on(hand.rest.vertices)
    along = torch.nn.functional.normalize(on[11] - on[10], dim=0)
    nail = on[11] + 0.1 * along
    pair = torch.stack([nail, on[9]])
    gloss = hand.material(pair, torch.zeros(2, dtype=torch.int64), hand.pose_at_rest(2)).gloss
    assert gloss[0] > gloss[1] + 0.1


def test_motion_stays_within_the_joints_limits(hand):
    take = hand.motion(np.random.default_rng(0), 1500)
    low, high = np.array([(p.low, p.high) for p in hand.parameters]).T
    assert take.shape == (1500, len(hand.parameters))
    assert (take >= low).all() and (take <= high).all()


def test_every_sign_lies_within_the_joints_limits(hand):
    for name in SIGNS:
        for value, p in zip(sign(name), hand.parameters, strict=True):
            assert p.low <= value <= p.high, (name, p.name)


def test_motion_holds_and_moves(hand):
    """Some frames nearly stand still, and the quickest turn a joint by more than 3 radians a second, none by more than 20."""
    speed = np.abs(np.diff(hand.motion(np.random.default_rng(1), 1500), axis=0)).max(1) * 25
    assert np.quantile(speed, 0.2) < 0.6
    assert 3 < speed.max() < 20


def test_takes_of_two_seeds_differ(hand):
    one, other = (hand.motion(np.random.default_rng(seed), 200) for seed in (1, 2))
    assert np.abs(one - other).mean() > 0.05


def test_a_longer_take_begins_as_the_shorter_one(hand):
    short, long = (hand.motion(np.random.default_rng(4), frames) for frames in (100, 400))
    np.testing.assert_allclose(long[:100], short)
