"""A little body of its own for the studio's tests: an egg with two fingers, which bends, with three lines painted on it."""

from functools import lru_cache

import numpy as np
import pytest
import torch

from glmk_lib.studio.body import Body, Parameter, RigidRange, Surface
from glmk_lib.studio.mesh import locate, surface
from glmk_lib.studio.motion import bounded
from glmk_lib.studio.render import Actor
from glmk_lib.studio.room import Room
from glmk_lib.studio.scene import Scene
from glmk_lib.studio.shapes import capsule, ellipsoid, union
from glmk_lib.template import Line

FINGERS = (-0.16, 0.16)  # x of the two, close together
_LINES = (
    Line("brow", (0, 1, 2, 3, 4)),
    Line("left", (5, 6, 7), color="#d4148a"),
    Line("belt", (8, 9, 10, 11), closed=True, color="#12944a"),
)


def shape(p):
    """Signed distance of the egg with its fingers, which point down."""
    fingers = [capsule(p, (x, 0.5, -0.45), (x, 0.95, -0.6), 0.15, 0.12) for x in FINGERS]
    return union(ellipsoid(p, (0, 0, 0), (0.62, 0.72, 0.6)), *fingers)


@lru_cache(maxsize=1)
def build() -> Body:
    mesh = surface(shape, (-0.8, -0.9, -0.9), (0.8, 1.2, 0.8), 0.05)
    u = np.linspace(-0.7, 0.7, 5)
    brow = np.stack([0.62 * np.sin(u), np.full(5, -0.3), -0.6 * np.cos(u)], 1)
    left = np.stack([np.full(3, FINGERS[0]), [0.5, 0.65, 0.8], [-0.65, -0.67, -0.7]], 1)
    belt = np.array([[-0.15, -0.05, -0.6], [0.15, -0.05, -0.6], [0.15, 0.2, -0.58], [-0.15, 0.2, -0.58]])
    points = np.concatenate([brow, left, belt])
    places = locate(mesh, points, facing=np.tile([[0, 0, -1.0]], (len(points), 1)))
    still = mesh.vertices

    def deform(pose):
        bend = pose[:, :1] * (still[:, 1] + 0.7)  # a shear that grows downwards
        return torch.stack([still[:, 0] + bend, still[:, 1].expand_as(bend), still[:, 2].expand_as(bend)], -1)

    def material(points, part, pose):
        tone = 0.45 + 0.05 * torch.sin(20 * points[:, :1])
        albedo = tone * points.new_tensor([1.0, 0.75, 0.6])
        return Surface(albedo, torch.full_like(points[:, 0], 0.4), torch.full_like(points[:, 0], 0.45))

    def motion(rng, frames):
        return bounded(rng, frames, -0.2, 0.2)[:, None]

    rigid = RigidRange(yaw=(-0.4, 0.4))
    return Body("egg", mesh, _LINES, places, (Parameter("bend", -0.2, 0.2),), deform, material, motion, rigid, {"person": 0})


@pytest.fixture(scope="session")
def egg() -> Body:
    """The little body."""
    return build()


@pytest.fixture(scope="session")
def egg_distance():
    """Its signed distance."""
    return shape


@pytest.fixture(scope="session")
def scene(egg) -> Scene:
    """The little body, bare, before a wall."""
    return Scene((Actor.of(egg),), Room.build("face", 0), "cpu")


@pytest.fixture
def rigid():
    """`rigid(yaw=0.3)`: one motion as a whole, (1, 6)."""

    def make(**given):
        values = {name: 0.0 for name in RigidRange.NAMES} | {"scale": 1.0} | given
        return torch.tensor([[values[name] for name in RigidRange.NAMES]])

    return make
