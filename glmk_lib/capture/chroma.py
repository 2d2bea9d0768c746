"""Chroma: colour over brightness, in which shading drops out and mixtures of two colours lie on a straight line."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

LUMA = (0.299, 0.587, 0.114)  # Rec. 601, as everywhere in the library
_PLANE = ((1 / math.sqrt(2), 1 / math.sqrt(6)), (-1 / math.sqrt(2), 1 / math.sqrt(6)), (0.0, -2 / math.sqrt(6)))
_DARK = 0.02  # added to brightness, so that the chroma of noise in the dark tends to grey


def chroma(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """Chroma (..., 2) and its weight (...,) of colours (..., 3): weights add up in mixtures, chroma averages by weight."""
    weight = rgb.mean(-1) + _DARK
    return rgb @ rgb.new_tensor(_PLANE) / weight[..., None], weight


def paint_amount(rgb: Tensor, skin: Tensor, core: Tensor) -> tuple[Tensor, Tensor]:
    """Whether each colour (..., 3) lies between `skin` and `core` (both (3,)), in [0, 1], and how far along, 0 to 1.

    With c = (sum of w_i c_i) / (sum of w_i) for a mixture of weights w_i, and t the place of c between skin and core, the
    amount of core is a = t / (r + t (1 - r)), r = w_core / w_skin.
    """
    c, weight = chroma(rgb)
    (c_skin, w_skin), (c_core, w_core) = chroma(skin), chroma(core)
    away = c_core - c_skin
    reach = away.norm().clamp_min(1e-6)
    offset = c - c_skin
    along = offset @ away / reach
    across = (offset - along[..., None] * away / reach).norm(dim=-1)
    t, ratio = (along / reach).clamp(0, 1), w_core / w_skin
    amount = t / (ratio + t * (1 - ratio))
    spread = (0.25 * along).clamp_min(0.06)  # a cone of hues around the line, open to skin's own variety at its tip
    lit = ramp(weight / w_core, 0.1, 0.3)  # too dark to have a hue
    return torch.exp(-0.5 * (across / spread) ** 2) * (along > 0) * lit, amount


def mixed_amounts(rgb: Tensor, skin: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """How much of `first` and of `second` (both (3,)) is in each colour (..., 3), 0 to 1, as a mixture of both and `skin`.

    Chroma averages by weight: with c - c_skin = u (c_1 - c_skin) + v (c_2 - c_skin), the amounts are u w / w_1 and v w / w_2,
    where w, the weight of the mixture, follows from their sum being whole. 0 of both where u or v is below 0.
    """
    c, _ = chroma(rgb)
    (c_skin, w_skin), (c_1, w_1), (c_2, w_2) = chroma(skin), chroma(first), chroma(second)
    away, e_1, e_2 = c - c_skin, c_1 - c_skin, c_2 - c_skin
    area = e_1[0] * e_2[1] - e_1[1] * e_2[0]
    area = torch.where(area.abs() < 1e-4, 1e-4, area)  # two paints of one hue
    u = (away[..., 0] * e_2[1] - away[..., 1] * e_2[0]) / area
    v = (e_1[0] * away[..., 1] - e_1[1] * away[..., 0]) / area
    inside = (u > 0) & (v > 0)
    scale = torch.maximum(u + v, torch.ones_like(u))  # beyond pure paint there is no more of it
    u, v = u / scale, v / scale
    weight = w_skin / (1 - u * (1 - w_skin / w_1) - v * (1 - w_skin / w_2)).clamp_min(1e-3)
    return (u * weight / w_1 * inside).clamp(0, 1), (v * weight / w_2 * inside).clamp(0, 1)


def unmix(rgb: Tensor, skin: Tensor, core: Tensor, meeting) -> Tensor:
    """How much of each colour of `core` (C, 3) is in each pixel of images (B, H, W, 3), on `skin` (3,): (B, C, H, W), 0 to 1.

    `meeting` are pairs of colours that border on each other on a line. There a pixel is a mixture of both, of a hue that
    neither has; it counts as such beside pixels of either colour only, since walls and clothes may have that hue too.
    """
    gates, amounts = zip(*(paint_amount(rgb, skin, middle) for middle in core), strict=True)
    gate, amount = torch.stack(gates, 1), torch.stack(amounts, 1)  # (B, C, H, W)
    # Where two colours both fit, the nearer one takes the pixel.
    share = gate**4 / (gate**4).sum(1, keepdim=True).clamp_min(1e-6)
    key = (amount * ramp(amount, 0.08, 0.3) * gate * share).clamp(0, 1)
    if not meeting:
        return key
    reach = max(1, round(rgb.shape[2] / 64))
    near = functional.max_pool2d(key, 2 * reach + 1, 1, reach)
    filled = list(key.unbind(1))
    for i, j in meeting:
        between = ramp(torch.minimum(near[:, i], near[:, j]), 0.2, 0.5)
        for k, mixed in zip((i, j), mixed_amounts(rgb, skin, core[i], core[j]), strict=True):
            filled[k] = torch.maximum(filled[k], between * mixed)
    return torch.stack(filled, 1)


def ramp(x: Tensor, low: float, high: float) -> Tensor:
    """0 below `low`, 1 above `high`, smooth between."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def chroma_of(rgb: np.ndarray) -> np.ndarray:
    """`chroma` of an array (..., 3), without the weight."""
    return chroma(torch.from_numpy(np.ascontiguousarray(rgb, np.float32)))[0].numpy()
