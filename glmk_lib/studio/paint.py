"""Paint on the skin: strokes of a real width, soft at the edge, uneven, worn and smudged, that the skin carries along.

Distances are measured at rest, in space, to the pieces of the lines that lie on the same stretch of skin: paint on one lip or
finger never shows on the next.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from torch import Tensor

from glmk_lib.studio.body import Body, Surface
from glmk_lib.studio.identity import linear
from glmk_lib.studio.mesh import RestMesh, SurfacePoints
from glmk_lib.studio.shapes import ramp
from glmk_lib.studio.texture import fbm, noise
from glmk_lib.studio.trace import ticks, trace

MARKS = ("none", "dots", "ticks", "bands")
OPACITY = 0.9
_EDGE = 0.012  # softness of a stroke's edge, body units
_WIDEST = 1.12  # no stroke grows beyond this share of its width


@dataclass(frozen=True, eq=False)
class Paint:
    """Strokes on one body: S straight pieces and which of them each face is near.

    start, along: (S + 1, 3) a piece's first end and the way to its other one, body units at rest; half (S + 1,) half its
    width; color (S + 1, 3) linear RGB; the last row is a piece that is nowhere. nearby (F, most) int64: pieces near each
    face, padded with S.
    """

    start: Tensor
    along: Tensor
    half: Tensor
    color: Tensor
    nearby: Tensor
    seed: int

    @classmethod
    def on(cls, body: Body, colors, marks: str = "none", seed: int = 0) -> "Paint":
        """The body's lines, painted.

        Args:
            colors: for each line, in their order, "#rrggbb" or several of them that its segments take in turn.
            marks: "dots" or "ticks" at the template's points, or none but what the colours are.
            seed: of the unevenness.
        """
        mesh, lines = body.rest, trace(body)
        painted = [replace(line, color=color) for line, color in zip(body.lines, colors, strict=True)]
        tones = torch.stack([torch.from_numpy(linear(c)) for line in painted for c in line.segment_colors])
        ends = [
            SurfacePoints(*(t[lines.pieces.reshape(-1)] for t in (lines.points.face, lines.points.corners, lines.points.bary)))
        ]
        half, color = [torch.full((len(lines.pieces),), body.paint_width / 2)], [tones[lines.segment]]
        if marks in ("dots", "ticks"):
            crossing, segment = ticks(body, mesh, 2.6 * body.paint_width if marks == "ticks" else 0.1 * body.paint_width)
            ends.append(crossing)
            half.append(torch.full((len(segment),), body.paint_width * (0.3 if marks == "ticks" else 0.85)))
            color.append(tones[segment] * (1.0 if marks == "ticks" else 0.6))
        half, color = torch.cat(half), torch.cat(color)
        at = torch.cat([e.on(mesh.vertices) for e in ends]).reshape(-1, 2, 3)
        corners = torch.cat([e.corners for e in ends]).reshape(-1, 6)
        nearby = _nearby(mesh, corners, at.double().numpy(), half)
        nowhere = torch.full((1, 3), 1e3)
        return cls(
            torch.cat([at[:, 0], nowhere]),
            torch.cat([at[:, 1] - at[:, 0], torch.zeros(1, 3)]),
            torch.cat([half, half[:1]]),
            torch.cat([color, color[:1]]),
            nearby,
            seed,
        )

    def to(self, device) -> "Paint":
        """The same paint on that device."""
        tensors = (self.start, self.along, self.half, self.color, self.nearby)
        return Paint(*(t.to(device) for t in tensors), self.seed)

    def coverage(self, rest: Tensor, face: Tensor) -> tuple[Tensor, Tensor]:
        """Opacity (n,) in [0, 1] and linear RGB (n, 3) of the paint at rest points (n, 3) on faces (n,), all near a stroke."""
        pieces = self.nearby.index_select(0, face)  # (n, most)
        flat, shape = pieces.reshape(-1), pieces.shape
        along = self.along.index_select(0, flat).reshape(*shape, 3)
        away = rest[:, None] - self.start.index_select(0, flat).reshape(*shape, 3)
        t = (away * along).sum(-1) / (along * along).sum(-1).clamp_min(1e-12)
        gap = (away - t.clamp(0, 1)[..., None] * along).norm(dim=-1)
        beyond, best = (gap - self.half.index_select(0, flat).reshape(shape)).min(1)
        mine = pieces.gather(1, best[:, None])[:, 0]
        half = self.half.index_select(0, mine)

        beyond = beyond - half * 0.08 * noise(rest, 11.0, self.seed + 1)
        stroke = ramp(beyond, _EDGE, -_EDGE)
        even = 1 + 0.10 * fbm(rest, 9.0, 2, self.seed + 2)
        worn = 0.35 * ramp(fbm(rest, 21.0, 2, self.seed + 3), 0.35, 0.75)
        rubbed = 0.16 * ramp(noise(rest, 3.0, self.seed + 4), 0.25, 0.6) * ramp(beyond, half, -half)
        opacity = torch.maximum(stroke * OPACITY * even * (1 - worn), rubbed)
        return opacity.clamp(0, 0.97), self.color.index_select(0, mine)

    def over(self, surface: Surface, rest: Tensor, face: Tensor) -> Surface:
        """The surface of n points with the paint on it, by their rest points (n, 3) and the faces (n,) that they lie on."""
        near = (self.nearby[:, 0].index_select(0, face) < len(self.start) - 1).nonzero()[:, 0]
        opacity, color = self.coverage(rest.index_select(0, near), face.index_select(0, near))
        share = torch.zeros_like(surface.gloss).index_put((near,), opacity)
        added = torch.zeros_like(surface.albedo).index_put((near,), color * opacity[:, None])
        albedo = surface.albedo * (1 - share[:, None]) + added
        return Surface(albedo, surface.gloss * (1 - 0.5 * share), surface.roughness * (1 - share) + 0.6 * share)


def _nearby(mesh: RestMesh, corners: Tensor, ends: np.ndarray, half: Tensor) -> Tensor:
    """The pieces that may reach each face along the skin, (F, most) int64 padded with S.

    corners (S, 6): vertices of the faces that a piece's ends (S, 2, 3) lie on; half (S,): half its width.
    """
    vertices, faces = mesh.vertices.double().numpy(), mesh.faces.numpy()
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    lengths = np.linalg.norm(vertices[sides[:, 0]] - vertices[sides[:, 1]], axis=1)
    sides, once = np.unique(np.sort(sides, 1), axis=0, return_index=True)
    lengths = np.maximum(lengths[once], 1e-9)
    graph = coo_array((lengths, (sides[:, 0], sides[:, 1])), shape=(len(vertices), len(vertices))).tocsr()
    wide = 2 * _WIDEST * half.numpy()  # twice, for what is smudged
    reach = 1.25 * wide + 2 * np.percentile(lengths, 99)  # along the edges of the mesh a way is longer than it need be
    sources, place = np.unique(corners.numpy(), return_inverse=True)
    place = place.reshape(corners.shape)
    near_face, near_piece = [], []
    for some in np.array_split(np.arange(len(corners)), max(1, len(corners) // 40)):
        wanted = np.unique(place[some])
        found = dijkstra(graph, directed=False, indices=sources[wanted], limit=float(reach.max()))
        row = np.searchsorted(wanted, place[some])
        distance = found[row].min(1)  # (pieces, V)
        touched = (distance <= reach[some, None])[:, faces].any(-1)
        piece, face = np.nonzero(touched)
        near_piece.append(some[piece])
        near_face.append(face)
    face, piece = np.concatenate(near_face), np.concatenate(near_piece)
    close = _gap(vertices[faces[face]], ends[piece]) < wide[piece]
    face, piece = face[close], piece[close]
    order = np.lexsort((piece, face))
    face, piece = face[order], piece[order]
    slot = np.arange(len(face)) - np.searchsorted(face, face)
    table = np.full((len(faces), int(slot.max()) + 1), len(corners))
    table[face, slot] = piece
    return torch.from_numpy(table)


def _gap(triangles: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The least that n pieces (n, 2, 3) can be away from n triangles (n, 3, 3): from the circle around each triangle."""
    middle = triangles.mean(1)
    radius = np.linalg.norm(triangles - middle[:, None], axis=-1).max(1)
    along, away = ends[:, 1] - ends[:, 0], middle - ends[:, 0]
    t = np.clip((away * along).sum(1) / np.maximum((along * along).sum(1), 1e-12), 0, 1)
    return np.linalg.norm(away - t[:, None] * along, axis=1) - radius
