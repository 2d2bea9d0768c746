"""Light: a key and a fill lamp, ambient from above, and how skin, hair, cloth and paint return it."""

import numpy as np

from glmk_lib.studio.motion import Pose
from glmk_lib.studio.surface import dot, rotate, unit


def lamps(pose: Pose, frame=None):
    """The lamps of a frame, for `shade`: directions to key, to fill and up, (3, 3) float32, and the key's colour (3,).

    Args:
        frame: rotation (3, 3) from the camera's axes to those that normals are given in; None for the camera's own.
    """
    turn, rise = pose.light_turn, pose.light_rise
    key = [np.sin(turn) * np.cos(rise), -np.sin(rise), -np.cos(turn) * np.cos(rise)]
    fill = [-0.75 * np.tanh(4 * turn), -0.15, -0.65]  # from the other side
    directions = unit(np.array([key, fill, [0.0, -1.0, 0.0]], np.float32))
    if frame is not None:
        directions = rotate(directions, frame)
    tint = np.array([1 + 0.05 * pose.warmth, 1.0, 1 - 0.07 * pose.warmth], np.float32) * np.float32(pose.light)
    return directions, tint


def shade(color, gloss, normal, rays, light):
    """Linear light (n, 3) that comes back from surfaces: wrapped diffuse light, a soft highlight, darker rims.

    Args:
        color: (n, 3) linear light. gloss: (n,), 0 for cloth, about 1 for skin that shines.
        normal: (n, 3) unit, outwards. rays: (n, 3) from the camera.
        light: from `lamps`, in the same axes.
    """
    (key, fill, up), tint = light
    facing_key = np.maximum(0, (dot(normal, key[None]) + 0.25) / 1.25)
    facing_fill = np.maximum(0, (dot(normal, fill[None]) + 0.3) / 1.3)
    ambient = 0.26 + 0.10 * dot(normal, up[None])
    amount = 0.88 * facing_key[:, None] * tint + (0.2 * facing_fill + ambient)[:, None]
    away = -unit(rays)
    shine = 0.10 * gloss * np.maximum(0, dot(normal, unit(away + key))) ** 18
    rim = (1 - np.maximum(0, dot(normal, away))) ** 3
    return color * (amount * (1 - 0.35 * rim)[:, None]) + shine[:, None] * tint
