"""How a head moves: it speaks in phrases with pauses, looks about, blinks, raises its brows and turns.

Visemes are blended by dominance functions, so that each one colours its neighbours (Cohen and Massaro, "Modeling
coarticulation in synthetic visual speech", 1993).
"""

import numpy as np

from glmk_lib.studio.face_move import INDEX, LOOK, PARAMETERS
from glmk_lib.studio.motion import FPS, bounded, episodes, pace, pulses

_MOUTH = ("jaw", "part", "round", "wide", "press")
_VISEMES = np.array([
    (0.00, 0.00, 0.00, 0.10, 0.90),  # m b p
    (0.07, 0.30, 0.00, 0.15, 0.10),  # f v
    (0.70, 0.35, 0.00, 0.10, 0.00),  # ah
    (0.85, 0.40, 0.10, 0.00, 0.00),  # a wide open one
    (0.40, 0.45, 0.00, 0.50, 0.00),  # e
    (0.15, 0.55, 0.00, 0.90, 0.00),  # ee
    (0.48, 0.30, 0.75, 0.00, 0.00),  # o
    (0.16, 0.25, 1.00, 0.00, 0.00),  # oo w
    (0.10, 0.50, 0.00, 0.35, 0.00),  # s t d
    (0.14, 0.60, 0.60, 0.00, 0.00),  # sh
    (0.26, 0.40, 0.00, 0.20, 0.00),  # l n
    (0.24, 0.30, 0.10, 0.10, 0.00),  # k g
])  # fmt: skip
_OFTEN = np.array([3, 1, 3, 1, 3, 3, 2, 2, 4, 1, 3, 2], np.float64)


def speak(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Poses (frames, K) in the order of face_move.PARAMETERS, within their ranges; a longer take begins as a shorter one."""
    out = np.zeros((frames, len(PARAMETERS)))

    def put(name, curve):
        out[:, INDEX[name]] += curve

    for name, curve in zip(_MOUTH, speech(rng, frames).T, strict=True):
        put(name, curve)
    put("smile", episodes(rng, frames, [[0.0], [0.35], [0.85], [-0.3]], (0.8, 4.0), (0.3, 0.9), [3, 2, 1.5, 1])[:, 0])
    raised = 0.85 * pulses(rng, frames, (1.5, 6.0), (0.16, 0.40), (0.05, 0.9))
    lean = bounded(rng, frames, -0.15, 0.15, 0.05, 0.4)
    put("raise_left", raised * (1 + lean) + bounded(rng, frames, -0.15, 0.2, 0.1, 0.7))
    put("raise_right", raised * (1 - lean) + bounded(rng, frames, -0.15, 0.2, 0.1, 0.7))
    put("furrow", 0.9 * pulses(rng, frames, (2.5, 9.0), (0.2, 0.5), (0.1, 1.2)) * (1 - raised))
    put("blink", pulses(rng, frames) + bounded(rng, frames, -0.08, 0.10, 0.05, 0.3))
    seconds = pace(rng, frames)
    for name, fast in (("turn", 0.5), ("nod", 0.6), ("tilt", 0.4)):
        p = PARAMETERS[INDEX[name]]
        put(name, bounded(rng, frames, p.low, p.high, 0.05, fast, seconds))
    places = rng.uniform(-1, 1, (24, 2)) * (0.55, 0.45)
    gaze = episodes(rng, frames, places, (0.25, 1.8), (0.04, 0.09))
    # Eyes stay with what they look at while the head turns away from it.
    put("look_x", gaze[:, 0] - 0.6 * out[:, INDEX["turn"]] / LOOK[0])
    put("look_y", gaze[:, 1] - 0.6 * out[:, INDEX["nod"]] / LOOK[1])
    return np.clip(out, [p.low for p in PARAMETERS], [p.high for p in PARAMETERS])


def speech(rng: np.random.Generator, frames: int) -> np.ndarray:
    """The mouth (frames, 5): jaw, part, round, wide and press of phrases and the pauses between them."""
    own = np.random.default_rng(rng.integers(1 << 62))  # a longer take draws more, but not from the caller's generator
    total, weight = np.zeros((frames, 5)), np.full(frames, 1e-4)  # where no viseme rules, the mouth is shut
    t = np.arange(frames) / FPS
    now = -own.uniform(0, 2)
    while now < frames / FPS + 1:
        loud = own.uniform(0.55, 1.3)
        for _ in range(own.integers(3, 18)):
            length = own.uniform(0.08, 0.20)
            viseme = _VISEMES[own.choice(len(_VISEMES), p=_OFTEN / _OFTEN.sum())] * (loud, 1, 1, 1, 1)
            _add(total, weight, t, now, 0.8 * length, viseme)
            now += length
        pause = own.uniform(0.2, 1.6)
        lips = np.array([0.0, own.uniform(0, 0.25), 0.0, 0.0, 0.0])  # silent lips are not always shut
        for at in np.arange(now + 0.05, now + pause, 0.12):
            _add(total, weight, t, at, 0.10, lips)
        now += pause
    return total / weight[:, None]


def _add(total, weight, t, middle, width, viseme):
    """One viseme's share about the time `middle`, in place."""
    first, last = (int(np.clip(np.ceil((middle + s * 4 * width) * FPS), 0, len(t))) for s in (-1, 1))
    share = np.exp(-(((t[first:last] - middle) / width) ** 2))
    total[first:last] += share[:, None] * viseme
    weight[first:last] += share
