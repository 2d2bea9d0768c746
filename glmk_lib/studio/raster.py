"""Which face of a mesh each sample of the picture sees: a z-buffer in plain torch, for a batch of frames at once.

Every front face tests the samples of its bounding box; for each sample the nearest face wins, by a minimum over keys that hold
depth and face. A minimum depends on no order, so results are the same bits every time, on CPU and CUDA.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

_SLACK = 1e-5  # of a barycentric weight, so that no crack opens between two faces


@dataclass(frozen=True)
class Hits:
    """The n samples that see a face, of `frames` pictures of size × size samples.

    at (n,) int64: index into (frames, size, size), rising; face (n,) int64; bary (n, 3) perspective-correct weights of its
    corners; depth (n,) the z of the point.
    """

    frames: int
    size: int
    at: Tensor
    face: Tensor
    bary: Tensor
    depth: Tensor

    @property
    def frame(self) -> Tensor:
        """The frame of each sample, (n,) int64."""
        return self.at // (self.size * self.size)

    def picture(self, values: Tensor, empty=0.0) -> Tensor:
        """Values (n, ...) laid out as (frames, size, size, ...); `empty` where nothing is seen."""
        out = values.new_full((self.frames * self.size * self.size, *values.shape[1:]), empty)
        out[self.at] = values
        return out.reshape(self.frames, self.size, self.size, *values.shape[1:])


def project(points: Tensor, focal: float, size: int) -> Tensor:
    """Camera points (..., 3) to samples (..., 2): x right, y down, sample i covering [i, i + 1]."""
    return (points[..., :2] / points[..., 2:] * focal + 0.5) * size


def rasterize(vertices: Tensor, faces: Tensor, focal: float, size: int) -> Hits:
    """What a perspective camera at the origin, looking along +z, sees of a mesh.

    Args:
        vertices: (B, V, 3) camera coordinates, z > 0. faces: (F, 3); those seen from behind are left out.
        focal: focal length in widths of the picture. size: samples along a side.
    """
    count = len(vertices)
    flat = torch.cat([project(vertices, focal, size), 1 / vertices[..., 2:]], -1)  # (B, V, 3): x, y, 1/z
    a, b, c = (flat.index_select(1, corner) for corner in faces.T)  # (B, F, 3)
    u, v = b - a, c - a
    area = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
    low = torch.minimum(torch.minimum(a, b), c)[..., :2]
    high = torch.maximum(torch.maximum(a, b), c)[..., :2]
    first = (low - 0.5).ceil().clamp(0, size)
    last = (high - 0.5).floor().clamp(-1, size - 1)
    sides = (last - first + 1).clamp_min(0)
    boxes = sides[..., 0] * sides[..., 1] * (area < -1e-9)
    kept = boxes.reshape(-1).nonzero()[:, 0]

    def of_kept(values):
        return values.reshape(-1, *values.shape[2:]).index_select(0, kept)

    a, u, v, area, first = of_kept(a), of_kept(u), of_kept(v), of_kept(area)[:, None], of_kept(first)
    # On the picture the weights of b and c, and 1/z, are planes in x and y: their slopes.
    slope_b = torch.stack([v[:, 1], -v[:, 0]], 1) / area
    slope_c = torch.stack([-u[:, 1], u[:, 0]], 1) / area
    slope_z = slope_b * u[:, 2:] + slope_c * v[:, 2:]
    planes = torch.cat([first + 0.5 - a[:, :2], slope_b, slope_c, slope_z, a[:, 2:]], 1)  # (T, 9)

    boxes, wide = of_kept(boxes).long(), of_kept(sides)[:, 0].long()
    owner = torch.repeat_interleave(boxes)  # (n,) the box that each test belongs to
    place = torch.arange(len(owner), device=owner.device) - (boxes.cumsum(0) - boxes).index_select(0, owner)
    row = torch.div(place, wide.index_select(0, owner), rounding_mode="floor")
    column = place - row * wide.index_select(0, owner)
    x0, y0, bx, by, cx, cy, zx, zy, z0 = planes.t().contiguous().index_select(1, owner)
    x, y = x0 + column, y0 + row
    weight_b, weight_c = x * bx + y * by, x * cx + y * cy
    depth = 1 / (z0 + x * zx + y * zy)
    inside = (torch.minimum(weight_b, weight_c) >= -_SLACK) & (weight_b + weight_c <= 1 + _SLACK) & (depth > 0)
    inside = inside.nonzero()[:, 0]

    first = first.long()
    corner = kept // len(faces) * (size * size) + first[:, 1] * size + first[:, 0]
    owner = owner.index_select(0, inside)
    at = corner.index_select(0, owner) + (row * size + column).index_select(0, inside)
    key = (depth.index_select(0, inside).view(torch.int32).long() << 32) | inside
    empty = torch.iinfo(torch.int64).max
    nearest = torch.full((count * size * size,), empty, device=key.device)
    nearest.scatter_reduce_(0, at, key, "amin")
    at = (nearest != empty).nonzero()[:, 0]
    won = nearest.index_select(0, at) & 0xFFFFFFFF
    triangle = torch.repeat_interleave(boxes).index_select(0, won)
    depth, second, third = (t.index_select(0, won) for t in (depth, weight_b, weight_c))
    inverse = a[:, 2], a[:, 2] + u[:, 2], a[:, 2] + v[:, 2]
    bary = torch.stack([1 - second - third, second, third], 1).clamp(0, 1)
    bary = bary * torch.stack([i.index_select(0, triangle) for i in inverse], 1)
    return Hits(count, size, at, kept.index_select(0, triangle) % len(faces), bary / bary.sum(1, keepdim=True), depth)
