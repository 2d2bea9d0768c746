"""The hand: a right hand seen from its back, with a forearm that ends in a sleeve."""

from functools import lru_cache

import torch

from glmk_lib.studio.body import Body, RigidRange
from glmk_lib.studio.colors import BLUE, GREEN, LIME, MAGENTA, TEAL, VIOLET
from glmk_lib.studio.hand_motion import motion
from glmk_lib.studio.hand_pose import parameters, skeleton, turns, weights
from glmk_lib.studio.hand_shape import FINGERS, HandShape
from glmk_lib.studio.hand_skin import SLEEVE, HandSkin
from glmk_lib.studio.identity import Identity
from glmk_lib.studio.mesh import RestMesh, join, locate, surface
from glmk_lib.studio.shapes import intersection
from glmk_lib.studio.skeleton import Skeleton, skin
from glmk_lib.studio.texture import noise
from glmk_lib.template import Line

_SIZE, _CENTRE = 1.02, (-0.06, 0.05, 0.0)  # the hand's own units and origin, in body units
_STEP = 0.029
_COLORS = (BLUE, GREEN, VIOLET, TEAL, MAGENTA, LIME)  # none of skin's own hue
# From knuckle to nail, and over the palm; no two fingers side by side have the same paint at the same height.
_BANDS = (
    (BLUE, GREEN, MAGENTA),
    (GREEN, VIOLET, TEAL),
    (VIOLET, LIME, BLUE),
    (TEAL, MAGENTA, LIME),
    (MAGENTA, BLUE, GREEN),
    (LIME, VIOLET),
)
_RIGID = RigidRange(
    yaw=(-0.5, 0.6), pitch=(-0.25, 0.45), roll=(-0.45, 0.45), x=(-0.38, 0.38), y=(-0.3, 0.3), scale=(0.76, 1.04)
)


def _to_body(points):
    return (points - torch.tensor(_CENTRE).to(points)) * _SIZE


def _to_hand(points):
    return points / _SIZE + torch.tensor(_CENTRE).to(points)


def _mesh(shape: HandShape) -> RestMesh:
    """Skin to below the cuff, and the sleeve around it, in the hand's own units."""

    def arm(points):
        return intersection(shape.distance(points), points[:, 1] - 1.1)

    def sleeve(points):
        folds = 0.02 * noise(points * torch.tensor([1.0, 1.6, 1.0]), 5, 9)
        return intersection(shape.forearm(points) - 0.045 - folds, 0.98 - points[:, 1], points[:, 1] - 3.3, k=0.04)

    return join([
        surface(arm, (-1.1, -1.25, -0.35), (0.75, 1.15, 0.5), _STEP),
        surface(sleeve, (-0.85, 0.9, -0.55), (0.9, 3.4, 0.7), 1.8 * _STEP, SLEEVE),
    ])  # fmt: skip


def _lines(shape: HandShape):
    """The painted lines, and where their points are looked for: places (P, 3) just off the skin, and the way it faces there."""
    lines, places, facing = [], [], []
    for finger, name in enumerate(FINGERS):
        _, second, third, tip = shape.joints[finger].tolist()
        first = 0.12 if finger else 0.08  # past the knuckle, the thumb's above its saddle
        # The nail begins not far past the last joint: the third point lies just before that joint, the last at the nail's root.
        for along in (first, second, third - 0.15 * (third - second), third + 0.4 * (tip - third)):
            places.append(shape.place(finger, along, 0.0, 0.12))
            facing.append(shape.frames[finger, 2])
        lines.append(Line(name, tuple(range(4 * finger, 4 * finger + 4)), False, _COLORS[finger]))
    index, middle, ring, little = (base[:2] for base in shape.bases[1:])
    between = (index + middle) / 2, (middle + ring) / 2, (ring + little) / 2
    arch = zip(
        (index, *between, little), ((-0.04, 0.12), (0.01, 0.07), (-0.01, 0.075), (-0.03, 0.08), (0.0, 0.12)), strict=True
    )
    for place, offset in arch:
        places.append(torch.cat([place + torch.tensor(offset), torch.tensor([-0.15])]))
        facing.append(torch.tensor([0.0, 0.0, -1.0]))
    lines.append(Line("palm", tuple(range(20, 25)), False, _COLORS[5]))
    return tuple(lines), torch.stack(places), torch.stack(facing)


@lru_cache(maxsize=8)
def build_hand(identity: int = 0) -> Body:
    """The hand of a person.

    Returns:
        A `Body` of about 9,000 vertices; lines thumb, index, middle, ring, little (4 points each, from knuckle to nail) and
        palm (5 points over the metacarpals), as in the ready template.
    """
    person = Identity.of("hand", identity)
    shape = HandShape.of(person)
    material = HandSkin.of(person, shape)
    mesh = _mesh(shape)
    lines, places, facing = _lines(shape)
    found = locate(mesh, places, facing=facing)
    share, axes, tree = weights(shape, mesh.vertices), turns(shape), skeleton(shape)
    tree = Skeleton(tree.parents, _to_body(tree.joints), tree.steps)
    rest = RestMesh(_to_body(mesh.vertices), mesh.faces, mesh.normals, mesh.part)

    def deform(pose):
        turned = torch.einsum("bk,kjc->bjc", pose, axes.to(pose))
        return skin(rest.vertices.to(pose), share.to(pose), tree.transforms(turned))

    return Body(
        region="hand",
        rest=rest,
        lines=lines,
        places=found,
        parameters=parameters(),
        deform=deform,
        material=lambda points, part, pose: material(_to_hand(points), part),
        motion=motion,
        rigid=_RIGID,
        identity=person.described(),
        paint_width=0.07,
        bands=_BANDS,
    )
