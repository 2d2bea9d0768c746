"""How a hand moves: signs held and left, with a wobble on top, within the joints' limits."""

from functools import lru_cache

import numpy as np

from glmk_lib.studio.hand_pose import parameters
from glmk_lib.studio.motion import bounded, episodes

_STRAIGHT, _CURLED = (0.0, 0.06, 0.0), (1.0, 1.6, 0.0)
_TUCKED = (0.95, -0.15, 0.8, 0.8)  # the thumb before a fist
# How often, then thumb (across, out, knuckle, bend) and index to little finger (knuckle, bend, side), radians.
SIGNS = {
    "open": (4, (0.05, 0.05, 0.0, 0.0), _STRAIGHT, _STRAIGHT, _STRAIGHT, _STRAIGHT),
    "relaxed": (4, (0.3, -0.1, 0.15, 0.25), (0.28, 0.42, 0.02), (0.34, 0.52, 0.0), (0.4, 0.58, -0.03), (0.44, 0.6, -0.1)),
    "spread": (4, (-0.1, 0.22, -0.1, -0.15), (-0.12, 0, -0.1), (-0.15, 0, 0), (-0.12, 0, 0.08), (-0.1, 0, 0.16)),
    "flat": (3, (0.12, -0.36, 0.0, 0.05), (0.0, 0.06, 0.1), (0.02, 0.06, 0.02), (0.0, 0.07, -0.09), (0.02, 0.1, -0.22)),
    "fist": (1, _TUCKED, (0.9, 1.45, 0.08), (0.93, 1.5, 0.0), (0.95, 1.5, -0.08), (0.96, 1.5, -0.2)),
    "point": (2, _TUCKED, _STRAIGHT, _CURLED, _CURLED, (1.0, 1.6, -0.2)),
    "V": (2, _TUCKED, (0.0, 0.05, -0.08), (0.0, 0.05, 0.08), _CURLED, (1.0, 1.6, -0.2)),
    "three": (2, _TUCKED, (0.0, 0.05, -0.05), _STRAIGHT, (0.0, 0.06, 0.04), (1.0, 1.6, -0.2)),
    "pinch": (3, (1.05, -0.23, -0.1, -0.2), (0.46, 0.98, 0.05), (0.35, 0.35, 0.0), (0.25, 0.28, 0.0), (0.15, 0.22, 0.02)),
    "thumb out": (1, (-0.1, 0.2, -0.1, -0.2), _CURLED, _CURLED, _CURLED, (1.0, 1.6, -0.2)),
    "call": (1, (-0.1, 0.2, -0.1, -0.1), _CURLED, _CURLED, _CURLED, (-0.05, 0.1, 0.12)),
    "claw": (2, (0.35, 0.1, 0.1, 0.45), (0.1, 0.85, -0.06), (0.1, 0.9, 0.0), (0.1, 0.9, 0.05), (0.1, 0.85, 0.1)),
}


@lru_cache
def _table():
    """How often each sign is shown, and its pose (K,), the wrist straight."""
    shares = np.array([row[0] for row in SIGNS.values()], np.float64)
    return shares, np.array([[*sum(row[1:], ()), 0.0, 0.0] for row in SIGNS.values()])


def sign(name: str) -> np.ndarray:
    """The pose (K,) of one of SIGNS. Raises KeyError for another name."""
    return _table()[1][list(SIGNS).index(name)]


def motion(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Poses (frames, K) of a take: a sign is held for 0.3 to 1.3 s and left within 0.2 to 0.6 s."""
    shares, poses = _table()
    take = episodes(rng, frames, poses, hold_s=(0.3, 1.3), move_s=(0.2, 0.6), weights=shares)
    for k, p in enumerate(parameters()):
        wobble = 0.4 if p.name.startswith("wrist") else 0.06 if not p.name.endswith("side") else 0.03
        take[:, k] += bounded(rng, frames, -wobble, wobble, p.slow_hz, p.fast_hz)
        take[:, k] = np.clip(take[:, k], p.low, p.high)
    return take
