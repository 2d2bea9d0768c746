"""Where the camera looks: a fixed square around a whole track, or a window that follows it."""

import numpy as np

MARGIN = 0.06  # of the square's side, on each side of all the points there are


def square(points: np.ndarray, size) -> np.ndarray:
    """The square (x, y, side, side), whole pixels, around all of `points` (K, P, 2), with a margin, within the frame of `size`
    (width, height)."""
    low, high = points.min((0, 1)), points.max((0, 1))
    side = min(int(np.ceil((high - low).max() / (1 - 2 * MARGIN))), *map(int, size))
    corner = np.clip(np.rint((low + high - side) / 2), 0, np.asarray(size) - side).astype(int)
    return np.array([*corner, side, side])


def follow(points: np.ndarray, usable: np.ndarray, size) -> tuple[np.ndarray, int]:
    """A square window of one size that follows the points' middle, smoothed over time, as a camera operator would.

    Args:
        points: (N, P, 2) in pixels.
        usable: (N,) bool; between such frames the middle is interpolated. The path is smoothed by a Gaussian, sigma 8 frames.
        size: (width, height) of the frame; the window stays within it.

    Returns:
        Its upper left corners (N, 2) int, and its side.
    """
    index = np.flatnonzero(usable)
    middle = (points[index].min(1) + points[index].max(1)) / 2
    kernel = np.exp(-0.5 * (np.arange(-32, 33) / 8) ** 2)
    kernel /= kernel.sum()
    time = np.arange(-32, len(points) + 32)
    path = np.stack([np.convolve(np.interp(time, index, part), kernel, "valid") for part in middle.T], -1)
    reach = np.abs(points[index] - path[index, None]).max()
    side = min(2 * int(np.ceil(reach / (1 - 2 * MARGIN))), *map(int, size))
    return np.clip(np.rint(path - side / 2), 0, np.asarray(size) - side).astype(int), side
