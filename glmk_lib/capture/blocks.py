"""Cut one recording into the takes of a capture: short blocks, dealt out in turn, with gaps between them.

Cutting a recording in halves would put other poses in each domain, and nothing is learned from that.
"""

import numpy as np

GAP = 3  # frames left out between blocks, so that near-duplicates don't end up on both sides


def cut(usable: np.ndarray, clip_of: np.ndarray, block: int) -> dict[str, list[np.ndarray]]:
    """Cut into blocks and deal them out: marked, unmarked, marked, ...; every sixth marked and every fourth unmarked block is
    held out.

    Args:
        usable: (N,) bool; a block has only such frames.
        clip_of: (N,) int; a block lies in one clip.
        block: frames in a block. What is left at the end of a stretch becomes a block if it is at least half as long.

    Returns:
        For each take of a capture its blocks, each an array of consecutive frame numbers. At least `GAP` frames lie between
        two blocks of a stretch.
    """
    blocks = []
    for run in runs(usable, clip_of):
        starts = range(0, len(run), block + GAP)
        blocks += [run[s : s + block] for s in starts if len(run[s : s + block]) >= block / 2]
    marked, unmarked = blocks[0::2], blocks[1::2]
    return {
        "marked": [b for i, b in enumerate(marked) if i % 6 != 3],
        "unmarked": [b for i, b in enumerate(unmarked) if i % 4 != 1],
        "heldout_marked": marked[3::6],
        "heldout_unmarked": unmarked[1::4],
    }


def runs(usable: np.ndarray, clip_of: np.ndarray) -> list[np.ndarray]:
    """Stretches of consecutive usable frames of one clip, each an array of frame numbers."""
    index = np.flatnonzero(usable)
    breaks = np.flatnonzero((np.diff(index) > 1) | (np.diff(clip_of[index]) != 0)) + 1
    return [run for run in np.split(index, breaks) if len(run)]
