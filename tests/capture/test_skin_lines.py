"""From a detector's landmarks to painted lines: which points, smoothed how, seen where."""

import numpy as np
import pytest

from glmk_lib.capture.skin_lines import seen_on_face, seen_on_hand, skin_lines, smooth
from glmk_lib.template import Template


@pytest.mark.parametrize(("region", "count", "lines"), [("face", 40, 6), ("hand", 26, 6)])
def test_lines_make_a_valid_template(region, count, lines):
    made = skin_lines(region)
    points = np.random.default_rng(0).uniform(-1, 1, (len(made.pairs), 2))
    assert len(Template(points, made.lines, region)) == count
    assert len(made.lines) == lines


def test_each_line_of_a_hand_has_a_colour_of_its_own():
    assert len({line.color for line in skin_lines("hand").lines}) == 6


def test_a_face_has_one_colour():
    assert {line.color for line in skin_lines("face", "#123456").lines} == {"#123456"}


def test_a_pair_stands_for_the_middle():
    made = skin_lines("hand")
    joints = np.random.default_rng(0).normal(size=(2, 21, 3))
    row = made.pairs.tolist().index([5, 6])
    assert np.allclose(made.select(joints)[:, row], (joints[:, 5] + joints[:, 6]) / 2)


def test_smoothing_keeps_even_acceleration_without_lag():
    t = np.arange(30.0)
    track = np.stack([0.3 * t**2 - 4 * t, 2 * t], -1)
    assert np.allclose(smooth(track, [np.arange(30)])[3:-3], track[3:-3])


def test_smoothing_lowers_noise():
    noise = np.random.default_rng(0).normal(size=(200, 4, 2))
    assert smooth(noise, [np.arange(200)]).std() < 0.7


def test_smoothing_does_not_reach_across_a_cut():
    track = np.r_[np.zeros(20), np.full(20, 100.0)]
    assert np.allclose(smooth(track, [np.arange(20), np.arange(20, 40)]), track)


def test_frames_outside_the_runs_and_very_short_runs_stay_as_they_are():
    track = np.random.default_rng(0).normal(size=20)
    out = smooth(track, [np.arange(3), np.arange(5, 8)])
    assert np.array_equal(out, track)


def head(turn):
    """A mesh of 468 points over the front of a ball, of which the camera sees what faces it; turned by `turn` radians."""
    i = np.arange(468) + 0.5
    z, angle = -1 + 0.9 * i / 468, np.pi * (1 + 5**0.5) * i
    points = 50 * np.stack([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z], -1)
    c, s = np.cos(turn), np.sin(turn)
    return points @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T + [200, 150, 0]


def test_the_side_of_the_face_that_turns_away_is_hidden():
    pairs = np.repeat(np.arange(468)[:, None], 2, 1)
    meshes = np.stack([head(0), head(0.9)])
    seen = seen_on_face(meshes, pairs)
    facing = -meshes[1, :, 2] / 50
    assert (seen[0, (-meshes[0, :, 2] / 50) > 0.5] == 1).all()
    assert (seen[1, facing < 0] == 0).all()
    assert (seen[1, facing > 0.5] == 1).all()


def hand():
    """An open hand, fingers up, all in one plane."""
    joints = np.zeros((21, 3))
    joints[0] = (0, 0, 0)
    for finger, base in enumerate((1, 5, 9, 13, 17)):
        for j in range(4):
            joints[base + j] = (40 * finger - 80, -100 - 30 * j, 0)
    return joints


def test_an_open_hand_hides_nothing():
    assert (seen_on_hand(hand()[None], skin_lines("hand").pairs) == 1).all()


@pytest.mark.parametrize(("depth", "expected"), [(-30, 0), (30, 1)])
def test_a_finger_hides_what_lies_behind_it(depth, expected):
    joints = hand()
    joints[5:9] = [(-40, -100, 0), (0, -130, depth), (0, -160, depth), (0, -190, depth)]  # index laid over middle (x = 0)
    pairs = skin_lines("hand").pairs
    row = pairs.tolist().index([11, 11])
    assert seen_on_hand(joints[None], pairs)[0, row] == expected
