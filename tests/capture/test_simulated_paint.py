"""Filming simulated paint on footage: takes that differ from the source by paint alone."""

import numpy as np
import pytest

from glmk_lib.baselines import mediapipe_peer
from glmk_lib.capture import manifest, skin_lines
from glmk_lib.capture.dataset import TAKES
from glmk_lib.capture.simulated_paint import CLIPS, Clip, film_real, hand_near
from glmk_lib.capture.video import VideoWriter, read_frames
from glmk_lib.errors import CaptureError
from glmk_lib.metrics import segments_from_timestamps

FRAMES, WIDTH, HEIGHT = 170, 120, 96


def test_a_hand_counts_before_it_is_found_and_while_it_is_lost():
    detected = np.zeros(300, bool)
    detected[[100, 101, 130, 250]] = True
    near = np.flatnonzero(hand_near(detected))
    assert near.tolist() == [*range(88, 143), *range(238, 263)]


@pytest.fixture
def footage(tmp_path, monkeypatch):
    """A textured clip of 170 frames called "hand_a" in which a made-up detector finds an open hand that drifts."""
    rng = np.random.default_rng(1)
    wall = rng.integers(120, 180, (HEIGHT, WIDTH, 3), np.uint8)
    video = tmp_path / "clip.mkv"
    with VideoWriter(video, WIDTH, HEIGHT, 25, lossless=True) as writer:
        for i in range(FRAMES):
            writer.write(np.roll(wall, i, 1))
    joints = np.zeros((21, 2))
    for finger, base in enumerate((1, 5, 9, 13, 17)):
        joints[base : base + 4] = [(8 * finger, -20 - 7 * j) for j in range(4)]
    joints[0] = (16, 0)
    drift = np.stack([40 + 15 * np.sin(np.arange(FRAMES) / 20), 70 + 8 * np.cos(np.arange(FRAMES) / 15)], -1)
    found = {
        "points": (joints[None] + drift[:, None]).astype(np.float32),
        "z": np.zeros((FRAMES, 21), np.float32),
        "detected": np.arange(FRAMES) != 4,
        "clip": np.zeros(FRAMES, np.int64),
    }
    found["points"][4] = np.nan
    calls = []
    monkeypatch.setattr(manifest, "fetch", lambda name: [video])
    monkeypatch.setattr(mediapipe_peer, "track", lambda *a, **k: calls.append(a) or found)
    monkeypatch.setitem(CLIPS, "hand_a", Clip(block=12))
    return video, found, calls


def frames_of(film, take):
    return np.stack([frame for _, _, frame in read_frames(film.takes[take][0])])


def truth_of(film, take):
    with np.load(film.takes[take][1], allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_bare_takes_are_the_source_and_painted_ones_differ_by_lines_alone(footage, tmp_path):
    film = film_real("hand_a", tmp_path / "film", progress=False)
    source = np.stack([frame for _, _, frame in read_frames(footage[0])])
    side = int(film.crop.split(",")[2])
    for take in TAKES:
        truth, frames = truth_of(film, take), frames_of(film, take)
        assert len(frames) == len(truth["points"]) == sum(film.info["blocks"][take])
        changed = (frames != source[truth["frame"]]).any(-1)
        assert changed.any() == (not take.endswith("unmarked"))
        y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
        for mask, points in zip(changed, truth["points"], strict=True):
            segments = [(points[a], points[b]) for a, b, _ in film.template.segments]
            far = np.min([_distance(x, y, a, b) for a, b in segments], 0) > 1.2 * 2.2 * side / 64
            assert not (mask & far).any()


def _distance(x, y, a, b):
    t = np.clip(((x - a[0]) * (b - a)[0] + (y - a[1]) * (b - a)[1]) / max((b - a) @ (b - a), 1e-9), 0, 1)
    return np.hypot(x - a[0] - t * (b - a)[0], y - a[1] - t * (b - a)[1])


def test_truth_is_the_smoothed_detection_and_lies_in_the_crop(footage, tmp_path):
    film = film_real("hand_a", tmp_path / "film", progress=False)
    x, y, side, _ = map(int, film.crop.split(","))
    expected = skin_lines.skin_lines("hand").select(footage[1]["points"])
    for take in TAKES:
        truth = truth_of(film, take)
        assert 4 not in truth["frame"]
        assert np.abs(truth["points"] - expected[truth["frame"]]).max() < 0.2
        inside = (truth["points"] - (x, y)) / side
        assert inside.min() > 0.02
        assert inside.max() < 0.98


def test_the_template_is_one_marked_training_frame(footage, tmp_path):
    film = film_real("hand_a", tmp_path / "film", progress=False)
    x, y, side, _ = map(int, film.crop.split(","))
    pixels = (film.template.points + 1) / 2 * side + (x, y)
    assert np.abs(truth_of(film, "marked")["points"] - pixels).max((1, 2)).min() < 1e-3


def test_a_followed_subject_is_filmed_through_a_window(footage, tmp_path, monkeypatch):
    monkeypatch.setitem(CLIPS, "hand_a", Clip(block=12, follow=True))
    film = film_real("hand_a", tmp_path / "film", progress=False)
    full = skin_lines.skin_lines("hand").select(footage[1]["points"])
    source = np.stack([frame for _, _, frame in read_frames(footage[0])])
    truth, frames = truth_of(film, "unmarked"), frames_of(film, "unmarked")
    side = frames.shape[1]
    assert frames.shape[2] == side < HEIGHT
    corners = np.rint(full[truth["frame"]] - truth["points"]).mean(1).round().astype(int)
    for frame, number, (x, y) in zip(frames, truth["frame"], corners, strict=True):
        assert np.array_equal(frame, source[number, y : y + side, x : x + side])


def test_the_film_says_what_it_is(footage, tmp_path):
    info = film_real("hand_a", tmp_path / "film", progress=False).info
    assert info["note"] == "simulated paint on real footage"
    assert info["truth"] == "pseudo"
    assert "Apache-2.0" in info["licence"]
    assert info["source"].endswith("@18a73420e555a3c1948209ebfa807c7086c7ff0c")


def test_time_jumps_where_a_block_ends(footage, tmp_path):
    film = film_real("hand_a", tmp_path / "film", progress=False)
    for take in TAKES:
        times = [seconds for _, seconds, _ in read_frames(film.takes[take][0])]
        pieces = np.bincount(segments_from_timestamps(times))
        assert pieces.tolist() == film.info["blocks"][take]


def test_the_same_film_is_made_once(footage, tmp_path):
    first = film_real("hand_a", tmp_path / "film", progress=False)
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "film").iterdir()}
    again = film_real("hand_a", tmp_path / "film", progress=False)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "film").iterdir()} == made
    assert len(footage[2]) == 1
    assert (again.crop, again.info) == (first.crop, first.info)


def test_a_film_made_again_is_the_same_to_the_byte(footage, tmp_path):
    one, two = (film_real("hand_a", tmp_path / name, progress=False) for name in ("one", "two"))
    for take in TAKES:
        for first, second in zip(one.takes[take], two.takes[take], strict=True):
            assert first.read_bytes() == second.read_bytes()


def test_a_film_with_a_missing_take_is_made_again(footage, tmp_path):
    film = film_real("hand_a", tmp_path / "film", progress=False)
    film.takes["marked"][0].unlink()
    assert film_real("hand_a", tmp_path / "film", progress=False).takes["marked"][0].is_file()


def test_footage_without_a_subject_is_refused(footage, tmp_path):
    footage[1]["detected"] &= np.arange(FRAMES) < 20
    with pytest.raises(CaptureError, match=r"hand_a: 19 usable frames"):
        film_real("hand_a", tmp_path / "film", progress=False)


def test_unknown_footage_lists_what_there_is(tmp_path):
    with pytest.raises(CaptureError, match="face_a, face_b, hand_a, hand_b"):
        film_real("foot_a", tmp_path / "film")
