"""Triangle meshes of skin at rest: made from signed distances, joined, and points that stick to them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy.spatial import cKDTree
from skimage.measure import marching_cubes
from torch import Tensor

_CHUNK = 1 << 18  # points a call of the distance function


@dataclass(frozen=True, eq=False)
class RestMesh:
    """A mesh at rest. Seen from outside, the corners of a face satisfy (b - a) × (c - a) = outward.

    vertices (V, 3) float32 body units; faces (F, 3) int64; normals (V, 3) unit, outward; part (V,) int64, 0 for skin;
    attributes: more values a vertex, (V,) or (V, k) float32.
    """

    vertices: Tensor
    faces: Tensor
    normals: Tensor
    part: Tensor
    attributes: dict[str, Tensor] = field(default_factory=dict)

    def to(self, device) -> "RestMesh":
        """The same mesh on that device."""
        named = {name: value.to(device) for name, value in self.attributes.items()}
        return RestMesh(*(t.to(device) for t in (self.vertices, self.faces, self.normals, self.part)), named)

    def with_attributes(self, **named: Tensor) -> "RestMesh":
        """The same mesh with more attributes."""
        return RestMesh(self.vertices, self.faces, self.normals, self.part, {**self.attributes, **named})


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Points (P,) of a mesh's skin: the face, its corners (P, 3) int64 and the weights (P, 3) that sum to 1."""

    face: Tensor
    corners: Tensor
    bary: Tensor

    def __len__(self) -> int:
        return len(self.face)

    def on(self, values: Tensor) -> Tensor:
        """What the points see of values a vertex (..., V, k), such as moved vertices: (..., P, k)."""
        return (values[..., self.corners, :] * self.bary[..., None].to(values.dtype)).sum(-2)

    def to(self, device) -> "SurfacePoints":
        """The same points on that device."""
        return SurfacePoints(self.face.to(device), self.corners.to(device), self.bary.to(device))


def surface(sdf: Callable[[Tensor], Tensor], low, high, step: float, part: int = 0) -> RestMesh:
    """The zero surface of a signed distance, by marching cubes (Lorensen and Cline, 1987) and Newton steps onto it.

    Args:
        sdf: points (n, 3) float32 to distances (n,), negative inside.
        low, high: corners (3,) of the box that holds the surface.
        step: side of a grid cell; edges of the mesh are about as long. V is about 1.3 · area / step².

    Raises ValueError where the box holds no surface.
    """
    counts = [int(np.ceil((b - a) / step)) + 1 for a, b in zip(low, high, strict=True)]
    axes = [torch.arange(n, dtype=torch.float32) * step + a for n, a in zip(counts, low, strict=True)]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    with torch.no_grad():
        values = torch.cat([sdf(p) for p in grid.split(_CHUNK)]).reshape(counts)
    if not values.min() < 0 < values.max():
        raise ValueError(f"no surface between {low} and {high}: distances from {values.min():.3f} to {values.max():.3f}.")
    found, faces, _, _ = marching_cubes(values.numpy(), 0.0, spacing=(step,) * 3, gradient_direction="ascent")
    vertices = torch.from_numpy(found.astype(np.float32)) + torch.tensor(low, dtype=torch.float32)
    with torch.no_grad():
        for _ in range(3):
            slope = gradient(sdf, vertices)
            move = sdf(vertices)[:, None] * slope / (slope * slope).sum(-1, keepdim=True).clamp_min(0.05)
            far = move.norm(dim=-1, keepdim=True)
            vertices = vertices - move * (0.4 * step / far.clamp_min(1e-9)).clamp_max(1)
        normals = torch.nn.functional.normalize(gradient(sdf, vertices), dim=-1)
    faces = torch.from_numpy(faces.astype(np.int64))
    a, b, c = vertices[faces].unbind(1)
    across = torch.linalg.cross(b - a, c - a)
    if (across * normals[faces].sum(1)).sum() < 0:
        faces = faces[:, [0, 2, 1]]
    return RestMesh(vertices, faces, normals, torch.full((len(vertices),), part))


def gradient(sdf: Callable[[Tensor], Tensor], points: Tensor, step: float = 2e-3) -> Tensor:
    """Central differences (n, 3) of a scalar function of points (n, 3)."""
    moves = step * torch.eye(3, device=points.device, dtype=points.dtype)
    return torch.stack([sdf(points + m) - sdf(points - m) for m in moves], -1) / (2 * step)


def face_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Outward normals (..., F, 3) as long as twice the faces' areas."""
    a, b, c = (vertices.index_select(-2, corner) for corner in faces.T)
    return torch.linalg.cross(b - a, c - a)


def around(faces: Tensor, count: int) -> Tensor:
    """The faces that meet at every vertex: (V, most) int64, padded with F."""
    corner, face = faces.reshape(-1), torch.arange(len(faces), device=faces.device).repeat_interleave(3)
    order = torch.argsort(corner, stable=True)
    corner, face = corner[order], face[order]
    start = torch.searchsorted(corner, torch.arange(count, device=faces.device))
    place = torch.arange(len(corner), device=faces.device) - start[corner]
    table = torch.full((count, int(place.max()) + 1), len(faces), device=faces.device)
    table[corner, place] = face
    return table


def vertex_normals(vertices: Tensor, faces: Tensor, table: Tensor) -> Tensor:
    """Unit normals (..., V, 3) of moved vertices (..., V, 3): of the faces around each, by area. `table` is from `around`.

    Sums run in a fixed order, so that a GPU gives the same bits every time.
    """
    flat = torch.nn.functional.pad(face_normals(vertices, faces), (0, 0, 0, 1))
    total = sum(flat.index_select(-2, column) for column in table.T.contiguous())
    return torch.nn.functional.normalize(total, dim=-1)


def join(meshes) -> RestMesh:
    """One mesh of several: ΣV vertices, ΣF faces. Attributes that one of them lacks are 0 there."""
    meshes = list(meshes)
    starts = np.cumsum([0, *(len(m.vertices) for m in meshes)])
    shapes = {name: value.shape[1:] for m in meshes for name, value in m.attributes.items()}
    attributes = {
        name: torch.cat([m.attributes.get(name, torch.zeros(len(m.vertices), *shape)) for m in meshes])
        for name, shape in shapes.items()
    }
    return RestMesh(
        torch.cat([m.vertices for m in meshes]),
        torch.cat([m.faces + int(start) for m, start in zip(meshes, starts[:-1], strict=True)]),
        torch.cat([m.normals for m in meshes]),
        torch.cat([m.part for m in meshes]),
        attributes,
    )


def locate(mesh: RestMesh, points, part: int | None = 0, facing=None) -> SurfacePoints:
    """The nearest points of the mesh.

    Args:
        points: (P, 3) body units.
        part: look only at faces of that part; None for all.
        facing: directions (P, 3): look only at faces that point that way (within 80°), so that a thin part's other side
            is not taken. A point without any such face nearby takes the nearest face.
    """
    vertices, faces = mesh.vertices.double().numpy(), mesh.faces.numpy()
    usable = np.arange(len(faces)) if part is None else np.flatnonzero((mesh.part.numpy()[faces] == part).all(1))
    points = np.asarray(points, np.float64).reshape(-1, 3)
    corners = vertices[faces[usable]]
    many = min(32 if facing is None else 256, len(usable))
    near = cKDTree(corners.mean(1)).query(points, k=many)[1].reshape(len(points), many)
    weights = _closest(points[:, None], corners[near])  # (P, k, 3)
    distance = np.linalg.norm((weights[..., None] * corners[near]).sum(-2) - points[:, None], axis=-1)
    if facing is not None:
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        distance = distance + 1e3 * (np.einsum("pki,pi->pk", normal[near], np.asarray(facing, np.float64)) < 0.17)
    best = distance.argmin(1)
    rows = np.arange(len(points))
    face = torch.from_numpy(usable[near[rows, best]])
    return SurfacePoints(face, mesh.faces[face], torch.from_numpy(weights[rows, best]).float())


def _closest(p, triangle):
    """Weights (..., 3) of the point of each triangle (..., 3, 3) nearest to p (..., 3): within it, or on one of its edges."""
    a, b, c = triangle[..., 0, :], triangle[..., 1, :], triangle[..., 2, :]
    normal = np.cross(b - a, c - a)
    size = np.maximum((normal * normal).sum(-1), 1e-30)
    v = (np.cross(p - a, c - a) * normal).sum(-1) / size
    w = (np.cross(b - a, p - a) * normal).sum(-1) / size
    inner = np.stack([1 - v - w, v, w], -1)
    options, gaps = [], []
    for i, j in ((0, 1), (1, 2), (2, 0)):
        start, edge = triangle[..., i, :], triangle[..., j, :] - triangle[..., i, :]
        t = np.clip(((p - start) * edge).sum(-1) / np.maximum((edge * edge).sum(-1), 1e-30), 0, 1)
        weights = np.zeros((*t.shape, 3))
        weights[..., i], weights[..., j] = 1 - t, t
        options.append(weights)
        gaps.append(((start + t[..., None] * edge - p) ** 2).sum(-1))
    edge = np.take_along_axis(np.stack(options), np.argmin(gaps, 0)[None, ..., None], 0)[0]
    return np.where((inner >= 0).all(-1, keepdims=True), inner, edge)
