"""The hand's form at rest: a right hand seen from its back, fingers up and spread, as a signed distance.

Body units: one unit is about 10.5 cm, the middle knuckle lies near the origin, the wrist below it, the palm behind (z > 0).
Each finger is straight at rest, so a place on it is (along, across, up) in the finger's own frame; the same frames serve the
joints, the skinning, the paint and the skin's creases. Proportions follow published hand anthropometry (phalanx ratios of
Buryanov and Kotiuk 2010), varied within an adult's range.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from glmk_lib.studio.shapes import capsule, union

FINGERS = ("thumb", "index", "middle", "ring", "little")
WRIST = (0.03, 0.76, 0.04)
_BASES = ((-0.2, 0.57, 0.08), (-0.235, 0.085, 0.0), (-0.01, 0.03, -0.025), (0.195, 0.075, -0.01), (0.37, 0.18, 0.03))
_LENGTHS = ((0.4, 0.275, 0.175), (0.41, 0.245, 0.165), (0.46, 0.285, 0.18), (0.42, 0.265, 0.175), (0.325, 0.19, 0.155))
_FAN = (None, -7.5, 0.8, 7.0, 16.0)  # degrees from straight up, positive to the little finger
_RADII = ((0.15, 0.112, 0.104, 0.086), (0.104, 0.092, 0.082, 0.067), (0.105, 0.094, 0.084, 0.069))
_RADII += ((0.1, 0.089, 0.08, 0.066), (0.091, 0.078, 0.07, 0.057))
_CARPUS = ((-0.1, 0.62, 0.03), (0.0, 0.6, 0.02), (0.09, 0.61, 0.03), (0.17, 0.63, 0.05))  # where the metacarpals begin


@dataclass(frozen=True, eq=False)
class HandShape:
    """Proportions of one hand, five rows: thumb to little finger.

    `bases` (5, 3): first joints, the thumb's at its saddle, the others' knuckles; `frames` (5, 3, 3): rows along, across
    (to the little finger's side) and up (out of the nail); `joints` (5, 4): places along the finger of its three joints and
    of the tip's centre; `radii` (5, 4): half-widths there; `knuckles` in [0, 1]: how bony.
    """

    bases: torch.Tensor
    frames: torch.Tensor
    joints: torch.Tensor
    radii: torch.Tensor
    knuckles: float
    girth: float
    veins: float

    @classmethod
    def of(cls, identity) -> "HandShape":
        """Proportions drawn from `identity` (`Identity.draw(name, low, high)`)."""
        girth = identity.draw("girth", 0.82, 1.1)
        reach = identity.draw("finger_length", 0.9, 1.08)
        breadth = identity.draw("palm_breadth", 0.92, 1.08)
        own = [identity.draw(f"{name}_length", 0.96, 1.04) for name in FINGERS]
        bases = np.array(_BASES) * [breadth, 1, 1]
        lengths = np.array(_LENGTHS) * (reach * np.array(own))[:, None]
        fan = np.radians(
            [identity.draw(f"{name}_fan", -1.5, 1.5) + (angle or 0) for name, angle in zip(FINGERS, _FAN, strict=True)]
        )
        along = np.stack([np.sin(fan), -np.cos(fan), 0 * fan], -1)
        along[0] = (-0.62 + 0.4 * fan[0], -0.77, 0.12)
        up = np.tile([0.0, 0.0, -1.0], (5, 1))
        up[0] = (-0.38, 0.25, -0.9)  # the thumb's nail looks away from the fingers
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        up -= (up * along).sum(1, keepdims=True) * along
        up /= np.linalg.norm(up, axis=1, keepdims=True)
        frames = np.stack([along, np.cross(along, up), up], 1)
        joints = np.concatenate([np.zeros((5, 1)), np.cumsum(lengths, 1)], 1)
        radii = np.array(_RADII) * girth
        return cls(
            *(torch.tensor(v, dtype=torch.float32) for v in (bases, frames, joints, radii)),
            knuckles=identity.draw("knuckles", 0.2, 1.0),
            girth=girth,
            veins=identity.draw("veins", 0.0, 1.0),
        )

    def on_finger(self, points):
        """(along, across, up) of points (n, 3) in each finger's frame: (n, 5, 3)."""
        return torch.einsum("nfk,flk->nfl", points[:, None] - self.bases.to(points), self.frames.to(points))

    def place(self, finger, along, across=0.0, up=0.0):
        """The point (3,) at a place of a finger's frame."""
        return self.bases[finger] + torch.tensor([along, across, up]) @ self.frames[finger]

    def distance(self, points):
        """Signed distance (n,) of the skin from points (n, 3), negative inside; exact only near the skin."""
        local = self.on_finger(points)
        body = self._palm(points)
        for finger in range(1, 5):
            body = union(body, self._finger(local[:, finger], finger), k=0.05)
        body = union(body, self._thumb(points, local[:, 0]), k=0.07)
        return body - self._relief(points)

    def _finger(self, local, finger):
        """A finger from its base: a tube whose width swells at the joints, with pads below and a flat back at the nail."""
        along, across, up = local.unbind(-1)
        joints, radii = self.joints[finger].tolist(), self.radii[finger].tolist()
        over = up / (across.square() + up.square() + 1e-6).sqrt()  # 1 on the back, -1 on the palm's side
        t = along.clamp(0, joints[3])
        # Between the joints the width runs in straight lines, then it swells at the bones' heads and in the pads.
        width = torch.full_like(t, radii[0])
        for k in range(3):
            share = ((t - joints[k]) / (joints[k + 1] - joints[k])).clamp(0, 1)
            width = width + (radii[k + 1] - radii[k]) * share
        bony = 0.4 + 0.6 * self.knuckles
        for k in (1, 2):
            bump = torch.exp(-(((t - joints[k]) / (0.6 * radii[k])) ** 2))
            width = width + bump * radii[k] * (0.02 + 0.07 * bony * over.clamp_min(0) - 0.06 * (-over).clamp_min(0))
        for k in range(1, 3):
            middle, half = (joints[k] + joints[k + 1]) / 2, (joints[k + 1] - joints[k]) / 2
            pad = torch.exp(-(((t - middle) / (0.75 * half)) ** 2))
            width = width + pad * radii[k] * (0.12 * (-over).clamp_min(0) - 0.05 * over.abs().neg().add(1))
        nail = torch.sigmoid((t - joints[2] - 0.45 * (joints[3] - joints[2])) / 0.015)
        width = width - nail * over.clamp_min(0) ** 2 * 0.16 * radii[3]
        outside = along - t
        return (outside.square() + across.square() + up.square() + 1e-9).sqrt() - width

    def _thumb(self, points, local):
        shaft = self._finger(local, 0)
        root, knuckle = self.place(0, 0.02), self.place(0, self.joints[0, 1].item() - 0.05)
        ball = capsule(points, root + torch.tensor([0.05, -0.04, 0.09]), knuckle, 0.15 * self.girth, 0.095 * self.girth)
        web = capsule(points, self.place(1, -0.22, -0.02, -0.05), self.place(0, 0.25, 0.03, -0.03), 0.09, 0.07)
        return union(union(shaft, ball, k=0.08), web, k=0.12)

    def _palm(self, points):
        body = None
        for finger, begin in zip(range(1, 5), _CARPUS, strict=True):
            radius = self.radii[finger, 0].item()
            end = self.place(finger, 0.0, 0.0, -0.02)
            bone = capsule(points, torch.tensor(begin), end, 0.125 * self.girth, radius * 1.08)
            body = bone if body is None else union(body, bone, k=0.1)
        for finger in range(1, 4):
            a, b = self.place(finger, 0.13, 0.0, -0.035), self.place(finger + 1, 0.13, 0.0, -0.035)
            body = union(body, capsule(points, a, b, 0.055, 0.05), k=0.06)
        heel = capsule(points, torch.tensor([0.24, 0.6, 0.09]), torch.tensor([0.34, 0.34, 0.07]), 0.12, 0.1)
        body = union(body, heel, k=0.12)
        return union(body, self.forearm(points), k=0.16)

    def forearm(self, points):
        """Signed distance (n,) of the forearm alone: radius and ulna under one skin."""
        bones = []
        for x, out in ((-0.12, -0.06), (0.15, 0.05)):
            begin, end = torch.tensor([x, 0.78, 0.05]), torch.tensor([x + 1.6 * out, 3.4, 0.1])
            bones.append(capsule(points, begin, end, 0.15 * self.girth, 0.22 * self.girth))
        return union(*bones, k=0.16)

    def _relief(self, points):
        """How far the skin of the hand's back rises: knuckles, tendons, veins and the ulna's head."""
        x, y, z = points.unbind(-1)
        back = torch.sigmoid(-(z + 0.02) / 0.02)
        rise = 0.03 * torch.exp(-((x - 0.19) ** 2 + (y - 0.86) ** 2) / 0.07**2)
        for finger in range(1, 5):
            base = self.bases[finger]
            near = (x - base[0]) ** 2 + (y - base[1] - 0.01) ** 2
            rise = rise + (0.006 + 0.013 * self.knuckles) * torch.exp(-near / 0.085**2)
            near = _from_line(x, y, (0.03, 0.7), base[:2].tolist())
            fade = torch.exp(-(((y - 0.3) / 0.3) ** 2))
            rise = rise + (0.004 + 0.01 * self.knuckles) * fade * torch.exp(-near / 0.03**2)
        for finger in range(1, 4):  # hollows between the knuckles
            middle = (self.bases[finger] + self.bases[finger + 1]) / 2
            near = ((x - middle[0]) / 0.05) ** 2 + ((y - middle[1] - 0.02) / 0.12) ** 2
            rise = rise - (0.003 + 0.008 * self.knuckles) * torch.exp(-near)
        return back * (rise + 0.007 * self.veins * self.vein(points))

    def vein(self, points):
        """How much (n,) of a vein lies below points (n, 3) of the hand's back: 1 over its middle, 0 away from it."""
        x, y = points[:, 0], points[:, 1]
        near = None
        for path in _VEINS:
            for a, b in pairwise(path):
                d = _from_line(x, y, a, b)
                near = d if near is None else torch.minimum(near, d)
        return torch.exp(-near / 0.02**2)


_VEINS = (
    ((-0.12, 0.2), (-0.1, 0.32), (-0.02, 0.42), (-0.03, 0.55), (-0.08, 0.7), (-0.14, 0.95)),
    ((0.1, 0.16), (0.08, 0.3), (-0.02, 0.42)),
    ((0.29, 0.26), (0.24, 0.38), (0.22, 0.52), (0.13, 0.68), (0.08, 0.95)),
    ((0.08, 0.3), (0.15, 0.4), (0.22, 0.52)),
)


def _from_line(x, y, a, b):
    """Squared distance in the plane from the stretch between `a` and `b`."""
    (ax, ay), (bx, by) = a, b
    dx, dy = bx - ax, by - ay
    t = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0, 1)
    return (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2
