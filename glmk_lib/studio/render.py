"""From bodies in a pose to the picture in front of the lens: visible skin, its material and paint, and the light it returns."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from glmk_lib.studio import camera
from glmk_lib.studio.body import Body
from glmk_lib.studio.mesh import RestMesh, around, vertex_normals
from glmk_lib.studio.paint import Paint
from glmk_lib.studio.raster import rasterize
from glmk_lib.studio.shade import Light, shade
from glmk_lib.studio.shadow import ShadowMap, ambient_occlusion

SAMPLES = 2  # a pixel, along each side
_REACH = 1.9  # half the width of the shadow map, body units


@dataclass(frozen=True, eq=False)
class Actor:
    """A body ready to be drawn. `occlusion` (V,): see `shadow.ambient_occlusion`; `table`: see `mesh.around`."""

    body: Body
    mesh: RestMesh
    occlusion: Tensor
    table: Tensor
    paint: Paint | None = None

    @classmethod
    def of(cls, body: Body, device="cpu") -> "Actor":
        """The bare body on that device, with what stays the same for it baked."""
        occlusion = body.rest.attributes.get("occlusion")
        occlusion = ambient_occlusion(body.rest) if occlusion is None else occlusion
        table = around(body.rest.faces, len(body.rest.vertices))
        return cls(body, body.rest.to(device), occlusion.to(device), table.to(device))

    def with_paint(self, paint: Paint) -> "Actor":
        """The same body with that paint on."""
        return replace(self, paint=paint.to(self.table.device))

    def vertices(self, pose: Tensor, rigid: Tensor) -> Tensor:
        """Vertices (B, V, 3) in camera coordinates at pose (B, K) and motion as a whole (B, 6)."""
        return camera.place(self.body.deform(pose), rigid)


def together(actors, vertices) -> tuple[Tensor, Tensor]:
    """All actors' vertices (B, ΣV, 3) and faces (ΣF, 3) as one mesh."""
    if len(actors) == 1:
        return vertices[0], actors[0].mesh.faces
    starts = [sum(v.shape[1] for v in vertices[:k]) for k in range(len(actors))]
    return torch.cat(vertices, 1), torch.cat([a.mesh.faces + s for a, s in zip(actors, starts, strict=True)])


def draw(actors, vertices, poses, light: Light, size: int, velocities=None) -> Tensor:
    """The actors without what is behind them, (B, 5, size, size): linear RGB times coverage, coverage, that of the first.

    Args:
        actors: a list of Actor. vertices, poses: of each, (B, V, 3) camera coordinates and (B, K).
        light: of the B frames. size: pixels.
        velocities: of each actor, (B, V, 2); the picture then has two more channels, the velocity times coverage.
    """
    everything, faces = together(actors, vertices)
    hits = rasterize(everything, faces, camera.FOCAL, size * SAMPLES)
    middle = (vertices[0].amin(1) + vertices[0].amax(1)) / 2
    shadows = ShadowMap.of(everything, faces, light.key, max(96, min(size * SAMPLES, 192)), middle, _REACH)
    frame, first = hits.frame, 0
    seen = everything.new_zeros(len(hits.at), 5 if velocities is None else 7)
    for k, actor in enumerate(actors):
        last = first + len(actor.mesh.faces)
        mine = ((hits.face >= first) & (hits.face < last)).nonzero()[:, 0] if len(actors) > 1 else slice(None)
        moving = None if velocities is None else velocities[k]
        at = hits.face[mine] - first, hits.bary[mine], frame[mine]
        seen[mine] = _shaded(actor, vertices[k], poses[k], *at, light, shadows, moving, k == 0)
        first = last
    picture = hits.picture(seen)
    picture = sum(picture[:, k::SAMPLES] for k in range(SAMPLES))
    picture = sum(picture[:, :, k::SAMPLES] for k in range(SAMPLES)) / SAMPLES**2
    return picture.permute(0, 3, 1, 2).contiguous()


def _shaded(actor, vertices, pose, face, bary, frame, light, shadows, velocity, first):
    """Linear RGB, 1, whether it is the first actor, and velocity, (n, 5 or 7), of points on faces (n,) of frames (n,)."""
    mesh, weights = actor.mesh, bary[..., None]
    corners = mesh.faces.index_select(0, face)
    moved = [vertices, vertex_normals(vertices, mesh.faces, actor.table)] + ([] if velocity is None else [velocity])
    moved = torch.cat(moved, -1)
    width = moved.shape[-1]
    at = (corners + frame[:, None] * vertices.shape[1]).reshape(-1)
    now = (moved.reshape(-1, width).index_select(0, at).reshape(-1, 3, width) * weights).sum(1)
    still = torch.cat([mesh.vertices, actor.occlusion[:, None]], 1)
    rest = (still.index_select(0, corners.reshape(-1)).reshape(-1, 3, 4) * weights).sum(1)
    points, normals = now[:, :3], normalize(now[:, 3:6], dim=-1)
    surface = actor.body.material(rest[:, :3], mesh.part.index_select(0, corners[:, 0]), pose.index_select(0, frame))
    if actor.paint is not None:
        surface = actor.paint.over(surface, rest[:, :3], face)
    lit = shadows.lit(points, normals, frame)
    key, fill = (lamp.index_select(0, frame) for lamp in (light.key, light.fill))
    color = shade(surface, normals, -normalize(points, dim=-1), key, fill, lit, rest[:, 3])
    one = torch.ones_like(color[:, :1])
    return torch.cat([color, one, one * first, now[:, 6:]], 1)
