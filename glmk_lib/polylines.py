"""Geometry of polylines, in any unit: how long one is, places evenly along it, how far places lie from segments."""

import numpy as np


def length(path: np.ndarray, closed: bool = False) -> float:
    """Length of a path (K, 2); of a closed one with the way from its last point to its first."""
    return float(_along(path, closed)[1][-1])


def spaced(path: np.ndarray, count: int, closed: bool = False) -> np.ndarray:
    """`count` points evenly along a path (K, 2), (count, 2): from its first point to its last, or all the way round."""
    ring, along = _along(path, closed)
    places = np.linspace(0, along[-1], count + closed)[:count]
    return np.stack([np.interp(places, along, ring[:, k]) for k in (0, 1)], axis=1)


def project(places: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far places are from segments, and the foot's place on each segment in [0, 1]; all (..., 2), broadcast: (...)."""
    along, away = ends - starts, places - starts
    length2 = (along**2).sum(-1)
    foot = ((away * along).sum(-1) / np.where(length2 > 0, length2, 1.0)).clip(0, 1)
    return np.linalg.norm(away - foot[..., None] * along, axis=-1), foot


def distances(places: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How far each place (K, 2) is from each segment (S, 2) to (S, 2): (K, S)."""
    return project(places[:, None], starts, ends)[0]


def _along(path, closed):
    """The path, back at its first point where it is closed, and the way (K,) to each of its points."""
    ring = np.concatenate([path, path[:1]]) if closed else path
    return ring, np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
