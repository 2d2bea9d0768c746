"""Blocks: dealt out in turn, apart from one another, of usable frames only."""

from itertools import pairwise

import numpy as np

from glmk_lib.capture.blocks import GAP, cut


def test_blocks_alternate_and_some_are_held_out():
    takes = cut(np.ones(43 * 24, bool), np.zeros(43 * 24, int), 40)
    assert {take: len(blocks) for take, blocks in takes.items()} == {
        "marked": 10, "unmarked": 9, "heldout_marked": 2, "heldout_unmarked": 3,
    }  # fmt: skip
    starts = sorted((b[0], take) for take, blocks in takes.items() for b in blocks)
    assert [take.split("_")[-1] for _, take in starts] == ["marked", "unmarked"] * 12


def test_blocks_share_no_frame_and_keep_their_distance():
    rng = np.random.default_rng(0)
    takes = cut(rng.random(2000) > 0.01, np.zeros(2000, int), 20)
    blocks = sorted((b for blocks in takes.values() for b in blocks), key=lambda b: b[0])
    assert all(later[0] - earlier[-1] > 1 for earlier, later in pairwise(blocks))
    assert all((np.diff(b) == 1).all() for b in blocks)


def test_blocks_of_one_stretch_leave_the_stated_gap():
    takes = cut(np.ones(200, bool), np.zeros(200, int), 20)
    blocks = sorted((b for blocks in takes.values() for b in blocks), key=lambda b: b[0])
    assert {later[0] - earlier[-1] - 1 for earlier, later in pairwise(blocks)} == {GAP}


def test_blocks_hold_usable_frames_only():
    usable = np.random.default_rng(0).random(1000) > 0.05
    assert all(usable[b].all() for blocks in cut(usable, np.zeros(1000, int), 10).values() for b in blocks)


def test_a_block_lies_in_one_clip():
    takes = cut(np.ones(300, bool), np.repeat(np.arange(4), 75), 75)
    assert sorted(b[0] for blocks in takes.values() for b in blocks) == [0, 75, 150, 225]


def test_a_remainder_shorter_than_half_a_block_is_dropped():
    assert cut(np.ones(60, bool), np.zeros(60, int), 40)["unmarked"] == []
