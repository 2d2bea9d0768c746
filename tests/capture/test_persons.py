"""Captures of other persons of the studio, and takes of several of them."""

import numpy as np
import pytest

from glmk_lib import paths, presets, studio
from glmk_lib.capture import persons
from glmk_lib.capture.prepare import prepare
from glmk_lib.capture.video import read_frames
from glmk_lib.template import Template

TINY = presets.get("smoke").with_(studio_frames=60, studio_every=1, heldout_frames=10, heldout_marked=10)
HOW = {"region": "face", "seed": 3, "size": 32, "progress": False}


@pytest.mark.parametrize(("frames", "count", "expected"), [(10, 4, [3, 3, 2, 2]), (8, 2, [4, 4]), (7, 1, [7])])
def test_frames_are_shared_out(frames, count, expected):
    assert persons.shares(frames, count) == expected


def test_each_person_is_filmed_in_turn_in_a_motion_of_their_own(tmp_path):
    take = persons.film_persons(tmp_path, "take", 5, (2, 0), **HOW)
    frames = np.stack([frame for _, _, frame in read_frames(take.video)])
    first = studio.film(frames=3, identity=2, out=tmp_path / "a", **HOW)
    second = studio.film(frames=2, identity=0, out=tmp_path / "b", **HOW | {"seed": HOW["seed"] + persons.APART})
    alone = [frame for part in (first, second) for _, _, frame in read_frames(part.video)]
    np.testing.assert_array_equal(frames, np.stack(alone))
    with np.load(take.truth, allow_pickle=False) as truth, np.load(second.truth, allow_pickle=False) as theirs:
        np.testing.assert_array_equal(truth["points"][3:], theirs["points"])
    assert take.info["persons"] == [2, 0] and take.info["frames"] == 5
    assert sorted(path.suffix for path in tmp_path.glob("take*")) == [".json", ".mkv", ".npz"]


def test_what_is_filmed_is_not_filmed_again(tmp_path, monkeypatch):
    take = persons.film_persons(tmp_path, "take", 2, (1, 0), **HOW)
    monkeypatch.setattr(persons, "film_take", None)
    again = persons.film_persons(tmp_path, "take", 2, (1, 0), **HOW)
    assert take.info.items() <= again.info.items() and again.video == take.video


@pytest.mark.parametrize("name", ["studio_face_b", "studio_face_several"])
def test_the_captures_of_other_persons_are_prepared_with_paint_that_is_found(name, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CAPTURES", tmp_path)
    capture = prepare(name, TINY, progress=False)
    assert len(capture.marked) == 60 and capture.info["truth"] == "exact"
    expected = studio.template_of("face", identity=1) if name == "studio_face_b" else Template.ready("face")
    np.testing.assert_array_equal(capture.template.points, expected.points)
    assert capture.info["blocks"]["marked"] == ([60] if name == "studio_face_b" else [15, 15, 15, 15])
