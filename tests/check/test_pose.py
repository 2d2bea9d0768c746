"""Which poses of one take the other one has."""

import cv2
import numpy as np

from glmk_lib.check import pose

RNG = np.random.default_rng(0)


def walk(count, low, high):
    """Poses (count, 2) that wander about a square."""
    return RNG.uniform(low, high, (count, 2))


def test_takes_of_one_distribution_overlap():
    assert pose.overlap(walk(200, 0, 1), walk(200, 0, 1)) > 0.9


def test_takes_apart_do_not():
    assert pose.overlap(walk(200, 0, 1), walk(200, 2, 3)) == 0


def test_a_take_of_half_the_range_has_half_of_the_poses():
    assert 0.45 < pose.overlap(walk(400, 0, 1), walk(400, 0, 1) * (0.5, 1)) < 0.75


def test_the_smaller_range_is_covered_by_the_larger():
    assert pose.overlap(walk(400, 0, 1) * (0.5, 1), walk(400, 0, 1)) > 0.8


def textured():
    """A frame (64, 64, 3) with edges everywhere, as skin and rooms have them."""
    grey = cv2.GaussianBlur(RNG.uniform(0, 1, (64, 64)), (0, 0), 2)
    grey = 40 + 80 * (grey - grey.min()) / np.ptp(grey)
    return np.repeat(grey[..., None], 3, -1).astype(np.uint8)


def test_light_changes_a_description_little():
    bare = np.zeros((3, 64, 64), bool)
    frame = textured()
    one, brighter, other = pose.describe(np.stack([frame, frame * 2, textured()]), bare)
    assert np.linalg.norm(one - brighter) < 0.3 * np.linalg.norm(one - other)


def test_paint_is_taken_out_before_frames_are_described():
    bare = textured()
    painted, mask = bare.copy(), np.zeros((2, 64, 64), bool)
    painted[20:22, 4:60], mask[0, 19:23, 3:61] = (40, 60, 255), True
    inpainted, without = pose.describe(np.stack([painted, bare]), mask)
    seen, _ = pose.describe(np.stack([painted, bare]), np.zeros_like(mask))
    assert np.linalg.norm(inpainted - without) < 0.6 * np.linalg.norm(seen - without)


def test_a_take_of_one_frame_or_a_few_has_no_poses_of_the_other():
    for few in (1, 2, 3, 5):
        assert pose.overlap(walk(few, 0, 1), walk(200, 0, 1)) == pose.overlap(walk(200, 0, 1), walk(few, 0, 1)) == 0
