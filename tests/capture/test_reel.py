"""A take that is filmed in parts is the take that is filmed at once, whoever films it and however often it is stopped."""

import json
import time

import numpy as np
import pytest

from glmk_lib import studio
from glmk_lib.capture import reel
from glmk_lib.capture.reel import film_take
from glmk_lib.capture.video import read_frames
from glmk_lib.errors import OutOfTime

HOW = {"region": "hand", "seed": 2, "size": 32, "marked": True, "every": 2}


@pytest.fixture
def parts(monkeypatch):
    """Parts of 8 frames, so that a take of 20 has three."""
    monkeypatch.setattr(reel, "PART", 8)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return studio.film(frames=20, name="take", out=tmp_path_factory.mktemp("whole"), progress=False, **HOW)


def film(out, **given):
    return film_take(out, "take", 20, progress=False, **given, **HOW)


def assert_same(a, b):
    """The files themselves differ: a video has an identity of its own."""
    frames = [np.stack([frame for _, _, frame in read_frames(take.video)]) for take in (a, b)]
    np.testing.assert_array_equal(*frames)
    with np.load(a.truth, allow_pickle=False) as ours, np.load(b.truth, allow_pickle=False) as theirs:
        assert set(ours) == set(theirs)
        for key in ours:
            np.testing.assert_array_equal(ours[key], theirs[key])
    told = [{k: v for k, v in json.loads(take.entry.read_text()).items() if k != "files"} for take in (a, b)]
    assert told[0] == told[1]


@pytest.mark.parametrize("jobs", [1, 2])
def test_it_is_the_same_take_bit_for_bit(parts, whole, tmp_path, jobs):
    take = film(tmp_path, jobs=jobs)
    assert_same(take, whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take.json", "take.mkv", "take.npz"]
    with np.load(take.truth, allow_pickle=False) as truth:
        assert len(truth["points"]) == 20


def test_stopped_after_every_part_it_is_the_same_and_films_nothing_twice(parts, whole, tmp_path, monkeypatch):
    filmed, real = [], studio.film
    monkeypatch.setattr(studio, "film", lambda **how: filmed.append(how["first"]) or real(**how))
    for left in (2, 1):
        with pytest.raises(OutOfTime, match=f"{left} of 3 parts are left"):
            film(tmp_path, deadline=time.monotonic())
    assert_same(film(tmp_path, deadline=time.monotonic()), whole)
    assert filmed == [0, 8, 16]


def test_a_take_that_is_there_is_not_filmed_again(whole, monkeypatch):
    monkeypatch.setattr(studio, "film", None)
    assert film(whole.video.parent).video == whole.video


def test_a_part_that_was_torn_is_filmed_again(parts, whole, tmp_path):
    with pytest.raises(OutOfTime):
        film(tmp_path, deadline=time.monotonic())
    (tmp_path / "take-parts" / "000000.json").unlink()  # it is written last: without it the part may be anything
    (tmp_path / "take-parts" / "000000.mkv").write_bytes(b"torn")
    assert_same(film(tmp_path), whole)
