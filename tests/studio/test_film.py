import numpy as np
import pytest

from glmk_lib.capture.video import read_frames
from glmk_lib.errors import GlmkError
from glmk_lib.studio import face_template, film
from glmk_lib.studio.filming import make_scene
from glmk_lib.studio.motion import motion
from glmk_lib.studio.render import render
from glmk_lib.template import Template


def frames_of(take):
    return np.stack([frame for _, _, frame in read_frames(take.video)])


def truth_of(take):
    with np.load(take.truth, allow_pickle=False) as body:
        return body["points"], body["visible"]


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return film(frames=8, seed=3, out=tmp_path_factory.mktemp("bare"), progress=False)


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    return film(frames=8, seed=3, marked=True, out=tmp_path_factory.mktemp("painted"), progress=False)


def test_the_video_holds_exactly_the_frames_that_were_rendered(bare):
    scene, poses = make_scene(0, 64), motion(3, 8)
    rendered = np.stack([render(scene, poses.frame(i), [3, i]) for i in range(8)])
    np.testing.assert_array_equal(frames_of(bare), rendered)


def test_the_same_seed_films_the_same_take_bit_for_bit(bare, tmp_path):
    again = film(frames=8, seed=3, out=tmp_path, progress=False)
    np.testing.assert_array_equal(frames_of(again), frames_of(bare))
    np.testing.assert_array_equal(truth_of(again)[0], truth_of(bare)[0])


def test_another_seed_films_another_motion(bare, tmp_path):
    other = film(frames=8, seed=4, out=tmp_path, progress=False)
    assert np.abs(truth_of(other)[0] - truth_of(bare)[0]).mean() > 1


def test_a_longer_take_begins_as_the_shorter_one_does(bare, tmp_path):
    longer = film(frames=11, seed=3, out=tmp_path, progress=False)
    np.testing.assert_array_equal(frames_of(longer)[:8], frames_of(bare))


def test_truth_has_a_point_and_a_visibility_for_every_template_point_of_every_frame(bare):
    points, visible = truth_of(bare)
    assert points.shape == (8, len(face_template()), 2) and points.dtype == np.float32
    assert visible.shape == points.shape[:2] and visible.dtype == bool


def test_paint_changes_no_motion(bare, painted):
    np.testing.assert_array_equal(truth_of(bare)[0], truth_of(painted)[0])


def test_paint_changes_nothing_away_from_the_lines(bare, painted):
    change = np.abs(frames_of(painted).astype(int) - frames_of(bare)).max(-1)
    distance = np.stack([distance_to_lines(points, np.ones(len(points), bool)) for points in truth_of(bare)[0]])
    assert change[distance > 3.5].max() <= 1  # the 8-bit rounding of a paint that has faded to nothing
    assert change[distance < 0.5].mean() > 25


def test_ready_face_template_is_the_film_at_rest():
    ready, filmed = Template.ready("face"), face_template()
    np.testing.assert_array_equal(ready.points, filmed.points)
    assert ready.lines == filmed.lines and ready.to_json() == filmed.to_json()


def test_every_identity_looks_different():
    pose = motion(0, 1).frame(0)
    looks = [render(make_scene(who, 32), pose, 0).astype(int) for who in (0, 1, 2)]
    assert min(np.abs(a - b).mean() for a, b in ((looks[0], looks[1]), (looks[1], looks[2]), (looks[0], looks[2]))) > 5


@pytest.mark.parametrize(
    "wrong", [{"region": "knee"}, {"frames": 0}, {"frames": 2.5}, {"size": 8}, {"seed": -1}, {"identity": "me"}]
)
def test_a_wrong_parameter_is_named(wrong, tmp_path):
    with pytest.raises(GlmkError, match=str(next(iter(wrong.values()))).replace(".", r"\.")):
        film(out=tmp_path, progress=False, **wrong)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_film_leaves_the_earlier_take_as_it_was(tmp_path, monkeypatch):
    take = film(frames=2, out=tmp_path, progress=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    calls = iter(range(99))

    def breaks(*args):
        if next(calls) == 1:
            raise KeyboardInterrupt
        return render(*args)

    monkeypatch.setitem(film.__globals__, "render", breaks)
    with pytest.raises(KeyboardInterrupt):
        film(frames=3, seed=9, out=tmp_path, progress=False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert take.video.exists()


def distance_to_lines(points, shown):
    """Pixels (64, 64) from every pixel's centre to the nearest line between two shown points."""
    at = np.stack(np.meshgrid(np.arange(64) + 0.5, np.arange(64) + 0.5), -1)
    nearest = np.full((64, 64), np.inf)
    for a, b, _ in face_template().segments:
        if shown[a] and shown[b]:
            p, q = points[a].astype(float), points[b].astype(float)
            along = np.clip((at - p) @ (q - p) / ((q - p) ** 2).sum(), 0, 1)
            nearest = np.minimum(nearest, np.linalg.norm(at - p - along[..., None] * (q - p), axis=-1))
    return nearest
