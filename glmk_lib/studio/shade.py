"""How skin, hair, nails and cloth return the light of a key lamp, a fill lamp and the room."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from glmk_lib.studio.body import Surface

# Light that enters skin leaves it some way off, red light furthest: the edge of the shade is soft and reddish.
_WRAP = (0.32, 0.16, 0.11)
_KEY, _FILL, _SKY, _GROUND = (1.18, 1.13, 1.06), (0.22, 0.24, 0.27), (0.30, 0.31, 0.33), (0.17, 0.15, 0.14)


@dataclass(frozen=True)
class Light:
    """The lamps of B frames: unit directions to key and fill, (B, 3) in camera axes."""

    key: Tensor
    fill: Tensor

    @classmethod
    def of(cls, turn: Tensor, rise: Tensor) -> "Light":
        """The key lamp at `turn` radians around the vertical (negative from the left) and `rise` above the horizon, (B,).

        The fill lamp stands on the other side, low.
        """
        key = torch.stack([turn.sin() * rise.cos(), -rise.sin(), -turn.cos() * rise.cos()], 1)
        fill = torch.stack([-0.8 * torch.tanh(4 * turn), torch.full_like(turn, -0.1), torch.full_like(turn, -0.6)], 1)
        return cls(key, normalize(fill, dim=-1))


def shade(surface: Surface, normals, towards, key, fill, lit, ambient) -> Tensor:
    """Linear light (n, 3) that leaves n points.

    Args:
        surface: what they are made of. normals, towards: unit outward normals, and directions to the camera, (n, 3).
        key, fill: directions to the lamps, (n, 3). lit: share of the key lamp's light that arrives, (n,).
        ambient: share of the room's light that arrives, (n,).
    """
    wrap, key_color = normals.new_tensor(_WRAP), normals.new_tensor(_KEY)
    facing = (normals * key).sum(1, keepdim=True)
    diffuse = ((facing + wrap) / (1 + wrap)).clamp_min(0) * key_color
    # A shadow that falls on skin is reddish at its rim too.
    diffuse = diffuse * torch.stack([lit**0.8, lit, lit**1.1], 1)
    other = (((normals * fill).sum(1, keepdim=True) + 0.4) / 1.4).clamp_min(0) * normals.new_tensor(_FILL)
    upwards = 0.5 - 0.5 * normals[:, 1:2]
    sky, ground = normals.new_tensor(_SKY), normals.new_tensor(_GROUND)
    around = (ground + (sky - ground) * upwards + other) * ambient[:, None]
    light = surface.albedo * (diffuse + around)

    halfway = normalize(key + towards, dim=-1)
    sharpness = 2 / surface.roughness.clamp(0.05, 1) ** 3
    lobe = (normals * halfway).sum(1).clamp_min(0) ** sharpness * (sharpness + 2) / 8
    grazing = (1 - (normals * towards).sum(1)).clamp(0, 1) ** 5
    mirrored = surface.gloss * (0.04 + 0.96 * grazing * 0.15) * ambient
    shine = mirrored * lobe * lit * facing[:, 0].clamp(0, 1) * 3
    return light + shine[:, None] * key_color + (mirrored * 0.5)[:, None] * sky
