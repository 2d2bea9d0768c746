"""What a head is made of: skin, lips, brows, freckles, stubble, eyes, teeth, hair, cloth, each a function of its rest place."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from glmk_lib.studio import face_mesh as mesh
from glmk_lib.studio.body import Surface
from glmk_lib.studio.face_hair import Hair, inside, strands
from glmk_lib.studio.face_move import INDEX, LOOK, bump
from glmk_lib.studio.face_shape import Anatomy, close, fold, lid_edges, seam
from glmk_lib.studio.identity import Identity, linear
from glmk_lib.studio.shapes import ramp, vector
from glmk_lib.studio.texture import noise

_CLOTHS = ("#7a7468", "#6b4a4a", "#8a5a3c", "#a39a8c", "#39342f", "#9c6b4a")  # of no paint's hue


@dataclass(frozen=True, eq=False)
class Looks:
    """One person's colours (linear RGB) and densities 0 to 1. Called as `Body.material` is."""

    anatomy: Anatomy
    hair: Hair
    skin: np.ndarray
    lip: np.ndarray
    hair_color: np.ndarray
    iris: np.ndarray
    cloth: np.ndarray
    freckles: float
    brow: float
    stubble: float
    seed: int

    @classmethod
    def of(cls, identity: Identity, anatomy: Anatomy, hair: Hair) -> "Looks":
        """That person's looks."""
        cloth = linear(_CLOTHS[identity.seed % len(_CLOTHS)])
        bearded = hair.cut in ("short", "shaved")
        stubble = max(0.0, identity.draw("stubble", -0.3, 0.9)) if bearded else 0.0
        return cls(
            anatomy, hair, identity.skin, identity.lip, identity.hair, identity.iris, cloth, identity.freckles,
            identity.draw("brow_density", 0.65, 1.0), stubble, identity.seed,
        )  # fmt: skip

    def __call__(self, points: Tensor, part: Tensor, pose: Tensor) -> Surface:
        albedo = torch.empty_like(points)
        gloss, rough = torch.empty_like(points[:, 0]), torch.empty_like(points[:, 0])
        pose = pose.expand(len(points), -1)
        for k, of in self._parts().items():
            at = torch.nonzero(part == k)[:, 0]
            if len(at):
                albedo[at], gloss[at], rough[at] = of(points[at], pose[at])
        return Surface(albedo.clamp(0.001, 1), gloss.clamp(0, 1), rough.clamp(0.1, 1))

    def _parts(self) -> dict:
        return {
            mesh.SKIN: self._skin,
            mesh.LEFT_EYE: lambda p, pose: self._eye(p, pose, -1),
            mesh.RIGHT_EYE: lambda p, pose: self._eye(p, pose, 1),
            mesh.UPPER_TEETH: self._teeth,
            mesh.LOWER_TEETH: self._teeth,
            mesh.TONGUE: self._tongue,
            mesh.HAIR: self._hair,
            mesh.CLOTH: self._cloth,
        }

    def _skin(self, p: Tensor, pose: Tensor):
        f = fold(p)
        x, y, z = f.unbind(-1)
        front = ramp(z, -0.15, -0.35)
        fine = noise(p * vector([1.0, 0.55, 1.0], p), 48.0, self.seed + 2)
        broad = noise(p, 8.0, self.seed + 1)
        tone = vector(self.skin, p) * (1 + 0.08 * broad + 0.07 * fine)[:, None] * self._tint(f, x, y, z, front)
        if self.freckles > 0.02:
            where = self.freckles * bump(y, 0.08, 0.16) * bump(x, 0, 0.36) * front
            spots = ramp(noise(p, 34.0, self.seed + 3), 0.42, 0.62) * where
            tone = tone * (1 - 0.55 * spots[:, None] * vector([0.5, 0.8, 1.0], p))
        hair = vector(self.hair_color, p)
        tone = tone + self._beard(x, y, z, fine)[:, None] * (hair * 1.1 - tone)
        roots = ramp(inside(self.hair, p) + 0.02 * fine, -0.045, 0.02) * (
            0.7 + 0.1 * fine if self.hair.cut == "shaved" else 0.9
        )
        tone = tone + roots[:, None] * (hair - tone)
        oily = front * (bump(x, 0, 0.16) * bump(y, 0.0, 0.24) + bump(y, -0.42, 0.12) * bump(x, 0, 0.25))
        gloss, rough = 0.16 + 0.12 * oily + 0.03 * fine, 0.52 - 0.10 * oily
        at = torch.nonzero((z < -0.25) & (y < 0.02) & (y > -0.36))[:, 0]
        if len(at):
            tone[at], gloss[at] = self._around_eyes(tone[at], gloss[at], p[at], x[at], y[at], z[at])
        at = torch.nonzero((y - self.anatomy.mouth_y).abs() < 0.15)[:, 0]
        if len(at):
            tone[at], wet = self._mouth(tone[at], p[at], x[at], z[at])
            gloss[at] += 0.35 * wet
            rough[at] -= 0.17 * wet
        return tone, gloss, rough

    def _tint(self, f, x, y, z, front):
        """Factors (n, 3) of the skin's tone: blood near the surface, and the shade of hollows and folds."""
        a = self.anatomy
        ear = ramp(x, 0.44, 0.50) * ramp(z, -0.15, 0.0) * ramp(y, 0.3, 0.2)
        cheek = bump(x, 0.27, 0.14) * bump(y, 0.14, 0.14)
        nose = bump(x, 0, 0.10) * bump(y, a.nose_tip, 0.07)
        chin = bump(x, 0, 0.12) * bump(y, a.chin - 0.06, 0.08)
        blush = (0.7 * cheek + 0.6 * nose + 0.3 * chin) * front + 0.8 * ear
        fold_x = 0.115 * a.nose_width + 0.45 * (y - a.nose_tip - 0.03).clamp_min(0)
        beside = ramp(y, a.nose_tip - 0.01, a.nose_tip + 0.06) * ramp(y, a.mouth_y + 0.03, a.mouth_y - 0.09)
        cheek_fold = bump(x, fold_x, 0.018) * beside
        concha = bump(z, 0.085, 0.035) * bump(y, -0.045, 0.075) * ramp(x, 0.44, 0.47)
        inner = (f - vector([0.042 * a.nose_width, a.nose_tip + 0.074, -0.640], f)) / vector([0.019, 0.016, 0.036], f)
        nostril = torch.exp(-inner.square().sum(-1))
        shade = (1 - 0.10 * front * cheek_fold) * (1 - 0.5 * concha) * (1 - 0.85 * nostril)
        return (1 + blush[:, None] * vector([0.10, -0.22, -0.20], f)) * shade[:, None]

    def _beard(self, x, y, z, hairs):
        if self.stubble < 0.05:
            return torch.zeros_like(x)
        a = self.anatomy
        edge = a.mouth_y - 0.05 - 0.40 * ramp(x, 0.15, 0.42)  # the cheek's line, from the moustache up to the sideburn
        jaw = ramp(y, edge - 0.02, edge + 0.10) * ramp(y, a.chin + 0.14, a.chin) * ramp(z, 0.06, -0.05)
        lip = bump(y, 0.5 * (a.nose_base + a.mouth_y) - 0.005, 0.055) * ramp(x, 0.21, 0.13) * (z < -0.4)
        return 0.85 * torch.maximum(jaw, lip) * (0.62 + 0.5 * hairs).clamp(0, 1) * self.stubble

    def _around_eyes(self, tone, gloss, p, x, y, z):
        a = self.anatomy
        socket = bump(x, a.eye_x - 0.02, 0.12) * bump(y, a.eye_y + 0.005, 0.085)
        tone = tone * (1 - socket[:, None] * vector([0.24, 0.32, 0.30], p))
        t = ((x - 0.07) / 0.27).clamp(-0.2, 1.2)
        half = 0.034 - 0.020 * t
        stroke = noise(torch.stack([p[:, 0] * 0.55 + 0.4 * y, y * 0.8, z * 0.3], -1), 75.0, self.seed + 5)
        edge = ramp((y - brow_line(x)).abs() + 0.008 * stroke, half + 0.012, half - 0.008)
        brow = edge * ramp(t, -0.10, 0.06) * ramp(t, 1.06, 0.75)
        brow = (brow * (0.95 + 0.35 * stroke)).clamp(0, 1) * self.brow
        tone = tone + brow[:, None] * (vector(self.hair_color, p) * 0.75 - tone)
        upper, lower, wide = lid_edges(a, x)
        near = (z < a.eye_z + 0.01) * ramp(wide, -0.15, 0.10)
        lash = torch.exp(-(((y - upper + 0.003) / 0.0095) ** 2))
        under = torch.exp(-(((y - lower - 0.003) / 0.006) ** 2))
        crease = torch.exp(-(((y - upper + 0.036 + 0.02 * wide.clamp(0, 1)) / 0.008) ** 2))
        tone = tone * (1 - (0.88 * lash + 0.35 * under + 0.25 * crease) * near).clamp_min(0.08)[:, None]
        rim = near * (y > upper + 0.004) * (y < lower - 0.002)
        return tone * (1 - 0.3 * rim[:, None] * vector([0.2, 1.0, 1.0], p)), gloss * (1 - 0.6 * brow)

    def _mouth(self, tone, p, x, z):
        a = self.anatomy
        m, full = a.mouth_half, a.lip**0.6
        off = (p + close(a, p))[:, 1] - seam(a, p[:, 0])
        across = (1 - (x / (1.02 * m)) ** 2).clamp_min(0)
        bow = 0.050 * full * across**0.75 - 0.010 * bump(x, 0, 0.022)
        belly = 0.064 * full * across**0.8
        red = ramp(off, -bow - 0.008, -bow + 0.008) * ramp(off, belly + 0.008, belly - 0.008)
        red = red * ramp(z, -0.44, -0.48) * ramp(across, 0.0, 0.08)
        lines = 1 + 0.10 * noise(p * vector([1.0, 0.15, 0.15], p), 70.0, self.seed + 6)
        shade = (1 - 0.16 * (off < 0)) * (1 - 0.45 * torch.exp(-((off / 0.010) ** 2)))
        tone = tone + red[:, None] * (vector(self.lip, p) * (lines * shade)[:, None] - tone)
        behind = ramp(z, -0.555 + 0.06 * (x / m) ** 2, -0.515 + 0.06 * (x / m) ** 2)
        within = behind * (off.abs() < 0.125) * (x < 1.05 * m) * ramp(z, -0.1, -0.2)
        return tone + within[:, None] * (vector([0.16, 0.035, 0.032], p) - tone), red

    def _eye(self, p: Tensor, pose: Tensor, side: int):
        a = self.anatomy
        q = (p - vector([side * a.eye_x, a.eye_y, a.eye_z], p)) / a.eye_radius
        r = (q[:, 0] ** 2 + q[:, 1] ** 2).sqrt() + 10 * (q[:, 2] > 0)
        angle = torch.atan2(q[:, 1], q[:, 0])
        fibres = 1 + 0.25 * torch.sin(angle * 23 + 4 * torch.sin(angle * 5)) * ramp(r, 0.15, 0.3)
        iris = vector(self.iris, p) * (fibres * (0.85 - 0.4 * ramp(r, 0.30, 0.43)))[:, None]
        iris = iris * (1 - 0.96 * ramp(r, 0.195, 0.165))[:, None]
        veins = ramp(q[:, 0].abs(), 0.5, 1.0)
        white = vector([0.44, 0.395, 0.37], p) * (1 - veins[:, None] * vector([0.05, 0.25, 0.25], p))
        tone = white + ramp(r, 0.455, 0.415)[:, None] * (iris - white)
        gaze = q[:, 1] + pose[:, INDEX["look_y"]] * LOOK[1]  # where the point stands now: the upper lid shades it
        tone = tone * (1 - 0.65 * ramp(gaze, 0.05, -0.40))[:, None]
        return tone, torch.full_like(r, 0.55), torch.full_like(r, 0.13)

    def _teeth(self, p: Tensor, pose: Tensor):
        angle = torch.atan2(p[:, 0], -(p[:, 2] + 0.36) + 0.05)
        gap = torch.exp(-(((torch.remainder(angle / 0.24, 1) - 0.5) / 0.10) ** 2))
        depth = ramp(p[:, 2], -0.50, -0.40)
        tone = vector([0.66, 0.60, 0.50], p) * ((1 - 0.35 * gap) * (1 - 0.75 * depth))[:, None]
        return tone, torch.full_like(gap, 0.6), torch.full_like(gap, 0.2)

    def _tongue(self, p: Tensor, pose: Tensor):
        tone = vector([0.42, 0.13, 0.12], p) * (1 + 0.15 * noise(p, 50.0, self.seed + 7))[:, None]
        return tone * ramp(p[:, 2], -0.25, -0.50)[:, None], torch.full_like(p[:, 0], 0.5), torch.full_like(p[:, 0], 0.3)

    def _hair(self, p: Tensor, pose: Tensor):
        flow = strands(p)
        strand = noise(flow, 30.0, self.seed + 8) + 0.6 * noise(flow, 11.0, self.seed + 9)
        tone = vector(self.hair_color, p) * (1.05 + 0.65 * strand).clamp_min(0.25)[:, None]
        return tone, (0.14 + 0.16 * strand).clamp(0, 1), torch.full_like(strand, 0.5)

    def _cloth(self, p: Tensor, pose: Tensor):
        knit = torch.sin(p[:, 0] * 95) * torch.sin(p[:, 1] * 95 + p[:, 2] * 60)
        tone = vector(self.cloth, p) * (1 + 0.14 * knit + 0.10 * noise(p, 7.0, self.seed + 10))[:, None]
        return tone, torch.full_like(knit, 0.03), torch.full_like(knit, 0.9)


def brow_line(x: Tensor) -> Tensor:
    """y (...,) of the middle of a brow at folded x (...,)."""
    t = (x - 0.07) / 0.27
    return -0.226 - 0.032 * torch.sin(t.clamp(0, 1) * 2.3) + 0.035 * ramp(t, 0.6, 1.05)
