"""Paint as the camera saw it: its colour, opacity and width, and a key that finds it whatever the light.

A painted pixel is a mixture, (1 - a) skin + a paint, lit as the skin around it is. In chroma, colour over brightness, shading
drops out and mixtures lie on the straight line from skin to paint: the place on that line tells how much paint there is, the
distance from it whether it is this paint at all.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from glmk_lib.capture.chroma import chroma_of, unmix
from glmk_lib.capture.paint_profile import DARK, measure_core, measure_width, strokes, without_paint
from glmk_lib.capture.paint_search import search
from glmk_lib.errors import CaptureError
from glmk_lib.template import Template, rgb

SCHEMA = "glmk-paint/2"
_OLDER = "glmk-paint/1"  # with a colour for each line
FEWEST = 0.2  # share of the frames in which each colour must be found: a finger is often hidden, bare skin reached 0.1
_SAMPLE = 200  # frames that are measured
_TOO_NEAR = 0.45  # chroma distance of paint and skin below which they can't be told apart: black, white, brown, pink
_TYPICAL_SKIN = (1.2, 0.95, 0.8)  # over its luma; only where no skin was measured


@dataclass(frozen=True, eq=False)
class Paint:
    """What R paints with, and what the chroma key looks for. C colours, S segments of the template.

    Attributes:
        colors: (C, 3) float32 RGB in [0, 1], as if fully opaque under the reference light.
        opacity: (C,) float32 in (0, 1], how much of the skin the middle of a line hides.
        width: (C,) float32, full width at half maximum in units of [-1, 1] (a pixel is 2 / W).
        brightness: luma (Rec. 601) of the skin around the paint: the reference light.
        segment_color: (S,) int64, which colour each segment has, in the order of `Template.segments`.
        skin: (3,) float32 RGB, the skin around the paint under the reference light; a typical one if not given.
        lit: whether R paints with light and shade; only a paint that was guessed is flat. Not kept in the file.
    """

    colors: np.ndarray
    opacity: np.ndarray
    width: np.ndarray
    brightness: float
    segment_color: np.ndarray
    skin: np.ndarray | None = None
    lit: bool = True

    def __post_init__(self):
        for name in ("colors", "opacity", "width"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float32))
        object.__setattr__(self, "segment_color", np.asarray(self.segment_color, np.int64))
        object.__setattr__(self, "brightness", float(self.brightness))
        skin = np.multiply(_TYPICAL_SKIN, self.brightness).clip(0, 1) if self.skin is None else self.skin
        object.__setattr__(self, "skin", np.asarray(skin, np.float32))
        count = len(self.colors)
        fits = (
            self.colors.shape == (count, 3) and self.opacity.shape == self.width.shape == (count,) and self.skin.shape == (3,)
        )
        if not fits or self.segment_color.ndim != 1 or not set(self.segment_color.tolist()) <= set(range(count)):
            raise CaptureError(
                f"paint: colours {self.colors.shape}, opacity {self.opacity.shape}, width {self.width.shape} and segments "
                f"{self.segment_color.tolist()} don't fit together; expected (C, 3), (C,), (C,) and numbers below C."
            )

    @property
    def core(self) -> np.ndarray:
        """(C, 3): the colour of the middle of a line on the skin under the reference light."""
        return (1 - self.opacity[:, None]) * self.skin + self.opacity[:, None] * self.colors

    @property
    def meeting(self) -> list[tuple[int, int]]:
        """Pairs of colours that follow one another in the template, as they do where a line changes its colour."""
        return _meeting(self.segment_color)

    def to_json(self) -> str:
        """The file's text; `Paint.from_json` reads it back unchanged."""
        names = ("colors", "opacity", "width", "brightness", "segment_color", "skin")
        values = {name: np.asarray(getattr(self, name)).tolist() for name in names}
        return json.dumps({"schema": SCHEMA, **values}, indent=1)

    @classmethod
    def from_json(cls, text: str, source: str = "paint") -> "Paint":
        """Read what `to_json` wrote. Raises CaptureError naming `source`."""
        try:
            body = json.loads(text)
            schema = body.pop("schema")
            if schema == _OLDER:
                raise CaptureError(
                    f"{source}: is {_OLDER}, with a colour for each line; expected {SCHEMA}, with one for each segment: "
                    "prepare the capture again, so that its paint is measured again."
                )
            if schema != SCHEMA:
                raise ValueError("of another version")
            return cls(**body)
        except (ValueError, TypeError, KeyError, AttributeError, CaptureError) as error:
            if isinstance(error, CaptureError) and str(error).startswith(f"{source}:"):
                raise
            raise CaptureError(f'{source}: not a paint file ({error}); expected "{SCHEMA}".') from None


def chroma_key(images: Tensor, paint: Paint) -> Tensor:
    """How much of each pixel the paint of each colour covers, whatever the light: (B, C, H, W) in [0, 1].

    Args:
        images: (B, 3, H, W) RGB in [0, 1].
        paint: as measured. 1 stands for the middle of a line, half the way there for a line's edge.

    No gradient is recorded.
    """
    with torch.no_grad():
        rgb = images.float().permute(0, 2, 3, 1)
        return unmix(rgb, *_skin_and_core(paint, rgb.device), paint.meeting)


@lru_cache(maxsize=8)
@torch.inference_mode(False)  # kept for training too
def _skin_and_core(paint: Paint, device: torch.device) -> tuple[Tensor, Tensor]:
    """On the device already when a step begins."""
    return torch.as_tensor(paint.skin, device=device), torch.as_tensor(paint.core, device=device)


def measure_paint(frames, template: Template, source: str = "the marked video") -> Paint:
    """Measure the paint of a marked take: about 200 frames spread through it.

    Width is the full width at half maximum of the mean profile across the lines. Opacity and colour can't both be told from the
    mixture that the camera sees, unless the skin under the paint is known: so the stated colour gives the paint's saturation,
    least squares over the three channels the opacity a and the light's gain g in  seen = (1 - a) skin + a g stated,  and what
    is left, the hue as lit, goes to the colour.

    Args:
        frames: (N, H, W, 3) uint8 RGB, square; a memory-mapped array will do.
        template: its lines' colours are those that were painted.
        source: named in errors.

    Raises:
        CaptureError: a stated colour too near the skin's to be told apart, or found in too few frames, or never on a
            straight piece of line, or on skin in the dark alone.
    """
    names, stated, segment_color = _stated(template)
    images = _sample_of(frames)
    found = search(images, template, stated, segment_color)
    _check_found(found, names, stated, template, source)

    rng, maps = np.random.default_rng(0), strokes(images, found.skin, found.core, _meeting(segment_color))
    alike = np.linalg.norm(chroma_of(images) - chroma_of(found.skin), axis=-1) < 0.3
    widths = [measure_width(each, rng) for each in maps]
    if None in widths:
        raise CaptureError(
            f"{source}: paint of the stated colour {names[widths.index(None)]} never forms a straight piece of line; "
            "expected lines of at least five pixels after resizing: paint longer lines, or crop closer."
        )
    painted = np.any([each.whole > 0.12 for each in maps], axis=0)
    bare = without_paint(images, painted, alike, max(widths))
    measured = [measure_core(images, each, bare, width) for each, width in zip(maps, widths, strict=True)]
    if None in measured:
        raise CaptureError(
            f"{source}: skin beside paint of the stated colour {names[measured.index(None)]} is too dark to measure it; "
            f"expected more than {DARK:.0%} of the scale: film in more light."
        )
    brightness = float(np.mean([light for _, _, light in measured]))
    mixed, skins = (np.stack([part[k] / part[2] * brightness for part in measured]) for k in (0, 1))
    mixed *= _lit_alike(mixed, skins, stated)[:, None]
    opacity = np.array([_opacity(m, s, c) for m, s, c in zip(mixed, skins, stated, strict=True)])
    colors = (mixed - (1 - opacity[:, None]) * skins) / opacity[:, None]
    width = np.array(widths) * 2 / images.shape[2]
    return Paint(colors.clip(0, 1), opacity, width, brightness, segment_color, skins.mean(0))


def paint_shares(frames, template: Template) -> np.ndarray:
    """Share of about 200 of the frames (N, H, W, 3) uint8 in which paint of each stated colour is seen, (C,)."""
    _, stated, segment_color = _stated(template)
    return np.array([seen.mean() for seen in search(_sample_of(frames), template, stated, segment_color).present])


def _stated(template: Template) -> tuple[list[str], np.ndarray, list[int]]:
    """The template's colours, each once: as text and as RGB (C, 3), and which of them each segment has."""
    names = list(dict.fromkeys(template.segment_colors))
    stated = np.array([rgb(name) for name in names], np.float32) / 255
    return names, stated, [names.index(color) for color in template.segment_colors]


def _meeting(segment_color) -> list[tuple[int, int]]:
    """See `Paint.meeting`."""
    numbers = [int(k) for k in segment_color]
    return sorted({(min(a, b), max(a, b)) for a, b in pairwise(numbers) if a != b})


def _sample_of(frames) -> np.ndarray:
    """At most 200 frames spread through all, float32 in [0, 1]."""
    chosen = np.linspace(0, len(frames) - 1, min(_SAMPLE, len(frames))).round().astype(int)
    return np.asarray(frames[chosen], np.float32) / 255


def _lit_alike(mixed: np.ndarray, skin: np.ndarray, stated: np.ndarray) -> np.ndarray:
    """Factors (C,), 0.5 to 1, for mixtures (C, 3) that look too bright because the skin beside them lies in the shade.

    Between toes, say, the light that is read beside the paint is less than what falls on it. All paints of a take have about
    one gain g; a colour of a larger one than most of the others is taken to be such a case.
    """
    share, gained = np.array([_split(*each) for each in zip(mixed, skin, stated, strict=True)]).T
    gain = gained / np.maximum(1 - share, 0.05)
    common = np.quantile(gain, 0.25)
    return np.clip(common / np.maximum(common * share + gained, 1e-6), 0.5, 1.0)


def _split(mixed: np.ndarray, skin: np.ndarray, stated: np.ndarray) -> np.ndarray:
    """1 - a and a g of  mixed = (1 - a) skin + a g stated."""
    return np.linalg.lstsq(np.stack([skin, stated], 1), mixed, rcond=None)[0]


def _opacity(mixed: np.ndarray, skin: np.ndarray, stated: np.ndarray) -> float:
    """a of  mixed = (1 - a) skin + a g stated,  no smaller than a paint of colours in [0, 1] allows."""
    share, _ = _split(mixed, skin, stated)
    least = np.max(np.where(mixed < skin, 1 - mixed / skin, (mixed - skin) / np.maximum(1 - skin, 1e-3)))
    return float(np.clip(max(1 - share, least), 0.05, 0.98))


def _check_found(found, names, stated, template, source):
    distance = np.linalg.norm(chroma_of(stated) - chroma_of(found.skin), axis=-1)
    for i, name in enumerate(names):
        lines = ", ".join(line.name for line in template.lines if name in (c.lower() for c in line.segment_colors))
        if distance[i] < _TOO_NEAR:
            raise CaptureError(
                f"{source}: the stated colour {name} (lines {lines}) is too near the skin's own hue or grey to be found "
                f"(chroma distance {distance[i]:.2f}, expected at least {_TOO_NEAR}): paint with blue, green or violet instead."
            )
        share = float(found.present[i].mean())
        if share < FEWEST:
            raise CaptureError(
                f"{source}: paint of the stated colour {name} (lines {lines}) was found in {share:.0%} "
                f"of {len(found.present[i])} frames; expected at least {FEWEST:.0%}: state in the template the colour that was "
                "used, paint more opaquely, or check that this is not the unmarked video."
            )
