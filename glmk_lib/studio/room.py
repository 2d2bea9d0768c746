"""Everything around the head: the room behind, light, neck and shoulders."""

from dataclasses import dataclass

import cv2
import numpy as np

from glmk_lib.studio.head import linear
from glmk_lib.studio.motion import Pose
from glmk_lib.studio.surface import dot, unit


def lamp(pose: Pose, frame):
    """Directions to key and fill light (2, 3) in the frame that `frame` (3, 3) leads to, with the key's colour (3,) and "up"."""
    turn, rise = float(pose.light_turn), float(pose.light_rise)
    key = np.array([np.sin(turn) * np.cos(rise), -np.sin(rise), -np.cos(turn) * np.cos(rise)])
    fill = np.array([-0.75 * np.sign(turn + 1e-9), -0.15, -0.65])
    fill /= np.linalg.norm(fill)
    up = np.array([0.0, -1.0, 0.0])
    warm = np.float32(pose.warmth)
    tint = np.array([1 + 0.05 * warm, 1.0, 1 - 0.07 * warm], np.float32) * np.float32(pose.light)
    return (frame @ np.stack([key, fill, up], 1)).T.astype(np.float32), tint


def shade(color, gloss, normal, rays, light):
    """Linear light (n, 3) of surfaces: wrapped diffuse key and fill, sky-like ambient, a soft highlight."""
    (key, fill, up), tint = light
    toward = np.maximum(0, (normal @ key + 0.25) / 1.25)
    other = np.maximum(0, (normal @ fill + 0.3) / 1.3)
    ambient = 0.26 + 0.10 * (normal @ up)
    amount = 0.88 * toward[:, None] * tint + (0.2 * other + ambient)[:, None]
    away = -unit(rays)
    shine = 0.10 * gloss * np.maximum(0, dot(normal, unit(away + key))) ** 18
    rim = (1 - np.maximum(0, dot(normal, away))) ** 3
    return color * (amount * (1 - 0.35 * rim)[:, None]) + (shine[:, None] * tint)


@dataclass(frozen=True)
class Room:
    """A photograph-like wall, wider than the frame: `wall` (3 S, 3 S, 3) float32 linear light for a frame of S samples."""

    wall: np.ndarray

    @classmethod
    def build(cls, number: int, side: int) -> "Room":
        """The room of identity `number`, for frames of `side` samples."""
        rng = np.random.default_rng([49979687, number])
        size = 512
        wall = np.empty((size, size, 3), np.float32)
        wall[:] = linear(["#a9aea4", "#b3a58f", "#8f9aa6"][number % 3])
        wall *= np.linspace(1.1, 0.7, size, dtype=np.float32)[:, None, None]

        def box(x, y, w, h, color):
            cv2.rectangle(wall, (int(x), int(y)), (int(x + w), int(y + h)), tuple(float(c) for c in color), -1)

        for y in range(int(rng.integers(10, 40)), size, int(rng.integers(84, 110))):  # shelves with books
            x = int(rng.integers(-20, 30))
            while x < size:
                if rng.random() < 0.22:
                    gap, x = x, x + int(rng.integers(24, 90))
                    if rng.random() < 0.6:
                        center, radius = (int(gap + 16), y + 48), int(rng.integers(8, 17))
                        cv2.circle(wall, center, radius, tuple(float(c) for c in _cover(rng)), -1)
                    continue
                w, h = int(rng.integers(7, 19)), int(rng.integers(38, 64))
                color = _cover(rng)
                box(x, y + 68 - h, w, h, color)
                box(x, y + 68 - h + rng.integers(4, 12), w, rng.integers(2, 6), _cover(rng))
                x += w + 1
            box(0, y + 68, size, 7, linear("#6d4c33") * rng.uniform(0.8, 1.2))
            box(0, y + 76, size, 4, linear("#3a2c22"))
        for _ in range(3):  # pictures hung before them
            x, y = rng.integers(0, size, 2)
            w, h = rng.integers(50, 110, 2)
            box(x, y, w, h, _cover(rng) * 0.4)
            box(x + 5, y + 5, w - 10, h - 10, _cover(rng) * 0.6 + 0.4)
            box(x + 5, y + h // 2, w - 10, h // 2 - 5, _cover(rng))
        grain = cv2.GaussianBlur(rng.standard_normal((size, size)).astype(np.float32), (0, 0), 1.5)
        wall = cv2.GaussianBlur(wall, (0, 0), 2.5) * (1 + 0.2 * grain)[..., None]
        return cls(cv2.resize(wall, (2 * side, 2 * side), interpolation=cv2.INTER_AREA if side < 256 else cv2.INTER_CUBIC))

    def view(self, pose: Pose, side: int) -> np.ndarray:
        """The part behind the head, (side, side, 3) float32, a fresh array."""
        x, y = (side * (0.5 + float(p)) for p in (pose.pan_x, pose.pan_y))
        shift = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
        view = cv2.warpAffine(self.wall, shift, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return view * np.float32(0.75 * float(pose.light))


_COVERS = ("#7c5a3c", "#c9b79a", "#4e5d52", "#a9543f", "#d9d3c7", "#596070", "#8f8a4d", "#2f4a4a", "#b88a4a")


def _cover(rng):
    return linear(_COVERS[rng.integers(len(_COVERS))]) * rng.uniform(0.5, 1.15)


def _ellipsoid(origin, rays, axes):
    """Nearest meeting of rays (n, 3) with an ellipsoid about 0: indices, distances (m,), normals (m, 3)."""
    axes = np.asarray(axes, np.float32)
    o, d = (np.asarray(origin) / axes).astype(np.float32), rays / axes
    dd, od = dot(d, d), d @ o
    room = od * od - dd * (float(o @ o) - 1)
    hit = np.flatnonzero(room > 0)
    t = (-od[hit] - np.sqrt(room[hit])) / dd[hit]
    return hit, t, unit((o + t[:, None] * d[hit]) / axes)


def body(scene, pose, turn, middle, rays, image):
    """Draw shoulders, neck and ears over `image` (side, side, 3), in place, from back to front."""
    flat, out = rays.reshape(-1, 3), image.reshape(-1, 3)
    upright = np.eye(3, dtype=np.float32)
    light = lamp(pose, upright)
    base = np.array([float(pose.x) * 0.85, 0.0 + float(pose.y) * 0.8, 5.5 / float(pose.scale)])
    cloth = linear("#5a6b4f")
    at = base + [0, 2.15, 0.45]
    hit, t, n = _ellipsoid(-at, flat, (1.75, 0.95, 0.75))
    p = flat[hit] * t[:, None] - at
    knit = 1 + 0.25 * np.sin(p[:, 0] * 26) * np.sin(p[:, 1] * 26 + p[:, 2] * 20)
    out[hit] = shade(cloth * knit[:, None], np.zeros(len(hit), np.float32), n, flat[hit], light)
    joint = middle + turn @ np.array([0.0, 0.55, 0.2])
    at = 0.5 * (joint + base + [0, 0.62, 0.25]) + [0, 0.35, 0]
    hit, t, n = _ellipsoid(-at, flat, (0.47, 1.05, 0.47))
    p = flat[hit] * t[:, None] - at
    shadow = 0.2 + 0.8 * np.clip((p[:, 1] - 0.08) / 0.65, 0, 1)
    tone = scene.identity.skin * shadow[:, None]
    out[hit] = shade(tone, np.full(len(hit), 0.1, np.float32), n, flat[hit], light)
    to_head = turn.T.astype(np.float32)
    inward = lamp(pose, to_head)
    turned = flat @ to_head.T
    for side in (-1, 1):
        at = np.array([side * (scene.identity.axes[0] + 0.03), 0.04, 0.10])
        hit, t, n = _ellipsoid(-turn.T @ middle - at, turned, (0.10, 0.25, 0.16))
        p = turned[hit] * t[:, None] - turn.T @ middle - at
        rim = np.clip(np.hypot(p[:, 1] / 0.25, p[:, 2] / 0.16), 0, 1)
        tone = scene.identity.skin * np.array([1.0, 0.85, 0.82], np.float32) * (0.5 + 0.5 * rim**2)[:, None]
        out[hit] = shade(tone, np.full(len(hit), 0.2, np.float32), n, turned[hit], inward)
