"""One frame of the virtual capture: a pure function of the person, the pose and the frame's own seed."""

from dataclasses import dataclass

import cv2
import numpy as np

from glmk_lib.studio.eyes import paint_eyes, paint_mouth
from glmk_lib.studio.head import Identity, linear
from glmk_lib.studio.motion import Pose
from glmk_lib.studio.room import Room, body, lamp, shade
from glmk_lib.studio.skin import Skin
from glmk_lib.studio.surface import FOCAL, centre, look_up, march, normals, rotation

SAMPLES = 2  # a pixel, along each axis
NOISE = 0.010  # of the sensor, on the screen's scale


@dataclass(frozen=True)
class Scene:
    """What stays the same through a take. `paint` is an opacity atlas or None; `paint_color` linear light (3,)."""

    identity: Identity
    skin: Skin
    room: Room
    size: int
    paint: np.ndarray | None = None
    paint_color: np.ndarray | None = None


def render(scene: Scene, pose: Pose, seed) -> np.ndarray:
    """The frame, uint8 (size, size, 3) RGB. `seed` (int or sequence) is that of the sensor's noise."""
    side = scene.size * SAMPLES
    at = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5) / np.float32(FOCAL)
    rays = np.stack([*np.meshgrid(at, at), np.ones((side, side), np.float32)], -1)
    turn = rotation(pose)
    middle = centre(pose, turn)
    image = scene.room.view(pose, side)
    body(scene, pose, turn, middle, rays, image)
    head(scene, pose, turn, middle, rays, image)
    image = cv2.resize(image, (scene.size, scene.size), interpolation=cv2.INTER_AREA)
    image = np.clip(image, 0, None)
    image = image / (1 + 0.18 * image * image)  # a soft shoulder before the sensor clips
    image = image ** np.float32(1 / 2.2)
    rng = np.random.default_rng(seed)
    image += NOISE * rng.standard_normal(image.shape, dtype=np.float32)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def head(scene, pose, turn, middle, rays, image):
    """Draw the head over `image` (side, side, 3), in place."""
    to_head = turn.T.astype(np.float32)
    side = len(image)
    flat = rays.reshape(-1, 3)
    origin = -turn.T @ middle
    found = march(origin, flat @ to_head.T, scene.identity, scene.skin.height, pose)
    u, v = found["u"], found["v"]
    color = look_up(scene.skin.color, u, v)
    relief = look_up(scene.skin.relief, u, v)
    normal = normals(found["u_now"], found["v_now"], relief[:, :2], scene.identity.axes)
    gloss = relief[:, 2]
    sample = np.float32(1 / (0.335 * side * 0.8))
    color, gloss = paint_eyes(color, gloss, u, v, pose, scene.identity, sample)
    if scene.paint is not None:
        cover = look_up(scene.paint, u, v)[:, None]
        color = color + cover * (scene.paint_color - color)
        gloss = gloss * (1 - 0.4 * cover[:, 0])
    color, gloss = paint_mouth(color, gloss, u, found["inside"], pose)
    lit = shade(color, gloss, normal, flat[found["hit"]] @ to_head.T, lamp(pose, to_head))
    image.reshape(-1, 3)[found["hit"]] = lit


def paint_of(color: str) -> np.ndarray:
    """Linear light of a paint's stated colour."""
    return linear(color)
