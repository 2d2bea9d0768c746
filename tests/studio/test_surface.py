import numpy as np
import pytest

from glmk_lib.studio.filming import make_scene
from glmk_lib.studio.head import face_lines
from glmk_lib.studio.motion import Pose, motion
from glmk_lib.studio.surface import FOCAL, centre, march, positions, project, rotate, rotation, truth

SIZE = 64


@pytest.fixture(scope="module")
def person():
    scene = make_scene(0, SIZE)
    return scene.identity, scene.skin.height


def meet(person, pose, pixels):
    """What the skin shows at pixels (n, 2), and the head's rotation and centre."""
    turn = rotation(pose)
    middle = centre(pose, turn)
    rays = np.concatenate([(pixels / SIZE - 0.5) / FOCAL, np.ones((len(pixels), 1))], 1).astype(np.float32)
    return march(-turn.T @ middle, rotate(rays, turn.T), *person, pose), turn, middle


def grid():
    return np.stack(np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5), -1).reshape(-1, 2)


def points(person, **pose):
    return truth(*person, face_lines()[0], Pose(**pose)[None], SIZE)[0][0]


def test_the_skin_seen_in_a_pixel_projects_back_into_it(person):
    poses = motion(1, 400)
    errors = []
    for i in range(0, 400, 50):
        pose = poses.frame(i)
        found, turn, middle = meet(person, pose, grid())
        skin = found["inside"] < 0
        places = np.stack([found["u"], found["v"]], -1)[skin].astype(float)
        back = project(positions(*person, places, pose), turn, middle, SIZE)
        face = (np.abs(places[:, 0]) < 1.2) & (np.abs(places[:, 1]) < 1)
        errors.append(np.linalg.norm(back - grid()[found["hit"][skin]], axis=1)[face])
    errors = np.concatenate(errors)
    assert len(errors) > 4000
    assert errors.mean() < 0.02
    assert np.percentile(errors, 99.5) < 0.1


def test_a_visible_point_is_what_its_pixel_shows_and_a_hidden_one_is_not(person):
    places, _ = face_lines()
    poses = motion(2, 1200)[::60]
    at, visible = truth(*person, places, poses, SIZE)
    right = []
    for i in range(len(at)):
        found, _, _ = meet(person, poses.frame(i), at[i].astype(float))
        shown = np.full(places.shape, np.inf)
        shown[found["hit"]] = np.stack([found["u"], found["v"]], -1)
        right.append((np.linalg.norm(shown - places, axis=1) < 0.06) == visible[i])
    assert 0.9 < visible.mean() < 0.995
    assert np.mean(right) > 0.985  # the rest lie on the outline, where a hundredth of a pixel decides


def test_a_face_turned_away_hides_the_far_jaw_and_keeps_the_near_one(person):
    places, lines = face_lines()
    jaw = next(line for line in lines if line.name == "jaw").points
    _, visible = truth(*person, places, Pose(yaw=0.6)[None], SIZE)
    assert visible[0, jaw[0]] and not visible[0, jaw[-1]]


@pytest.mark.parametrize(
    "pose, axis", [({"yaw": 0.3}, 0), ({"pitch": 0.3}, 1), ({"x": 0.2}, 0), ({"y": 0.2}, 1)], ids=lambda p: str(p)
)
def test_positive_turns_and_shifts_move_the_nose_right_or_down(person, pose, axis):
    nose = 13
    moved = points(person, **pose)[nose] - points(person)[nose]
    assert moved[axis] > 3 and abs(moved[1 - axis]) < 1


def test_positive_roll_turns_clockwise(person):
    left_brow, right_brow = 0, 9
    rolled = points(person, roll=0.2)
    assert rolled[right_brow, 1] - rolled[left_brow, 1] > 3


def test_the_resting_face_is_symmetric(person):
    rest = points(person) / SIZE * 2 - 1
    mirrored = rest * [-1, 1]
    nearest = np.linalg.norm(rest[:, None] - mirrored[None], axis=-1).min(1)
    assert nearest.max() < 1e-3


def test_the_resting_head_fills_half_of_the_frame(person):
    found, _, _ = meet(person, Pose(), grid())
    columns = grid()[found["hit"], 0]
    assert 0.5 <= (columns.max() - columns.min() + 1) / SIZE <= 0.6
