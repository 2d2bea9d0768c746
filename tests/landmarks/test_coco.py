"""COCO keypoints, as COCO's own tool reads them."""

import contextlib
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from glmk_lib.landmarks import coco


@pytest.fixture
def path(track, tmp_path):
    return coco.write_json(track, tmp_path / "a.json")


@pytest.fixture
def read(path):
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(path)


def test_the_category_has_the_templates_points_and_lines(read, track):
    (category,) = read.loadCats(read.getCatIds())
    assert category["keypoints"] == track.template.names
    assert category["skeleton"] == [[1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [6, 3]]  # the mouth is closed


def test_each_frame_is_an_image_with_its_points(read, track):
    assert sorted(read.getImgIds()) == list(range(len(track)))
    for frame in (0, 999, 1000, 2099):
        (image,) = read.loadImgs([frame])
        assert (image["width"], image["height"], image["file_name"]) == (64, 48, f"a take/{frame:06d}.png")
        assert image["time"] == pytest.approx(track.seconds[frame], abs=1e-6)
        (found,) = read.loadAnns(read.getAnnIds([frame]))
        values = np.reshape(found["keypoints"], (-1, 3))
        np.testing.assert_allclose(values[:, :2], track.points[frame], atol=0.5001e-4, rtol=0)
        assert (values[:, 2] == 2).all() and found["num_keypoints"] == 6
        low, high = track.points[frame].min(0), track.points[frame].max(0)
        np.testing.assert_allclose(found["bbox"], [*low, *(high - low)], atol=2e-4)
        assert found["area"] == pytest.approx((high - low).prod(), abs=0.02)


def test_a_track_agrees_with_itself(read, path):
    """COCO's evaluation takes the file for truth and, with a score, for a result."""
    results = [a | {"score": 1.0} for a in json.loads(path.read_text())["annotations"]]
    with contextlib.redirect_stdout(io.StringIO()):
        scored = COCOeval(read, read.loadRes(results), "keypoints")
        scored.params.kpt_oks_sigmas = np.full(6, 0.05)
        scored.evaluate(), scored.accumulate(), scored.summarize()
    assert scored.stats[0] == pytest.approx(1)


def test_the_flag_tells_visible_points_from_hidden_ones(seen_track, tmp_path):
    body = json.loads(coco.write_json(seen_track, tmp_path / "a.json").read_text())
    flags = np.array([found["keypoints"][2::3] for found in body["annotations"]])
    assert np.array_equal(flags, np.where(seen_track.visibility >= 0.5, 2, 1))
    assert all(found["num_keypoints"] == 6 for found in body["annotations"])  # hidden ones are labelled too
