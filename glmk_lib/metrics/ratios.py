"""One method over another on the same frames, with an interval: a verdict needs more than two means side by side."""

import numpy as np

from glmk_lib.metrics.accuracy import checked, extent
from glmk_lib.metrics.intervals import Interval
from glmk_lib.metrics.temporal import segments_from_timestamps


def bootstrap_ratio(ours, theirs, power: float = 1.0, block: int = 40, n: int = 1000, seed: int = 0) -> Interval:
    """(sum of ours / sum of theirs) ** (1 / power) and its 95 % interval, resampling the same blocks of frames for both.

    Both methods saw the same frames, so a hard stretch is hard for both: drawn together, it does not widen the interval of
    their ratio. Circular block bootstrap and percentile interval, as `intervals.block_bootstrap`; blocks are an eighth of a
    video at most, since a single one would always say the same.

    Args:
        ours, theirs: (T,) one number a frame, raised to `power`: 2 for root mean squares, given as sums of squares over the
            same points. A frame counts where both are finite.

    Raises:
        ValueError: not one number a frame each.
    """
    ours, theirs = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if ours.ndim != 1 or ours.shape != theirs.shape:
        raise ValueError(f"got {ours.shape} and {theirs.shape}; expected one number a frame for both, (T,).")
    known = np.isfinite(ours) & np.isfinite(theirs)
    ours, theirs = ours[known], theirs[known]
    if not ours.size or theirs.mean() == 0:
        return Interval(*[float("nan")] * 3)
    block = min(block, max(1, len(ours) // 8))
    starts = np.random.default_rng(seed).integers(0, len(ours), size=(n, -(-len(ours) // block), 1))
    picks = ((starts + np.arange(block)) % len(ours)).reshape(n, -1)[:, : len(ours)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = ours[picks].mean(1) / theirs[picks].mean(1)
    low, high = np.nanpercentile(ratios, [2.5, 97.5]) ** (1 / power)
    return Interval(float((ours.mean() / theirs.mean()) ** (1 / power)), float(low), float(high))


def squared_jitter(pred, true, visible=None, timestamps=None) -> np.ndarray:
    """(T - 1,) sum over points of what `metrics.nmj` squares and averages, NaN over cuts and where no point is visible.

    The ratio of two such sums over all frames is that of two squared NMJ: each point of each frame counts alike.

    Args:
        pred, true: (T, N, 2) in pixels. timestamps: (T,) seconds, which tell where the video is cut.
    """
    pred, true, counted = checked(pred, true, visible)
    delta, scale = true - pred, extent(true) / 256.0
    with np.errstate(invalid="ignore", divide="ignore"):
        jitter = 100.0 * np.linalg.norm(delta[1:] - delta[:-1], axis=-1) / scale[1:, None]
    both = counted[1:] & counted[:-1]
    if timestamps is not None:
        pieces = segments_from_timestamps(timestamps)
        both = both & (pieces[1:] == pieces[:-1])[:, None]
    return np.where(both.any(1), np.where(both, jitter**2, 0.0).sum(1), np.nan)
