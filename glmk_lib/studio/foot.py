"""The virtual foot: a right foot below a trouser's hem, seen from above and its inner side, toes to the lower left."""

from dataclasses import replace
from functools import lru_cache

import torch

from glmk_lib.studio import foot_pose
from glmk_lib.studio.body import Body, RigidRange
from glmk_lib.studio.colors import BLUE, GREEN, LIME, MAGENTA, TEAL, VIOLET
from glmk_lib.studio.foot_shape import FootShape, shape_of, to_body, view
from glmk_lib.studio.foot_skin import CLOTH, FootSkin
from glmk_lib.studio.identity import Identity
from glmk_lib.studio.mesh import RestMesh, join, locate, surface
from glmk_lib.studio.skeleton import skin
from glmk_lib.template import Line

_STEP, _CLOTH_STEP = 0.31, 0.9  # sides of a grid cell, cm
# One line along each toe from the instep to the nail, one across their roots, one along the arch, one around the ankle.
LINES = (
    Line("big_toe", (0, 1, 2, 3), color=MAGENTA),
    Line("second_toe", (4, 5, 6, 7), color=GREEN),
    Line("third_toe", (8, 9, 10, 11), color=VIOLET),
    Line("fourth_toe", (12, 13, 14, 15), color=TEAL),
    Line("little_toe", (16, 17, 18, 19), color=MAGENTA),
    Line("toes", (1, 5, 9, 13, 17), color=BLUE),
    Line("arch", (20, 21, 22, 23), color=TEAL),
    Line("ankle", (24, 25, 26, 27), color=GREEN),
)
# The toes lie so close that each keeps its own paint at both ends, and has another in the middle.
_BANDS = (
    (MAGENTA, VIOLET),
    (GREEN, LIME),
    (VIOLET, MAGENTA),
    (TEAL, LIME),
    (MAGENTA, GREEN),
    (BLUE, LIME),
    (TEAL, VIOLET),
    (GREEN, BLUE),
)
_ARCH = ((16.0, 2.9), (13.2, 4.0), (10.2, 4.9), (7.8, 5.1))  # forward and up, cm of the mean foot, seen from the inner side
_MIDDLE = (6.2, 0.2, 5.2)  # of the ankle, cm of the mean foot
_ANKLE = ((7.4, 3.0, 6.4), (9.4, 1.6, 7.4), (9.6, 0.2, 7.4), (9.2, -1.2, 6.9))  # in the directions of these from its middle


@lru_cache(maxsize=8)
def build_foot(identity: int = 0) -> Body:
    """The foot of that person (0 or more): about 13,000 vertices. See `LINES` and `foot_pose.parameters`."""
    who = Identity.of("foot", identity)
    shape = shape_of(who)
    flesh = surface(shape.skin, (-1.5, -7.0, -0.8), (28.5, 7.0, shape.hem + 3.0), _STEP)
    cloth = surface(shape.cloth, (-5.0, -9.0, shape.hem - 2.0), (14.0, 9.0, 27.0), _CLOTH_STEP, CLOTH)
    mesh = _turned(join([flesh, cloth]))
    weights = foot_pose.weights(shape, mesh.vertices, mesh.faces)
    turns, bones = foot_pose.turns(shape), foot_pose.skeleton(shape)
    weights[mesh.part == CLOTH] = torch.eye(weights.shape[1])[0]  # the trouser stays with the leg

    held = lru_cache(maxsize=2)(lambda device: [t.to(device) for t in (mesh.vertices, weights, turns)])
    spread = [p.name for p in foot_pose.parameters()].index("spread")

    def deform(pose):
        vertices, shares, axes = held(pose.device)
        rest = torch.zeros_like(pose[:1])
        rest[0, spread] = 1
        rotations = torch.einsum("bk,kjc->bjc", pose - rest, axes)
        return skin(vertices, shares, bones.transforms(rotations))

    material = FootSkin(shape, who)
    return Body(
        region="foot",
        rest=mesh,
        lines=LINES,
        places=locate(mesh, places(shape)),
        parameters=foot_pose.parameters(),
        deform=deform,
        material=material,
        motion=foot_pose.motion,
        rigid=RigidRange(
            yaw=(-0.45, 0.45), pitch=(-0.3, 0.15), roll=(-0.3, 0.3), x=(-0.25, 0.25), y=(-0.25, 0.15), scale=(0.9, 1.2)
        ),
        identity=who.described(),
        paint_width=0.065,
        bands=_BANDS,
    )


def places(shape: FootShape) -> torch.Tensor:
    """Where the template's points lie on the skin at rest, (P, 3) in body units."""
    starts, ways = [], []
    for toe in range(5):
        ball, knuckle, last, tip = shape.joints[toe]
        base = ball + torch.tensor([-5.0 + 0.6 * toe, -0.22 * float(ball[1]), 0.0])
        nail = tip - 1.25 * shape.thick[toe, 3] * shape.nail_axes(toe)[0]  # just behind the nail
        for point in (base, ball, 0.5 * (knuckle + last) if toe == 0 else knuckle, nail):
            starts.append(torch.stack([point[0], point[1], torch.tensor(9.0)]))
            ways.append(torch.tensor([0.0, 0.0, -1.0]))
    for forward, up in _ARCH:
        starts.append(torch.tensor([forward, 8.0, up]) * shape.stretch)
        ways.append(torch.tensor([0.0, -1.0, 0.0]))
    for point in _ANKLE:
        out = torch.nn.functional.normalize(torch.tensor(point) - torch.tensor(_MIDDLE), dim=0)
        starts.append(torch.tensor(_MIDDLE) * shape.stretch + 7.0 * out)
        ways.append(-out)
    found, ways = torch.stack(starts), torch.stack(ways)
    for _ in range(60):  # sphere tracing (Hart, 1996) onto the skin
        found = found + 0.8 * shape.skin(found)[:, None] * ways
    return to_body(found)


def _turned(mesh: RestMesh) -> RestMesh:
    """A mesh of the foot's frame in the studio's units and axes."""
    return replace(mesh, vertices=to_body(mesh.vertices), normals=mesh.normals @ view().T)
