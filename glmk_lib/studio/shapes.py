"""Signed distances of simple shapes, and how to blend them. Negative inside, positive outside, in the unit of the points.

Points p are tensors (..., 3), distances (...,); centres, ends and half sides (3,).
Formulas: Inigo Quilez, "Distance functions", iquilezles.org.
"""

import torch


def vector(values, like: torch.Tensor) -> torch.Tensor:
    """`values` as a tensor of the type and device of `like`."""
    return torch.as_tensor(values, dtype=like.dtype, device=like.device)


def sphere(p, centre, radius):
    """Exact distance to a sphere."""
    return (p - vector(centre, p)).norm(dim=-1) - radius


def ellipsoid(p, centre, axes):
    """Distance to an ellipsoid of half axes (3,): exact on the surface, a good estimate near it."""
    q, axes = p - vector(centre, p), vector(axes, p)
    k0, k1 = (q / axes).norm(dim=-1), (q / axes**2).norm(dim=-1)
    return torch.where(k1 > 1e-9, k0 * (k0 - 1) / k1.clamp_min(1e-9), -axes.min())


def capsule(p, a, b, radius_a, radius_b=None):
    """Exact distance to a round cone: spheres of two radii at a and b, and the cone that touches both.

    Raises ValueError where one sphere holds the other.
    """
    a, b = vector(a, p), vector(b, p)
    radius_b = radius_a if radius_b is None else radius_b
    axis = b - a
    length = float(axis.norm())
    if abs(radius_a - radius_b) >= length:
        raise ValueError(f"a round cone of radii {radius_a} and {radius_b} needs its ends further apart than {length:.4f}.")
    slope = (radius_a - radius_b) / length
    side = (1 - slope**2) ** 0.5
    q = p - a
    along = (q @ (axis / length)).contiguous()
    across = (q - along[..., None] * (axis / length)).norm(dim=-1)
    k = along * side - across * slope
    at_a = (across**2 + along**2).sqrt() - radius_a
    at_b = (across**2 + (along - length) ** 2).sqrt() - radius_b
    between = across * side + along * slope - radius_a
    return torch.where(k < 0, at_a, torch.where(k > side * length, at_b, between))


def box(p, centre, half, rounding=0.0):
    """Exact distance to a box of half sides (3,), its edges rounded by a radius within that size."""
    q = (p - vector(centre, p)).abs() - vector(half, p) + rounding
    return q.clamp_min(0).norm(dim=-1) + q.amax(-1).clamp_max(0) - rounding


def union(*distances, k=0.0):
    """The shapes together; k > 0 blends them smoothly over about that length."""
    total = distances[0]
    for d in distances[1:]:
        total = torch.minimum(total, d) - _blend(total, d, k)
    return total


def intersection(*distances, k=0.0):
    """What all shapes share; k > 0 rounds the edge over about that length."""
    total = distances[0]
    for d in distances[1:]:
        total = torch.maximum(total, d) + _blend(total, d, k)
    return total


def subtraction(body, cut, k=0.0):
    """`body` without `cut`; k > 0 rounds the edge over about that length."""
    return intersection(body, -cut, k=k)


def _blend(a, b, k):
    """Quadratic smooth minimum: how far below min(a, b) it lies, at most k / 4."""
    return (k - (a - b).abs()).clamp_min(0) ** 2 / (4 * k) if k > 0 else 0.0


def rotation(turn, like=None):
    """The rotation matrix (..., 3, 3) of axis-angle vectors (..., 3), radians (Rodrigues).

    A turn about +x takes y to z, about +y takes z to x, about +z takes x to y (clockwise in the image, whose y points down).
    """
    turn = torch.as_tensor(turn, dtype=torch.float32) if like is None else vector(turn, like)
    angle = turn.norm(dim=-1, keepdim=True)[..., None]
    x, y, z = (turn / angle[..., 0].clamp_min(1e-12)).unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*x.shape, 3, 3)
    return torch.eye(3, dtype=turn.dtype, device=turn.device) + angle.sin() * cross + (1 - angle.cos()) * (cross @ cross)


def turned(p, turn):
    """The points as a shape sees them turned by `turn` (3,), axis-angle, about the origin: `box(turned(p, t), ...)`."""
    return p @ rotation(turn, p)


def ramp(x, low, high):
    """0 below `low`, 1 above `high`, smooth between; low > high falls instead."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)
