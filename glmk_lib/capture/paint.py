"""Paint as the camera saw it: its colour, opacity and width, and a key that finds it whatever the light.

A painted pixel is a mixture, (1 - a) skin + a paint, lit as the skin around it is. In chroma, colour over brightness, shading
drops out and mixtures lie on the straight line from skin to paint: the place on that line tells how much paint there is, the
distance from it whether it is this paint at all.
"""

import json
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from glmk_lib.errors import CaptureError

SCHEMA = "glmk-paint/1"
LUMA = (0.299, 0.587, 0.114)  # Rec. 601, as everywhere in the library
_PLANE = ((1 / math.sqrt(2), 1 / math.sqrt(6)), (-1 / math.sqrt(2), 1 / math.sqrt(6)), (0.0, -2 / math.sqrt(6)))
_DARK = 0.02  # added to brightness, so that the chroma of noise in the dark tends to grey
_TYPICAL_SKIN = (1.2, 0.95, 0.8)  # over its luma; only where no skin was measured


@dataclass(frozen=True, eq=False)
class Paint:
    """What R paints with, and what the chroma key looks for. C colours, L lines.

    Attributes:
        colors: (C, 3) float32 RGB in [0, 1], as if fully opaque under the reference light.
        opacity: (C,) float32 in (0, 1], how much of the skin the middle of a line hides.
        width: (C,) float32, full width at half maximum in units of [-1, 1] (a pixel is 2 / W).
        brightness: luma (Rec. 601) of the skin around the paint: the reference light.
        line_color: (L,) int64, which colour each of the template's lines has.
        skin: (3,) float32 RGB, the skin around the paint under the reference light; a typical one if not given.
    """

    colors: np.ndarray
    opacity: np.ndarray
    width: np.ndarray
    brightness: float
    line_color: np.ndarray
    skin: np.ndarray | None = None

    def __post_init__(self):
        for name in ("colors", "opacity", "width"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float32))
        object.__setattr__(self, "line_color", np.asarray(self.line_color, np.int64))
        object.__setattr__(self, "brightness", float(self.brightness))
        skin = np.multiply(_TYPICAL_SKIN, self.brightness).clip(0, 1) if self.skin is None else self.skin
        object.__setattr__(self, "skin", np.asarray(skin, np.float32))
        count = len(self.colors)
        fits = (
            self.colors.shape == (count, 3) and self.opacity.shape == self.width.shape == (count,) and self.skin.shape == (3,)
        )
        if not fits or self.line_color.ndim != 1 or not set(self.line_color.tolist()) <= set(range(count)):
            raise CaptureError(
                f"paint: colours {self.colors.shape}, opacity {self.opacity.shape}, width {self.width.shape} and lines "
                f"{self.line_color.tolist()} don't fit together; expected (C, 3), (C,), (C,) and numbers below C."
            )

    @property
    def core(self) -> np.ndarray:
        """(C, 3): the colour of the middle of a line on the skin under the reference light."""
        return (1 - self.opacity[:, None]) * self.skin + self.opacity[:, None] * self.colors

    def to_json(self) -> str:
        """The file's text; `Paint.from_json` reads it back unchanged."""
        names = ("colors", "opacity", "width", "brightness", "line_color", "skin")
        values = {name: np.asarray(getattr(self, name)).tolist() for name in names}
        return json.dumps({"schema": SCHEMA, **values}, indent=1)

    @classmethod
    def from_json(cls, text: str, source: str = "paint") -> "Paint":
        """Read what `to_json` wrote. Raises CaptureError naming `source`."""
        try:
            body = json.loads(text)
            if body.pop("schema") != SCHEMA:
                raise ValueError("of another version")
            return cls(**body)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CaptureError(f'{source}: not a paint file ({error}); expected "{SCHEMA}".') from None


def chroma(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """Chroma (..., 2) and its weight (...,) of colours (..., 3): weights add up in mixtures, chroma averages by weight."""
    weight = rgb.mean(-1) + _DARK
    return rgb @ rgb.new_tensor(_PLANE) / weight[..., None], weight


def chroma_key(images: Tensor, paint: Paint) -> Tensor:
    """How much of each pixel the paint of each colour covers, whatever the light: (B, C, H, W) in [0, 1].

    Args:
        images: (B, 3, H, W) RGB in [0, 1].
        paint: as measured. 1 stands for the middle of a line, half the way there for a line's edge.

    No gradient is recorded.
    """
    with torch.no_grad():
        rgb = images.float().permute(0, 2, 3, 1)
        skin, core = (torch.as_tensor(x, device=rgb.device) for x in (paint.skin, paint.core))
        gates, amounts = zip(*(paint_amount(rgb, skin, middle) for middle in core), strict=True)
        gate, amount = torch.stack(gates, 1), torch.stack(amounts, 1)  # (B, C, H, W)
        # Where two colours both fit, the nearer one takes the pixel.
        share = gate**4 / (gate**4).sum(1, keepdim=True).clamp_min(1e-6)
        return (amount * _ramp(amount, 0.08, 0.3) * gate * share).clamp(0, 1)


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
    lit = _ramp(weight / w_core, 0.1, 0.3)  # too dark to have a hue
    return torch.exp(-0.5 * (across / spread) ** 2) * (along > 0) * lit, amount


def _ramp(x: Tensor, low: float, high: float) -> Tensor:
    """0 below `low`, 1 above `high`, smooth between."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)
