"""Chroma: colour over brightness, in which shading drops out and mixtures of two colours lie on a straight line."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

LUMA = (0.299, 0.587, 0.114)  # Rec. 601, as everywhere in the library
_DARK = 0.02  # added to brightness, so that the chroma of noise in the dark tends to grey


def chroma(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """Chroma (..., 2) and its weight (...,) of colours (..., 3): weights add up in mixtures, chroma averages by weight."""
    x, y, weight = _planes(*rgb.unbind(-1))
    return torch.stack([x, y], -1), weight


def _planes(red: Tensor, green: Tensor, blue: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The two parts of chroma, and its weight."""
    weight = (red + green + blue) / 3 + _DARK
    return (red - green) / math.sqrt(2) / weight, (red + green - 2 * blue) / math.sqrt(6) / weight, weight


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


def unmix(rgb: Tensor, skin: Tensor, core: Tensor, meeting) -> Tensor:
    """How much of each colour of `core` (C, 3) is in each pixel of images (B, H, W, 3), on `skin` (3,): (B, C, H, W), 0 to 1.

    As `paint_amount` for each colour; where two colours both fit, the nearer one takes the pixel.

    `meeting` are pairs of colours that border on each other on a line. There a pixel is a mixture of both, of a hue that
    neither has; it counts as such beside pixels of either colour only, since walls and clothes may have that hue too.
    """
    (c_skin, w_skin), (c_core, w_core) = chroma(skin), chroma(core)  # (2,), (), (C, 2), (C,)
    e = c_core - c_skin
    reach = e.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    (x, y), ratio = (e / reach).T[:, :, None, None], (w_core / w_skin)[:, None, None]  # (C, 1, 1)
    # By planes, all colours at once: this is done in every step of training.
    c_x, c_y, weight = _planes(*rgb.unsqueeze(1).unbind(-1))
    away_x, away_y = c_x - c_skin[0], c_y - c_skin[1]  # (B, 1, H, W)
    along, across = away_x * x + away_y * y, away_x * y - away_y * x  # (B, C, H, W)
    t = (along / reach[..., None]).clamp(0, 1)
    amount = t / (ratio + t * (1 - ratio))
    spread = (0.25 * along).clamp_min(0.06)
    lit = ramp(weight / w_core[:, None, None], 0.1, 0.3)
    gate = torch.exp(-0.5 * (across / spread).square()) * (along > 0) * lit
    nearer = gate.square().square()
    share = nearer / nearer.sum(1, keepdim=True).clamp_min(1e-6)
    key = (amount * ramp(amount, 0.08, 0.3) * gate * share).clamp(0, 1)
    if not meeting:
        return key
    first, second = zip(*meeting, strict=True)
    near = _spread(key, max(1, round(rgb.shape[2] / 64)))
    between = ramp(torch.minimum(_pick(near, first, 1), _pick(near, second, 1)), 0.2, 0.5)  # (B, P, H, W)
    one, other = (
        between * mixed
        for mixed in _mixed(away_x, away_y, w_skin, *(_pick(each, some) for some in (first, second) for each in (e, w_core)))
    )
    filled = list(key.unbind(1))
    for k, pair in enumerate(meeting):
        for color in set(range(len(filled))) - set(pair):  # what looks like a third paint there is that mixture
            filled[color] = filled[color] * (1 - one[:, k] - other[:, k])
        for color, part in zip(pair, (one, other), strict=True):
            filled[color] = torch.maximum(filled[color], part[:, k])
    return torch.stack(filled, 1)


def _pick(x: Tensor, numbers, dim: int = 0) -> Tensor:
    """x at these places along `dim`, without a list of numbers that would have to go to a GPU."""
    return torch.stack([x.select(dim, number) for number in numbers], dim)


def _spread(key: Tensor, radius: int) -> Tensor:
    """The largest of a key (..., H, W) within a square of 2 * radius + 1 pixels: a fifth of the time of a pooling layer."""
    for dim, border in ((-1, (radius, radius)), (-2, (0, 0, radius, radius))):
        size, padded = key.shape[dim], functional.pad(key, border)
        for shift in range(2 * radius + 1):
            key = torch.maximum(key, padded.narrow(dim, shift, size))
    return key


def _mixed(away_x: Tensor, away_y: Tensor, w_skin: Tensor, e_1, w_1, e_2, w_2) -> tuple[Tensor, Tensor]:
    """How much of either paint of P pairs is in each colour, (B, P, H, W) each, 0 to 1, as a mixture of both and skin.

    Chroma averages by weight: with c - c_skin = u (c_1 - c_skin) + v (c_2 - c_skin), the amounts are u w / w_1 and v w / w_2,
    where w, the weight of the mixture, follows from their sum being whole. 0 of both where u or v is below 0.

    Args:
        away_x, away_y: c - c_skin, (B, 1, H, W) each. w_skin: the weight of skin.
        e_1, e_2: c_1 - c_skin and c_2 - c_skin, (P, 2). w_1, w_2: weights of the paints, (P,).
    """
    area = e_1[:, 0] * e_2[:, 1] - e_1[:, 1] * e_2[:, 0]
    area = torch.where(area.abs() < 1e-4, 1e-4, area)[:, None]  # two paints of one hue
    (x_1, y_1), (x_2, y_2) = ((e / area).T[:, :, None, None] for e in (e_1, e_2))
    w_1, w_2 = w_1[:, None, None], w_2[:, None, None]
    u, v = away_x * y_2 - away_y * x_2, away_y * x_1 - away_x * y_1
    inside = (u > 0) & (v > 0)
    scale = (u + v).clamp_min(1)  # beyond pure paint there is no more of it
    u, v = u / scale, v / scale
    weight = w_skin / (1 - u * (1 - w_skin / w_1) - v * (1 - w_skin / w_2)).clamp_min(1e-3) * inside
    return (u * weight / w_1).clamp(0, 1), (v * weight / w_2).clamp(0, 1)


def ramp(x: Tensor, low: float, high: float) -> Tensor:
    """0 below `low`, 1 above `high`, smooth between."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def chroma_of(rgb: np.ndarray) -> np.ndarray:
    """`chroma` of an array (..., 3), without the weight."""
    return chroma(torch.from_numpy(np.ascontiguousarray(rgb, np.float32)))[0].numpy()
