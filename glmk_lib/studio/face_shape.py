"""The head's shape: where the features of a person lie, and the signed distances of skin, teeth, tongue, cloth.

Body units: about 150 mm each; x right, y down, z away from the camera, the head's middle at the origin. The rest pose has the
eyes open and the lips parted by `Anatomy.gap`, so that the mesh has two clean lips; `close` brings them together.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from glmk_lib.studio import shapes as s


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """Where things are in one person's head, body units, at rest. Features come in pairs: x is that of the right one."""

    width: float  # of the whole head, against the average
    jaw_width: float
    chin: float  # y of its lowest point
    chin_depth: float  # z
    cheekbone: float  # how far they stand out
    brow: float  # how strong the ridge is
    eye_x: float
    eye_y: float = -0.125
    eye_z: float = -0.462
    eye_radius: float
    lid_half: float = 0.087  # half width of the opening
    lid_up: float  # height of the opening above the eye's middle, at its highest
    lid_low: float = 0.027
    lid_tilt: float  # slope of the corners' line; the outer one is higher
    nose_tip: float  # y
    nose_depth: float  # z of the tip's centre
    nose_width: float
    nose_bridge: float  # z added half way down: a hump towards the viewer is negative
    mouth_y: float  # the seam between the lips
    mouth_half: float
    lip: float  # fullness
    gap: float = 0.056  # between the lips at rest
    ear: float

    @classmethod
    def of(cls, draw) -> "Anatomy":
        """A person's own: `draw(name, low, high)` gives a number that is the same each time for the same person."""
        return cls(
            width=draw("width", 0.935, 1.075),
            jaw_width=draw("jaw_width", 0.82, 1.16),
            chin=draw("chin", 0.648, 0.732),
            chin_depth=draw("chin_depth", -0.535, -0.495),
            cheekbone=draw("cheekbone", 0.6, 1.4),
            brow=draw("brow", 0.3, 1.5),
            eye_x=draw("eye_x", 0.191, 0.219),
            eye_radius=draw("eye_radius", 0.094, 0.102),
            lid_up=draw("lid_up", 0.030, 0.039),
            lid_tilt=draw("lid_tilt", -0.02, 0.12),
            nose_tip=draw("nose_tip", 0.152, 0.192),
            nose_depth=draw("nose_depth", -0.702, -0.642),
            nose_width=draw("nose_width", 0.80, 1.30),
            nose_bridge=draw("nose_bridge", -0.02, 0.015),
            mouth_y=draw("mouth_y", 0.410, 0.434),
            mouth_half=draw("mouth_half", 0.143, 0.183),
            lip=draw("lip", 0.70, 1.50),
            ear=draw("ear", 0.9, 1.15),
        )

    @property
    def nose_base(self) -> float:
        """y where the nose meets the upper lip."""
        return self.nose_tip + 0.082


def fold(p: Tensor) -> Tensor:
    """Points (..., 3) mirrored to x >= 0: paired features are described once."""
    return torch.cat([p[..., :1].abs(), p[..., 1:]], -1)


def lens(x: Tensor, half: float) -> Tensor:
    """1 in the middle, falling to 0 at |x| = half and beyond, with a slope of 0 in the middle; x and result (...,)."""
    return (1 - (x / half) ** 2).clamp_min(0)


def seam(a: Anatomy, x: Tensor) -> Tensor:
    """y (...,) of the closed lips' seam at x (...,): a shallow bow whose corners hang a little."""
    u = (x / a.mouth_half).clamp(-1.3, 1.3)
    return a.mouth_y + 0.008 * u**2 + 0.005 * torch.exp(-((u / 0.25) ** 2))


def close(a: Anatomy, p: Tensor) -> Tensor:
    """How rest points (..., 3) move when the lips meet: displacement (..., 3)."""
    off = p[..., 1] - seam(a, p[..., 0])
    near = torch.exp(-(((off.abs() - a.gap / 2).clamp_min(0) / 0.075) ** 2))
    front = torch.sigmoid((-0.40 - p[..., 2]) / 0.03)  # the lips, not the back of the mouth
    half = 0.5 * a.gap * lens(p[..., 0], a.mouth_half) * near * front
    move = -torch.sign(off) * torch.minimum(half, off.abs())
    return torch.stack([torch.zeros_like(move), move, torch.zeros_like(move)], -1)


def lid_edges(a: Anatomy, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The open eye at folded x: y of the upper lid's edge, of the lower one's, and 1 - (distance from the middle)^2."""
    u = (x - a.eye_x) / a.lid_half
    wide = (1 - u**2).clamp_min(0)
    line = a.eye_y + 0.006 - a.lid_tilt * (x - a.eye_x)
    upper = line - a.lid_up * wide.clamp_min(1e-9) ** 0.62 * (1 - 0.12 * u)
    lower = line + a.lid_low * wide.clamp_min(1e-9) ** 0.8 * (1 + 0.15 * u)
    return upper, lower, 1 - u**2


def skin(a: Anatomy, p: Tensor) -> Tensor:
    """Signed distance (...,) of head, ears and neck with parted lips and open lids, at rest points (..., 3)."""
    q = p + close(a, p)
    d = _ears(a, q, _head(a, q))
    d = _neck(a, q, d)
    d = _mouth_hollow(a, p, d)
    return _eye_openings(a, fold(p), d)


def _head(a: Anatomy, q: Tensor) -> Tensor:
    f = fold(q)
    w, jaw = a.width, a.width * a.jaw_width
    d = s.ellipsoid(q, (0, -0.27, 0.06), (0.49 * w, 0.565, 0.61))
    d = s.union(d, s.ellipsoid(q, (0, 0.10, -0.13), (0.395 * w, 0.56, 0.435)), k=0.14)
    d = s.union(d, s.capsule(f, (0.295 * jaw, 0.33, -0.09), (0.105 * jaw, a.chin - 0.095, -0.430), 0.088, 0.095), k=0.20)
    d = s.union(d, s.ellipsoid(q, (0, a.chin - 0.085, a.chin_depth), (0.128 * jaw, 0.08, 0.085)), k=0.12)
    d = s.union(d, s.ellipsoid(f, (0.30 * w, 0.04, -0.29), (0.125, 0.10, 0.15 + 0.015 * a.cheekbone)), k=0.16)
    d = s.union(d, s.ellipsoid(f, (0.195, 0.22, -0.37), (0.17, 0.22, 0.185)), k=0.14)
    d = s.union(d, s.capsule(f, (0.06, -0.245, -0.49), (0.27, -0.26, -0.40), 0.06, 0.05) - 0.008 * a.brow, k=0.10)
    d = s.union(d, s.ellipsoid(q, (0, a.mouth_y - 0.01, -0.42), (0.19, 0.18, 0.175)), k=0.12)
    d = s.subtraction(d, s.ellipsoid(f, (a.eye_x, a.eye_y, -0.635), (0.12, 0.075, 0.115)), k=0.09)
    d = _nose(a, q, f, d)
    d = s.union(d, s.sphere(f, (a.eye_x, a.eye_y, a.eye_z), a.eye_radius + 0.016), k=0.055)
    return _lips(a, q, f, d)


def skull(a: Anatomy, p: Tensor) -> Tensor:
    """Signed distance (...,) of the bare head without features: what hair stands off."""
    d = s.ellipsoid(p, (0, -0.27, 0.06), (0.49 * a.width, 0.565, 0.61))
    d = s.union(d, s.ellipsoid(p, (0, 0.10, -0.13), (0.395 * a.width, 0.56, 0.435)), k=0.14)
    return s.union(d, s.capsule(p, (0, 0.25, 0.20), (0, 1.05, 0.26), 0.25 * a.width, 0.27 * a.width), k=0.09)


def _nose(a: Anatomy, q: Tensor, f: Tensor, d: Tensor) -> Tensor:
    w, tip = a.nose_width, a.nose_tip
    middle = (0, 0.35 * a.eye_y + 0.65 * tip - 0.03, 0.6 * a.nose_depth - 0.4 * 0.51 + a.nose_bridge)
    d = s.union(d, s.capsule(q, (0, a.eye_y - 0.05, -0.500), middle, 0.040, 0.042 * w**0.5), k=0.10)
    d = s.union(d, s.capsule(q, middle, (0, tip, a.nose_depth + 0.01), 0.042 * w**0.5, 0.050 * w**0.5), k=0.08)
    d = s.union(d, s.ellipsoid(q, (0, tip + 0.004, a.nose_depth + 0.004), (0.056 * w, 0.050, 0.054)), k=0.05)
    d = s.union(d, s.ellipsoid(f, (0.068 * w, tip + 0.030, -0.610), (0.044 * w, 0.048, 0.075)), k=0.045)
    d = s.union(d, s.capsule(q, (0, tip + 0.045, a.nose_depth + 0.045), (0, tip + 0.065, -0.57), 0.026, 0.034), k=0.04)
    return s.subtraction(d, s.ellipsoid(f, (0.042 * w, tip + 0.079, -0.635), (0.022 * w, 0.030, 0.042)), k=0.018)


def _lips(a: Anatomy, q: Tensor, f: Tensor, d: Tensor) -> Tensor:
    m, y, full = a.mouth_half, a.mouth_y, a.lip
    above_chin = s.capsule(f, (0.0, y + 0.115, -0.635), (0.09, y + 0.115, -0.60), 0.025, 0.015)
    d = s.subtraction(d, above_chin, k=0.06)
    corner = (m, y + 0.008, -0.535)
    up, low = 0.024 * full**0.5, 0.031 * full**0.5
    peak = (0.038, y - 0.026 * full, -0.607)
    d = s.union(d, s.capsule(f, corner, peak, 0.010, up), k=0.022)
    d = s.union(d, s.capsule(f, peak, (0, y - 0.018 * full, -0.610), up, up), k=0.02)
    belly = (0.055, y + 0.032 * full, -0.596)
    middle = s.capsule(f, belly, (0, y + 0.034 * full, -0.602), low, low)
    d = s.union(d, s.union(s.capsule(f, corner, belly, 0.010, low), middle, k=0.02), k=0.022)
    philtrum = s.capsule(q, (0, y - 0.10, -0.665), (0, y - 0.055, -0.668), 0.016, 0.022)
    return s.subtraction(d, philtrum, k=0.03)


def _ears(a: Anatomy, q: Tensor, d: Tensor) -> Tensor:
    f = fold(q)
    # Into the ear's own frame: e0 outwards from the head, e1 down along it, e2 backwards.
    c, k = 0.84, 0.54  # stands off by 33 degrees
    x, y, z = f[..., 0] - 0.465 * a.width, f[..., 1] + 0.045, f[..., 2] - 0.06
    y, z = y * 0.98 - z * 0.2, z * 0.98 + y * 0.2
    e = torch.stack([x * c - z * k, y, z * c + x * k], -1) / a.ear
    shell = s.ellipsoid(e, (0.0, 0.0, 0.05), (0.036, 0.205, 0.125))
    shell = s.union(shell, s.ellipsoid(e, (0.0, 0.16, 0.005), (0.03, 0.06, 0.055)), k=0.04)
    hollow = s.ellipsoid(e, (0.045, -0.02, 0.045), (0.045, 0.14, 0.075))
    shell = s.subtraction(shell, hollow, k=0.03)
    shell = s.union(shell, s.ellipsoid(e, (0.012, 0.03, -0.03), (0.02, 0.035, 0.02)), k=0.02)  # tragus
    return s.union(d, shell * a.ear, k=0.035)


def _neck(a: Anatomy, q: Tensor, d: Tensor) -> Tensor:
    f = fold(q)
    neck = s.capsule(q, (0, 0.25, 0.20), (0, 1.05, 0.26), 0.25 * a.width, 0.27 * a.width)
    neck = s.union(neck, s.capsule(f, (0.34, 0.2, 0.22), (0.06, 1.08, -0.02), 0.05, 0.045), k=0.12)  # the tendon
    neck = s.union(neck, s.ellipsoid(q, (0, 0.90, -0.02), (0.05, 0.09, 0.06)), k=0.08)  # larynx
    neck = s.union(neck, s.capsule(f, (0.1, 0.9, 0.35), (0.75, 1.25, 0.36), 0.2, 0.16), k=0.25)
    return s.union(d, neck, k=0.09)


def _mouth_hollow(a: Anatomy, p: Tensor, d: Tensor) -> Tensor:
    x, z = p[..., 0], p[..., 2]
    off = (p[..., 1] - seam(a, x)).abs()
    slit = off - 0.5 * a.gap * lens(x, a.mouth_half)
    slit = torch.maximum(torch.maximum(slit, x.abs() - a.mouth_half), z + 0.44)
    hollow = s.ellipsoid(p, (0, a.mouth_y, -0.40), (0.165, 0.105, 0.165))
    return s.subtraction(d, s.union(slit, hollow, k=0.02), k=0.016)


def _eye_openings(a: Anatomy, f: Tensor, d: Tensor) -> Tensor:
    upper, lower, _ = lid_edges(a, f[..., 0])
    y, z = f[..., 1], f[..., 2]
    hole = torch.maximum(upper - y, y - lower)
    hole = torch.maximum(hole, (f[..., 0] - a.eye_x).abs() - a.lid_half)
    hole = torch.maximum(hole, z - (a.eye_z - 0.02))
    return s.subtraction(d, hole, k=0.012)


def teeth(a: Anatomy, p: Tensor, upper: bool) -> Tensor:
    """Signed distance (...,) of one row of teeth from points (..., 3)."""
    y = p[..., 1] - a.mouth_y
    z = p[..., 2]
    arch = ((p[..., 0] / 0.80) ** 2 + ((z + 0.36) * 0.62) ** 2).clamp_min(1e-9).sqrt() - (0.126 if upper else 0.116)
    band = arch.abs() - 0.012
    low, high = (-0.09, 0.030) if upper else (0.020, 0.09)
    d = torch.maximum(band, torch.maximum(low - y, y - high))
    return torch.maximum(d, z + 0.36)


def tongue(a: Anatomy, p: Tensor) -> Tensor:
    """Signed distance (...,) of the tongue from points (..., 3), resting behind the lower teeth."""
    return s.ellipsoid(p, (0, a.mouth_y + 0.055, -0.38), (0.085, 0.035, 0.13))


def cloth(p: Tensor) -> Tensor:
    """Signed distance (...,) of the garment from points (..., 3).

    Chest and shoulders, cut off by the plane of the neckline, which is lower in front.
    """
    f = fold(p)
    chest = s.ellipsoid(p, (0, 1.75, 0.33), (0.92, 0.78, 0.44))
    arm = s.capsule(f, (0.55, 1.28, 0.33), (0.98, 1.55, 0.33), 0.24, 0.27)
    slope = s.capsule(f, (0.12, 1.00, 0.30), (0.75, 1.26, 0.34), 0.235, 0.20)
    neckline = 0.93 - 0.42 * (p[..., 2] - 0.15) - p[..., 1]
    return s.intersection(s.union(chest, arm, slope, k=0.2), neckline, k=0.05)
