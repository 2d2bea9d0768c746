"""The head's mesh and its parts, finer about eyes, nose and mouth than on the skull."""

import torch
from torch import Tensor

from glmk_lib.studio import face_shape as shape
from glmk_lib.studio import shapes as s
from glmk_lib.studio.face_hair import Hair, hair, inside, thickness
from glmk_lib.studio.face_shape import Anatomy
from glmk_lib.studio.mesh import RestMesh, gradient, join, surface
from glmk_lib.studio.shadow import ambient_occlusion

SKIN, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE, HAIR, CLOTH = range(8)

_STEP = 0.052  # of the skin's grid far from the features
_FINEST = 0.27  # of that step, among the features
_MIDDLE = (0.0, 0.16, -0.66)
_REACH = (0.95, 1.25, 0.55)  # how far about the middle the grid stays fine, in the stretched space


def head_mesh(a: Anatomy, h: Hair) -> RestMesh:
    """Skin, eyes, teeth, tongue, hair and cloth of one person at rest."""
    m = a.mouth_y
    parts = [
        _skin(a, h),
        *(_eye(a, side) for side in (-1, 1)),
        surface(lambda p: shape.teeth(a, p, True), (-0.14, m - 0.1, -0.6), (0.14, m + 0.03, -0.33), 0.024, UPPER_TEETH),
        surface(lambda p: shape.teeth(a, p, False), (-0.14, m, -0.6), (0.14, m + 0.1, -0.33), 0.024, LOWER_TEETH),
        surface(lambda p: shape.tongue(a, p), (-0.1, m, -0.54), (0.1, m + 0.1, -0.22), 0.03, TONGUE),
    ]
    if h.cut != "shaved":
        cap = surface(lambda p: hair(a, h, p), (-0.75, -1.0, -0.75), (0.75, 1.0, 0.85), 0.06, HAIR)
        parts.append(kept(cap, (shape.skull(a, cap.vertices) > -0.02) | (thickness(h, cap.vertices) > -0.03)))
    parts.append(surface(shape.cloth, (-1.5, 0.8, -0.25), (1.5, 1.9, 0.85), 0.075, CLOTH))
    return lit(a, join(parts))


def lit(a: Anatomy, rest: RestMesh) -> RestMesh:
    """With the share of the room's light that arrives: the mouth gets what it gets when open, for at rest it's all but shut."""
    share = ambient_occlusion(rest)
    in_mouth = s.ellipsoid(rest.vertices, (0, a.mouth_y, -0.40), (0.19, 0.14, 0.155)) < 0
    teeth = (rest.part == UPPER_TEETH) | (rest.part == LOWER_TEETH)
    return rest.with_attributes(occlusion=torch.where(teeth, 0.65, torch.where(in_mouth, share.clamp_min(0.35), share)))


def shrink(u: Tensor) -> Tensor:
    """From the stretched space (..., 3), where the grid is even, to body units."""
    middle, reach = torch.tensor(_MIDDLE), torch.tensor(_REACH)
    return u - (1 - _FINEST) * reach * torch.tanh((u - middle) / reach)


def stretch(p: Tensor) -> Tensor:
    """The inverse of `shrink`, by bisection."""
    low, high = p - 2.0, p + 2.0
    for _ in range(40):
        mid = 0.5 * (low + high)
        below = shrink(mid) < p
        low, high = torch.where(below, mid, low), torch.where(below, high, mid)
    return 0.5 * (low + high)


def fine_surface(sdf, low, high, part: int = 0) -> RestMesh:
    """The zero surface of `sdf` in the box from `low` to `high` (3,), by an even grid in the stretched space."""
    corners = stretch(torch.tensor([low, high]))
    mesh = surface(lambda u: sdf(shrink(u)), corners[0].tolist(), corners[1].tolist(), _STEP, part)
    vertices = shrink(mesh.vertices)
    normals = torch.nn.functional.normalize(gradient(sdf, vertices, 1e-3), dim=-1)
    return RestMesh(vertices, mesh.faces, normals, mesh.part)


def kept(mesh: RestMesh, wanted: Tensor) -> RestMesh:
    """The mesh without the faces all of whose vertices are where `wanted` (V,) bool is false."""
    faces = mesh.faces[wanted[mesh.faces].any(1)]
    used, faces = faces.unique(return_inverse=True)
    return RestMesh(mesh.vertices[used], faces, mesh.normals[used], mesh.part[used])


def _skin(a: Anatomy, h: Hair) -> RestMesh:
    """The skin, without what hair and eyeballs hide for good."""
    skin = fine_surface(lambda p: shape.skin(a, p), (-0.62 * a.width, -0.90, -0.84), (0.62 * a.width, 1.1, 0.75), SKIN)
    p = skin.vertices
    behind_ball = s.sphere(shape.fold(p), (a.eye_x, a.eye_y, a.eye_z), a.eye_radius) < -0.03
    under_hair = torch.zeros_like(behind_ball)
    if h.cut != "shaved":
        under_hair = (hair(a, h, p) < -0.03) & (inside(h, p) > 0.15)
    return kept(skin, ~behind_ball & ~under_hair)


def _eye(a: Anatomy, side: int) -> RestMesh:
    centre, r = (side * a.eye_x, a.eye_y, a.eye_z), a.eye_radius
    cornea = (centre[0], centre[1], centre[2] - 0.44 * r)

    def ball(p):
        return s.union(s.sphere(p, centre, r), s.sphere(p, cornea, 0.62 * r), k=0.01)

    low, high = [c - 1.25 * r for c in centre], [c + 1.25 * r for c in centre]
    front = surface(ball, low, high, 0.02, LEFT_EYE if side < 0 else RIGHT_EYE)
    return kept(front, front.vertices[:, 2] < a.eye_z + 0.02)
