"""Hair: a cap that stands off the skull, its edge ragged, in three cuts; or shaved, a colour of the scalp."""

from dataclasses import dataclass

import torch
from torch import Tensor

from glmk_lib.studio import shapes as s
from glmk_lib.studio.face_shape import Anatomy, fold, skull
from glmk_lib.studio.texture import noise

CUTS = (
    ("short", 0.40),
    ("fringe", 0.60),
    ("shaved", 0.72),
    ("long", 1.0),
)  # and the share of people who wear it or one before it


@dataclass(frozen=True)
class Hair:
    """One person's hair: the cut, y of the line above the brow, how far it recedes at the temples, volume, and a seed."""

    cut: str = "short"
    line: float = -0.545
    recess: float = 0.05
    volume: float = 1.0
    seed: int = 0

    @classmethod
    def of(cls, draw, seed: int) -> "Hair":
        """A person's own, by `draw(name, low, high)`. Person 0 wears it short."""
        where = draw("hair_cut", 0, 1)
        cut = "short" if seed == 0 else next(name for name, share in CUTS if where <= share)
        return cls(cut, draw("hair_line", -0.60, -0.49), draw("hair_recess", 0.0, 0.10), draw("hair_volume", 0.7, 1.3), seed)


def inside(h: Hair, p: Tensor) -> Tensor:
    """How far points (..., 3) of the scalp lie within the hair's edge, body units along y; negative on bare skin."""
    x, y, z = fold(p).unbind(-1)
    front = h.line - h.recess * torch.exp(-(((x - 0.27) / 0.10) ** 2)) + 0.30 * s.ramp(x, 0.30, 0.46)
    if h.cut == "fringe":
        front = h.line + 0.14 + 0.16 * s.ramp(x, 0.2, 0.45) + 0.10 * s.ramp(-p[..., 0], -0.2, 0.25)
    side = -0.17 + 0.15 * torch.exp(-(((z + 0.09) / 0.06) ** 2))  # a short sideburn before the ear
    edge = front + (side - front) * s.ramp(z, -0.34, -0.20)
    edge = edge + (0.46 - edge) * s.ramp(z, 0.16, 0.40)
    if h.cut == "long":
        edge = torch.maximum(edge, -0.45 + 1.1 * s.ramp(z, -0.36, -0.02))
    return edge - y


def strands(p: Tensor) -> Tensor:
    """Points (..., 3) in a space where hair that falls from the crown is long in y: for textures of strands."""
    x, y, z = p[..., 0], p[..., 1] + 0.45, p[..., 2] - 0.12
    around = torch.stack([x, z], -1) / (x**2 + z**2 + 0.02).sqrt()[..., None]
    height = torch.atan2(y, (x**2 + z**2).sqrt())
    return torch.stack([around[..., 0], 0.12 * height, around[..., 1]], -1)


def thickness(h: Hair, p: Tensor) -> Tensor:
    """How far the hair stands off the skull at points (..., 3); negative where there is none."""
    flow = strands(p)
    ragged = 0.035 * noise(flow, 14.0, h.seed + 11)
    within = inside(h, p) + ragged
    top = s.ramp(p[..., 1], -0.15, -0.6)
    full = {"short": 0.024 + 0.05 * top, "fringe": 0.05 + 0.05 * top, "long": 0.085 + 0.02 * top}[h.cut] * h.volume
    relief = 1 + 0.45 * noise(flow, 6.0, h.seed + 12) + 0.25 * noise(flow, 16.0, h.seed + 13)
    return full * relief * s.ramp(within, -0.02, 0.24) - 0.05 * s.ramp(within, 0.03, -0.05)


def hair(a: Anatomy, h: Hair, p: Tensor) -> Tensor:
    """Signed distance (...,) of the hair with the skull under it."""
    d = skull(a, p) - thickness(h, p)
    if h.cut != "long":
        return d
    f = fold(p)
    lock = s.capsule(f, (0.43 * a.width, -0.2, 0.12), (0.40 * a.width, 0.78, 0.16), 0.09 * h.volume, 0.11 * h.volume)
    back = s.ellipsoid(p, (0, 0.25, 0.36), (0.44 * a.width, 0.70, 0.30 * h.volume))
    wave = 0.02 * noise(torch.stack([p[..., 0], 0.15 * p[..., 1], p[..., 2]], -1), 18.0, h.seed + 14)
    return s.union(d, lock + wave, back + wave, k=0.12)
