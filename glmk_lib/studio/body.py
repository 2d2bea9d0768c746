"""What carries the head: shoulders, neck and ears, each an ellipsoid met in closed form."""

import numpy as np

from glmk_lib.studio.head import Identity, linear
from glmk_lib.studio.light import lamps, shade
from glmk_lib.studio.motion import Pose
from glmk_lib.studio.surface import DISTANCE, dot, rotate, unit

_CLOTH = linear("#5a6b4f")
_SHOULDERS = (np.array([0.0, 2.15, 0.45]), (1.75, 0.95, 0.75))  # middle below the head's, half axes
_NECK = (np.array([0.0, 0.35, 0.0]), (0.47, 1.05, 0.47))  # middle below the joint
_EAR = (np.array([0.03, 0.04, 0.10]), (0.10, 0.25, 0.16))  # middle outside the head's side


def draw_body(image, rays, identity: Identity, pose: Pose, turn, middle):
    """Draw shoulders, neck and ears over `image` (n, 3) linear light, in place, from back to front.

    Args:
        rays: (n, 3) float32 from the camera.
        turn, middle: the head's rotation (3, 3) and centre (3,).
    """
    trunk = np.array([0.85 * pose.x, 0.8 * pose.y, DISTANCE / pose.scale])  # follows the head, less far
    light = lamps(pose)

    at = trunk + _SHOULDERS[0]
    hit, p, normal = _meet(-at, rays, _SHOULDERS[1])
    knit = 1 + 0.25 * np.sin(p[:, 0] * 26) * np.sin(p[:, 1] * 26 + p[:, 2] * 20)
    image[hit] = shade(_CLOTH * knit[:, None], np.zeros(len(hit), np.float32), normal, rays[hit], light)

    joint = middle + turn @ np.array([0.0, 0.55, 0.2])
    at = 0.5 * (joint + trunk + np.array([0.0, 0.62, 0.25])) + _NECK[0]
    hit, p, normal = _meet(-at, rays, _NECK[1])
    under_chin = 0.2 + 0.8 * np.clip((p[:, 1] - 0.08) / 0.65, 0, 1)
    image[hit] = shade(identity.skin * under_chin[:, None], np.full(len(hit), 0.1, np.float32), normal, rays[hit], light)

    turned, origin, light = rotate(rays, turn.T), -turn.T @ middle, lamps(pose, turn.T)
    for side in (-1, 1):
        at = np.array([side, 1, 1]) * (_EAR[0] + np.array([identity.axes[0], 0.0, 0.0]))
        hit, p, normal = _meet(origin - at, turned, _EAR[1])
        rim = np.clip(np.hypot(p[:, 1] / _EAR[1][1], p[:, 2] / _EAR[1][2]), 0, 1)
        tone = identity.skin * np.array([1.0, 0.85, 0.82], np.float32) * (0.5 + 0.5 * rim**2)[:, None]
        image[hit] = shade(tone, np.full(len(hit), 0.2, np.float32), normal, turned[hit], light)


def _meet(origin, rays, axes):
    """Rays (n, 3) from `origin` (3,) and an ellipsoid about 0: indices (m,) of those that meet it, places, normals (m, 3)."""
    axes = np.array(axes, np.float32)
    o, d = (origin / axes).astype(np.float32), rays / axes
    dd, od = dot(d, d), dot(d, o[None])
    room = od * od - dd * (dot(o[None], o[None]) - 1)
    hit = np.flatnonzero(room > 0)
    t = (-od[hit] - np.sqrt(room[hit])) / dd[hit]
    q = o + t[:, None] * d[hit]
    return hit, q * axes, unit(q / axes)
