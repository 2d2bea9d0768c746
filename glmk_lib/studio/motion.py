"""Motion: band-limited, bounded random curves with pauses and quick moves, at 25 frames a second.

Every function draws the same amount from its generator whatever the number of frames, so that a longer take begins as the
shorter one of the same seed does. Takes of two seeds are independent and of one distribution.
"""

import numpy as np

from glmk_lib.studio.body import RigidRange

FPS = 25
_WAVES = 16  # sines that add up to a wandering curve


def wander(rng, frames: int, slow_hz: float, fast_hz: float, seconds=None) -> np.ndarray:
    """A curve (frames,) of zero mean and unit variance, with frequencies from `slow_hz` to `fast_hz`.

    Args:
        seconds: (frames,) when each frame is taken, for example from `pace`; None for an even 25 a second.
    """
    seconds = np.arange(frames) / FPS if seconds is None else seconds
    frequency = slow_hz + (fast_hz - slow_hz) * (np.arange(_WAVES) + rng.uniform(0, 1, _WAVES)) / _WAVES
    phase = rng.uniform(0, 2 * np.pi, _WAVES)
    total = np.zeros(frames)
    for f, p in zip(frequency, phase, strict=True):
        total += np.sin(2 * np.pi * f * seconds + p)
    return np.sqrt(2 / _WAVES) * total


def bounded(rng, frames: int, low: float, high: float, slow_hz=0.1, fast_hz=0.8, seconds=None) -> np.ndarray:
    """A wandering curve (frames,) that stays within (low, high); `slow_hz`, `fast_hz` and `seconds` as in `wander`."""
    return (low + high) / 2 + (high - low) / 2 * np.tanh(0.8 * wander(rng, frames, slow_hz, fast_hz, seconds))


def pace(rng, frames: int) -> np.ndarray:
    """Seconds (frames,) that run unevenly: nearly still in pauses, and up to twice as fast in quick moves; even on average."""
    speed = 0.08 + 0.92 / (1 + np.exp(-3.5 * (wander(rng, frames, 0.05, 0.45) + 0.5)))
    speed = speed * (1 + np.maximum(0, np.tanh(wander(rng, frames, 0.1, 0.6) - 0.5)))
    return rng.uniform(0, 100) + np.cumsum(1.25 * speed) / FPS


def episodes(rng, frames: int, poses, hold_s=(0.3, 1.2), move_s=(0.25, 0.7), weights=None) -> np.ndarray:
    """Poses held and left in turn, (frames, K), each move along a minimum-jerk path (Flash and Hogan, 1985).

    Args:
        poses: (M, K) the poses to choose among; the same one is not chosen twice running if M > 1.
        hold_s, move_s: ranges of seconds that a pose is held, and a move takes.
        weights: (M,) how often each is chosen; None for equally often.
    """
    poses = np.asarray(poses, np.float64)
    own = np.random.default_rng(rng.integers(1 << 62))  # a longer take draws more, but not from the caller's generator
    weights = np.ones(len(poses)) if weights is None else np.asarray(weights, np.float64)
    now = int(own.choice(len(poses), p=weights / weights.sum()))
    out, at, t = np.empty((frames, poses.shape[1])), 0, -own.uniform(0, hold_s[1])
    while at < frames:
        leave = t + own.uniform(*hold_s)
        arrive = leave + own.uniform(*move_s)
        chance = weights.copy()
        if len(poses) > 1:
            chance[now] = 0
        following = int(own.choice(len(poses), p=chance / chance.sum()))
        end = min(frames, max(at, int(np.ceil(arrive * FPS))))
        s = np.clip((np.arange(at, end) / FPS - leave) / (arrive - leave), 0, 1)[:, None]
        out[at:end] = poses[now] + (poses[following] - poses[now]) * (s**3 * (10 - 15 * s + 6 * s * s))
        at, t, now = end, arrive, following
    return out


def pulses(rng, frames: int, every_s=(1.2, 4.5), rise_s=(0.08, 0.14), hold_s=(0.0, 0.05)) -> np.ndarray:
    """Brief events such as blinks, (frames,) from 0 to 1 and back; the pause before each, its rise and its hold in seconds."""
    own = np.random.default_rng(rng.integers(1 << 62))
    t, value, at = np.arange(frames) / FPS, np.zeros(frames), own.uniform(0, every_s[1])
    while at < frames / FPS + 1:
        rise, hold = own.uniform(*rise_s), own.uniform(*hold_s)
        value = np.maximum(value, np.clip((rise + hold / 2 - np.abs(t - at)) / rise, 0, 1))
        at += own.uniform(*every_s)
    return value * value * (3 - 2 * value)


def squeezed(unit: np.ndarray, mismatch: float) -> np.ndarray:
    """Values in [-1, 1] pressed into the upper half of that range at a mismatch of 1, into the lower half at -1."""
    return mismatch / 2 + (1 - abs(mismatch) / 2) * unit


def rigid_motion(rng, frames: int, ranges: RigidRange, mismatch: float = 0.0) -> np.ndarray:
    """The motion as a whole, (frames, 6) in the order of RigidRange.NAMES.

    Args:
        mismatch: 0 uses the whole range of the angles; 1 squeezes them into its upper half, -1 into its lower half. Takes at
            1 and -1 share no pose.
    """
    seconds = pace(rng, frames)
    limits = ranges.limits()
    middle, half = limits.mean(1), (limits[:, 1] - limits[:, 0]) / 2
    fast = (0.5, 0.5, 0.4, 0.3, 0.3, 0.3)
    unit = np.stack([np.tanh(0.8 * wander(rng, frames, 0.05, f, seconds)) for f in fast], 1)
    turned = np.arange(6) < 3
    unit = np.where(turned, squeezed(unit, mismatch), unit)
    return middle + half * unit


def surroundings(rng, frames: int) -> dict[str, np.ndarray]:
    """What else drifts in a take, each (frames,): light, exposure, white balance, focus, and the room's shift.

    light_turn, light_rise: radians of the key light around the vertical (negative from the left) and above the horizon;
    exposure, warmth: factors about 1 and -1 to 1; focus: blur of the subject, 0 to 1; pan_x, pan_y: frame widths.
    """
    return {
        "light_turn": -0.55 + bounded(rng, frames, -0.55, 0.55, 0.02, 0.12),
        "light_rise": bounded(rng, frames, 0.45, 0.95, 0.02, 0.12),
        "exposure": np.exp(bounded(rng, frames, -0.16, 0.16, 0.02, 0.2)),
        "warmth": bounded(rng, frames, -1, 1, 0.02, 0.12),
        "focus": np.maximum(0, np.tanh(wander(rng, frames, 0.03, 0.25) - 0.9)),
        "pan_x": bounded(rng, frames, -0.2, 0.2, 0.02, 0.15),
        "pan_y": bounded(rng, frames, -0.12, 0.12, 0.02, 0.15),
    }
