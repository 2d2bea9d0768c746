"""How the points move: jitter, acceleration, and how much of the true motion is kept.

A frozen template has no acceleration at all, and one that follows late trembles less, so no measure of jitter may be read
without accuracy and `motion_retention` beside it. Held-out frames often come as several pieces of a video: `segments` (T,)
holds a whole number per frame, and only frames of one segment are compared over time.
"""

from dataclasses import dataclass

import numpy as np

from glmk_lib.metrics.accuracy import checked, extent, nanmean


@dataclass(frozen=True)
class Retention:
    """How much true motion a prediction keeps: regression slope and correlation, both 0 when frozen and 1 when exact."""

    slope: float
    correlation: float


def segments_from_timestamps(timestamps) -> np.ndarray:
    """Number the unbroken pieces of a video, (T,) int64: a new one wherever time jumps by over 1.5 median frames, or back."""
    steps = np.diff(np.asarray(timestamps, dtype=np.float64))
    if not len(steps):
        return np.zeros(len(timestamps), dtype=np.int64)
    breaks = (steps > 1.5 * np.median(steps)) | (steps <= 0)
    return np.concatenate([[0], np.cumsum(breaks)]).astype(np.int64)


def nmj(pred, true, visible=None, segments=None) -> float:
    """Normalised mean jitter: the RMS over frames and points of `100 |d_t - d_{t+1}| / s`, with d = g - p.

    Equation: eq-nmj of the book.

    s = sqrt(w h / 256^2), where w and h are the sides of the true points' bounding box in frame t + 1: percent of a pixel on
    a subject of 256 x 256 pixels. Micaelli et al., "Recurrence without Recurrence: Stable Video Landmark Detection with Deep
    Equilibrium Models" (LDEQ), CVPR 2023, and its published code. A constant offset has none. A pair counts where the
    point is visible in both frames.
    """
    pred, true, counted = checked(pred, true, visible)
    delta = true - pred
    scale = extent(true) / 256.0
    with np.errstate(invalid="ignore", divide="ignore"):
        jitter = 100.0 * np.linalg.norm(delta[1:] - delta[:-1], axis=-1) / scale[1:, None]
    return float(np.sqrt(nanmean(np.where(_together(counted, segments, 1), jitter, np.nan) ** 2)))


def acceleration_error(pred, true, visible=None, segments=None) -> float:
    """The mean of `|a(p) - a(g)|` in pixels / frame^2, with a(x)_t = x_{t-1} - 2 x_t + x_{t+1}.

    Equation: eq-acceleration of the book.

    Zeng et al., "SmoothNet: A Plug-and-Play Network for Refining Human Poses in Videos", ECCV 2022, section 4.
    """
    pred, true, counted = checked(pred, true, visible)
    error = np.linalg.norm(_acceleration(pred) - _acceleration(true), axis=-1)
    return nanmean(np.where(_together(counted, segments, 2), error, np.nan))


def acceleration_norm(pred, visible=None, segments=None) -> float:
    """The mean of `|a(p)|` in pixels / frame^2, which needs no truth. It holds the subject's own acceleration too: compare
    methods on the same frames only.
    """
    pred, _, counted = checked(pred, pred, visible)
    return nanmean(np.where(_together(counted, segments, 2), np.linalg.norm(_acceleration(pred), axis=-1), np.nan))


def motion_retention(pred, true, visible=None, segments=None, lag: int = 5) -> Retention:
    """Regress predicted on true displacement over `lag` frames, (x_{t+lag} - x_t), pooled over points and both directions.

    Equation: eq-retention of the book.

    slope = `sum <D p, D g> / sum |D g|^2`, correlation = `sum <D p, D g> / sqrt(sum |D p|^2 sum |D g|^2)`. The line goes
    through the origin: no true motion must mean no predicted motion. A displacement forgets where a point is, so a constant
    offset costs nothing; over a single frame noise would drown the motion, hence the lag. A frozen prediction scores 0 and 0.
    Both are NaN when the truth itself does not move.

    Example:
        A prediction that is frozen keeps nothing, one that is beside the truth keeps all:

        >>> true = np.arange(20.0)[:, None, None] * np.array([1.0, 0.5])
        >>> motion_retention(np.zeros_like(true), true)
        Retention(slope=0.0, correlation=0.0)
        >>> motion_retention(true + 3, true).slope
        1.0
    """
    if lag < 1:
        raise ValueError(f"lag is {lag}; expected at least one frame.")
    pred, true, counted = checked(pred, true, visible)
    pairs = _together(counted, segments, lag, ends_only=True)
    moved, should = (pred[lag:] - pred[:-lag])[pairs], (true[lag:] - true[:-lag])[pairs]
    both, own, wanted = (moved * should).sum(), (moved**2).sum(), (should**2).sum()
    if wanted == 0:
        return Retention(float("nan"), float("nan"))
    return Retention(float(both / wanted), float(both / np.sqrt(own * wanted)) if own > 0 else 0.0)


def power_spectrum(errors, fps: float, segments=None, window: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """One-sided power spectral density of an error over time, summed over x and y and averaged over points.

    Welch, "The Use of Fast Fourier Transform for the Estimation of Power Spectra", 1967: Hann windows of `window` frames that
    overlap by half, each less its mean. Windows that reach over a break, or that a hidden (NaN) frame falls into, are left out.

    Args:
        errors: (T, N, 2) in pixels, prediction minus truth.
        fps: frames a second.

    Returns:
        frequency (F,) in Hz and power (F,) in px^2 / Hz, F = window / 2 + 1; NaN when no window is whole. A video shorter than
        the window is one window.
    """
    errors = np.asarray(errors, dtype=np.float64)
    window = min(window, len(errors))
    segments = np.zeros(len(errors)) if segments is None else np.asarray(segments)
    hann = np.hanning(window + 1)[:window]
    spectra = []
    for start in range(0, len(errors) - window + 1, max(1, window // 2)):
        part = errors[start : start + window]
        if segments[start] != segments[start + window - 1]:
            continue
        part = part[:, np.isfinite(part).all((0, 2))]
        spectra.append(np.abs(np.fft.rfft((part - part.mean(0)) * hann[:, None, None], axis=0)) ** 2)
    frequency = np.fft.rfftfreq(window, 1 / fps)
    whole = np.concatenate(spectra, axis=1) if spectra else np.zeros((len(frequency), 0, 2))
    power = nanmean(whole.sum(-1) if whole.size else np.full((len(frequency), 1), np.nan), axis=1)
    power = power / (fps * (hann**2).sum())
    power[1 : (window + 1) // 2] *= 2
    return frequency, power


def _acceleration(points):
    return points[:-2] - 2 * points[1:-1] + points[2:]


def _together(counted, segments, span, ends_only=False):
    """(T - span, N): the point counts in frames t ... t + span (or just at both ends), all of one segment."""
    frames = len(counted)
    if frames <= span:
        return np.zeros((0, counted.shape[1]), dtype=bool)
    steps = (0, span) if ends_only else range(span + 1)
    together = np.logical_and.reduce([counted[k : frames - span + k] for k in steps])
    if segments is not None:
        segments = np.asarray(segments)
        if segments.shape != (frames,):
            raise ValueError(f"segments have shape {segments.shape}; expected one number a frame, ({frames},).")
        for k in range(1, span + 1):
            together &= (segments[k : frames - span + k] == segments[: frames - span])[:, None]
    return together
