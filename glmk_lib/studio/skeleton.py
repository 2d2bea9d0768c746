"""Joint tree and linear blend skinning whose bends keep their volume.

Plain linear blending averages the matrices of two bones, and a finger bent by 90 degrees loses 30 % of its thickness at the
joint. Here a joint turns in `steps` equal parts, all at one place, and a point is blended between neighbouring parts only:
with two steps a 90-degree bend loses 8 %, with three 3 %, and skinning stays one product of matrices.

Rotations are vectors in the body's axes at rest (x right, y down, z away from the camera), their length the angle in
radians; a joint carries its children, so their axes turn with it.
"""

from dataclasses import dataclass

import torch

from glmk_lib.studio.shapes import rotation


def carried(points, joint, direction, reach) -> torch.Tensor:
    """Share (V,) in [0, 1] of a joint's turn that points (V, 3) follow, by their place along the bone.

    Zero from `reach` before the joint (3,), one from `reach` past it, smooth between. `direction` (3,) points from the joint
    along the bone that it moves. A reach of about the limb's radius there bends without a crack.
    """
    joint, direction = (torch.as_tensor(v, dtype=points.dtype, device=points.device) for v in (joint, direction))
    s = ((points - joint) @ (direction / direction.norm()) / reach / 2 + 0.5).clamp(0, 1)
    return s * s * (3 - 2 * s)


def skin(vertices, weights, transforms) -> torch.Tensor:
    """Skinned vertices (B, V, 3) of rest vertices (V, 3), `weights` (V, M) and `transforms` (B, M, 3, 4)."""
    mixed = (weights @ transforms.flatten(2)).unflatten(-1, (3, 4))  # (B, V, 3, 4)
    return (mixed[..., :3] @ vertices[..., None]).squeeze(-1) + mixed[..., 3]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A tree of J joints. `parents` (J,): the joint that carries each one, always an earlier one, or -1 for the fixed body;
    `joints` (J, 3): their places at rest; `steps`: the parts of a turn. Frames M = 1 + J * steps: the fixed body first, then
    each joint's parts, the last of them the whole turn.

    Raises:
        ValueError: a joint carried by itself or by a later one.
    """

    parents: tuple[int, ...]
    joints: torch.Tensor
    steps: int = 2

    def __post_init__(self):
        for j, parent in enumerate(self.parents):
            if not -1 <= parent < j:
                raise ValueError(f"joint {j} is carried by joint {parent}; expected an earlier joint or -1.")

    def _last(self, joint: int) -> int:
        """The frame in which `joint` has made its whole turn; frame 0 for joint -1."""
        return (joint + 1) * self.steps

    def transforms(self, rotations: torch.Tensor) -> torch.Tensor:
        """Transforms (B, M, 3, 4) that take rest points to posed ones, for `rotations` (B, J, 3)."""
        joints = self.joints.to(rotations)
        part = rotation(rotations / self.steps, rotations)  # (B, J, 3, 3)
        shift = joints - (part @ joints[..., None]).squeeze(-1)  # a turn about the joint instead of the origin
        still = torch.eye(3).to(rotations).expand(len(rotations), 3, 3)
        turns, shifts = [still], [torch.zeros_like(rotations[:, 0])]
        for j, parent in enumerate(self.parents):
            turn, moved = turns[self._last(parent)], shifts[self._last(parent)]
            for _ in range(self.steps):
                moved = (turn @ shift[:, j, :, None]).squeeze(-1) + moved
                turn = turn @ part[:, j]
                turns.append(turn)
                shifts.append(moved)
        return torch.cat([torch.stack(turns, 1), torch.stack(shifts, 1)[..., None]], -1)

    def weights(self, carry: torch.Tensor) -> torch.Tensor:
        """Skinning weights (V, M), rows summing to 1, from each point's share (V, J) in [0, 1] of each joint's turn.

        A point shares what its parent joint fully carries. Where two children claim more than the whole, as in the web
        between two fingers, their claims are scaled down together.
        """
        levels = torch.arange(self.steps + 1).to(carry)
        hats = (1 - (carry[..., None] * self.steps - levels).abs()).clamp_min(0)  # (V, J, steps + 1)
        claims = 1 - hats[..., 0]
        weights = carry.new_zeros(len(carry), 1 + len(self.parents) * self.steps)
        weights[:, 0] = 1
        for parent in range(-1, len(self.parents)):
            children = [j for j, p in enumerate(self.parents) if p == parent]
            if not children:
                continue
            whole = weights[:, self._last(parent)].clone()
            total = claims[:, children].sum(1).clamp_min(1)
            for j in children:
                first = self._last(j - 1) + 1
                weights[:, first : first + self.steps] = (whole / total)[:, None] * hats[:, j, 1:]
            weights[:, self._last(parent)] = whole * (1 - claims[:, children].sum(1) / total)
        return weights
