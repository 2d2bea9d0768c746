"""What a foot looks like: skin with its redder, paler and darker places, veins, creases, nails, and the trouser's cloth.

What changes slowly over the skin is baked once into a small volume of the foot's frame; nails and grain are drawn point by
point.
"""

from functools import lru_cache

import numpy as np
import torch

from glmk_lib.studio.body import Surface
from glmk_lib.studio.foot_shape import FootShape, to_foot
from glmk_lib.studio.shapes import ramp
from glmk_lib.studio.texture import fbm, noise

CLOTH = 1  # the part of the mesh that is the trouser's leg; the skin is part 0
_LOW, _HIGH, _CELL = (-1.5, -6.5, -1.0), (28.5, 6.5, 20.0), 0.25  # the baked volume, cm
# Veins of the instep, cm of the mean foot, drawn from above: the arch behind the toes and what runs into and out of it.
_VEINS = (
    ((16.6, -3.4), (15.2, -2.2), (14.6, -0.6), (14.9, 1.2), (14.0, 2.9), (11.5, 3.6), (8.8, 3.6)),
    ((14.6, -0.6), (12.2, 0.2), (10.2, 1.6), (8.2, 2.6)),
    ((17.4, 0.2), (16.0, 0.4), (14.9, 1.2)),
    ((16.9, -1.5), (15.4, -1.3), (14.6, -0.6)),
    ((15.2, -2.2), (12.0, -2.9), (9.5, -2.6)),
)
# Denim in the middle, for the first person; black, sand, grey, olive.
_CLOTHS = ((0.02, 0.02, 0.021), (0.16, 0.125, 0.075), (0.11, 0.075, 0.055), (0.078, 0.076, 0.075), (0.065, 0.055, 0.04))


class FootSkin:
    """The `Surface` of rest points: `FootSkin(shape, identity)(rest points (n, 3), part (n,), pose)`."""

    def __init__(self, shape: FootShape, identity):
        self.shape, self.identity = shape, identity
        self.veins = identity.draw("veins", 0.25, 1.0)
        self.cloth = torch.tensor(_CLOTHS[int(identity.draw("cloth", 0, len(_CLOTHS) - 1e-6))])
        self.skin, self.nail = (torch.as_tensor(c, dtype=torch.float32) for c in (identity.skin, identity.nail))
        self.front = float((shape.joints[:, 3, 0] - 1.5 * shape.thick[:, 3]).min())  # no nail lies further back
        self.volume = self._bake()
        self.on = lru_cache(maxsize=2)(self._on)

    def __call__(self, points, part, pose) -> Surface:
        albedo, gloss = points.new_empty(len(points), 3), points.new_full((len(points),), 0.04)
        rough = points.new_full((len(points),), 0.9)
        cloth = part == CLOTH
        woven, bare = cloth.nonzero()[:, 0], (~cloth).nonzero()[:, 0]
        albedo[woven] = self._woven(points[woven])
        albedo[bare], gloss[bare], rough[bare] = self._bare(points[bare])
        return Surface(albedo, gloss, rough)

    def _on(self, device):
        """The baked volume and the small tables on that device."""
        axes = torch.stack([self.shape.nail_axes(toe) for toe in range(5)])
        held = (self.volume, self.skin, self.nail, self.cloth, axes, self.shape.joints, self.shape.thick)
        return [t.to(device) for t in held]

    def _bare(self, points):
        """Skin and nails at rest points (n, 3): albedo (n, 3), gloss (n,), roughness (n,)."""
        volume, skin, nail = self.on(points.device)[:3]
        p = to_foot(points)
        low, high = p.new_tensor(_LOW), p.new_tensor(_HIGH)
        at = ((p - low) / (high - low) * 2 - 1).flip(-1).reshape(1, -1, 1, 1, 3)
        baked = torch.nn.functional.grid_sample(volume, at, align_corners=True, padding_mode="border")
        red, pale, dark, vein, blotch = baked.reshape(5, -1, 1)
        grain = noise(points, 55.0, 100 * self.identity.seed + 1)[:, None]
        tint, fair = p.new_tensor, min(1.0, float(self.identity.skin.mean()) / 0.45)  # how much blood and veins shine through
        albedo = skin * (1 + 0.09 * blotch + 0.05 * grain)
        albedo = albedo * (1 - (0.75 * red + 0.15 * blotch).clamp(0, 1) * tint([0.06, 0.34, 0.34]))
        albedo = albedo + pale * (0.10 + 0.25 * skin) * tint([1.0, 0.74, 0.62]) * (1.15 - fair)
        albedo = albedo * (1 - vein * self.veins * tint([0.30, 0.17, 0.10]) * (0.4 + 0.6 * fair))
        if self.identity.freckles > 0.02:
            spot = ramp(noise(points, 34.0, 100 * self.identity.seed + 2), 0.45, 0.9)[:, None] * (0.5 + blotch).clamp(0, 1)
            albedo = albedo * (1 - self.identity.freckles * spot * tint([0.22, 0.38, 0.48]))
        albedo = albedo * (1 - dark * tint([0.7, 0.84, 0.88]))
        gloss = 0.3 + 0.08 * red[:, 0] + 0.05 * blotch[:, 0]
        rough = torch.full_like(gloss, 0.5)

        toes = (p[:, 0] > self.front).nonzero()[:, 0]
        plate, rim, edge, moon = self._nails(p[toes])
        bright = nail * (0.92 + 0.2 * moon + 0.05 * grain[toes]) + edge * (0.05 + 0.2 * nail)
        under = albedo[toes] * (1 - 0.45 * rim)
        albedo[toes] = under + plate * (bright - under)
        gloss[toes] += 0.2 * plate[:, 0]
        rough[toes] -= 0.14 * plate[:, 0]
        return albedo.clamp(0.004, 0.95), gloss, rough

    def _nails(self, p):
        """Cover of the nails (n, 1): plate, the fold around it, its free edge, its pale moon."""
        axes, joints, thick = self.on(p.device)[4:]
        plate, rim, edge, moon = (torch.zeros_like(p[:, :1]) for _ in range(4))
        for toe in range(5):
            radius = thick[toe, 3]
            q = (p - joints[toe, 3]) @ axes[toe].T / radius
            x, y, z = q.unbind(-1)
            x = x - 0.02
            r = ((x / 0.86).abs() ** 2.6 + (y / (0.74 + 0.05 * x)).abs() ** 3.2) ** 0.35  # 1 on the nail's outline
            on = ramp(z, 0.15, 0.4)[:, None]
            cover = ramp(r, 1.03, 0.95)[:, None] * on
            plate = torch.maximum(plate, cover)
            rim = torch.maximum(rim, (torch.exp(-(((r - 1.04) / 0.09) ** 2)) * ramp(x, 0.75, 0.3))[:, None] * on)
            edge = torch.maximum(edge, cover * ramp(x + 0.15 * y * y, 0.62, 0.72)[:, None])
            moon = torch.maximum(moon, cover * ramp(x - 0.3 * y * y, -0.55, -0.7)[:, None])
        return plate, rim, edge, moon

    def _woven(self, points):
        """Albedo (n, 3) of the cloth at rest points (n, 3): twill, worn spots, and the seam along the hem."""
        p = to_foot(points)
        cloth = self.on(points.device)[3]
        height = p[:, 2] - self.shape.hem - 0.12 * (p[:, 0] - 5)
        twill = torch.sin(9.0 * (p[:, 2] + 1.3 * torch.atan2(p[:, 1], p[:, 0] - 4.8) * 3)) * 0.10
        worn = fbm(points, 4.0, 2, 900 + self.identity.seed)
        seam = torch.exp(-(((height - 2.1) / 0.12) ** 2))
        value = 1 + twill + 0.45 * worn + 0.25 * noise(points, 45.0, 901) + 0.5 * ramp(height, 0.35, 0.0) - 0.45 * seam
        return (cloth * value[:, None]).clamp(0.004, 0.9)

    def _bake(self):
        """The volume (1, 5, A, M, U): redder, paler (sole), darker (gaps, creases) and veins, 0 to 1; blotches, -1 to 1."""
        counts = [round((b - a) / _CELL) + 1 for a, b in zip(_LOW, _HIGH, strict=True)]
        axes = [torch.linspace(a, b, n) for a, b, n in zip(_LOW, _HIGH, counts, strict=True)]
        p = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
        shape = self.shape
        joints, thick = shape.joints, shape.thick

        def near(centre, size):
            return torch.exp(-(((p - torch.as_tensor(centre) * shape.stretch) / size) ** 2).sum(-1))

        red = 0.5 * near((0.6, 0.0, 2.2), 2.2) + 0.35 * near((5.9, 3.4, 8.4), 1.4) + 0.35 * near((4.7, -3.4, 7.3), 1.4)
        red = red + 0.3 * near((17.8, -4.6, 1.8), 1.6) + 0.35 * near((17.6, 5.0, 2.2), 1.7) + 0.3 * near((12.0, -4.2, 1.4), 3.0)
        dark = torch.zeros(len(p))
        gaps = torch.stack([shape.toe(p, toe) for toe in range(5)])
        for toe in range(5):
            red = red + 0.75 * torch.exp(-(((p - joints[toe, 3]) / (1.15 * thick[toe, 3])) ** 2).sum(-1))
            red = red + 0.4 * torch.exp(-(((p - joints[toe, 1]) / (1.3 * thick[toe, 1])) ** 2).sum(-1))
            last = joints[toe, 2] - joints[toe, 1]
            for joint, strength, apart in ((1, 0.13, 0.3), (2, 0.16, 0.28)):
                along = (p - joints[toe, joint]) @ (last / last.norm())
                fold = sum(torch.exp(-(((along - apart * k) / 0.13) ** 2)) for k in (-1, 0, 1))
                above = ramp(p[:, 2] - joints[toe, joint, 2], 0.1, 0.6) * ramp(gaps[toe], 0.5, 0.2)
                dark = torch.maximum(dark, strength * fold * above)
        two = gaps.topk(2, dim=0, largest=False).values
        between = torch.exp(-two[1].clamp_min(0) / 0.22) * ramp(two[0], 0.8, 0.2)
        dark = torch.maximum(dark, 0.6 * between)
        pale = ramp(p[:, 2], 1.5, 0.5) * ramp(p[:, 2], -1.0, 0.0)
        vein = torch.zeros(len(p))
        flat = p[:, :2] / shape.stretch[:2]
        wave = 0.35 * torch.stack([noise(p, 0.45, 31 + self.identity.seed), noise(p, 0.45, 32 + self.identity.seed)], -1)
        for line in _VEINS:
            path = np.array(line, np.float32)
            for a, b in zip(torch.from_numpy(path[:-1]), torch.from_numpy(path[1:]), strict=True):
                t = (((flat + wave - a) @ (b - a)) / (b - a).square().sum()).clamp(0, 1)
                vein = torch.maximum(vein, torch.exp(-(((flat + wave - a - t[:, None] * (b - a)).norm(dim=-1) / 0.24) ** 2)))
        vein = vein * ramp(p[:, 2], 2.2, 3.2) * ramp(p[:, 2], 9.5, 8.5)
        blotch = fbm(p, 0.4, 3, 100 * self.identity.seed)
        baked = torch.stack([red.clamp(0, 1), pale, dark.clamp(0, 0.9), vein, blotch])
        return baked.reshape(1, 5, *counts).contiguous()
