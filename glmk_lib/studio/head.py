"""The virtual head: who it is, where its features lie on the skin, and the lines that are painted on it.

A place on the skin is (u, v): longitude and latitude in radians on a unit sphere, (0, 0) in front of the head's centre,
u to the right of the image and v down. The sphere is stretched to an ellipsoid and raised or sunk by a height map (skin.py).
Lengths are in head units: the head's half height is 1. Axes are x right, y down, z away from the camera.
"""

from dataclasses import dataclass

import numpy as np

from glmk_lib.template import DEFAULT_COLOR, Line

EYE = (0.41, -0.10)  # centre of the eye at the right of the image; the other one mirrors it
EYE_SIZE = (0.175, 0.076)  # half width and half height of the open eye
BROW_V = -0.315
MOUTH_V = 0.59  # the seam between the lips
MOUTH_U = 0.30  # half width of the mouth
PAINT_WIDTH = 0.103  # full width; 2.2 px in a frame of 64 px

# Skin tone, hair and iris as sRGB; the first of each is that of identity 0.
_TONES = ("#dcab8c", "#8d5a3c", "#efc7ab", "#b98058", "#5e3b28", "#e3b899")
_HAIR = ("#4a2f1e", "#17120f", "#a97c44", "#2b2019", "#120f0e", "#7d3f1f")
_IRIS = ("#4f7a8c", "#3a2416", "#5b7f4e", "#4b3020", "#2a1a12", "#6f8fb0")


def linear(color: str) -> np.ndarray:
    """Linear light (3,) of "#rrggbb", by a plain power of 2.2, so that shading stays a product on the screen too."""
    return (np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255) ** 2.2


@dataclass(frozen=True)
class Identity:
    """One person: proportions and colours (linear light), the same for the same number."""

    number: int
    axes: tuple[float, float, float]  # half width, half height, half depth
    skin: np.ndarray
    hair: np.ndarray
    iris: np.ndarray
    freckles: float  # 0 to 1
    hairline: float  # v of the hair's edge above the brow

    @classmethod
    def of(cls, number: int) -> "Identity":
        """The person of that number (0 or more). Identity 0 is the one the ready template was drawn on."""
        rng = np.random.default_rng([7919, number])
        jitter = rng.uniform(-1, 1, 5) if number else np.zeros(5)
        k = number % len(_TONES)
        return cls(
            number,
            (0.74 + 0.03 * jitter[0], 1.06, 0.88 + 0.03 * jitter[1]),
            linear(_TONES[k]),
            linear(_HAIR[k]),
            linear(_IRIS[k]),
            float(0.6 + 0.4 * jitter[2]),
            float(-0.74 + 0.05 * jitter[3]),
        )


# (name, places, closed); a whole number stands for a point of an earlier line
_BROW = [(0.15, -0.405), (0.27, -0.46), (0.41, -0.48), (0.55, -0.45), (0.67, -0.38)]
_JAW = [(0.48, 0.90), (0.83, 0.71), (1.01, 0.46), (1.10, 0.15)]
_FACE = [
    ("left_brow", [(-u, v) for u, v in reversed(_BROW)], False),
    ("right_brow", _BROW, False),
    ("nose", [(0.0, -0.19), (0.0, -0.06), (0.0, 0.07), (0.0, 0.20), (0.0, 0.335)], False),
    ("nose_base", [(-0.165, 0.245), (-0.09, 0.315), 14, (0.09, 0.315), (0.165, 0.245)], False),
    (
        "mouth",
        [(-0.33, 0.59), (-0.15, 0.475), (0.0, 0.49), (0.15, 0.475), (0.33, 0.59), (0.19, 0.727), (0.0, 0.757), (-0.19, 0.727)],
        True,
    ),
    ("jaw", [*[(-u, v) for u, v in reversed(_JAW)], (0.0, 0.955), *_JAW], False),
]


def face_lines(color: str = DEFAULT_COLOR) -> tuple[np.ndarray, tuple[Line, ...]]:
    """The painted points on the skin at rest, (P, 2) float64 as (u, v), and the lines over them.

    The nose's last point is the middle of its base: the two lines meet there.
    """
    places, lines = [], []
    for name, line, closed in _FACE:
        indices = []
        for place in line:
            if isinstance(place, int):
                indices.append(place)
            else:
                indices.append(len(places))
                places.append(place)
        lines.append(Line(name, tuple(indices), closed, color))
    return np.array(places, np.float64), tuple(lines)
