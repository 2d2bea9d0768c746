"""The virtual face: one person's head as a body that can be filmed."""

from functools import lru_cache

import torch
from torch import Tensor

from glmk_lib.studio import face_shape as shape
from glmk_lib.studio.body import Body, RigidRange
from glmk_lib.studio.colors import BLUE, GREEN, MAGENTA, VIOLET
from glmk_lib.studio.face_hair import Hair
from glmk_lib.studio.face_mesh import head_mesh
from glmk_lib.studio.face_motion import speak
from glmk_lib.studio.face_move import PARAMETERS, Mover
from glmk_lib.studio.face_shape import Anatomy
from glmk_lib.studio.face_skin import Looks, brow_line
from glmk_lib.studio.identity import Identity
from glmk_lib.studio.mesh import gradient, locate
from glmk_lib.template import Line

REGION = "face"
# Neighbours differ, so that the mouth is not taken for the jaw; none has the hue of skin, or of the walls beside it.
_COLORS = {
    "left_brow": BLUE,
    "right_brow": BLUE,
    "nose": GREEN,
    "nose_base": GREEN,
    "mouth": VIOLET,
    "jaw": BLUE,
}
# Three paints so far apart that no two of them mix to the third. The jaw's ends, often hidden, are unlike the brows near them.
_BANDS = {
    "left_brow": (BLUE, GREEN),
    "right_brow": (BLUE, GREEN),
    "nose": (GREEN, BLUE),
    "nose_base": (BLUE, MAGENTA),
    "mouth": (GREEN, MAGENTA),
    "jaw": (BLUE, MAGENTA),
}


@lru_cache(maxsize=4)
def build_face(identity: int) -> Body:
    """The head of that person (0 or more). The ready template is drawn on person 0."""
    person = Identity.of(REGION, identity)
    anatomy, hair = Anatomy.of(person.draw), Hair.of(person.draw, identity)
    looks = Looks.of(person, anatomy, hair)
    rest = head_mesh(anatomy, hair)
    points, facing, lines = painted(anatomy)
    return Body(
        region=REGION,
        rest=rest,
        lines=lines,
        places=locate(rest, points, facing=facing),
        parameters=PARAMETERS,
        deform=Mover(anatomy, rest),
        material=looks,
        motion=speak,
        # The neck turns the head, so the trunk itself moves little.
        rigid=RigidRange(
            yaw=(-0.08, 0.08), pitch=(-0.05, 0.05), roll=(-0.05, 0.05), x=(-0.1, 0.1), y=(-0.1, 0.02), scale=(1.08, 1.2)
        ),
        identity={**person.described(), "hair_cut": hair.cut},
        paint_width=0.06,
        turns=("turn", "nod", "tilt"),
        bands=tuple(_BANDS[line.name] for line in lines),
    )


def painted(a: Anatomy) -> tuple[Tensor, Tensor, tuple[Line, ...]]:
    """The painted points on the skin at rest (P, 3), their outward directions (P, 3), and the lines over them.

    The nose's last point is the middle of its base: two lines meet there.
    """
    starts, towards, lines = [], [], []
    for name, rays, closed in _lines(a):
        indices = []
        for ray in rays:
            if isinstance(ray, int):
                indices.append(ray)
                continue
            indices.append(len(starts))
            starts.append(ray[0])
            towards.append(ray[1])
        lines.append(Line(name, tuple(indices), closed, _COLORS[name]))
    return *cast(a, torch.tensor(starts), torch.tensor(towards)), tuple(lines)


def cast(a: Anatomy, starts: Tensor, towards: Tensor) -> tuple[Tensor, Tensor]:
    """Where rays (P, 3) first meet the skin at rest, and the skin's outward directions there, both (P, 3)."""
    p, d = starts, torch.nn.functional.normalize(towards, dim=-1)
    for _ in range(150):
        p = p + 0.5 * shape.skin(a, p)[:, None] * d
    return p, torch.nn.functional.normalize(gradient(lambda q: shape.skin(a, q), p), dim=-1)


def _lines(a: Anatomy):
    """(name, rays, closed) of every line: a ray is (start, direction); a whole number stands for an earlier point."""

    def ahead(x, y):
        return (x, y, -1.2), (0.0, 0.0, 1.0)

    def beside(x, y, z):  # towards the middle of the neck's top
        return (2.2 * x, y, 0.05 + 2.2 * (z - 0.05)), (-x, 0.0, 0.05 - z)

    xs = (0.085, 0.145, 0.205, 0.265, 0.325)
    brow = [(x, float(brow_line(torch.tensor(x))) - 0.012) for x in xs]
    m, tip, base = a.mouth_half, a.nose_tip, a.nose_base
    nose = [ahead(0.0, y) for y in (a.eye_y, a.eye_y + 0.36 * (tip - a.eye_y), a.eye_y + 0.68 * (tip - a.eye_y), tip)]
    under = ((0.0, base + 0.02, -1.2), (0.0, -0.02, 0.6))
    wing = [(0.108 * a.nose_width, tip + 0.045), (0.062 * a.nose_width, tip + 0.088)]
    top, low = a.mouth_y - 0.5 * a.gap - 0.064 * a.lip**0.6, a.mouth_y + 0.5 * a.gap + 0.080 * a.lip**0.6
    half = 0.55 * m
    mouth = [(-1.12 * m, a.mouth_y + 0.01), (-half, top + 0.016), (0.0, top + 0.008), (half, top + 0.016)]
    mouth += [(1.12 * m, a.mouth_y + 0.01), (half, low - 0.018), (0.0, low), (-half, low - 0.018)]
    # A little within the edge of the face, so that a camera ahead sees it.
    w, chin = a.width, a.chin
    jaw = [(0.41 * w, 0.12, -0.23), (0.365 * w, 0.33, -0.25), (0.275 * w, 0.475, -0.37), (0.15, chin - 0.105, -0.48)]
    return [
        ("left_brow", [ahead(-x, y) for x, y in reversed(brow)], False),
        ("right_brow", [ahead(x, y) for x, y in brow], False),
        ("nose", [*nose, under], False),
        ("nose_base", [ahead(-x, y) for x, y in wing] + [14] + [ahead(x, y) for x, y in reversed(wing)], False),
        ("mouth", [ahead(x, y) for x, y in mouth], True),
        ("jaw", [beside(-x, y, z) for x, y, z in jaw] + [ahead(0.0, chin - 0.05)] + [beside(*j) for j in reversed(jaw)], False),
    ]
