"""The skin at rest as atlases over (u, v): height, colour and gloss of one identity, baked once.

Every feature is a soft shape placed by head.py, so that all resolutions agree. Colours are linear light.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from glmk_lib.studio.head import BROW_V, EYE, MOUTH_U, MOUTH_V, Identity
from glmk_lib.studio.shapes import bump, edge, mix, pair, ramp
from glmk_lib.studio.surface import ATLAS, PIXELS_PER_UNIT


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


def lip_edge(u, upper):
    """v of the outer edge of the upper or lower lip at rest."""
    x = np.clip(1 - (u / MOUTH_U) ** 2, 0, 1)
    if upper:
        return MOUTH_V - 0.08 * x**0.8 + 0.018 * np.exp(-((u / 0.05) ** 2))
    return MOUTH_V + 0.112 * x**0.75


def hair_edge(u, identity):
    """v above which the scalp is haired, over the whole way round."""
    a = np.abs(u)
    return identity.hairline - 0.06 * bump(a, 0, 0.66, 0, 0.2, 1) + 0.85 * ramp(a, 0.72, 1.25) + 0.75 * ramp(a, 1.4, 1.85)


def brow_distance(u, v):
    """Signed distance-like field, negative in the hair of the brows."""
    a = np.abs(u)
    along = np.clip((a - 0.14) / 0.52, 0, 1)
    ridge = BROW_V - 0.06 * np.sin(np.pi * np.clip(along * 0.8 + 0.1, 0, 1)) + 0.055 * along**3
    half = 0.048 * (1 - 0.6 * along**1.5)
    return np.maximum(np.abs(v - ridge) - half, np.maximum(0.13 - a, a - 0.68))


def _face_height(u, v):
    ridge = ramp(v, -0.26, 0.18) ** 1.2 * (1 - ramp(v, 0.19, 0.36))
    return (
        0.105 * ridge * np.exp(-((u / 0.12) ** 2))  # bridge of the nose
        + 0.075 * bump(u, v, 0, 0.195, 0.105, 0.085)  # its tip
        + 0.05 * pair(u, v, 0.115, 0.235, 0.06, 0.06)  # its wings
        + 0.030 * pair(u, v, 0.28, -0.34, 0.26, 0.08)  # brow ridge
        - 0.048 * pair(u, v, 0.38, -0.11, 0.17, 0.10)  # eye sockets
        + 0.028 * pair(u, v, *EYE, 0.13, 0.085)  # eyeballs
        + 0.034 * pair(u, v, 0.64, 0.14, 0.24, 0.16)  # cheekbones
        - 0.020 * pair(u, v, 0.62, 0.52, 0.22, 0.20)  # hollow cheeks
        + 0.070 * bump(u, v, 0, 0.97, 0.28, 0.18)  # chin
        + 0.045 * bump(u, v, 0, MOUTH_V, 0.32, 0.22)  # the mouth stands forward
        + 0.020 * bump(u, v, 0, MOUTH_V - 0.04, 0.22, 0.038)  # lips
        + 0.026 * bump(u, v, 0, MOUTH_V + 0.06, 0.19, 0.048)
        - 0.026 * bump(u, v, 0, 0.795, 0.22, 0.05)  # under the lower lip
        - 0.012 * bump(u, v, 0, 0.44, 0.035, 0.06)  # philtrum
        - 0.040 * pair(u, v, 0.92, 0.75, 0.30, 0.30)  # the jaw narrows
    )


def _face_color(u, v, identity, rng):
    """Bare skin with its stains and folds, lips and nostrils."""
    skin = identity.skin
    color = skin * (1 + 0.05 * grain(rng, 0.25) + 0.035 * grain(rng, 0.06) + 0.025 * grain(rng, 0.015))[..., None]
    red = (
        0.34 * pair(u, v, 0.54, 0.22, 0.22, 0.17)
        + 0.28 * bump(u, v, 0, 0.21, 0.12, 0.09)
        + 0.14 * bump(u, v, 0, 0.95, 0.2, 0.1)
        + 0.16 * pair(u, v, EYE[0], EYE[1], 0.24, 0.13)
    )
    color = color * (1 - red[..., None] * np.array([0.05, 0.45, 0.42], np.float32))
    where = 0.25 + pair(u, v, 0.42, 0.10, 0.40, 0.22) + 0.5 * bump(u, v, 0, 0.05, 0.2, 0.2)
    spots = np.clip(1.3 * np.clip(grain(rng, 0.013) - 1.7, 0, 1) * where, 0, 0.75)
    color = color * (1 - identity.freckles * spots[..., None] * np.array([0.5, 0.75, 0.85], np.float32))
    dark = (
        0.34 * pair(u, v, 0.38, 0.015, 0.13, 0.035)  # under the eyes
        + 0.38 * pair(u, v, 0.36, -0.215, 0.22, 0.032)  # crease of the lid
        + 0.30 * pair(u, v, 0.20, -0.09, 0.05, 0.08)  # beside the bridge
        + 0.26 * bump(np.abs(u) - 0.19 - 0.45 * (v - 0.28), v, 0, 0.40, 0.025, 0.12)  # folds from nose to mouth
        + 0.32 * bump(u, v, 0, 0.79, 0.18, 0.035)
        + 0.14 * bump(u, v, 0, 0.43, 0.02, 0.05)
        + 0.38 * pair(u, v, 0.18, 0.26, 0.03, 0.05)  # behind the wings of the nose
        + 0.35 * bump(u, v, 0, 0.33, 0.13, 0.025)  # under the nose
        + 0.22 * ramp(v, 1.02, 1.25)  # under the chin
        + 0.14 * pair(u, v, 0.70, 0.52, 0.22, 0.22)
    )
    color = color * (1 - np.clip(dark, 0, 0.8)[..., None] * np.array([0.72, 0.88, 0.93], np.float32))
    lips = np.where(v < MOUTH_V, edge(lip_edge(u, True) - v, 0.010), edge(v - lip_edge(u, False), 0.012))
    lips = lips * edge(np.abs(u) - MOUTH_U, 0.012) * 0.9
    lip = skin * np.array([0.74, 0.37, 0.40], np.float32) * (1 + 0.06 * grain(rng, 0.008, 0.05))[..., None]
    color = mix(color, lip, lips)
    seam = np.exp(-(((v - MOUTH_V) / 0.014) ** 2)) * edge(np.abs(u) - MOUTH_U * 1.03, 0.015)
    hole = np.clip(1.4 * pair(u, v, 0.066, 0.288, 0.036, 0.020), 0, 1)
    return color * (1 - np.maximum(0.78 * seam, 0.92 * hole)[..., None])


def bake(identity: Identity, size: int) -> Skin:
    """The skin of that identity, smoothed to what a frame of `size` px can show."""
    rng = np.random.default_rng([15485863, identity.number])
    u, v = grid()
    below = v - hair_edge(u, identity)  # the hair's edge
    haired = edge(below + 0.035 * grain(rng, 0.02, 0.06), 0.022)
    color = _face_color(u, v, identity, rng)
    hairs = 0.85 + 0.25 * np.clip(grain(rng, 0.012, 0.03), -1.5, 1.5)
    color = mix(color, identity.hair * 0.8, np.clip(edge(brow_distance(u, v), 0.012) * hairs, 0, 0.95))
    locks = np.clip(1 + 0.28 * grain(rng, 0.012, 0.25) + 0.25 * grain(rng, 0.05, 0.35), 0.35, 2)
    color = mix(color, identity.hair * locks[..., None], haired)

    scalp = edge(below, 0.05)  # broader than the colour's edge: rays find a gentle step more surely
    height = _face_height(u, v) + scalp * (1 - 0.9 * ramp(v, -0.35, 0.15)) * (
        0.07 + 0.006 * np.cos(v) ** 2 * grain(rng, 0.05, 0.25)
    )
    height = cv2.GaussianBlur(height.astype(np.float32), (0, 0), 1.0)
    pores = 0.0006 * grain(rng, 0.012) * (1 - haired) + 0.006 * haired * np.cos(v) * grain(rng, 0.012, 0.2)
    slope_v, slope_u = np.gradient(height + pores.astype(np.float32), np.float32(2 * np.pi / ATLAS[1]))
    gloss = 0.5 + 0.5 * bump(u, v, 0, 0.15, 0.15, 0.2) + 0.4 * bump(u, v, 0, -0.6, 0.5, 0.15)
    gloss = gloss + 1.2 * bump(u, v, 0, MOUTH_V + 0.06, 0.2, 0.045) - 0.2 * haired
    return Skin(height, smooth(np.stack([slope_u, slope_v, gloss], -1), size), smooth(color, size))


def sample_distance(size: int) -> float:
    """Radians between the samples in the middle of a frame of `size` px, two samples a pixel."""
    return 1 / (PIXELS_PER_UNIT * size * 2 * 0.8)


def smooth(atlas, size: int):
    """An atlas, float32, blurred by half the distance between the samples of a frame of `size` px."""
    sigma = 0.5 * sample_distance(size) / (2 * np.pi / ATLAS[1])
    atlas = atlas.astype(np.float32)
    return cv2.GaussianBlur(atlas, (0, 0), sigma) if sigma > 0.3 else atlas
