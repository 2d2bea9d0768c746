"""The virtual head: who it is, where its features lie on the skin, and the lines that are painted on it.

A place on the skin is (u, v): longitude and latitude in radians on a unit sphere, (0, 0) in front of the head's centre,
u to the right of the image and v down. The sphere is stretched to an ellipsoid and raised or sunk by a height map (skin.py).
Lengths are in head units: the head's half height is 1. Axes are x right, y down, z away from the camera.
"""

from dataclasses import dataclass

import numpy as np

from glmk_lib.template import DEFAULT_COLOR, Line

EYE = (0.40, -0.13)  # centre of the eye at the right of the image; the other one mirrors it
EYE_SIZE = (0.165, 0.082)  # half width and half height of the open eye
BROW_V = -0.34
MOUTH_V = 0.52  # the seam between the lips
MOUTH_U = 0.265  # half width of the mouth
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
            (0.76 + 0.03 * jitter[0], 1.0, 0.88 + 0.03 * jitter[1]),
            linear(_TONES[k]),
            linear(_HAIR[k]),
            linear(_IRIS[k]),
            float(0.6 + 0.4 * jitter[2]),
            float(-0.74 + 0.05 * jitter[3]),
        )


def _mirror(points, other_side_first=True):
    other = [(-u, v) for u, v in reversed(points)]
    return other + points if other_side_first else points + other


def _face_lines():
    brow = [(0.15, -0.415), (0.27, -0.465), (0.40, -0.485), (0.53, -0.46), (0.65, -0.395)]
    base = [(0.15, 0.265), (0.085, 0.325)]
    jaw = [(0.46, 0.87), (0.80, 0.735), (1.03, 0.475), (1.13, 0.15)]
    lip_top = [(0.10, 0.405), (0.225, 0.465)]
    lip_bottom = [(0.18, 0.63), (0.0, 0.665), (-0.18, 0.63)]
    # (name, places, closed); a place that is a whole number is a point of an earlier line
    return [
        ("left_brow", [(-u, v) for u, v in reversed(brow)], False),
        ("right_brow", brow, False),
        ("nose", [(0.0, -0.19), (0.0, -0.06), (0.0, 0.07), (0.0, 0.20), (0.0, 0.345)], False),
        ("nose_base", [(-0.15, 0.265), (-0.085, 0.325), 14, *reversed(base)], False),
        ("mouth", [(-0.225, 0.465), (-0.10, 0.405), (0.0, 0.425), *lip_top, *lip_bottom], True),
        ("jaw", [*[(-u, v) for u, v in reversed(jaw)], (0.0, 0.91), *jaw], False),
    ]


def face_lines(color: str = DEFAULT_COLOR) -> tuple[np.ndarray, tuple[Line, ...]]:
    """The painted points on the skin at rest, (P, 2) float64 as (u, v), and the lines over them.

    The nose's last point is the middle of its base: the two lines meet there.
    """
    places, lines = [], []
    for name, line, closed in _face_lines():
        indices = []
        for place in line:
            if isinstance(place, int):
                indices.append(place)
            else:
                indices.append(len(places))
                places.append(place)
        lines.append(Line(name, tuple(indices), closed, color))
    return np.array(places, np.float64), tuple(lines)
