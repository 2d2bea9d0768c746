"""The virtual foot: its skin keeps its identity, its joints move what they should, and people differ."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from glmk_lib.studio import foot_pose
from glmk_lib.studio.camera import DISTANCE, FOCAL, place
from glmk_lib.studio.foot import LINES, build_foot, places
from glmk_lib.studio.foot_shape import shape_of, to_body, to_foot
from glmk_lib.studio.foot_skin import CLOTH
from glmk_lib.studio.identity import Identity
from glmk_lib.studio.mesh import face_normals
from glmk_lib.studio.motion import rigid_motion

NAMES = [p.name for p in foot_pose.parameters()]
LIMITS = torch.tensor([(p.low, p.high) for p in foot_pose.parameters()])
NAILS = [line.points[-1] for line in LINES[:5]]  # the point behind each nail


@pytest.fixture(scope="module")
def foot():
    return build_foot(0)


def moved(foot, **values):
    """The template's points (P, 3) in the foot's frame, cm, at rest but for those parameters."""
    return to_foot(foot.places.on(foot.deform(foot.pose_at_rest(1, **values)))[0])


@given(st.lists(st.floats(-30, 30), min_size=3, max_size=3))
def test_the_foots_frame_turns_to_the_studios_and_back(point):
    p = torch.tensor([point])
    assert torch.allclose(to_foot(to_body(p)), p, atol=1e-4)


def test_the_pose_without_any_turn_is_the_rest_mesh(foot):
    still = torch.zeros(1, len(NAMES))
    still[0, NAMES.index("spread")] = 1
    assert torch.allclose(foot.deform(still)[0], foot.rest.vertices, atol=1e-5)


def test_painted_points_lie_on_the_skin(foot):
    shape = shape_of(Identity.of("foot", 0))
    at = to_foot(foot.places.on(foot.rest.vertices))
    assert shape.skin(at).abs().max() < 0.08  # cm; the mesh's chords cut corners by that much


def test_painted_points_face_the_camera_at_rest(foot):
    vertices = place(foot.deform(foot.pose_at_rest(1)), torch.tensor([[0.0, 0, 0, 0, 0, 1]]))
    at = foot.places.on(vertices)[0]
    normal = torch.nn.functional.normalize(face_normals(vertices[0], foot.rest.faces)[foot.places.face], dim=-1)
    assert ((normal * torch.nn.functional.normalize(-at, dim=-1)).sum(-1) > 0.1).all()


def test_weights_are_shares(foot):
    weights = foot_pose.weights(shape_of(Identity.of("foot", 0)), foot.rest.vertices, foot.rest.faces)
    assert weights.min() >= 0 and torch.allclose(weights.sum(1), torch.ones(len(weights)), atol=1e-5)


def test_the_trouser_and_the_leg_stand_still_while_the_ankle_moves(foot):
    at_rest, flexed = (foot.deform(foot.pose_at_rest(1, ankle_flex=a))[0] for a in (0.0, 0.25))
    still = (foot.rest.part == CLOTH) | (to_foot(foot.rest.vertices)[:, 2] > 15)
    assert torch.allclose(at_rest[still], flexed[still], atol=1e-4)
    assert (at_rest - flexed).norm(dim=-1).max() > 0.2


@pytest.mark.parametrize("toe", range(5))
def test_a_lifted_toe_rises_and_the_others_stay(foot, toe):
    rise = (moved(foot, **{f"{foot_pose.TOES[toe]}_lift": 0.5}) - moved(foot))[:, 2]
    assert rise[NAILS[toe]] > 0.7
    others = [i for i in range(len(rise)) if i not in LINES[toe].points]
    assert rise[others].abs().max() < 0.25 * rise[NAILS[toe]]


@pytest.mark.parametrize("toe", range(5))
def test_a_curled_toe_sinks_beyond_its_joint_alone(foot, toe):
    sunk = (moved(foot) - moved(foot, **{f"{foot_pose.TOES[toe]}_curl": 0.7})).norm(dim=-1)
    assert sunk[NAILS[toe]] > 0.25
    assert sunk[list(LINES[toe].points[:2])].max() < 0.02


def test_the_ankle_draws_the_foot_up_turns_it_in_and_tilts_the_sole_in(foot):
    rest = moved(foot)
    big, little = NAILS[0], NAILS[4]
    assert (moved(foot, ankle_flex=0.2) - rest)[big, 2] > 1
    assert (moved(foot, ankle_turn=0.2) - rest)[big, 1] > 1
    tilt = (moved(foot, ankle_tilt=0.3) - rest)[:, 2]
    assert tilt[big] > tilt[little] + 0.5


def test_spread_toes_stand_further_apart(foot):
    def width(**values):
        at = moved(foot, **values)
        return (at[NAILS[0]] - at[NAILS[4]]).norm()

    assert width(spread=0.0) + 0.3 < width(spread=0.6) < width(spread=1.2) - 0.3  # cm


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_pose_of_a_take_tears_the_skin(seed):
    foot = build_foot(0)
    vertices = foot.deform(torch.tensor(foot.motion(np.random.default_rng(seed), 800)[::40]).float())
    edges = foot.rest.faces[:, :2]
    length = (foot.rest.vertices[edges[:, 0]] - foot.rest.vertices[edges[:, 1]]).norm(dim=-1)
    stretch = (vertices[:, edges[:, 0]] - vertices[:, edges[:, 1]]).norm(dim=-1) - length
    assert stretch.max() < 0.06  # body units, 7 mm: in the depth of the webs


def test_motion_keeps_within_the_limits_and_uses_them(foot):
    pose = foot.motion(np.random.default_rng(1), 3000)
    low, high = LIMITS.double().numpy().T
    assert (pose >= low).all() and (pose <= high).all()
    used = (pose.max(0) - pose.min(0)) / (high - low)
    assert used.min() > 0.5


def test_motion_has_pauses_and_quick_moves_and_no_jumps(foot):
    pose = foot.motion(np.random.default_rng(2), 3000)
    span = (LIMITS[:, 1] - LIMITS[:, 0]).double().numpy()
    step = np.abs(np.diff(pose, axis=0) / span).max(1)
    assert np.quantile(step, 0.25) < 0.025 and step.max() > 0.1
    assert step.max() < 0.25


def test_a_longer_take_begins_as_the_shorter_one(foot):
    short, long = (foot.motion(np.random.default_rng(3), n) for n in (40, 400))
    assert np.array_equal(short, long[:40])


def test_the_lines_stay_within_the_frame(foot):
    rng = np.random.default_rng(4)
    pose, rigid = foot.motion(rng, 1500)[::5], rigid_motion(rng, 1500, foot.rigid)[::5]
    at = foot.places.on(place(foot.deform(torch.tensor(pose).float()), torch.tensor(rigid).float()))
    assert (at[..., :2] / at[..., 2:] * FOCAL).abs().max() < 0.5  # frame widths from the middle


def test_the_foot_fills_the_frame_at_rest(foot):
    at = foot.deform(foot.pose_at_rest(1))[0][foot.rest.part != CLOTH]
    shown = at[:, :2] / (at[:, 2:] + DISTANCE) * FOCAL
    assert (shown.amax(0) - shown.amin(0)).min() > 0.5


def test_nails_shine_and_cloth_does_not(foot):
    shape = shape_of(Identity.of("foot", 0))
    nail = torch.stack([shape.joints[toe, 3] + 0.8 * shape.thick[toe, 3] * shape.nail_axes(toe)[2] for toe in range(5)])
    instep = to_foot(foot.places.on(foot.rest.vertices))[:1]
    points = to_body(torch.cat([nail, instep, instep]))
    found = foot.material(points, torch.tensor([0] * 6 + [CLOTH]), foot.pose_at_rest(7))
    assert found.gloss[:5].min() > found.gloss[5] > found.gloss[6]
    assert found.albedo.min() > 0 and found.albedo.max() < 1


def test_one_person_is_always_the_same_and_two_differ():
    def length_of_toes(person):
        shape = shape_of(Identity.of("foot", person))
        return shape.joints[:, 3, 0]

    assert torch.equal(length_of_toes(3), length_of_toes(3))
    assert not torch.allclose(length_of_toes(3), length_of_toes(4), atol=0.05)


def test_some_people_have_a_longer_second_toe_and_some_a_longer_big_toe():
    shapes = [shape_of(Identity.of("foot", person)) for person in range(20)]
    longer = [float(s.joints[1, 3, 0] + s.thick[1, 3] - s.joints[0, 3, 0] - s.thick[0, 3]) for s in shapes]
    assert min(longer) < -0.5 and max(longer) > 0.0


@pytest.mark.parametrize("person", [1, 2, 6])
def test_every_person_has_the_lines_on_the_skin(person):
    shape = shape_of(Identity.of("foot", person))
    assert shape.skin(to_foot(places(shape))).abs().max() < 0.02  # cm


@pytest.mark.parametrize("person", [0, 1])
def test_the_skin_is_one_piece_without_holes_below_the_hem(person):
    foot = build_foot(person)
    faces = foot.rest.faces[foot.rest.part[foot.rest.faces[:, 0]] != CLOTH]
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).sort(1).values
    each, times = edges.unique(dim=0, return_counts=True)
    assert to_foot(foot.rest.vertices[each[times == 1]])[..., 2].min() > 16  # cm: open only within the trouser
    count = int(faces.max()) + 1
    graph = coo_matrix((np.ones(len(each)), each.T.numpy()), (count, count))
    assert len(np.unique(connected_components(graph, directed=False)[1][faces.numpy()])) == 1
