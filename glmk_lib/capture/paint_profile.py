"""How wide is the paint, and what colour has its middle? Read from profiles across its lines, sub-pixel.

The ridge of the paint's amount is found as in Steger (1998): where the second derivative across is strongest and the first
is zero, to a fraction of a pixel. The median of the profiles across it, over all frames, is measured: noise has gone by then.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from glmk_lib.capture.chroma import LUMA, paint_amount, unmix

DARK = 0.1  # luma of skin up to which colours are noise
_EACH = 80  # ridge points a frame: enough, and it bounds the time
_BEYOND = 1.25  # amounts are measured up to this much core, so that noise at the top is not cut off
_STEP = 0.25  # pixels
_FEW = 200  # pixels of a colour apart from all others, below which they are not kept apart


@dataclass(frozen=True, eq=False)
class Strokes:
    """Maps (F, H, W) of one colour: its `amount`, 0 to 1.25; `paint`, the amount where it is this paint; `whole`, the same with
    the pieces in other colours into which its lines go on; `core` bool, its surest pixels, apart from other colours."""

    amount: np.ndarray
    paint: np.ndarray
    whole: np.ndarray
    core: np.ndarray


def strokes(images: np.ndarray, skin: np.ndarray, cores: list[np.ndarray], meeting) -> list[Strokes]:
    """What there is of each colour in images (F, H, W, 3).

    Args:
        skin: (3,) RGB. cores: of each colour (F, H, W) bool, its surest pixels. meeting: see `chroma.unmix`.
    """
    middles = []
    for core in cores:
        pixels = images[core]
        hue = np.median(pixels / pixels.mean(-1, keepdims=True), axis=0)
        middles.append(hue * np.median(pixels.mean(-1)))
    beyond = skin + _BEYOND * (np.stack(middles) - skin)
    rgb, skin, beyond = (torch.from_numpy(np.asarray(x, np.float32)) for x in (images, skin, beyond))
    every = unmix(rgb, skin, beyond, meeting).sum(1).clamp(0, 1)
    found = [paint_amount(rgb, skin, middle) for middle in beyond]
    paints = [(gate * amount).numpy() * _BEYOND for gate, amount in found]
    kernel = np.ones((3, 3), np.uint8)
    step = max(1, images.shape[1] // 64)
    near = [[cv2.dilate((p > 0.3).astype(np.uint8), kernel, iterations=step) > 0 for p in paint] for paint in paints]
    result = []
    for i, ((_, amount), core) in enumerate(zip(found, cores, strict=True)):
        others = [n for k, n in enumerate(near) if k != i]
        alone = core & ~np.any(others, axis=0) if others else core
        whole = np.maximum(paints[i], every.numpy() * _BEYOND) if others else paints[i]
        result.append(Strokes(amount.numpy() * _BEYOND, paints[i], whole, alone if alone.sum() >= _FEW else core))
    return result


def ridges(amount: np.ndarray, core: np.ndarray, width: float):
    """Points on the middle of lines `width` pixels wide, among the pixels `core` (H, W): x, y, and unit normals, each (K,)."""
    smooth = cv2.GaussianBlur(amount, (0, 0), float(np.clip(0.35 * width, 0.8, 3.0)))
    padded = np.pad(smooth, 1, mode="edge")
    up, down, left, right = padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]
    gx, gy = (right - left) / 2, (down - up) / 2
    xx, yy = left + right - 2 * smooth, up + down - 2 * smooth
    xy = (padded[2:, 2:] + padded[:-2, :-2] - padded[2:, :-2] - padded[:-2, 2:]) / 4
    mean, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    across, along = mean - spread, mean + spread  # second derivatives
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)  # of the line itself
    nx, ny = -np.sin(angle), np.cos(angle)
    shift = -(gx * nx + gy * ny) / np.minimum(across, -1e-6)
    straight = np.abs(along) < 0.35 * np.abs(across)  # no ends, corners and crossings
    here = core & (smooth > 0.4 * smooth.max()) & (across < 0) & straight & (np.abs(shift) < 0.6)
    here[:2] = here[-2:] = here[:, :2] = here[:, -2:] = False
    rows, columns = np.nonzero(here)
    shift, nx, ny = shift[here], nx[here], ny[here]
    return columns + shift * nx, rows + shift * ny, nx, ny


def sample(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cubic samples of an image (H, W) or (H, W, 3) at x, y (K, M), pixel centres at whole numbers."""
    return cv2.remap(image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def measure_width(seen: Strokes, rng) -> float | None:
    """Full width at half maximum, in pixels, of the median profile; None where there are too few straight lines to tell."""
    width = 2.0 * max(1, seen.amount.shape[1] // 64)
    for _ in range(3):  # how far to look, and how much to smooth, follow from the width itself
        offsets = np.arange(-2 * width - 2, 2 * width + 2 + _STEP / 2, _STEP)
        profiles = []
        for amount, whole, core in zip(seen.amount, seen.whole, seen.core, strict=True):
            x, y, nx, ny = ridges(whole, core, width)
            some = rng.permutation(len(x))[:_EACH]
            if len(some):
                x, y, nx, ny = (v[some, None] for v in (x, y, nx, ny))
                profiles.append(sample(amount, x + offsets * nx, y + offsets * ny))
        if sum(map(len, profiles)) < 20:
            return None
        profile = np.median(np.concatenate(profiles), axis=0)
        width = _full_width(profile) or 1.7 * width
    return width


def measure_core(images, seen: Strokes, lit: np.ndarray, width: float):
    """Colour on the middle of the lines, of the skin there, and the light.

    `lit` (F, H, W, 3) is the skin's colour everywhere, as if there were no paint. Colours (3,) are RGB as under the
    reference light, whose luma is returned last: both are read relative to the local light, so that shading drops out.
    None where all skin beside the paint lies in the dark.
    """
    paints, skins, lights = [], [], []
    for image, whole, core, bare in zip(images, seen.whole, seen.core, lit, strict=True):
        x, y, _, _ = ridges(whole, core, width)
        if not len(x):
            continue
        x, y = x[:, None], y[:, None]
        skin = sample(bare, x, y)[:, 0]
        light = skin @ np.array(LUMA, np.float32)
        good = light > DARK
        paints.append((sample(image, x, y)[:, 0] / light[:, None])[good])
        skins.append((skin / light[:, None])[good])
        lights.append(light[good])
    if not sum(map(len, lights)):
        return None
    reference = float(np.median(np.concatenate(lights)))
    return *(np.median(np.concatenate(part), 0) * reference for part in (paints, skins)), reference


def without_paint(images: np.ndarray, paint: np.ndarray, alike: np.ndarray, width: float) -> np.ndarray:
    """The skin's colour everywhere, (F, H, W, 3): averages over nearby skin (`alike`) that bears no `paint`.

    Both are (F, H, W) bool. Finer texture than the lines' own width is lost, as it is under the paint.
    """
    kernel, sigma = np.ones((3, 3), np.uint8), 0.6 * width + 1
    result = []
    for image, p, s in zip(images, paint, alike, strict=True):
        known = (s & (cv2.dilate(p.astype(np.uint8), kernel) == 0)).astype(np.float32)
        weight = cv2.GaussianBlur(known, (0, 0), sigma)[..., None] + 1e-6
        far = (image * known[..., None]).sum((0, 1)) / max(known.sum(), 1.0)  # where no skin is near
        result.append((cv2.GaussianBlur(image * known[..., None], (0, 0), sigma) + 1e-6 * far) / weight)
    return np.stack(result)


def _full_width(profile: np.ndarray) -> float | None:
    """Width at half height over the base, in pixels, or None where a side does not come down to it."""
    middle = len(profile) // 2
    half = (profile[middle - 1 : middle + 2].mean() + np.quantile(profile, 0.2)) / 2
    total = 0.0
    for side in (profile[middle:], profile[middle::-1]):
        below = np.nonzero(side < half)[0]
        if not len(below) or below[0] == 0:
            return None
        i = below[0]
        total += i - 1 + (side[i - 1] - half) / (side[i - 1] - side[i])
    return total * _STEP
