"""The skin at rest as atlases over (u, v): height, colour and gloss of one identity, baked once.

Every feature is a soft shape placed by head.py, so that all resolutions agree. Colours are linear light.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from glmk_lib.studio.head import BROW_V, EYE, EYE_SIZE, MOUTH_U, MOUTH_V, Identity, linear
from glmk_lib.studio.surface import ATLAS


@dataclass(frozen=True)
class Skin:
    """Atlases (512, 1024[, C]) float32: `height`; `relief` = slope of the height by u, by v, gloss; `color` RGB."""

    height: np.ndarray
    relief: np.ndarray
    color: np.ndarray


def grid():
    """u and v of every atlas texel, two arrays (512, 1024) float32."""
    v = (np.arange(ATLAS[0], dtype=np.float32) + 0.5) * np.float32(np.pi / ATLAS[0]) - np.float32(np.pi / 2)
    u = (np.arange(ATLAS[1], dtype=np.float32) + 0.5) * np.float32(2 * np.pi / ATLAS[1]) - np.float32(np.pi)
    return np.meshgrid(u, v)


def grain(rng, sigma_u, sigma_v=None):
    """Smooth noise (512, 1024), zero mean and unit variance, with features of that size in radians."""
    texel = 2 * np.pi / ATLAS[1]
    noise = rng.standard_normal(ATLAS).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), max(sigma_u / texel, 0.3), sigmaY=max((sigma_v or sigma_u) / texel, 0.3))
    return (noise - noise.mean()) / noise.std()


def _bump(u, v, u0, v0, su, sv):
    return np.exp(-(((u - u0) / su) ** 2) - ((v - v0) / sv) ** 2)


def _pair(u, v, u0, v0, su, sv):
    return _bump(np.abs(u), v, u0, v0, su, sv)


def _edge(distance, softness):
    """1 where distance < 0, falling softly to 0 outside."""
    return 1 / (1 + np.exp(np.clip(distance / softness, -30, 30)))


def lip_edge(u, upper):
    """v of the outer edge of the upper or lower lip at rest."""
    x = np.clip(1 - (u / (MOUTH_U * 1.0)) ** 2, 0, 1)
    if upper:
        return MOUTH_V - 0.075 * x**0.8 + 0.018 * np.exp(-((u / 0.05) ** 2))
    return MOUTH_V + 0.105 * x**0.75


def hair_edge(u, identity):
    """v above which the scalp is haired, over the whole way round."""
    a = np.abs(u)
    temple = 0.22 * np.exp(-(((a - 0.72) / 0.16) ** 2))
    return identity.hairline - temple * 0.35 + 1.0 * _ramp(a, 0.75, 1.22) + 0.65 * _ramp(a, 1.35, 1.75)


def _ramp(x, low, high):
    x = np.clip((x - low) / (high - low), 0, 1)
    return x * x * (3 - 2 * x)


def brow_distance(u, v):
    """Signed distance-like field, negative in the hair of the brows."""
    a = np.abs(u)
    along = np.clip((a - 0.14) / 0.50, 0, 1)
    ridge = BROW_V - 0.055 * np.sin(np.pi * np.clip(along * 0.8 + 0.1, 0, 1)) + 0.045 * along**3
    half = 0.044 * (1 - 0.65 * along**1.5)
    ends = np.maximum(0.13 - a, a - 0.66)
    return np.maximum(np.abs(v - ridge) - half, ends)


def _height(u, v, identity, rng):
    ridge = _ramp(v, -0.26, 0.18) ** 1.2 * (1 - _ramp(v, 0.19, 0.36))
    bridge = 0.105 * ridge * np.exp(-((u / 0.115) ** 2))
    tip = 0.075 * _bump(u, v, 0, 0.195, 0.10, 0.085)
    wings = 0.05 * _pair(u, v, 0.115, 0.25, 0.06, 0.06)
    face = (
        bridge
        + tip
        + wings
        + 0.028 * _pair(u, v, 0.28, -0.36, 0.26, 0.08)  # brow ridge
        - 0.045 * _pair(u, v, 0.37, -0.14, 0.17, 0.10)  # eye sockets
        + 0.028 * _pair(u, v, 0.40, -0.13, 0.13, 0.085)  # eyeballs
        + 0.030 * _pair(u, v, 0.62, 0.10, 0.24, 0.16)  # cheekbones
        + 0.060 * _bump(u, v, 0, 0.86, 0.30, 0.17)  # chin
        + 0.040 * _bump(u, v, 0, 0.52, 0.30, 0.20)  # mouth stands forward
        + 0.018 * _bump(u, v, 0, MOUTH_V - 0.04, 0.20, 0.035)
        + 0.024 * _bump(u, v, 0, MOUTH_V + 0.055, 0.17, 0.045)
        - 0.022 * _bump(u, v, 0, 0.70, 0.22, 0.05)  # under the lower lip
        - 0.012 * _bump(u, v, 0, 0.42, 0.035, 0.05)  # philtrum
        - 0.030 * _pair(u, v, 0.95, 0.62, 0.30, 0.30)  # the jaw narrows
    )
    haired = _edge(v - hair_edge(u, identity), 0.035)
    return face + haired * (0.075 + 0.006 * grain(rng, 0.03, 0.2))


def _color(u, v, identity, rng):
    skin = identity.skin
    tone = 1 + 0.045 * grain(rng, 0.25) + 0.035 * grain(rng, 0.06) + 0.03 * grain(rng, 0.015)
    color = skin * tone[..., None]
    red = (
        0.30 * _pair(u, v, 0.52, 0.20, 0.22, 0.16)
        + 0.25 * _bump(u, v, 0, 0.22, 0.12, 0.09)
        + 0.12 * _bump(u, v, 0, 0.9, 0.2, 0.1)
    )
    color = color * (1 - red[..., None] * np.array([0.0, 0.45, 0.4], np.float32))
    spots = np.clip(grain(rng, 0.013) - 1.75, 0, 1) * (
        0.25 + _pair(u, v, 0.40, 0.08, 0.40, 0.22) + 0.5 * _bump(u, v, 0, 0.05, 0.2, 0.2)
    )
    color = color * (1 - identity.freckles * np.clip(1.3 * spots, 0, 0.75)[..., None] * np.array([0.5, 0.75, 0.85], np.float32))
    dark = (
        0.35 * _pair(u, v, 0.36, -0.02, 0.13, 0.035)  # under the eyes
        + 0.30 * _pair(u, v, 0.30, -0.225, 0.20, 0.03)  # crease of the lid
        + 0.25 * _pair(u, v, 0.26, 0.33, 0.03, 0.12)  # folds beside the mouth
        + 0.30 * _bump(u, v, 0, 0.705, 0.16, 0.03)
        + 0.30 * _bump(u, v, 0, 0.40, 0.02, 0.04) * 0.5
        + 0.35 * _pair(u, v, 0.16, 0.28, 0.03, 0.05)  # behind the wings of the nose
    )
    color = color * (1 - np.clip(dark, 0, 0.8)[..., None] * np.array([0.75, 0.9, 0.95], np.float32))
    # lips
    lips = np.where(v < MOUTH_V, _edge(lip_edge(u, True) - v, 0.010), _edge(v - lip_edge(u, False), 0.012))
    lips = lips * _edge(np.abs(u) - MOUTH_U, 0.012) * 0.9
    lip = skin * np.array([0.80, 0.42, 0.45], np.float32) * (1 + 0.06 * grain(rng, 0.008, 0.05))[..., None]
    color = color + lips[..., None] * (lip - color)
    seam = np.exp(-(((v - MOUTH_V) / 0.012) ** 2)) * _edge(np.abs(u) - MOUTH_U * 1.02, 0.015)
    color = color * (1 - 0.75 * seam[..., None])
    # nostrils
    hole = np.clip(1.4 * _pair(u, v, 0.062, 0.292, 0.034, 0.020), 0, 1)
    color = color * (1 - 0.9 * hole[..., None])
    # brows and hair
    strands = 0.65 + 0.35 * np.clip(grain(rng, 0.012, 0.03), -1.5, 1.5)
    brow = _edge(brow_distance(u, v), 0.012) * np.clip(strands, 0, 1)
    color = color + np.clip(0.92 * brow, 0, 1)[..., None] * (identity.hair * 0.8 - color)
    locks = 1 + 0.28 * grain(rng, 0.012, 0.25) + 0.22 * grain(rng, 0.05, 0.35)
    haired = _edge(v - hair_edge(u, identity) + 0.03 * grain(rng, 0.02, 0.06), 0.022)
    return color + haired[..., None] * (identity.hair * np.clip(locks, 0.35, 2)[..., None] - color), haired


def bake(identity: Identity, size: int) -> Skin:
    """The skin of that identity, smoothed to what a frame of `size` px can show."""
    rng = np.random.default_rng([15485863, identity.number])
    u, v = grid()
    height = _height(u, v, identity, rng).astype(np.float32)
    height = cv2.GaussianBlur(height, (0, 0), 1.0)
    color, haired = _color(u, v, identity, rng)
    fine = height + 0.0012 * grain(rng, 0.012) * (1 - haired) + 0.006 * haired * grain(rng, 0.012, 0.2)
    texel = 2 * np.pi / ATLAS[1]
    slope_v, slope_u = np.gradient(fine.astype(np.float32), np.float32(texel))
    gloss = 0.5 + 0.5 * _bump(u, v, 0, 0.15, 0.15, 0.2) + 0.4 * _bump(u, v, 0, -0.6, 0.5, 0.15)
    gloss = gloss + 1.3 * (_bump(u, v, 0, MOUTH_V + 0.05, 0.18, 0.04)) - 0.2 * haired
    relief = smooth(np.stack([slope_u, slope_v, gloss], -1), size)
    return Skin(height, relief, smooth(color, size))


def smooth(atlas, size):
    """Blur an atlas by about half of the distance between the samples of a frame of `size` px."""
    sample = 1 / (0.335 * size * 2 * 0.8)  # radians a sample in front, two samples a pixel
    sigma = 0.5 * sample / (2 * np.pi / ATLAS[1])
    atlas = atlas.astype(np.float32)
    return cv2.GaussianBlur(atlas, (0, 0), sigma) if sigma > 0.3 else atlas


__all__ = ["EYE", "EYE_SIZE", "Skin", "bake", "grain", "grid", "linear", "smooth"]
