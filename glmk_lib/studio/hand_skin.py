"""What the hand's surface is made of: skin with creases, veins and freckles, nails, and a sleeve's cloth.

All of it is a function of the rest point, in the hand's own units, so that it sticks to the skin. It is evaluated for every
sample of every frame: values lie in rows (5 fingers, n), and what varies slowly over the hand's back is a small map.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import grid_sample

from glmk_lib.studio.body import Surface
from glmk_lib.studio.hand_shape import HandShape
from glmk_lib.studio.shapes import ramp, vector
from glmk_lib.studio.texture import fbm, noise

SLEEVE = 1  # the part of the mesh that is cloth
_CLOTHS = ((0.05, 0.05, 0.055), (0.35, 0.33, 0.3), (0.16, 0.13, 0.11), (0.25, 0.09, 0.06), (0.22, 0.17, 0.1))
_MAP, _REACH = 384, 1.3  # texels along the map's side, and the x and y at its edges
_BLOOD, _VEIN = (0.06, -0.1, -0.09), (0.3, 0.12, 0.04)  # how they change the skin's linear RGB, relative to it
_FOLD, _FRECKLE = (0.42, 0.55, 0.58), (0.2, 0.34, 0.44)


@dataclass(frozen=True, eq=False)
class HandSkin:
    """The material of one person's hand. `skin`, `nail`, `cloth`: linear RGB (3,); `creases`: how deep, 0 to 1; `back`: a map
    (1, 3, _MAP, _MAP) over x and y of veins, freckles and patches."""

    shape: HandShape
    skin: torch.Tensor
    nail: torch.Tensor
    cloth: torch.Tensor
    creases: float
    back: torch.Tensor

    @classmethod
    def of(cls, identity, shape: HandShape) -> "HandSkin":
        """Colours of `identity`, and what it draws: how creased the skin is, and the sleeve's cloth."""
        cloth = _CLOTHS[min(len(_CLOTHS) - 1, int(len(_CLOTHS) * identity.draw("cloth", 0.0, 1.0)))]
        colors = (torch.tensor(np.asarray(color), dtype=torch.float32) for color in (identity.skin, identity.nail, cloth))
        return cls(shape, *colors, identity.draw("creases", 0.4, 1.0), _back(identity, shape))

    def __call__(self, points, part) -> Surface:
        """The surface of n rest points (n, 3), part (n,)."""
        albedo = torch.empty_like(points)
        gloss, roughness = torch.zeros_like(points[:, 0]), torch.ones_like(points[:, 0])
        bare, clad = (part != SLEEVE).nonzero()[:, 0], (part == SLEEVE).nonzero()[:, 0]
        albedo[bare], gloss[bare], roughness[bare] = self._skin(points[bare])
        weave = 1 + 0.3 * noise(points[clad], 30, 5)
        albedo[clad] = vector(self.cloth, points) * weave[:, None]
        return Surface(albedo, gloss, roughness)

    def _skin(self, points):
        """Albedo (n, 3), gloss and roughness (n,) of skin and nails."""
        along, across, up, joints, radii = self._nearest(points)
        z, fine = points[:, 2], noise(points, 24, 3)
        at = (points[:, :2] / _REACH).reshape(1, 1, -1, 2)
        vein, freckle, patch = grid_sample(self.back.to(points), at, align_corners=False)[0, :, 0]
        on_finger = ramp(along, -0.02, 0.1)
        over = up * (across.square() + up.square() + 1e-6).rsqrt()
        # Which side of the hand: 0 on the back, 1 on the palm. The palm is paler and redder, the more so on dark skin.
        below = ramp(z, 0.02, 0.12)
        below = below + (ramp(-over, 0.1, 0.7) - below) * on_finger
        skin = vector(self.skin, points)
        palm = 0.72 * skin + 0.28 * vector((0.68, 0.4, 0.32), points) * skin.mean().sqrt()
        albedo = skin + (palm - skin) * below[:, None]

        second = along > (joints[1] + joints[2]) / 2
        near = (along - torch.where(second, joints[2], joints[1])) + 0.6 * across.square() / radii[1]
        fold = torch.exp(-((near / 0.05) ** 2)) * on_finger * ramp(across.abs() / radii[1], 1.5, 1.0)
        tip = ramp(along, joints[2], joints[3] + 0.05)
        blood = 0.5 * fold * (1 - below) + 0.45 * tip + 0.8 * patch + 0.2 * fine
        grey = 1 + 0.05 * fine + 0.05 * patch
        vein = 0.5 * self.shape.veins * vein * ramp(z, 0.0, -0.06) * (1 - on_finger)
        dark = self._creases(near, fold, second, fine, along, over, joints, below) * self.creases
        freckle = freckle * (1 - below)
        for much, change in ((blood, _BLOOD), (-vein, _VEIN), (-dark, _FOLD), (-freckle, _FRECKLE)):
            albedo = albedo * (1 + much[:, None] * vector(change, points))
        # Less light comes back out of dark skin, so its shine tells more of its form; a little more of it reads as real.
        gloss = 0.42 + 0.35 * (0.4 - skin.mean()).clamp_min(0) - 0.15 * dark + 0.1 * fold * (1 - below)
        return self._nails(albedo * grey[:, None], gloss, along, across, over, joints, radii)

    def _nearest(self, points):
        """Each point in the frame of its nearest finger: along, across, up (n,), that finger's joints and radii (4, n)."""
        frames, bases, joints = (v.to(points) for v in (self.shape.frames, self.shape.bases, self.shape.joints))
        local = (frames.reshape(15, 3) @ points.T).unflatten(0, (5, 3)) - (frames @ bases[..., None])
        along = local[:, 0]
        beyond = along - along.clamp_min(0).minimum(joints[:, 3:])
        finger = (beyond.square() + local[:, 1].square() + local[:, 2].square()).argmin(0)
        own = torch.gather(local, 0, finger.expand(1, 3, -1))[0]
        tables = (table.to(points).T.index_select(1, finger) for table in (self.shape.joints, self.shape.radii))
        return *own, *tables

    def _creases(self, near, fold, second, fine, along, over, joints, below):
        """How dark (n,) the skin's folds are: a fan of short ones over a joint, one below it, a net of fine ones all over."""
        wavy = near + 0.02 * fine
        apart = torch.where(second, 0.028, 0.032)
        lines = (0.5 + 0.5 * torch.cos(wavy * (2 * np.pi) / apart)) ** 3 * (0.65 + 0.9 * fine).clamp(0.1, 1)
        back = fold * ramp(over, 0.0, 0.6) * (0.25 + 0.75 * lines)
        front = ramp(-over, 0.0, 0.6)
        under = torch.exp(-(((along - torch.where(second, joints[2], joints[1])) / 0.012) ** 2))
        root = torch.exp(-(((along - 0.14) / 0.014) ** 2)) * (joints[1] < joints[2])
        return back + 0.8 * front * torch.maximum(under, root) + 0.25 * fine.clamp_min(0) * (1 - below)

    def _nails(self, albedo, gloss, along, across, over, joints, radii):
        begin = joints[2] + 0.4 * (joints[3] - joints[2])
        end = joints[3] + 0.62 * radii[3]
        u, v = (along - (begin + end) / 2) * 2 / (end - begin), across / (0.7 * radii[3])
        edge = (u.square().square() + v.square().square()).sqrt().sqrt()  # 1 on the nail's outline
        back = ramp(over, 0.15, 0.4)
        nail = ramp(edge, 1.03, 0.95) * back
        fold = torch.exp(-(((edge - 1.08) / 0.1) ** 2)) * back * ramp(u, 1.0, 0.5)
        moon = ramp((u + 1.0).square() * 3 + v.square() * 1.4, 0.8, 0.5)
        free = ramp(u + 0.12 * v.square(), 0.78, 0.9)
        plate = vector(self.nail, along) * (1 + 0.1 * moon + 0.45 * free)[:, None] + 0.05 * (moon + 2 * free)[:, None]
        albedo = albedo * (1 - 0.4 * fold[:, None])
        albedo = albedo + (plate - albedo) * nail[:, None]
        return albedo.clamp(0.005, 0.95), gloss + (0.7 - gloss) * nail, 0.5 - 0.25 * nail


def _back(identity, shape):
    """The map of veins, freckles and reddish patches over x and y, (1, 3, _MAP, _MAP)."""
    line = ((torch.arange(_MAP) + 0.5) / _MAP * 2 - 1) * _REACH
    y, x = torch.meshgrid(line, line, indexing="ij")
    flat = torch.stack([x, y, torch.zeros_like(x)], -1).reshape(-1, 3)
    rng = np.random.default_rng([271828, identity.seed])
    spots = np.zeros((_MAP, _MAP), np.float32)
    for px, py, size, strength in zip(*rng.uniform(0, 1, (4, 900)), strict=True):
        radius = (0.004 + 0.009 * size**2) * _MAP / (2 * _REACH)
        cx, cy = px * _MAP, py * _MAP
        y0, x0 = max(0, int(cy - 6)), max(0, int(cx - 6))
        rows, columns = np.ogrid[y0 : min(_MAP, y0 + 13), x0 : min(_MAP, x0 + 13)]
        spot = strength / (1 + np.exp(6 * (np.hypot(columns + 0.5 - cx, rows + 0.5 - cy) / radius - 1)))
        spots[y0 : y0 + 13, x0 : x0 + 13] = np.maximum(spots[y0 : y0 + 13, x0 : x0 + 13], spot)
    patches = fbm(flat, 5, 3, 1)
    maps = [shape.vein(flat), torch.from_numpy(spots).reshape(-1) * identity.freckles, patches]
    return torch.stack(maps).reshape(1, 3, _MAP, _MAP)
