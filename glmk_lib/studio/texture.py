"""Smooth random texture in space, evaluated at rest points so that it sticks to the skin."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

_SIDE = 32  # cells after which the noise repeats


@lru_cache(maxsize=64)
def _volume(seed: int, device) -> Tensor:
    values = np.random.default_rng([611953, seed]).uniform(-1, 1, (_SIDE,) * 3).astype(np.float32)
    wrapped = np.pad(values, ((0, 1),) * 3, mode="wrap")
    return torch.from_numpy(wrapped)[None, None].to(device)


def noise(points: Tensor, frequency: float, seed: int = 0) -> Tensor:
    """Value noise in [-1, 1], (n,), at points (n, 3): `frequency` cells a body unit. About half of it lies within ±0.3."""
    cell = points * frequency + 0.37 * _SIDE
    whole = cell.floor()
    part = cell - whole
    at = torch.remainder(whole, _SIDE) + part * part * (3 - 2 * part)
    at = at * (2 / _SIDE) - 1
    found = torch.nn.functional.grid_sample(
        _volume(seed, points.device), at.flip(-1).reshape(1, -1, 1, 1, 3).to(torch.float32), align_corners=True
    )
    return found.reshape(points.shape[:-1])


def fbm(points: Tensor, frequency: float, octaves: int = 3, seed: int = 0) -> Tensor:
    """Noise of several scales, (n,) in [-1, 1], at points (n, 3): every octave twice as fine and half as strong as the last.

    `frequency`: of the first, cells a body unit.
    """
    strengths = [0.5**k for k in range(octaves)]
    total = sum(s * noise(points, frequency * 2**k, seed + 7 * k) for k, s in enumerate(strengths))
    return total / sum(strengths)
