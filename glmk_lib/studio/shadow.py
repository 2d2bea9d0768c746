"""What stands between a point and the light: soft shadows of the key lamp, and ambient occlusion at rest."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from glmk_lib.studio.mesh import RestMesh
from glmk_lib.studio.raster import project, rasterize

_FAR = 20.0  # body units from the lamp to the scene: nearly parallel light
_BIAS = 0.02  # depth within which a surface does not shade itself, body units
_LIFT = 0.025  # and how far points are first moved along their normals


@dataclass(frozen=True, eq=False)
class ShadowMap:
    """What far lamps see of a mesh: depths (B, s, s).

    axes (B, 3, 3): rows right, down and forward; centre (B, 3): what they look at; reach: half the width they see.
    """

    axes: Tensor
    centre: Tensor
    depths: Tensor
    reach: float

    @classmethod
    def of(cls, vertices: Tensor, faces: Tensor, lamp: Tensor, size: int, centre: Tensor, reach: float) -> "ShadowMap":
        """Maps of vertices (B, V, 3), one a frame, of size × size, `reach` to each side of the centre (B, 3).

        Args:
            lamp: unit directions to the lamps, (B, 3), in the axes of the vertices.
        """
        steep = lamp[:, 1:2].abs() > 0.95
        up = torch.where(steep, lamp.new_tensor([1.0, 0.0, 0.0]), lamp.new_tensor([0.0, 1.0, 0.0]))
        right = normalize(torch.linalg.cross(up, -lamp), dim=-1)
        axes = torch.stack([right, torch.linalg.cross(-lamp, right), -lamp], 1)
        moved = (vertices - centre[:, None]) @ axes.transpose(1, 2) + vertices.new_tensor([0, 0, _FAR])
        hits = rasterize(moved, faces, _FAR / (2 * reach), size)
        return cls(axes, centre, hits.picture(hits.depth, 1e3), reach)

    def lit(self, points: Tensor, normals: Tensor, frame: Tensor) -> Tensor:
        """The share (n,) of the lamp's light that reaches points (n, 3), each of frame (n,): a mean over 3 × 3 depths.

        All of it reaches points outside the map.
        """
        size = self.depths.shape[-1]
        local = points + _LIFT * normals - self.centre.index_select(0, frame)
        axes = self.axes.index_select(0, frame)
        right, down, depth = ((axes[:, k] * local).sum(1) for k in range(3))
        depth = depth + _FAR
        at = project(torch.stack([right, down, depth], 1), _FAR / (2 * self.reach), size) - 0.5
        whole = at.round().clamp(1, size - 2)
        part = (at - whole).clamp(-0.5, 0.5)
        weights = torch.stack([0.5 - part, torch.ones_like(part), 0.5 + part], 0) / 2  # (3, n, 2)
        corner = (frame * size + whole[:, 1].long()) * size + whole[:, 0].long()
        flat, near, total = self.depths.reshape(-1), depth - _BIAS, 0.0
        for i in range(3):
            for j in range(3):
                clear = flat.index_select(0, corner + ((i - 1) * size + j - 1)) > near
                total = total + clear * (weights[i, :, 1] * weights[j, :, 0])
        outside = ((at < 0) | (at > size - 1)).any(1)
        return torch.where(outside, 1.0, total)


def ambient_occlusion(mesh: RestMesh, directions: int = 64, size: int = 192) -> Tensor:
    """The share (V,) of a cloudy sky that each vertex at rest sees past the mesh, weighed by the cosine to its normal.

    Args:
        directions: to how many places of the sky. size: of the depth map from each, along a side.
    """
    k = torch.arange(directions) + 0.5
    polar, turn = torch.arccos(1 - 2 * k / directions), math.pi * (1 + 5**0.5) * k
    sky = torch.stack([turn.cos() * polar.sin(), polar.cos(), turn.sin() * polar.sin()], 1)
    low, high = mesh.vertices.amin(0), mesh.vertices.amax(0)
    centre, reach = (low + high) / 2, float((high - low).norm()) / 2 * 1.05
    total = weight = 0.0
    for some in sky.split(8):
        count = len(some)
        seen = ShadowMap.of(mesh.vertices.expand(count, -1, -1), mesh.faces, some, size, centre.expand(count, 3), reach)
        frame = torch.arange(count).repeat_interleave(len(mesh.vertices))
        clear = seen.lit(mesh.vertices.repeat(count, 1), mesh.normals.repeat(count, 1), frame).reshape(count, -1)
        facing = (some @ mesh.normals.T).clamp_min(0)
        total, weight = total + (clear * facing).sum(0), weight + facing.sum(0)
    return total / weight.clamp_min(1e-6)
