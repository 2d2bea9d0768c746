"""What passes in front of the body at times: a cup, or somebody's hand."""

from functools import lru_cache

import numpy as np
import torch

from glmk_lib.studio.body import Body, Surface
from glmk_lib.studio.identity import linear
from glmk_lib.studio.mesh import join, locate, surface
from glmk_lib.studio.motion import FPS, pulses, wander
from glmk_lib.studio.shapes import intersection, subtraction, turned

OCCLUDERS = ("none", "cup", "hand")
_NEAR = 1.35  # how much nearer than the body it passes
_GLAZES = ("#8a4a38", "#4a4543", "#e0ddd0", "#b09a7c", "#6e5544")


@lru_cache(maxsize=4)
def cup(number: int = 0) -> Body:
    """A cup with a handle, 0.9 body units high; it has no pose and no lines."""

    def walls(p):
        radius = p[:, [0, 2]].norm(dim=1)
        outer = intersection(radius - 0.36 + 0.08 * (p[:, 1] + 0.45), p[:, 1].abs() - 0.45, k=0.05)
        inner = intersection(radius - 0.30 + 0.08 * (p[:, 1] + 0.45), p[:, 1] - 0.38)
        return subtraction(outer, inner, k=0.03)

    def handle(p):
        q = turned(p, (0.0, 0.5, 0.0)) - p.new_tensor([0.37, 0.0, 0.0])
        ring = torch.stack([q[:, :2].norm(dim=1) - 0.22, q[:, 2]], 1).norm(dim=1) - 0.055
        return subtraction(ring, p[:, [0, 2]].norm(dim=1) - 0.31)

    mesh = join([surface(walls, (-0.5,) * 3, (0.5,) * 3, 0.04), surface(handle, (-0.1, -0.4, -0.7), (0.8, 0.4, 0.7), 0.04)])
    glaze, band = (torch.from_numpy(linear(_GLAZES[(number + k) % len(_GLAZES)])) for k in (0, 2))

    def material(points, part, pose):
        striped = ((points[:, 1] > 0.12) & (points[:, 1] < 0.26))[:, None]
        albedo = torch.where(striped, band.to(points), glaze.to(points))
        return Surface(albedo, torch.full_like(points[:, 0], 0.9), torch.full_like(points[:, 0], 0.25))

    def deform(pose):
        return mesh.vertices.to(pose).expand(len(pose), -1, -1)

    def still(rng, frames):
        return np.zeros((frames, 0))

    return Body("cup", mesh, (), locate(mesh, np.zeros((0, 3))), (), deform, material, still)


def other_hand(number: int = 0) -> Body:
    """The hand of another person than `number`, bare."""
    from glmk_lib.studio.hand import build_hand

    return build_hand(number + 1)


def passing(rng, frames: int) -> np.ndarray:
    """The motion as a whole, (frames, 6), of a thing that waits out of the picture, comes before the body and leaves again.

    It is there about a quarter of the time.
    """
    here = pulses(rng, frames, every_s=(4.0, 7.0), rise_s=(0.5, 1.0), hold_s=(0.2, 1.0))
    side = np.where(np.sin(np.arange(frames) / FPS * 0.013 + rng.uniform(0, 6)) > 0, 1.0, -1.0)
    x = 0.3 * np.tanh(wander(rng, frames, 0.05, 0.3)) + 2.1 * side * (1 - here)
    y = 0.2 + 0.3 * np.tanh(wander(rng, frames, 0.05, 0.3))
    angles = [a * np.tanh(wander(rng, frames, 0.05, 0.4)) for a in (0.6, 0.3, 0.4)]
    return np.stack([*angles, x, y, _NEAR + 0.1 * np.tanh(wander(rng, frames, 0.05, 0.3))], 1)
