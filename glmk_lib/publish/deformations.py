"""Principal deformations: the few directions in which a track's Δ moves most, by principal component analysis.

Pearson, "On lines and planes of closest fit to systems of points in space", 1901; of landmarks: Cootes et al., "Active shape
models", 1995.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Deformations:
    """Δ as its mean and K directions, most of the variance first: Δ = mean + Σ_k c_k · deviations_k · directions_k.

    Attributes:
        mean: (N, 2), in units of [-1, 1].
        directions: (K, N, 2), each of length 1 over all its numbers.
        deviations: (K,), the standard deviation along each, in units of [-1, 1].
        shares: (K,), of the whole variance.
    """

    mean: np.ndarray
    directions: np.ndarray
    deviations: np.ndarray
    shares: np.ndarray


def principal(deltas: np.ndarray, count: int = 6) -> Deformations:
    """The `count` principal deformations of Δ (T, N, 2), or fewer where fewer are there; those without motion are left out.

    Raises:
        ValueError: another shape, fewer than two frames, or a number that is not finite.
    """
    deltas = np.asarray(deltas, np.float64)
    if deltas.ndim != 3 or deltas.shape[2] != 2 or len(deltas) < 2:
        raise ValueError(f"deltas have shape {deltas.shape}; expected (T, N, 2) with at least two frames.")
    if not np.isfinite(deltas).all():
        raise ValueError("deltas hold a number that is not finite; expected offsets in units of [-1, 1].")
    mean = deltas.mean(0)
    _, lengths, directions = np.linalg.svd((deltas - mean).reshape(len(deltas), -1), full_matrices=False)
    kept = lengths[:count] > 1e-6 * max(lengths[0], 1e-6)  # the rest is rounding
    directions = directions[:count][kept]  # (K, 2N)
    # Either sign is right: the one whose largest number is positive is the same on every machine.
    largest = np.abs(directions).argmax(1)
    directions = directions * np.sign(directions[np.arange(len(directions)), largest])[:, None]
    variances = lengths**2
    return Deformations(
        mean=mean,
        directions=directions.reshape(-1, *mean.shape),
        deviations=lengths[:count][kept] / np.sqrt(len(deltas) - 1),
        shares=variances[:count][kept] / max(variances.sum(), np.finfo(float).tiny),
    )
