"""Do both takes go through the same poses? Compared without landmarks, by how the subject's edges lie.

A frame is described by a histogram of oriented gradients (Dalal and Triggs, 2005), which light hardly changes, after the paint
was inpainted in both takes alike. The first principal components of both takes together are their space of poses. How much
of one take's poses the other one has is its coverage (Naeem et al., 2020): the share of its frames in whose neighbourhood,
as large as it is within the take itself, the other take has a frame. A short take does not even cover itself, so what counts
is the coverage by the other take over that by the same one, in blocks of equal size.
"""

import cv2
import numpy as np
from skimage.feature import hog

from glmk_lib.check.findings import Finding, Limit, graded
from glmk_lib.check.takes import Take

# Takes of the studio's face, hand and foot, 120 and 240 frames: 0.87 and more in takes of one distribution, 0.57 to 0.9 where
# one take has half of the other's range of turning, 0.51 and less where they share no pose (`mismatch` 1 and -1).
OVERLAP = Limit(amber=0.75, red=0.5, low=True)
# The same of takes of 64 frames: 0.55 and more in takes of one distribution, 0.2 and less where they share no pose.
OVERLAP_OF_FEW, FEW = Limit(amber=0.75, red=0.25, low=True), 100
_PARTS = 12  # principal components: about what a body's pose and its motion as a whole have degrees of freedom
_NEIGHBOURS = 5  # as in Naeem et al.: large enough a neighbourhood that a sample's gaps are not taken for missing poses
_APART = 0.04  # of a take: frames nearer in time show one pose, and would make its neighbourhoods too small
_BLOCKS = 6  # of a take, taken in turns by its two halves
_SIDE = 64  # pixels to which frames are brought, so that a pose looks alike at any size


def findings(marked: Take, unmarked: Take, paint: dict[str, np.ndarray]) -> list[Finding]:
    """How much of each take's poses the other one has. `paint`: for each take (K, S, S) bool, what is inpainted."""
    poses = space(*(describe(take.frames, paint[take.name]) for take in (marked, unmarked)))
    limit = OVERLAP_OF_FEW if min(map(len, poses)) < FEW else OVERLAP
    shares = [overlap(*poses), overlap(*poses[::-1])]
    found = []
    for take, other, share in zip((marked, unmarked), (unmarked, marked), shares, strict=True):
        sentence = (
            f"the {other.name} take comes to {share:.0%} of what the {take.name} take covers of its own poses; expected "
            f"{limit.amber:.0%} or more: what only one take shows becomes a sign of paint."
        )
        remedy = "go through one list of poses in both takes, from one place, with crops of one size around the subject."
        found.append(graded("pose overlap", take.name, share, "", limit, sentence, remedy, "{:.0%}"))
    return found


def describe(frames: np.ndarray, paint: np.ndarray) -> np.ndarray:
    """A description (K, D) of the pose in each frame.

    Args:
        frames: (K, S, S, 3) uint8. paint: (K, S, S) bool, what is inpainted first.
    """
    found = []
    for frame, mask in zip(frames, paint, strict=True):
        bare = cv2.inpaint(frame, mask.astype(np.uint8), 3, cv2.INPAINT_TELEA) if mask.any() else frame
        small = cv2.resize(bare, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
        found.append(hog(grey, orientations=8, pixels_per_cell=(8, 8), cells_per_block=(2, 2)))
    return np.stack(found)


def space(*described: np.ndarray) -> list[np.ndarray]:
    """Each (K_i, D) in the first principal components of all of them, (K_i, 12)."""
    every = np.concatenate(described)
    middle = every.mean(0)
    _, _, axes = np.linalg.svd(every - middle, full_matrices=False)
    return [(each - middle) @ axes[:_PARTS].T for each in described]


def overlap(poses: np.ndarray, others: np.ndarray) -> float:
    """Coverage of `poses` (K, P) by `others` (L, P), both in order of time, over that by themselves; 1 at most.

    0 where either has too few to be halved.
    """
    if min(len(poses), len(others)) < _BLOCKS:
        return 0.0
    half, other_half = (np.arange(len(p)) * _BLOCKS // len(p) % 2 for p in (poses, others))
    times = np.linspace(0, 1, len(poses))
    own, cross = [], []
    for k in (0, 1):
        mine = half == k
        own.append(coverage(poses[mine], poses[~mine], times[mine]))
        cross += [coverage(poses[mine], others[other_half == j], times[mine]) for j in (0, 1)]
    return float(min(1.0, np.mean(cross) / max(np.mean(own), 1e-6)))


def coverage(poses: np.ndarray, others: np.ndarray, times: np.ndarray) -> float:
    """Share of `poses` (K, P) in whose neighbourhood there is one of `others` (L, P).

    Args:
        times: (K,) when each of `poses` was seen, from 0 to 1. The neighbourhood of one reaches to its fifth nearest among
            those that are further than 0.04 from it in time.
    """
    own = np.linalg.norm(poses[:, None] - poses[None], axis=-1)
    own[np.abs(times[:, None] - times[None]) < _APART] = np.inf
    reach = np.sort(own, axis=1)[:, min(_NEIGHBOURS, len(own)) - 1]
    nearest = np.linalg.norm(poses[:, None] - others[None], axis=-1).min(1)
    return float((nearest <= reach).mean())
