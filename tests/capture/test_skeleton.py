"""Strokes drawn on a mask, and the middle lines found in it."""

import cv2
import numpy as np
import pytest

from glmk_lib.capture.skeleton import middle_lines
from glmk_lib.polylines import length

WIDTH = 5


def drawn(*strokes):
    """The middle lines of strokes, each a list of (x, y), drawn on 200 x 200 pixels."""
    mask = np.zeros((200, 200), np.uint8)
    for stroke in strokes:
        cv2.polylines(mask, [np.array(stroke, np.int32)], False, 1, WIDTH)
    return middle_lines(mask > 0, WIDTH, gap=14)


def ends(line):
    path, _ = line
    return sorted([tuple(path[0]), tuple(path[-1])])


def test_a_stroke_is_one_line_along_its_middle():
    ((path, closed),) = drawn([(30, 60), (170, 60)])
    assert not closed and np.abs(path[:, 1] - 60).max() <= 1 and length(path) == pytest.approx(140, abs=WIDTH)


def test_a_bent_stroke_stays_one_line():
    ((path, closed),) = drawn([(30, 40), (100, 40), (100, 160)])
    assert not closed and length(path) == pytest.approx(190, abs=2 * WIDTH)


def test_a_ring_is_closed():
    angle = np.linspace(0, 2 * np.pi, 60)
    ((path, closed),) = drawn(np.stack([100 + 60 * np.cos(angle), 100 + 40 * np.sin(angle)], 1))
    assert closed and np.linalg.norm(path[0] - path[-1]) < 2
    assert np.allclose(path.mean(0), 100, atol=2)


def test_strokes_that_cross_are_two_lines_that_go_straight_on():
    lines = drawn([(20, 100), (180, 100)], [(100, 20), (100, 180)])
    assert len(lines) == 2
    spans = sorted(np.ptp(path, axis=0).round().tolist() for path, _ in lines)
    assert np.allclose(spans, [[0, 160], [160, 0]], atol=WIDTH)


def test_where_a_stroke_ends_on_another_the_other_goes_on():
    lines = sorted(drawn([(20, 60), (180, 60)], [(100, 60), (100, 180)]), key=lambda line: -length(line[0]))
    assert [round(length(path), -1) for path, _ in lines] == [160, 120]


def test_a_gap_that_points_across_is_bridged_and_a_wide_one_is_not():
    assert len(drawn([(20, 50), (90, 50)], [(103, 50), (180, 50)])) == 1
    assert len(drawn([(20, 50), (80, 50)], [(120, 50), (180, 50)])) == 2


def test_strokes_side_by_side_are_not_joined_though_their_ends_are_near():
    assert len(drawn([(20, 50), (150, 50)], [(20, 60), (150, 60)])) == 2


def test_a_ring_with_a_gap_is_closed():
    angle = np.linspace(0.1, 2 * np.pi - 0.1, 60)
    ((_, closed),) = drawn(np.stack([100 + 60 * np.cos(angle), 100 + 60 * np.sin(angle)], 1))
    assert closed


def test_a_rough_rim_grows_no_twigs():
    mask = np.zeros((200, 200), np.uint8)
    cv2.line(mask, (20, 100), (180, 100), 1, 9)
    mask[94:96, 60:63] = mask[105:107, 120:123] = 1
    assert len(middle_lines(mask > 0, 9, gap=0)) == 1


def test_an_empty_mask_has_no_lines():
    assert drawn() == []
