"""Paint on the skin: lines of a real width along the template's places, baked into an atlas of coverage.

The lines are straight in (u, v) between places at rest; the skin then carries them. Distances are measured on the ellipsoid, so a
line is as wide on the jaw as on the nose.
"""

import numpy as np

from glmk_lib.studio.head import PAINT_WIDTH, Identity
from glmk_lib.studio.skin import grain, grid, smooth
from glmk_lib.studio.surface import ATLAS

OPACITY = 0.86


def coverage(identity: Identity, places, segments, seed: int, size: int) -> np.ndarray:
    """Opacity of the paint over the atlas, (512, 1024) float32 in [0, 1].

    Args:
        places: (P, 2) places at rest. segments: (S, 2) pairs of indices into them.
        seed: of the hand that painted: uneven opacity, width and wear.
    """
    rng = np.random.default_rng([32452843, identity.number, seed])
    u, v = grid()
    a, _, c = identity.axes
    cover = np.zeros(ATLAS, np.float32)
    width = 0.5 * PAINT_WIDTH * (1 + 0.07 * grain(rng, 0.12))
    distance = np.full(ATLAS, 9.0, np.float32)
    for i, j in segments:
        (u0, v0), (u1, v1) = places[i], places[j]
        reach = 0.25
        rows = (v[:, 0] > min(v0, v1) - reach) & (v[:, 0] < max(v0, v1) + reach)
        columns = (u[0] > min(u0, u1) - reach * 2) & (u[0] < max(u0, u1) + reach * 2)
        box = np.ix_(rows, columns)
        ub, vb = u[box], v[box]
        by_u = np.cos(vb) * np.sqrt((a * np.cos(ub)) ** 2 + (c * np.sin(ub)) ** 2)
        by_v = np.sqrt(np.cos(vb) ** 2 + np.sin(vb) ** 2 * ((a * np.sin(ub)) ** 2 + (c * np.cos(ub)) ** 2))
        du, dv = (u1 - u0) * by_u, (v1 - v0) * by_v
        pu, pv = (ub - u0) * by_u, (vb - v0) * by_v
        along = np.clip((pu * du + pv * dv) / (du * du + dv * dv), 0, 1)
        distance[box] = np.minimum(distance[box], np.hypot(pu - along * du, pv - along * dv))
    cover = 1 / (1 + np.exp(np.clip((distance - width) / 0.009, -30, 30)))
    wear = 1 + 0.06 * grain(rng, 0.10) + 0.05 * grain(rng, 0.02) - 0.35 * np.clip(grain(rng, 0.035) - 1.9, 0, 1)
    return smooth(cover * np.clip(OPACITY * wear, 0, 0.97), size)
