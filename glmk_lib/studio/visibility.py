"""Whether the camera sees a point of the skin: exactly, from the faces whose picture covers it, or by brute force.

A point is seen where its own face is seen from the front and no other face lies before it.
"""

import torch
from torch import Tensor

from glmk_lib.studio.raster import project

TOUCH = 5e-4  # depth within which another face counts as the same skin, body units: far above rounding


def visible(points: Tensor, own: Tensor, vertices: Tensor, faces: Tensor) -> Tensor:
    """Whether the camera, at the origin, sees each point, (B, P) bool.

    Only faces whose bounding box on the picture holds the point are tested, and only those seen from the front: in front of
    whatever hides a point, a closed mesh has one.

    Args:
        points: (B, P, 3) on the mesh. own: (P,) the face that each lies on. vertices: (B, V, 3). faces: (F, 3). Points and
            vertices in camera coordinates.
    """
    flat = torch.cat([project(vertices, 1.0, 1), 1 / vertices[..., 2:]], -1)
    at = project(points, 1.0, 1)
    corners = [flat.index_select(1, corner) for corner in faces.T]  # (B, F, 3) each: x, y, 1/z
    low = torch.minimum(torch.minimum(corners[0], corners[1]), corners[2])
    high = torch.maximum(torch.maximum(corners[0], corners[1]), corners[2])
    area = _cross(corners[1] - corners[0], corners[2] - corners[0])  # negative where a face is seen from the front
    clear = area[:, own] < 0
    for b in range(len(points)):  # (P, F) at a time
        x, y = at[b, :, :1], at[b, :, 1:]
        near = (low[b, :, 0] <= x) & (high[b, :, 0] >= x) & (low[b, :, 1] <= y) & (high[b, :, 1] >= y)
        point, face = near.nonzero(as_tuple=True)
        p, (first, second, third) = at[b, point], (corner[b, face] for corner in corners)
        u, v, w = second - first, third - first, p - first[:, :2]
        of_second, of_third = _cross(w, v) / area[b, face], _cross(u, w) / area[b, face]
        depth = 1 / (first[:, 2] + of_second * u[:, 2] + of_third * v[:, 2])
        covers = (area[b, face] < 0) & (of_second >= 0) & (of_third >= 0) & (of_second + of_third <= 1)
        hides = covers & (face != own[point]) & (depth < points[b, point, 2] - TOUCH)
        clear[b, point[hides]] = False
    return clear


def visible_by_rays(points: Tensor, own: Tensor, vertices: Tensor, faces: Tensor) -> Tensor:
    """The same by testing every face, from either side, against the ray from each point to the camera: slow.

    Source: Möller and Trumbore, "Fast, minimum storage ray/triangle intersection", 1997.
    """
    clear = torch.zeros(points.shape[:2], dtype=torch.bool, device=points.device)
    for b in range(len(points)):
        a, first, second = (vertices[b, corner].double() for corner in faces.T)
        first, second = first - a, second - a
        outward = torch.linalg.cross(first, second)
        for p, origin in enumerate(points[b].double()):
            if (outward[own[p]] * origin).sum() >= 0:
                continue
            ray = (-origin).expand_as(a)  # reaches the camera at t = 1
            across = torch.linalg.cross(ray, second)
            volume = (first * across).sum(1)
            away = origin - a
            turned = torch.linalg.cross(away, first)
            u, v = (away * across).sum(1) / volume, (ray * turned).sum(1) / volume
            t = (second * turned).sum(1) / volume
            hit = (volume.abs() > 1e-14) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t * origin[2] > TOUCH) & (t < 1)
            hit[own[p]] = False
            clear[b, p] = not bool(hit.any())
    return clear


def _cross(a: Tensor, b: Tensor) -> Tensor:
    """The third component of the cross product of vectors whose first two are x and y."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
