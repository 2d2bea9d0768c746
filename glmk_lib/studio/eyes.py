"""What moves within the skin's atlas: eyes that look about and blink, and the inside of the open mouth."""

import numpy as np

from glmk_lib.studio.head import EYE, EYE_SIZE, MOUTH_U


def _edge(distance, softness):
    return 1 / (1 + np.exp(np.clip(distance / softness, -30, 30)))


def paint_eyes(color, gloss, u, v, pose, identity, sample):
    """Colours (n, 3) and gloss (n,) with the eyes drawn in, at rest places (u, v); `sample` is the softness, in radians."""
    near = np.flatnonzero((np.abs(np.abs(u) - EYE[0]) < EYE_SIZE[0] * 1.5) & (np.abs(v - EYE[1]) < EYE_SIZE[1] * 2.2))
    if not len(near):
        return color, gloss
    side = np.sign(u[near])
    x, y = np.abs(u[near]) - np.float32(EYE[0]), v[near] - np.float32(EYE[1])
    w, h = EYE_SIZE
    arch = np.clip(1 - (x / w) ** 2, 0, 1)
    tilt = -0.10 * x  # the outer corner lies a little higher
    open_ = np.float32(1 - pose.blink)
    look = np.float32(0.35 * pose.gaze_y * 0.5)
    top = -h * arch**0.85 * (open_ * (1.0 - look) - 0.45 * (1 - open_)) + tilt
    low = 0.62 * h * arch**0.9 + tilt
    soft = np.float32(0.5 * sample)
    inside = _edge(top - y, soft) * _edge(y - low, soft) * _edge(np.abs(x) - w, soft)
    gx, gy = 0.055 * pose.gaze_x, 0.022 * pose.gaze_y - 0.008
    r = np.hypot(x * side - gx, (y - gy))
    eye = np.array([0.66, 0.62, 0.60], np.float32) * (1 - 0.35 * (np.abs(x) / w) ** 2)[:, None]
    pink = np.clip((np.abs(x) - 0.75 * w) / (0.25 * w), 0, 1)[:, None]
    eye = eye * (1 - pink * np.array([0.1, 0.45, 0.45], np.float32))
    iris = identity.iris * (0.45 + 0.7 * np.clip(r / 0.06, 0, 1) ** 2)[:, None]
    eye = eye + _edge(r - 0.068, soft)[:, None] * (iris * 0.9 - eye)
    eye = eye * (1 - 0.6 * np.exp(-(((r - 0.068) / 0.012) ** 2)))[:, None]
    eye = eye * (1 - 0.96 * _edge(r - 0.029, soft))[:, None]
    glint = np.exp(-(((x * side - gx + 0.02) / 0.014) ** 2) - ((y - gy + 0.024) / 0.014) ** 2)
    eye = eye + (0.9 * glint)[:, None]
    eye = eye * (1 - 0.5 * np.exp(-(np.maximum(y - top, 0) / 0.022)))[:, None]  # the lid's shadow
    inside = inside[:, None]
    color = color.copy()
    gloss = gloss.copy()
    here = color[near] + inside * (eye - color[near])
    lash = np.exp(-(((y - top) / (0.014 + 0.3 * sample)) ** 2)) * _edge(np.abs(x) - w * 1.05, soft * 1.5)
    under = np.exp(-(((y - low) / 0.014) ** 2)) * _edge(np.abs(x) - w, soft * 1.5)
    here = here * (1 - 0.85 * lash - 0.0)[:, None] * (1 - 0.35 * under)[:, None]
    color[near] = here
    gloss[near] = gloss[near] * (1 - inside[:, 0]) + 0.2 * inside[:, 0]
    return color, gloss


def paint_mouth(color, gloss, u, inside, pose):
    """Colours with the open mouth drawn where `inside` >= 0: upper teeth, dark, tongue."""
    at = np.flatnonzero(inside >= 0)
    if not len(at):
        return color, gloss
    depth = inside[at] * np.float32(pose.jaw) * np.clip(1 - (u[at] / MOUTH_U) ** 2, 0.05, 1)  # radians below the upper lip
    total = np.float32(pose.jaw) * np.clip(1 - (u[at] / MOUTH_U) ** 2, 0.05, 1)
    hole = np.array([0.030, 0.008, 0.007], np.float32)
    teeth = np.array([0.60, 0.55, 0.46], np.float32) * (0.85 + 0.15 * np.cos(u[at] * 90))[:, None]
    tongue = np.array([0.30, 0.075, 0.07], np.float32)
    inner = np.broadcast_to(hole, (len(at), 3)) + _edge(total - depth - 0.07, 0.02)[:, None] * (tongue - hole) * 0.8
    inner = inner + (_edge(depth - 0.055, 0.008) * _edge(np.abs(u[at]) - 0.19, 0.02))[:, None] * (teeth - inner)
    shadow = 0.35 + 0.65 * np.clip(depth / 0.02, 0, 1)
    color, gloss = color.copy(), gloss.copy()
    color[at] = inner * (shadow * (1 - 0.5 * np.abs(u[at]) / MOUTH_U))[:, None]
    gloss[at] = 0.1
    return color, gloss
