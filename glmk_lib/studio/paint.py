"""Paint on the skin: lines of a real width along the template's places, baked into an atlas of opacity.

The lines are straight in (u, v) between places at rest, and the skin carries them. Distances are measured on the ellipsoid, so
that a line is as wide on the jaw as on the nose.
"""

import numpy as np

from glmk_lib.studio.head import PAINT_WIDTH, Identity
from glmk_lib.studio.shapes import edge
from glmk_lib.studio.skin import grain, grid, smooth
from glmk_lib.studio.surface import ATLAS

OPACITY = 0.86
_EDGE = 0.009  # softness of the line's edge, head units


def coverage(identity: Identity, places, segments, size: int) -> np.ndarray:
    """Opacity of the paint over the atlas, (512, 1024) float32 in [0, 1]: uneven in opacity and width, worn in spots.

    Args:
        places: (P, 2) places at rest. segments: (S, 2) pairs of indices into them.
        size: of the frame, px, as in `skin.bake`.
    """
    rng = np.random.default_rng([32452843, identity.number])
    distance = _distance(identity, places, segments)
    width = PAINT_WIDTH * (1 + 0.07 * grain(rng, 0.12))
    wear = 1 + 0.06 * grain(rng, 0.10) + 0.05 * grain(rng, 0.02) - 0.35 * np.clip(grain(rng, 0.035) - 1.9, 0, 1)
    return smooth(edge(distance - 0.5 * width, _EDGE) * np.clip(OPACITY * wear, 0, 0.97), size)


def _distance(identity, places, segments):
    """Distance of every texel to the nearest line, head units, (512, 1024); 9 far from all of them."""
    u, v = grid()
    a, _, c = identity.axes
    by_u = np.cos(v) * np.sqrt((a * np.cos(u)) ** 2 + (c * np.sin(u)) ** 2)  # head units a radian
    by_v = np.sqrt(np.cos(v) ** 2 + np.sin(v) ** 2 * ((a * np.sin(u)) ** 2 + (c * np.cos(u)) ** 2))
    distance = np.full(ATLAS, 9.0, np.float32)
    for i, j in segments:
        (u0, v0), (u1, v1) = places[i], places[j]
        rows = (v[:, 0] > min(v0, v1) - 0.25) & (v[:, 0] < max(v0, v1) + 0.25)
        columns = (u[0] > min(u0, u1) - 0.5) & (u[0] < max(u0, u1) + 0.5)
        box = np.ix_(rows, columns)
        along_u, along_v = (u1 - u0) * by_u[box], (v1 - v0) * by_v[box]
        to_u, to_v = (u[box] - u0) * by_u[box], (v[box] - v0) * by_v[box]
        t = np.clip((to_u * along_u + to_v * along_v) / (along_u**2 + along_v**2), 0, 1)
        distance[box] = np.minimum(distance[box], np.hypot(to_u - t * along_u, to_v - t * along_v))
    return distance
