"""Expression: where the rest vertices go when the face talks, looks, blinks and turns, all as smooth analytic fields."""

import torch
from torch import Tensor

from glmk_lib.studio import face_mesh as mesh
from glmk_lib.studio.body import Parameter
from glmk_lib.studio.face_shape import Anatomy, close, fold, lens, lid_edges, seam
from glmk_lib.studio.mesh import RestMesh
from glmk_lib.studio.shapes import ramp, rotation

PARAMETERS = (
    Parameter("jaw", 0.0, 1.0),  # 0 shut, 1 wide open
    Parameter("part", 0.0, 1.0),  # the lips, without the jaw
    Parameter("round", 0.0, 1.0),
    Parameter("wide", 0.0, 1.0),
    Parameter("press", 0.0, 1.0),
    Parameter("smile", -0.4, 1.0),  # negative: the corners drop
    Parameter("raise_left", -0.2, 1.0),  # left and right as the image shows them
    Parameter("raise_right", -0.2, 1.0),
    Parameter("furrow", 0.0, 1.0),
    Parameter("blink", -0.15, 1.0),  # negative: eyes wide
    Parameter("look_x", -1.0, 1.0),
    Parameter("look_y", -1.0, 1.0),
    Parameter("turn", -0.45, 0.45),  # radians: to the right of the image
    Parameter("nod", -0.2, 0.22),  # radians: down
    Parameter("tilt", -0.16, 0.16),  # radians: clockwise in the image
)
INDEX = {p.name: i for i, p in enumerate(PARAMETERS)}
_LINEAR = ("part", "round", "wide", "press", "smile", "raise_left", "raise_right", "furrow")

JAW_OPEN = 0.24  # radians
JAW_HINGE = (0.0, 0.03, 0.02)
NECK_JOINT = (0.0, 0.52, 0.20)
LOOK = (0.50, 0.30)  # radians at look_x = 1, look_y = 1


def bump(x: Tensor, middle: float, width: float) -> Tensor:
    """A Gaussian bell of height 1 over x (...,)."""
    return torch.exp(-(((x - middle) / width) ** 2))


class Mover:
    """Moves the vertices of one person's mesh.

    Called with poses (B, K), in the order of PARAMETERS, it gives vertices (B, V, 3) on the poses' device.
    """

    def __init__(self, a: Anatomy, rest: RestMesh):
        self.a = a
        p, part = rest.vertices, rest.part
        skin = (part == mesh.SKIN)[:, None]
        self.base = p + torch.where(skin, close(a, p), 0.0)
        self.fields = torch.where(skin, torch.stack([expression(a, p, name) for name in _LINEAR]), 0.0)
        below = (part == mesh.LOWER_TEETH) | (part == mesh.TONGUE)
        self.jaw = torch.where(part == mesh.SKIN, jaw_weight(a, p), below.float())
        self.head = torch.where(part == mesh.CLOTH, 0.0, head_weight(p))
        lids = lid_angle(a, p) * skin
        self.lids = {side: torch.nonzero((lids.abs().amax(1) > 1e-4) & (p[:, 0] * side > 0))[:, 0] for side in (-1, 1)}
        self.lid_turn = {side: lids[i] for side, i in self.lids.items()}
        self.balls = {-1: torch.nonzero(part == mesh.LEFT_EYE)[:, 0], 1: torch.nonzero(part == mesh.RIGHT_EYE)[:, 0]}
        self._homes = {}

    def __call__(self, pose: Tensor) -> Tensor:
        here = self._on(pose.device)
        value = {name: pose[:, i, None] for name, i in INDEX.items()}
        value["part"] = value["part"] + 0.4 * value["jaw"]  # an open mouth bares the teeth a little
        v = here["base"] + torch.einsum("bk,kvd->bvd", torch.cat([value[n] for n in _LINEAR], 1), here["fields"])
        v = v + here["jaw"] * (_turn(v, value["jaw"] * torch.tensor([JAW_OPEN, 0.0, 0.0], device=v.device), JAW_HINGE) - v)
        for side in (-1, 1):
            v = self._eye(here, v, value, side)
        turn = torch.cat([value["nod"], -value["turn"], value["tilt"]], 1)
        return v + here["head"] * (_turn(v, turn, NECK_JOINT) - v)

    def _eye(self, here: dict, v: Tensor, value: dict, side: int) -> Tensor:
        centre = torch.tensor([side * self.a.eye_x, self.a.eye_y, self.a.eye_z], device=v.device)
        balls, lids, turn = here["balls"][side], here["lids"][side], here["lid_turn"][side]
        v = v.clone()
        gaze = torch.cat([value["look_y"] * LOOK[1], -value["look_x"] * LOOK[0], torch.zeros_like(value["jaw"])], 1)
        v[:, balls] = _turn(v[:, balls], gaze, centre)
        # Lids follow the gaze up and down, and a smile narrows the eye from below.
        down = (value["blink"] + 0.30 * value["look_y"] * (1 - value["blink"].clamp(0, 1))).clamp(-0.3, 1)
        up = (value["blink"] + 0.35 * value["smile"].clamp_min(0) - 0.2 * value["look_y"]).clamp(-0.2, 1)
        angle = down * turn[:, 0] + up * turn[:, 1]
        c, s = angle.cos(), angle.sin()
        x, y, z = (v[:, lids] - centre).unbind(-1)
        v[:, lids] = torch.stack([x, c * y - s * z, s * y + c * z], -1) + centre
        return v

    def _on(self, device) -> dict:
        if device not in self._homes:
            named = {"base": self.base, "fields": self.fields, "jaw": self.jaw[:, None], "head": self.head[:, None]}
            home = {name: t.to(device) for name, t in named.items()}
            for name in ("balls", "lids", "lid_turn"):
                home[name] = {side: t.to(device) for side, t in getattr(self, name).items()}
            self._homes[device] = home
        return self._homes[device]


def _turn(v: Tensor, turn: Tensor, about) -> Tensor:
    """Points (B, n, 3) turned by axis-angle vectors (B, 3) about a point."""
    about = torch.as_tensor(about, dtype=v.dtype, device=v.device)
    return (v - about) @ rotation(turn, v).mT + about


def head_weight(p: Tensor) -> Tensor:
    """1 on the head, 0 at the foot of the neck, for points (..., 3)."""
    return ramp(p[..., 1] + 0.35 * (p[..., 2] - 0.1), 0.98, 0.54)


def jaw_weight(a: Anatomy, p: Tensor) -> Tensor:
    """How much of the jaw's turn each rest point (..., 3) takes: 0 the upper lip, 1 the lower one and the chin."""
    x, y, z = p.unbind(-1)
    off = y - seam(a, x)
    front = torch.sigmoid((-0.42 - z) / 0.03)
    opened = (lens(x, a.mouth_half) + 1e-6).sqrt() * front  # an oval: the corners go half the way
    lip = opened + (1 - opened) * ramp(off.abs(), 0.0, 0.17)
    weight = 0.5 + 0.5 * torch.sign(off) * lip
    throat = ramp(y + 0.75 * (z + 0.35), 0.86, 0.62)
    return weight * throat * ramp(z, 0.16, -0.10)


def lid_angle(a: Anatomy, p: Tensor) -> Tensor:
    """Radians (..., 2) that rest points turn about the eye's own x axis in a full blink: as upper lid, as lower lid."""
    f = fold(p)
    x, y, z = f.unbind(-1)
    upper, lower, _ = lid_edges(a, x)
    dy, dz = y - a.eye_y, a.eye_z - z
    radius = ((a.eye_radius + 0.01) ** 2 - (x - a.eye_x) ** 2).clamp_min(0.002).sqrt()
    at_upper, at_lower = (torch.asin(((e - a.eye_y) / radius).clamp(-1, 1)) for e in (upper, lower))
    meet = 0.8 * at_lower + 0.2 * at_upper
    angle = torch.atan2(dy, dz.clamp_min(1e-3))
    near = ramp((dy**2 + dz**2).sqrt(), a.eye_radius + 0.085, a.eye_radius + 0.035) * ramp(dz, -0.02, 0.02)
    is_upper = torch.sigmoid((0.5 * (at_upper + at_lower) - angle) / 0.02)
    rises = ramp(angle, at_upper - 0.95, at_upper - 0.20)
    falls = ramp(angle, at_lower + 0.80, at_lower + 0.15)
    up = (meet - at_upper + 0.14 * lens(x - a.eye_x, a.lid_half)) * near * is_upper * rises
    low = (meet - at_lower) * near * (1 - is_upper) * falls
    return torch.stack([up, low], -1)


def expression(a: Anatomy, p: Tensor, name: str) -> Tensor:
    """Displacement (..., 3) of rest points (..., 3) at full strength of one of the linear parameters."""
    x, y, z = p.unbind(-1)
    side = torch.tanh(x / 0.02)
    off = (p + close(a, p))[..., 1] - seam(a, x)
    below = torch.sign(y - seam(a, x))
    front = torch.sigmoid((-0.40 - z) / 0.03)
    zero = torch.zeros_like(x)
    m = a.mouth_half
    if name == "part":
        lips = lens(x, 1.05 * m) * bump(off, 0, 0.075) * front
        move = zero, torch.where(below > 0, 0.040, -0.034) * lips, -0.006 * lips
    elif name == "round":
        ring = bump(x, 0, 1.5 * m) * bump(off, 0, 0.15) * front
        move = -0.45 * x * ring, below * 0.012 * ring * lens(x, m), -0.055 * bump(x, 0, 0.12) * bump(off, 0, 0.09) * front
    elif name == "wide":
        ring = bump(x, 0, 1.9 * m) * bump(off, 0, 0.14) * front
        move = 0.22 * x * ring, -0.10 * off * ring, 0.018 * ring
    elif name == "press":
        lips = bump(off, 0, 0.055) * lens(x, 1.1 * m) * front
        move = zero, -0.45 * off * lips, 0.020 * lips
    elif name == "smile":
        corner = bump(x.abs(), m + 0.01, 0.10) * bump(off, 0, 0.12) * front
        cheek = bump(x.abs(), 0.25, 0.11) * bump(y, 0.16, 0.13) * front
        move = side * (0.050 * corner + 0.012 * cheek), -0.050 * corner - 0.030 * cheek, 0.035 * corner - 0.022 * cheek
    elif name in ("raise_left", "raise_right"):
        at = -0.19 if name == "raise_left" else 0.19
        brow = bump(x, at, 0.19) * bump(y, -0.285, 0.115) * front
        move = zero, -0.070 * brow, 0.012 * brow
    else:  # furrow
        inner = bump(x.abs(), 0.10, 0.10) * bump(y, -0.25, 0.10) * front
        move = -0.030 * side * inner, 0.032 * inner, -0.010 * inner
    return torch.stack(move, -1)
