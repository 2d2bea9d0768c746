"""Two smoothers of tracks: one that knows the past alone, and one that knows the whole video.

Smoothing trades tremble for lag, so raw and smoothed tracks are never compared with each other: every method is measured raw,
and again behind the same smoother. Both work on each unbroken piece of the video by itself.
"""

import numpy as np
from scipy.optimize import minimize_scalar

from glmk_lib.metrics.temporal import segments_from_timestamps

# Hz; Hz per subject's extent a second; Hz. Chosen by eye on held-out tracks of a trial run on the studio's hand and foot: they
# lessen the tremble at some cost in accuracy. They are the same for every method.
MIN_CUTOFF, BETA, SPEED_CUTOFF = 1.0, 8.0, 1.0
_FIRST = 1e4  # variance of the first speed, over that of a measurement: nothing is known of it
_RATIOS = (-12.0, 18.0)  # of acceleration to measurement noise, as logarithms: between "never bends" and "follows everything"


def one_euro(points, timestamps, min_cutoff: float = MIN_CUTOFF, beta: float = BETA, speed_cutoff: float = SPEED_CUTOFF):
    """The 1-Euro filter, causal: a first-order low-pass whose cut-off rises with the point's speed.

    Casiez, Roussel and Vogel, "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems",
    CHI 2012. Its `beta` is per unit of speed: here in extents of the subject a second (the root of the area of the points'
    bounding box, its median over the frames), so that the same value suits every region and resolution. x and y of a point
    share one speed, its length.

    Args:
        points: (T, N, 2), in any unit.
        timestamps: (T,) seconds.
        min_cutoff: cut-off in Hz of a point at rest. speed_cutoff: of the low-pass over its speed.

    Returns:
        (T, N, 2), in the same unit.

    Example:
        >>> trembling = np.array([[10.0, 10.0], [50.0, 40.0]]) + np.random.default_rng(0).normal(0, 0.3, (100, 2, 2))
        >>> smooth = one_euro(trembling, np.arange(100) / 25)
        >>> bool(smooth[50:, 0].std() < trembling[50:, 0].std() / 2)
        True
    """
    points, times, begins = _checked(points, timestamps)
    sides = np.ptp(points, axis=1)  # (T, 2)
    extent = max(float(np.median(np.sqrt(sides.prod(-1)))), 1e-12)
    smooth, speed = points.copy(), np.zeros_like(points[0])
    for t in range(1, len(points)):
        if begins[t]:
            speed = np.zeros_like(points[0])
            continue
        step = times[t] - times[t - 1]
        # Against the last *smoothed* place, as in the authors' own code.
        speed += _share(speed_cutoff, step) * ((points[t] - smooth[t - 1]) / step - speed)
        cutoff = min_cutoff + beta * np.linalg.norm(speed, axis=-1, keepdims=True) / extent
        smooth[t] = smooth[t - 1] + _share(cutoff, step) * (points[t] - smooth[t - 1])
    return smooth


def rts(points, timestamps):
    """The Rauch-Tung-Striebel smoother, offline, of a model in which each coordinate keeps its speed but for white noise.

    Rauch, Tung and Striebel, "Maximum likelihood estimates of linear dynamic systems", AIAA Journal 3(8), 1965, over the
    Kalman filter of the nearly-constant-velocity model (Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to
    Tracking and Navigation", 2001, section 6.2). The one number it has, the noise of the acceleration over that of the
    measurement, is chosen by maximum likelihood of the track itself: it needs no truth, and no tuning.

    Args:
        points: (T, N, 2), in any unit. timestamps: (T,) seconds.

    Returns:
        (T, N, 2), in the same unit.
    """
    points, times, begins = _checked(points, timestamps)
    flat = points.reshape(len(points), -1)
    pieces = np.split(np.arange(len(points)), np.flatnonzero(begins)[1:])
    pieces = [(flat[piece], np.diff(times[piece])) for piece in pieces]

    def unlikely(log_ratio: float) -> float:
        return _deviance([_filter(*piece, np.exp(log_ratio)) for piece in pieces])

    ratio = np.exp(minimize_scalar(unlikely, bounds=_RATIOS, method="bounded", options={"xatol": 0.05}).x)
    smoothed = [_smooth(*piece, ratio) for piece in pieces]
    return np.concatenate(smoothed).reshape(points.shape)


SMOOTHERS = {"one_euro": one_euro, "rts": rts}  # causal, offline


def _checked(points, timestamps):
    """Points as float64, times, and whether a piece of the video begins at each frame."""
    points, times = np.asarray(points, dtype=np.float64), np.asarray(timestamps, dtype=np.float64)
    if points.ndim != 3 or points.shape[-1] != 2 or times.shape != points.shape[:1] or not len(points):
        raise ValueError(f"points are {points.shape}, timestamps {times.shape}; expected (T, N, 2) and (T,), T at least 1.")
    if not np.isfinite(points).all():
        raise ValueError("points hold values that are not finite; expected a whole track.")
    pieces = segments_from_timestamps(times)
    return points, times, np.concatenate([[True], pieces[1:] != pieces[:-1]])


def _share(cutoff, step: float):
    """How much of a new value a first-order low-pass takes, after `step` seconds."""
    turn = 2 * np.pi * cutoff * step
    return turn / (turn + 1)


def _filter(values, steps, ratio: float):
    """Kalman filter of (T, M) values that share their variances, in units of the measurement noise.

    Returns:
        what was predicted and what was filtered: states (T, 2, M) of place and speed, covariances (T, 2, 2); the innovations
        (T, M) and their variances (T,), of the frames after the first two.
    """
    count = len(values)
    states, covariances = np.zeros((2, count, 2, values.shape[1])), np.zeros((2, count, 2, 2))
    surprise, variance = np.zeros_like(values), np.ones(count)
    state, covariance = np.stack([values[0], np.zeros_like(values[0])]), np.diag([1.0, _FIRST])
    states[:, 0], covariances[:, 0] = state, covariance
    for t in range(1, count):
        step = steps[t - 1]
        move = np.array([[1.0, step], [0.0, 1.0]])
        noise = ratio * np.array([[step**3 / 3, step**2 / 2], [step**2 / 2, step]])
        state, covariance = move @ state, move @ covariance @ move.T + noise
        states[0, t], covariances[0, t] = state, covariance
        surprise[t], variance[t] = values[t] - state[0], covariance[0, 0] + 1
        gain = covariance[:, 0] / variance[t]
        state, covariance = state + gain[:, None] * surprise[t], covariance - np.outer(gain, covariance[0])
        states[1, t], covariances[1, t] = state, covariance
    return states, covariances, surprise[2:], variance[2:]


def _deviance(filtered) -> float:
    """-2 log likelihood but for a constant, at the best variance of the measurement noise."""
    squares = sum(float((s**2 / v[:, None]).sum()) for _, _, s, v in filtered)
    count = sum(s.size for _, _, s, _ in filtered)
    logs = sum(float(np.log(v).sum()) * s.shape[1] for _, _, s, v in filtered)
    return count * np.log(max(squares, 1e-300) / max(count, 1)) + logs


def _smooth(values, steps, ratio: float):
    (predicted, state), (before, covariance), *_ = _filter(values, steps, ratio)
    for t in range(len(values) - 2, -1, -1):
        move = np.array([[1.0, steps[t]], [0.0, 1.0]])
        gain = covariance[t] @ move.T @ np.linalg.inv(before[t + 1])
        state[t] += gain @ (state[t + 1] - predicted[t + 1])
    return state[:, 0]
