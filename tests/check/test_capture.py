"""The whole check of a capture; its parts are tested each on its own."""

import json

import pytest

from glmk_lib import paths, presets
from glmk_lib.check import capture as checking
from glmk_lib.check.capture import expected_accuracy
from glmk_lib.study import cells, get
from glmk_lib.template import Template


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """`measured(capture, pixels)` keeps a study of accuracy on a capture of the studio at laptop."""
    monkeypatch.setattr(paths, "RESULTS", tmp_path)

    def keep(capture, pixels):
        study = get("accuracy", presets.get("laptop"))
        path = cells.folder_of(study, capture) / "accuracy.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"size": 64, "rows": {"full": {"mean_px": {"mean": pixels}}}}))
        return path

    return keep


@pytest.mark.parametrize(
    ("poses", "capture"), [("ok", "studio_face"), ("amber", "studio_face_half"), ("red", "studio_face_apart")]
)
def test_the_expected_accuracy_is_that_of_the_studio_where_poses_overlap_as_well(measured, poses, capture):
    for pixels, name in enumerate(("studio_face", "studio_face_half", "studio_face_apart"), 1):
        measured(name, 1.25 if name == capture else 10.0 * pixels)
    found = expected_accuracy("face", "laptop", poses)
    assert (found.value, found.level) == (1.25, "ok")
    assert "1.25 px" in found.text and "pixels of 64" in found.sentence


@pytest.mark.parametrize(
    ("region", "preset", "poses"),
    [("hand", "laptop", "ok"), ("face", "paper", "ok"), ("face", "laptop", "red"), (None, "laptop", "ok")],
)
def test_what_was_not_measured_is_not_estimated(measured, region, preset, poses):
    measured("studio_face", 1.25)
    found = expected_accuracy(region, preset, poses)
    assert found.value is None and found.text == "not estimated" and preset in found.sentence


def test_a_torn_study_is_one_that_was_not_measured(measured):
    measured("studio_face", 1.25).write_text('{"rows": {"full": [')
    assert expected_accuracy("face", "laptop", "ok").value is None


def test_a_check_is_made_anew_once_the_studio_was_measured(measured, tmp_path):
    video = tmp_path / "a.mp4"
    video.write_bytes(b"0")
    inputs = (video, video, Template.ready("face"), presets.get("laptop"))
    before = checking.key(*inputs)
    assert checking.key(*inputs) == before
    measured("studio_face", 1.25)
    assert checking.key(*inputs) != before
