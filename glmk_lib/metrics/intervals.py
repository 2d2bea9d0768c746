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


def seed_interval(values) -> Interval:
    """Mean of one number a seed and its 95 % interval by Student's t: +- t_{0.975, n-1} s / sqrt(n).

    Raises:
        ValueError: fewer than two values.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"got {values.size} values; expected one number for each of at least two seeds.")
    half = _T[min(len(values), 31) - 2] * values.std(ddof=1) / np.sqrt(len(values))
    return Interval(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


# t_{0.975, n-1} for n = 2, 3, ..., 31 (any table of Student's distribution); beyond that the last is kept.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
