"""How the foot bends: its joints, the pose's parameters with their limits, the skinning, and how a foot at ease moves.

The leg stands still; the foot turns about the ankle, each toe about its joint at the ball and curls at its own. Ranges of
motion follow clinical goniometry (Norkin and White, Measurement of Joint Motion), a little inside them.
"""

import numpy as np
import torch

from glmk_lib.studio.body import Parameter
from glmk_lib.studio.foot_shape import OPEN, FootShape, to_body, to_foot, view
from glmk_lib.studio.motion import bounded, episodes, pace
from glmk_lib.studio.shapes import ramp
from glmk_lib.studio.skeleton import Skeleton, carried

TOES = ("big", "second", "third", "fourth", "little")
_ANKLE = (5.3, 0.0, 7.2)  # between the ankle bones, cm of the mean foot
_CURLS = (2, 1, 1, 1, 1)  # the joint of FootShape.joints at which each toe curls
_WEB = 8  # rounds of smoothing of the weights
_AT_EASE = 0.3  # of the spread of the rest mesh


def parameters() -> tuple[Parameter, ...]:
    """The pose's parameters, radians but for `spread`.

    ankle_flex draws the foot up (positive) or points it, ankle_turn turns the toes inward, ankle_tilt turns the sole inward;
    <toe>_lift raises a toe at the ball, <toe>_curl bends it; spread: 0 brings the toes together, 1 is the rest mesh.
    """
    toes = []
    for toe, name in enumerate(TOES):
        toes += [
            Parameter(f"{name}_lift", -0.45 if toe else -0.5, 0.65 if toe else 0.8, 0.04, 0.1, 1.5),
            Parameter(f"{name}_curl", -0.1, 0.8 if toe else 0.75, 0.0, 0.1, 1.5),
        ]
    return (
        Parameter("ankle_flex", -0.65, 0.28, 0.0, 0.1, 1.0),
        Parameter("ankle_turn", -0.2, 0.2, 0.0, 0.1, 0.8),
        Parameter("ankle_tilt", -0.18, 0.4, 0.0, 0.1, 0.8),
        *toes,
        Parameter("spread", 0.0, 1.5, _AT_EASE, 0.1, 1.2),
    )


def skeleton(shape: FootShape) -> Skeleton:
    """The ankle (joint 0), the toes' joints at the ball (1 to 5) and those at which they curl (6 to 10), body units."""
    from_ball = [shape.joints[toe, 0] for toe in range(5)]
    curls = [shape.joints[toe, _CURLS[toe]] for toe in range(5)]
    joints = torch.stack([torch.tensor(_ANKLE) * shape.stretch, *from_ball, *curls])
    return Skeleton((-1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5), to_body(joints))


def turns(shape: FootShape) -> torch.Tensor:
    """What one unit of each parameter turns: axis-angle vectors (K, 11, 3) in body axes, added up over the parameters."""
    index = {p.name: i for i, p in enumerate(parameters())}
    axes = torch.zeros(len(index), 11, 3)
    axes[index["ankle_flex"], 0] = torch.tensor([0.0, -1.0, 0.0])
    axes[index["ankle_turn"], 0] = torch.tensor([0.0, 0.0, 1.0])
    axes[index["ankle_tilt"], 0] = torch.tensor([1.0, 0.0, 0.0])
    for toe, name in enumerate(TOES):
        across = shape.across(toe)
        axes[index[f"{name}_lift"], 1 + toe] = -across
        axes[index[f"{name}_curl"], 6 + toe] = across
        axes[index["spread"], 1 + toe, 2] = OPEN[toe]
    return axes @ view().T


def weights(shape: FootShape, points, faces) -> torch.Tensor:
    """Skinning weights (V, 23) of rest points (V, 3) joined by faces (F, 3), for `skeleton(shape)`."""
    p = to_foot(points)
    joints, thick = shape.joints, shape.thick
    gaps = torch.stack([shape.toe(p, toe) for toe in range(5)], 1)
    carry = torch.zeros(len(p), 11)
    carry[:, 0] = carried(p, torch.tensor(_ANKLE) * shape.stretch, (0.45, 0.0, -1.0), 3.4)
    # On the ball the skin is shared between neighbours over a broad stretch; beyond the web each toe has its own.
    beyond = torch.stack([(p - joints[toe, 0])[:, 0] for toe in range(5)], 1)
    soft = 0.9 - 0.8 * ramp(beyond, 0.4, 2.7)
    share = torch.exp(-(gaps - gaps.amin(1, keepdim=True)) / soft)
    share = share / share.sum(1, keepdim=True)
    for toe in range(5):
        ball, curl, tip = joints[toe, 0], joints[toe, _CURLS[toe]], joints[toe, 3]
        carry[:, 1 + toe] = share[:, toe] * carried(p, ball, curl - ball, 1.5 if toe else 1.9)
        carry[:, 6 + toe] = carried(p, curl, tip - joints[toe, 1], 1.1 * float(thick[toe, _CURLS[toe]]))
    found = skeleton(shape).weights(carry)
    start, end = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).T
    count = torch.bincount(start, minlength=len(p)).clamp_min(1)[:, None]
    for _ in range(_WEB):  # in the depth of a web two toes pull at neighbouring points: let more of the skin give way
        around = torch.zeros_like(found).index_add_(0, start, found[end]) / count
        found = 0.5 * (found + around)
    return found


# What feet do, by the parameters that leave their rest: lifts and curls of all toes may be given as "lift" and "curl".
_DOINGS = (
    {},
    {"ankle_flex": 0.24, "lift": 0.3},  # drawn up
    {"ankle_flex": -0.55, "curl": 0.25, "lift": -0.1},  # pointed
    {"lift": -0.3, "curl": 0.6},  # curled
    {"lift": 0.12, "spread": 1.4},  # spread
    {"lift": 0.5, "spread": 0.8},  # toes up
    {"big_lift": 0.7, "second_lift": 0.1},  # the big toe alone
    {"lift": 0.45, "big_lift": -0.2, "big_curl": 0.1},  # all but the big toe
    {"ankle_tilt": 0.34, "ankle_turn": 0.15, "ankle_flex": -0.12},  # sole inward
    {"ankle_tilt": -0.15, "ankle_turn": -0.15, "ankle_flex": 0.08},  # sole outward
    {"ankle_flex": -0.35, "lift": 0.5},  # on tiptoe
)


def doings() -> np.ndarray:
    """The poses (M, K) that a foot at ease passes through; the first one is rest."""
    known = parameters()
    poses = np.tile([p.rest for p in known], (len(_DOINGS), 1))
    for row, doing in zip(poses, _DOINGS, strict=True):
        for k, p in enumerate(known):
            row[k] = doing.get(p.name, doing.get(p.name.rsplit("_", 1)[-1], row[k]))
    return poses


def motion(rng, frames: int) -> np.ndarray:
    """Poses (frames, K) of a take: the foot's doings with pauses and quick moves, and each toe's own stir."""
    known = parameters()
    poses = doings()
    slow = episodes(rng, frames, poses, hold_s=(0.2, 1.4), move_s=(0.3, 1.1))
    ease = bounded(rng, frames, 0.45, 1.15, 0.05, 0.4)[:, None]  # some moves stop short
    seconds = pace(rng, frames)
    pose = poses[0] + ease * (slow - poses[0])
    for k, p in enumerate(known):
        reach = 0.12 * (p.high - p.low)
        pose[:, k] += bounded(rng, frames, -reach, reach, p.slow_hz, p.fast_hz, seconds)
    low, high = (np.array([getattr(p, side) for p in known]) for side in ("low", "high"))
    middle, half = (low + high) / 2, (high - low) / 2
    unit = (pose - middle) / half
    return middle + half * np.sign(unit) * _soft(np.abs(unit))


def _soft(x):
    """x up to 0.8, then bent smoothly towards 1, which it never passes: joints slow down before they stop."""
    return np.where(x < 0.8, x, 0.8 + 0.2 * np.tanh((x - 0.8) / 0.2))
