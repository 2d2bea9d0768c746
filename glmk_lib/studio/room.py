"""What is behind the body: shelves behind a face, a desk under a hand, a floor under a foot; out of focus, passing slowly."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from glmk_lib.studio.identity import linear

# Greys, browns and creams: nothing in the room has the hue of a paint.
_WALLS = ("#aaaba4", "#b3a58f", "#9d9a97")
_COVERS = ("#7c5a3c", "#c9b79a", "#5c5550", "#96604c", "#d9d3c7", "#66605c", "#8f8370", "#3d3833", "#b39468")
_WOODS = ("#8b6a4a", "#a98660", "#6a4c34", "#b59a78")
_SIDE = 512  # of the drawing, which spans two frame widths


@dataclass(frozen=True, eq=False)
class Room:
    """`wall`: (3, 512, 512) float32 linear light, two frame widths across."""

    wall: Tensor

    @classmethod
    def build(cls, region: str, number: int, device="cpu") -> "Room":
        """The room of that region and person, the same each time; a face's shelves for any other region."""
        rng = np.random.default_rng([49979687, number])
        draw, blur = {"hand": (_desk, 2.0), "foot": (_floor, 2.0)}.get(region, (_shelves, 3.0))
        wall = draw(rng, number)
        grain = cv2.GaussianBlur(rng.standard_normal((_SIDE, _SIDE)).astype(np.float32), (0, 0), 1.5)
        wall = cv2.GaussianBlur(wall, (0, 0), blur) * (1 + 0.15 * grain)[..., None]
        return cls(torch.from_numpy(np.ascontiguousarray(wall.transpose(2, 0, 1))).to(device))

    def view(self, pan_x: Tensor, pan_y: Tensor, size: int) -> Tensor:
        """What is seen of it, (B, 3, size, size) linear light, shifted by frame widths (B,), each within ±0.5."""
        steps = ((torch.arange(size, device=self.wall.device) + 0.5) / size - 0.5).float()
        x = (steps + pan_x[:, None])[:, None].expand(-1, size, -1)
        y = (steps + pan_y[:, None])[..., None].expand(-1, -1, size)
        wall = self.wall.expand(len(pan_x), -1, -1, -1)
        if size <= 128:  # the drawing is finer than the picture
            wall = torch.nn.functional.avg_pool2d(self.wall[None], 2).expand(len(pan_x), -1, -1, -1)
        return grid_sample(wall, torch.stack([x, y], -1), align_corners=False, padding_mode="reflection")


def _cover(rng):
    return linear(_COVERS[rng.integers(len(_COVERS))]) * rng.uniform(0.5, 1.15)


def _box(wall, x, y, w, h, color):
    cv2.rectangle(wall, (int(x), int(y)), (int(x + w), int(y + h)), tuple(float(c) for c in color), -1)


def _shelves(rng, number):
    wall = np.empty((_SIDE, _SIDE, 3), np.float32)
    wall[:] = linear(_WALLS[number % 3])
    wall *= np.linspace(1.1, 0.7, _SIDE, dtype=np.float32)[:, None, None]
    for y in range(int(rng.integers(10, 40)), _SIDE, int(rng.integers(84, 110))):
        _shelf(wall, y, rng)
    for _ in range(3):
        _picture(wall, rng)
    return 0.8 * wall


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


def _desk(rng, number):
    """A desk with papers, a notebook and pens on it."""
    wall = _grain(rng, linear(_WOODS[(number + 1) % len(_WOODS)]), 90)
    for _ in range(5):
        _sheet(wall, rng, (70, 170), _cover(rng) if rng.random() < 0.4 else linear("#cfcac0"))
    for _ in range(5):
        a, turn = rng.integers(0, _SIDE, 2), rng.uniform(0, np.pi)
        b = a + (90 * np.array([np.cos(turn), np.sin(turn)])).astype(int)
        cv2.line(wall, a.tolist(), b.tolist(), tuple(float(c) for c in _cover(rng)), 7)
    return wall


def _floor(rng, number):
    """Floor boards, with a rug on them."""
    wall = _grain(rng, linear(_WOODS[number % len(_WOODS)]), 46)
    tone, stripe = _cover(rng), _cover(rng)
    x, y = rng.integers(120, 200, 2)
    _box(wall, x, y, 330, 260, tone)
    for k in range(8, 250, 30):
        _box(wall, x, y + k, 330, 6, stripe)
    return wall


def _grain(rng, tone, board):
    """Boards `board` wide, each with its own tone and fibres along it."""
    fibres = cv2.GaussianBlur(rng.standard_normal((_SIDE, _SIDE)).astype(np.float32), (0, 0), 14, sigmaY=0.8)
    wall = tone * (1 + 1.2 * fibres)[..., None]
    for y in range(int(rng.integers(board)) - board, _SIDE, board):
        wall[max(0, y) : max(0, y + board)] *= rng.uniform(0.85, 1.12)
        wall[max(0, y) : max(0, y + 2)] *= 0.6
    return wall.astype(np.float32)


def _sheet(wall, rng, sides, tone):
    """A turned rectangle with lines of writing."""
    (w, h), turn = rng.integers(*sides, 2), rng.uniform(-0.6, 0.6)
    centre = rng.integers(0, _SIDE, 2)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = centre + np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2 @ axes
    cv2.fillPoly(wall, [np.rint(corners).astype(np.int32)], tuple(float(c) for c in tone))
    for k in np.arange(-0.38, 0.4, 0.11):
        ends = centre + np.array([[-0.4 * w, k * h], [rng.uniform(0, 0.4) * w, k * h]]) @ axes
        cv2.line(wall, *np.rint(ends).astype(int).tolist(), tuple(float(c) for c in 0.55 * tone), 2)
