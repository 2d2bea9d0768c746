"""The room behind the head: shelves of books, out of focus, passing slowly as the camera drifts."""

from dataclasses import dataclass

import cv2
import numpy as np

from glmk_lib.studio.head import linear
from glmk_lib.studio.motion import Pose

_WALLS = ("#a9aea4", "#b3a58f", "#8f9aa6")
_COVERS = ("#7c5a3c", "#c9b79a", "#4e5d52", "#a9543f", "#d9d3c7", "#596070", "#8f8a4d", "#2f4a4a", "#b88a4a")
_SIDE = 512  # of the drawing, which spans two frame widths


@dataclass(frozen=True)
class Room:
    """`wall`: (2 S, 2 S, 3) float32 linear light, for frames of S samples a side."""

    wall: np.ndarray

    @classmethod
    def build(cls, number: int, side: int) -> "Room":
        """The room of identity `number`, for frames of `side` samples."""
        rng = np.random.default_rng([49979687, number])
        wall = np.empty((_SIDE, _SIDE, 3), np.float32)
        wall[:] = linear(_WALLS[number % 3])
        wall *= np.linspace(1.1, 0.7, _SIDE, dtype=np.float32)[:, None, None]
        for y in range(int(rng.integers(10, 40)), _SIDE, int(rng.integers(84, 110))):
            _shelf(wall, y, rng)
        for _ in range(3):
            _picture(wall, rng)
        plaster = cv2.GaussianBlur(rng.standard_normal((_SIDE, _SIDE)).astype(np.float32), (0, 0), 1.5)
        wall = cv2.GaussianBlur(wall, (0, 0), 2.5) * (1 + 0.2 * plaster)[..., None]
        return cls(cv2.resize(wall, (2 * side, 2 * side), interpolation=cv2.INTER_AREA if side < 256 else cv2.INTER_CUBIC))

    def view(self, pose: Pose, side: int) -> np.ndarray:
        """The part behind the head, (side, side, 3) float32 linear light, a fresh array."""
        x, y = side * (0.5 + pose.pan_x), side * (0.5 + pose.pan_y)
        shift = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
        view = cv2.warpAffine(self.wall, shift, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return view * np.float32(0.75 * pose.light)


def _cover(rng):
    return linear(_COVERS[rng.integers(len(_COVERS))]) * rng.uniform(0.5, 1.15)


def _box(wall, x, y, w, h, color):
    cv2.rectangle(wall, (int(x), int(y)), (int(x + w), int(y + h)), tuple(float(c) for c in color), -1)


def _shelf(wall, y, rng):
    """Books, gaps and round things on a board 68 below `y`."""
    x = int(rng.integers(-20, 30))
    while x < _SIDE:
        if rng.random() < 0.22:
            if rng.random() < 0.6:
                cv2.circle(wall, (x + 16, y + 48), int(rng.integers(8, 17)), tuple(float(c) for c in _cover(rng)), -1)
            x += int(rng.integers(24, 90))
            continue
        w, h = int(rng.integers(7, 19)), int(rng.integers(38, 64))
        _box(wall, x, y + 68 - h, w, h, _cover(rng))
        _box(wall, x, y + 68 - h + rng.integers(4, 12), w, rng.integers(2, 6), _cover(rng))
        x += w + 1
    _box(wall, 0, y + 68, _SIDE, 7, linear("#6d4c33") * rng.uniform(0.8, 1.2))
    _box(wall, 0, y + 76, _SIDE, 4, linear("#3a2c22"))


def _picture(wall, rng):
    x, y = rng.integers(0, _SIDE, 2)
    w, h = rng.integers(50, 110, 2)
    _box(wall, x, y, w, h, _cover(rng) * 0.4)
    _box(wall, x + 5, y + 5, w - 10, h - 10, _cover(rng) * 0.6 + 0.4)
    _box(wall, x + 5, y + h // 2, w - 10, h // 2 - 5, _cover(rng))
