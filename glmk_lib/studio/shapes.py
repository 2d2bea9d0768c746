"""Soft shapes over arrays of places: the strokes that the skin is drawn with."""

import numpy as np


def bump(u, v, u0, v0, su, sv):
    """A Gaussian hill of height 1 at (u0, v0), exp(-1) at a distance of `su` or `sv`."""
    return np.exp(-(((u - u0) / su) ** 2) - ((v - v0) / sv) ** 2)


def pair(u, v, u0, v0, su, sv):
    """Two such hills, mirrored in u."""
    return bump(np.abs(u), v, u0, v0, su, sv)


def edge(distance, softness):
    """1 where distance < 0, falling to 0 outside, over about four times `softness`."""
    return 1 / (1 + np.exp(np.clip(distance / softness, -30, 30)))


def ramp(x, low, high):
    """0 below `low`, 1 above `high`, smooth between."""
    x = np.clip((x - low) / (high - low), 0, 1)
    return x * x * (3 - 2 * x)


def mix(color, other, amount):
    """`color` (..., 3) replaced by `other` to the `amount` (...)."""
    return color + amount[..., None] * (other - color)
