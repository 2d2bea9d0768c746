"""Expression: where each place of the skin at rest goes when the face talks, smiles or raises its brows.

The forward map is `place + displacement(place)`. Pixels need the inverse, found by fixed-point iteration: the displacement's
slopes stay below 1. The lips part along the seam v = MOUTH_V, so the map has two branches there, `upper` and `lower`; a place
that neither branch reaches lies inside the open mouth.
"""

import numpy as np

from glmk_lib.studio.head import BROW_V, MOUTH_U, MOUTH_V
from glmk_lib.studio.shapes import ramp


def _shared(u, v, pose):
    """What moves the skin alike on both sides of the seam: width and smile of the mouth, brows."""
    near_mouth = np.exp(-((u / 0.42) ** 2) - ((v - MOUTH_V) / 0.24) ** 2)
    du = pose.width * u * near_mouth
    dv = -pose.smile * (u / 0.30) ** 2 * near_mouth
    near_brow = np.exp(-(((v - BROW_V + 0.06) / 0.2) ** 2) - np.square(np.square(u / 0.75)))
    dv = dv - pose.raise_ * near_brow
    inner = np.exp(-((u / 0.24) ** 2)) * near_brow
    return du - pose.furrow * u * 3 * inner, dv + pose.furrow * 0.6 * inner


def _parting(u, v, pose, lower):
    lens = np.maximum(0, 1 - (u / MOUTH_U) ** 2)
    if not lower:
        return -0.14 * pose.jaw * lens * np.exp(-((np.minimum(v - MOUTH_V, 0) / 0.16) ** 2))
    below = ramp(v, MOUTH_V, MOUTH_V + 0.36)  # lips move as a lens, the chin and the cheeks as a whole
    fade = 1 - ramp(v, 1.0, 1.5)
    return pose.jaw * (lens + (np.exp(-((u / 0.75) ** 2)) * 0.8 - lens) * below) * fade


def displacement(u, v, pose, lower):
    """(du, dv) of places at rest; shapes broadcast. `lower` picks the branch below the seam."""
    du, dv = _shared(u, v, pose)
    return du, dv + _parting(u, v, pose, lower)


def forward(places, pose):
    """Moved places (..., P, 2) of places at rest (P, 2); the pose's fields are shaped to broadcast with (..., P)."""
    u, v = places[..., 0], places[..., 1]
    up, low = displacement(u, v, pose, False), displacement(u, v, pose, True)
    below = v >= MOUTH_V
    return np.stack([u + np.where(below, low[0], up[0]), v + np.where(below, low[1], up[1])], -1)


def inverse(u, v, pose, start=None, rounds=6):
    """Places at rest of moved places.

    Returns:
        u, v at rest, and `inside`: how far into the open mouth, from 0 at the upper lip to 1 at the lower one; negative on
        the skin.
    """
    (uu, vu), (ul, vl) = start or ((u, v), (u, v))
    for _ in range(rounds):
        du, dv = displacement(uu, vu, pose, False)
        uu, vu = u - du, v - dv
        du, dv = displacement(ul, vl, pose, True)
        ul, vl = u - du, v - dv
    lower, upper = vl >= MOUTH_V, vu <= MOUTH_V
    inside = np.where(lower | upper, -1.0, (vu - MOUTH_V) / np.maximum(vu - vl, 1e-6)).astype(u.dtype)
    return (
        np.where(lower, ul, uu),
        np.where(lower, vl, np.where(upper, vu, np.asarray(MOUTH_V, u.dtype))),
        inside,
        ((uu, vu), (ul, vl)),
    )
