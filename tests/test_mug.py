"""The mug of chapter 6 is filmed as any subject: paint where its truth says, and the same motion with and without."""

import colorsys

import numpy as np
import pytest

from glmk_lib import mug
from glmk_lib.capture.video import read_frames
from glmk_lib.template import rgb


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    """Frames and truth of a short painted take, of the motion of `mug_take`."""
    take = mug.film(tmp_path_factory.mktemp("painted"), "marked", frames=16, seed=12, marked=True, progress=False)
    return np.stack([frame for _, _, frame in read_frames(take.video)]), np.load(take.truth, allow_pickle=False)


def hue(color):
    return colorsys.rgb_to_hsv(*(value / 255 for value in color))[0]


def test_paint_of_its_lines_colour_lies_at_every_point(painted):
    frames, truth = painted
    for line in mug.mug().lines:
        inner = list(line.points[1:-1])  # strokes are worn at their ends
        there = [frames[t, int(y), int(x)] for t in range(0, 16, 5) for x, y in truth["points"][t, inner]]
        apart = [abs((hue(color) - hue(rgb(line.color)) + 0.5) % 1 - 0.5) for color in there]
        assert np.median(apart) < 0.1, line.name  # the bare mug is 0.2 and more away


def test_its_points_are_seen_and_lie_within_its_box(painted):
    _, truth = painted
    assert truth["points"].shape == (16, len(mug.mug().places), 2)
    assert truth["visible"].mean() > 0.95
    low, high = truth["boxes"][:, None, :2], truth["boxes"][:, None, :2] + truth["boxes"][:, None, 2:]
    assert ((truth["points"] > low - 0.5) & (truth["points"] < high + 0.5)).all()


def test_a_take_moves_the_same_with_and_without_paint(painted, mug_take):
    bare = np.load(mug_take.truth, allow_pickle=False)
    np.testing.assert_allclose(bare["points"][:16], painted[1]["points"], atol=1e-4)


def test_a_box_over_the_true_one_is_not_astray(mug_take):
    boxes = np.load(mug_take.truth, allow_pickle=False)["boxes"]
    assert mug.astray(boxes, mug_take).max() < 1e-4
    assert mug.astray(boxes + np.array([3, 4, 0, 0]), mug_take) == pytest.approx(np.full(len(boxes), 5), abs=1e-4)


def test_a_take_is_filmed_again_only_where_another_one_is_asked_for(tmp_path):
    def film(frames):
        take = mug.film(tmp_path, "clip", frames=frames, seed=1, marked=False, progress=False)
        return take.video.stat().st_mtime_ns, take.info["frames"]

    first = film(2)
    assert film(2) == first
    assert film(3)[1] == 3
