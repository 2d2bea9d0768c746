"""Motion: band-limited random curves for pose, expression, gaze, light and camera, at 25 frames a second.

Every take draws its own curves from its seed, all from one distribution: a marked and an unmarked take show the same kinds of
poses and never the same film.
"""

from dataclasses import dataclass, fields

import numpy as np

FPS = 25


@dataclass(frozen=True)
class Pose:
    """The state of the scene: scalars for one frame, or arrays that broadcast. The defaults are the face at rest."""

    yaw: float = 0.0  # radians; positive turns the face to the right of the image
    pitch: float = 0.0  # positive nods down
    roll: float = 0.0  # positive tilts clockwise in the image
    x: float = 0.0  # head units
    y: float = 0.0
    scale: float = 1.0
    jaw: float = 0.0  # radians that the lower lip drops, 0 to 0.26
    width: float = 0.0  # relative width of the mouth, -0.3 (pursed) to 0.25
    smile: float = 0.0  # radians that the corners rise
    raise_: float = 0.0  # radians that the brows rise, negative when they sink
    furrow: float = 0.0  # 0 to 0.06
    blink: float = 0.0  # 0 open, 1 closed
    gaze_x: float = 0.0  # -1 to 1
    gaze_y: float = 0.0
    light_turn: float = -0.6  # radians around the vertical; negative is from the left of the image
    light_rise: float = 0.7
    light: float = 1.0
    warmth: float = 0.0  # -1 cool to 1 warm
    pan_x: float = 0.0  # the room's shift behind the head, in frame widths
    pan_y: float = 0.0

    def __getitem__(self, index) -> "Pose":
        return Pose(**{f.name: np.asarray(getattr(self, f.name), np.float64)[index] for f in fields(self)})

    def frame(self, index: int) -> "Pose":
        """The scalars of one frame, as Python floats: they leave float32 arrays as they are."""
        return Pose(**{f.name: float(getattr(self, f.name)[index]) for f in fields(self)})


def _wander(rng, seconds, low, high, waves=20):
    """A curve of zero mean and unit variance with frequencies from `low` to `high` Hz."""
    frequency = low + (high - low) * (np.arange(waves) + rng.uniform(0, 1, waves)) / waves  # spread, so that takes agree
    phase = rng.uniform(0, 2 * np.pi, waves)
    return np.sqrt(2 / waves) * np.sin(2 * np.pi * frequency * seconds[:, None] + phase).sum(1)


def _bounded(rng, seconds, low, high, reach, sharp=0.75):
    """A wandering curve kept within ±`reach`."""
    return reach * np.tanh(sharp * _wander(rng, seconds, low, high))


def _blinks(rng, seconds):
    closed = np.zeros_like(seconds)
    at = rng.uniform(0.3, 3)
    while at < seconds[-1] + 1:
        half = rng.uniform(0.09, 0.16)
        hold = rng.uniform(0.3, 0.7) if rng.random() < 0.12 else 0.02
        closed = np.maximum(closed, np.clip((half + hold - np.abs(seconds - at)) / half, 0, 1))
        at += rng.uniform(1.2, 4.5)
    return closed * closed * (3 - 2 * closed)


def motion(seed: int, frames: int) -> Pose:
    """The curves of a take: a `Pose` of arrays (frames,) float64. Yaw within ±35°, pitch ±20°, roll ±15°.

    A longer take of the same seed begins as the shorter one does.
    """
    rng = np.random.default_rng([104729, seed])
    t = np.arange(frames) / FPS
    degrees = np.pi / 180
    speaking = 1 / (1 + np.exp(-3 * _wander(rng, t, 0.1, 0.5) - 1.2))
    syllables = 0.5 + 0.5 * np.tanh(1.1 * _wander(rng, t, 0.8, 3.2))
    gape = np.maximum(0, np.tanh(_wander(rng, t, 0.1, 0.5) - 0.6))
    return Pose(
        yaw=_bounded(rng, t, 0.08, 0.6, 35 * degrees, 0.45),
        pitch=_bounded(rng, t, 0.08, 0.6, 20 * degrees, 0.45),
        roll=_bounded(rng, t, 0.08, 0.5, 15 * degrees, 0.42),
        x=_bounded(rng, t, 0.06, 0.4, 0.12),
        y=_bounded(rng, t, 0.06, 0.4, 0.09),
        scale=1 + _bounded(rng, t, 0.06, 0.4, 0.07),
        jaw=0.26 * np.maximum(0.75 * speaking * syllables, gape),
        width=_bounded(rng, t, 0.3, 1.6, 0.2) * (0.4 + 0.6 * speaking),
        smile=0.045 + _bounded(rng, t, 0.06, 0.5, 0.055),
        raise_=0.03 + _bounded(rng, t, 0.1, 0.7, 0.07),
        furrow=0.06 * np.maximum(0, np.tanh(_wander(rng, t, 0.1, 0.6))),
        blink=_blinks(np.random.default_rng([104729, seed, 1]), t),
        gaze_x=_bounded(rng, t, 0.2, 1.2, 1.0),
        gaze_y=_bounded(rng, t, 0.2, 1.2, 0.8),
        light_turn=-0.5 + _bounded(rng, t, 0.03, 0.15, 0.7),
        light_rise=0.65 + _bounded(rng, t, 0.03, 0.15, 0.25),
        light=1 + _bounded(rng, t, 0.03, 0.2, 0.15),
        warmth=_bounded(rng, t, 0.03, 0.15, 1.0),
        pan_x=_bounded(rng, t, 0.03, 0.2, 0.2),
        pan_y=_bounded(rng, t, 0.03, 0.2, 0.12),
    )
