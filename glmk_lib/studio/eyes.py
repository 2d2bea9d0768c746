"""What the skin's atlas can't hold because it moves: eyes that look about and blink, and the inside of the open mouth."""

import numpy as np

from glmk_lib.studio.head import EYE, EYE_SIZE, MOUTH_U, Identity
from glmk_lib.studio.motion import Pose
from glmk_lib.studio.shapes import bump, edge, mix

_WHITE = np.array([0.66, 0.62, 0.60], np.float32)
_HOLE = np.array([0.030, 0.008, 0.007], np.float32)
_TEETH = np.array([0.60, 0.55, 0.46], np.float32)
_TONGUE = np.array([0.30, 0.075, 0.07], np.float32)
_IRIS, _PUPIL = 0.068, 0.029  # radii, radians


def draw_eyes(color, gloss, u, v, identity: Identity, pose: Pose, soft: float):
    """Draw the eyes over `color` (n, 3) and `gloss` (n,) of places at rest (u, v), in place.

    Args:
        soft: half the distance between samples, in radians: the width of sharp edges.
    """
    (w, h), (u0, v0) = EYE_SIZE, EYE
    near = np.flatnonzero((np.abs(np.abs(u) - u0) < 1.5 * w) & (np.abs(v - v0) < 2.5 * h))
    if not len(near):
        return
    side, y = np.sign(u[near]), v[near] - v0
    x = np.abs(u[near]) - u0  # outwards
    arch = np.clip(1 - (x / w) ** 2, 0, 1)
    tilt = -0.10 * x  # the outer corner lies a little higher
    lid = (1 - pose.blink) * (1 - 0.18 * pose.gaze_y) - 0.45 * pose.blink  # the lid follows the gaze
    top, low = tilt - h * lid * arch**0.85, tilt + 0.62 * h * arch**0.9
    within = edge(np.abs(x) - w, soft)
    opening = edge(top - y, soft) * edge(y - low, soft) * within

    across = x * side - 0.055 * pose.gaze_x
    down = y - 0.022 * pose.gaze_y + 0.008
    r = np.hypot(across, down)
    eye = _WHITE * (1 - 0.35 * (x / w) ** 2)[:, None]
    corner = np.clip((np.abs(x) - 0.75 * w) / (0.25 * w), 0, 1)[:, None]
    eye = eye * (1 - corner * np.array([0.1, 0.45, 0.45], np.float32))
    iris = identity.iris * (0.4 + 0.63 * np.clip(r / 0.06, 0, 1) ** 2)[:, None]
    eye = mix(eye, iris, edge(r - _IRIS, soft))
    dark = (1 - 0.6 * np.exp(-(((r - _IRIS) / 0.012) ** 2))) * (1 - 0.96 * edge(r - _PUPIL, soft))
    glint = bump(across, down, -0.02, -0.024, 0.014, 0.014)
    lid_shadow = 1 - 0.5 * np.exp(-np.maximum(y - top, 0) / 0.022)
    eye = (eye * dark[:, None] + 0.9 * glint[:, None]) * lid_shadow[:, None]

    lashes = np.exp(-(((y - top) / (0.014 + 0.6 * soft)) ** 2)) * edge(np.abs(x) - 1.05 * w, 1.5 * soft)
    lower = np.exp(-(((y - low) / 0.014) ** 2)) * within
    color[near] = mix(color[near], eye, opening) * ((1 - 0.85 * lashes) * (1 - 0.35 * lower))[:, None]
    gloss[near] += opening * (0.2 - gloss[near])


def draw_mouth(color, gloss, u, inside, pose: Pose):
    """Draw teeth, tongue and darkness over `color` and `gloss`, in place, where `inside` (warp.inverse) is not negative."""
    at = np.flatnonzero(inside >= 0)
    if not len(at):
        return
    u = u[at]
    gap = pose.jaw * np.clip(1 - (u / MOUTH_U) ** 2, 0.05, 1)  # radians from lip to lip
    depth = inside[at] * gap
    teeth = _TEETH * (0.85 + 0.15 * np.cos(u * 90))[:, None]
    inner = mix(np.broadcast_to(_HOLE, (len(at), 3)), _TONGUE, 0.8 * edge(gap - depth - 0.07, 0.02))
    inner = mix(inner, teeth, edge(depth - 0.055, 0.008) * edge(np.abs(u) - 0.19, 0.02))
    lip_shadow = (0.35 + 0.65 * np.clip(depth / 0.02, 0, 1)) * (1 - 0.5 * np.abs(u) / MOUTH_U)
    color[at] = inner * lip_shadow[:, None]
    gloss[at] = 0.1
