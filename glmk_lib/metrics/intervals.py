"""How sure is a mean over the frames of one video?"""

from typing import NamedTuple

import numpy as np


class Interval(NamedTuple):
    """A mean and the bounds of its 95 % interval."""

    mean: float
    low: float
    high: float


def block_bootstrap(values, block: int = 40, n: int = 1000, seed: int = 0) -> Interval:
    """Mean of `values` (T,) over time and its 95 % interval, resampling whole stretches of `block` frames `n` times.

    Neighbouring frames of a video err alike, so drawing single frames would promise too much; drawing blocks keeps their
    dependence. Circular block bootstrap: Politis and Romano, 1992, after Künsch, "The Jackknife and the Bootstrap for General
    Stationary Observations", 1989; percentile interval. Frames that are NaN are left out first. Same seed, same interval.

    Raises:
        ValueError: `values` is not one number a frame, or `block` or `n` is below 1.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or block < 1 or n < 1:
        raise ValueError(f"values have shape {values.shape}, block is {block}, n is {n}; expected (T,), and both at least 1.")
    values = values[np.isfinite(values)]
    if not values.size:
        return Interval(*[float("nan")] * 3)
    block = min(block, len(values))
    blocks = -(-len(values) // block)
    starts = np.random.default_rng(seed).integers(0, len(values), size=(n, blocks, 1))
    picks = ((starts + np.arange(block)) % len(values)).reshape(n, -1)[:, : len(values)]
    low, high = np.percentile(values[picks].mean(1), [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))
