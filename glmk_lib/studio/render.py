"""One frame of the virtual capture: a pure function of the person, the pose and the frame's own seed."""

from dataclasses import dataclass

import cv2
import numpy as np

from glmk_lib.studio.body import draw_body
from glmk_lib.studio.eyes import draw_eyes, draw_mouth
from glmk_lib.studio.head import Identity
from glmk_lib.studio.light import lamps, shade
from glmk_lib.studio.motion import Pose
from glmk_lib.studio.room import Room
from glmk_lib.studio.shapes import mix
from glmk_lib.studio.skin import Skin, sample_distance
from glmk_lib.studio.surface import FOCAL, centre, look_up, march, normals, rotate, rotation

SAMPLES = 2  # a pixel, along each axis
_NOISE = 0.010  # the sensor's, on the screen's scale


@dataclass(frozen=True)
class Scene:
    """What stays the same through a take. `paint` is an opacity atlas, or None; `paint_color` its linear light (3,)."""

    identity: Identity
    skin: Skin
    room: Room
    size: int
    paint: np.ndarray | None = None
    paint_color: np.ndarray | None = None


def render(scene: Scene, pose: Pose, seed) -> np.ndarray:
    """The frame, uint8 (size, size, 3) RGB. `pose` holds scalars; `seed` (int or ints) is that of the sensor's noise."""
    side = scene.size * SAMPLES
    at = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5) / np.float32(FOCAL)
    rays = np.stack([*np.meshgrid(at, at), np.ones((side, side), np.float32)], -1).reshape(-1, 3)
    turn = rotation(pose)
    middle = centre(pose, turn)
    image = scene.room.view(pose, side).reshape(-1, 3)
    draw_body(image, rays, scene.identity, pose, turn, middle)
    _draw_head(image, rays, scene, pose, turn, middle)
    image = cv2.resize(image.reshape(side, side, 3), (scene.size, scene.size), interpolation=cv2.INTER_AREA)
    image = np.maximum(image, 0)
    image = (image / (1 + 0.18 * image * image)) ** np.float32(1 / 2.2)  # a soft shoulder before the sensor clips
    image += _NOISE * np.random.default_rng(seed).standard_normal(image.shape, dtype=np.float32)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def _draw_head(image, rays, scene, pose, turn, middle):
    """Draw the head over `image` (n, 3) linear light, in place."""
    rays = rotate(rays, turn.T)
    found = march(-turn.T @ middle, rays, scene.identity, scene.skin.height, pose)
    u, v = found["u"], found["v"]
    color, relief = look_up(scene.skin.color, u, v), look_up(scene.skin.relief, u, v)
    normal = normals(found["u_now"], found["v_now"], relief[:, :2], scene.identity.axes)
    gloss = relief[:, 2].copy()
    draw_eyes(color, gloss, u, v, scene.identity, pose, 0.5 * sample_distance(scene.size))
    if scene.paint is not None:
        opacity = look_up(scene.paint, u, v)
        color = mix(color, scene.paint_color, opacity)
        gloss *= 1 - 0.4 * opacity
    draw_mouth(color, gloss, u, found["inside"], pose)
    image[found["hit"]] = shade(color, gloss, normal, rays[found["hit"]], lamps(pose, turn.T))
