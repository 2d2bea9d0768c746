"""How the hand bends: its joints, the pose's parameters with their limits, and the skinning.

The palm stands still; the forearm turns about the wrist below it. Ranges of motion follow clinical goniometry (Norkin and
White, Measurement of Joint Motion), a little inside them. The last joint of a finger follows the middle one, as its tendon
makes it do.
"""

import torch

from glmk_lib.studio.body import Parameter
from glmk_lib.studio.hand_shape import FINGERS, WRIST, HandShape
from glmk_lib.studio.shapes import capsule, ramp
from glmk_lib.studio.skeleton import Skeleton, carried

LAST_JOINT = 0.6  # turn of a finger's last joint for one of its middle joint
_REACH = ((0.2, 0.12, 0.1), (0.13, 0.09, 0.075), (0.13, 0.09, 0.075), (0.13, 0.09, 0.075), (0.12, 0.08, 0.065))
_RANGES = {"knuckle": (-0.3, 1.45), "bend": (-0.05, 1.75)}
_SIDES = {"index": (-0.14, 0.2), "middle": (-0.14, 0.14), "ring": (-0.2, 0.12), "little": (-0.32, 0.2)}


def parameters() -> tuple[Parameter, ...]:
    """The pose's parameters, radians; 0 is the straight hand of the rest mesh, `rest` an open hand at ease.

    <finger>_knuckle and _bend close a finger, _side moves it towards the little finger; thumb_across swings the thumb before
    the palm, thumb_out away from the index finger; wrist_bend bends the hand towards its palm, wrist_side towards the thumb.
    """
    thumb = (
        Parameter("thumb_across", -0.2, 1.1, 0.12, 0.1, 1.2),
        Parameter("thumb_out", -0.4, 0.25, -0.05, 0.1, 1.2),
        Parameter("thumb_knuckle", -0.15, 0.9, 0.08, 0.1, 1.2),
        Parameter("thumb_bend", -0.3, 1.2, 0.1, 0.1, 1.2),
    )
    fingers = []
    for k, name in enumerate(FINGERS[1:]):
        fingers += [
            Parameter(f"{name}_knuckle", *_RANGES["knuckle"], 0.1 + 0.02 * k, 0.1, 1.5),
            Parameter(f"{name}_bend", *_RANGES["bend"], 0.16 + 0.03 * k, 0.1, 1.5),
            Parameter(f"{name}_side", *_SIDES[name], 0.0, 0.1, 1.0),
        ]
    return (
        *thumb,
        *fingers,
        Parameter("wrist_bend", -0.55, 0.55, 0.0, 0.05, 0.5),
        Parameter("wrist_side", -0.2, 0.3, 0.0, 0.05, 0.5),
    )


def skeleton(shape: HandShape) -> Skeleton:
    """The wrist (joint 0) and three joints a finger, thumb first (joints 1 to 15)."""
    joints, parents = [torch.tensor(WRIST)], [-1]
    for finger in range(5):
        for k in range(3):
            joints.append(shape.place(finger, shape.joints[finger, k].item()))
            parents.append(-1 if k == 0 else len(parents) - 1)
    return Skeleton(tuple(parents), torch.stack(joints))


def turns(shape: HandShape) -> torch.Tensor:
    """What one radian of each parameter turns: axis-angle vectors (K, 16, 3), added up over the parameters."""
    index = {p.name: i for i, p in enumerate(parameters())}
    axes = torch.zeros(len(index), 16, 3)
    for finger, name in enumerate(FINGERS):
        _, across, up = shape.frames[finger]
        if finger == 0:
            axes[index["thumb_across"], 1] = torch.tensor([0.0, 1.0, 0.0])
            axes[index["thumb_out"], 1] = torch.tensor([0.0, 0.0, -1.0])
            axes[index["thumb_knuckle"], 2] = -across
            axes[index["thumb_bend"], 3] = -across
            continue
        first = 1 + 3 * finger
        axes[index[f"{name}_knuckle"], first] = -across
        axes[index[f"{name}_bend"], first + 1] = -across
        axes[index[f"{name}_bend"], first + 2] = -LAST_JOINT * across
        axes[index[f"{name}_side"], first] = -up
    axes[index["wrist_bend"], 0] = torch.tensor([1.0, 0.0, 0.0])
    axes[index["wrist_side"], 0] = torch.tensor([0.0, 0.0, 1.0])
    return axes


def weights(shape: HandShape, points) -> torch.Tensor:
    """Skinning weights (V, 33) of rest points (V, 3), for `skeleton(shape)`."""
    local = shape.on_finger(points)
    joints, radii = shape.joints, shape.radii
    gap = []  # from each finger's own skin
    for finger in range(5):
        along = local[:, finger, 0]
        beyond = along - along.clamp(0, joints[finger, 3].item())
        line = (beyond.square() + local[:, finger, 1:].square().sum(-1)).sqrt()
        gap.append(line - radii[finger, 0 if finger == 0 else 1])
    gap = torch.stack(gap, -1)
    palm = torch.stack(
        [capsule(points, torch.tensor([0.25 * base[0] + 0.05, 0.6, 0.03]), base, 0.1, 0.09) for base in shape.bases[1:]], -1
    )
    carry = torch.zeros(len(points), 16)
    carry[:, 0] = carried(points, WRIST, (0.0, 1.0, 0.0), 0.2)
    for finger in range(5):
        others = torch.cat([gap[:, :finger], gap[:, finger + 1 :]], 1).amin(1)
        if finger == 0:  # its web to the index finger stretches over a wide stretch of skin
            own = ramp(torch.minimum(others, palm.amin(1)) - gap[:, 0], -0.14, 0.12)
        else:
            own = ramp(others - gap[:, finger], -0.04, 0.04)
        for k in range(3):
            joint = shape.place(finger, joints[finger, k].item() + (0.04 if finger == 0 and k == 0 else 0))
            carry[:, 1 + 3 * finger + k] = own * carried(points, joint, shape.frames[finger, 0], _REACH[finger][k])
    return skeleton(shape).weights(carry)
