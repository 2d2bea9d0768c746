"""Chroma: colour over brightness, in which shading drops out and mixtures of two colours lie on a straight line."""

import math

import numpy as np
import torch
from torch import Tensor

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


def ramp(x: Tensor, low: float, high: float) -> Tensor:
    """0 below `low`, 1 above `high`, smooth between."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def chroma_of(rgb: np.ndarray) -> np.ndarray:
    """`chroma` of an array (..., 3), without the weight."""
    return chroma(torch.from_numpy(np.ascontiguousarray(rgb, np.float32)))[0].numpy()
