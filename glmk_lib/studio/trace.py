"""The template's lines as they run over the skin at rest: what the brush follows, and the truth of every painted line."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from glmk_lib.studio.body import Body
from glmk_lib.studio.mesh import RestMesh, SurfacePoints, locate
from glmk_lib.template import Template

STEP = 0.05  # length of the pieces, about, body units


@dataclass(frozen=True, eq=False)
class Trace:
    """Lines as short pieces on the skin.

    points: D of them; pieces (S, 2) int64 pairs of points; segment (S,) the template's segment that each piece belongs to;
    line (S,) its line.
    """

    points: SurfacePoints
    pieces: Tensor
    segment: Tensor
    line: Tensor


def trace(body: Body) -> Trace:
    """The body's lines at rest, each segment laid as straight over the skin from place to place as it goes.

    At least two pieces a segment, each about `STEP` long.
    """
    mesh, places = body.rest, body.places.on(body.rest.vertices)
    outward = normalize(body.places.on(body.rest.normals), dim=-1)
    segments = Template(np.zeros((len(places), 2)), body.lines).segments
    starts, ends, facing, pieces, segment = [], [], [], [], []
    first = 0
    for k, (i, j, _) in enumerate(segments):
        count = max(2, int(np.ceil(float((places[j] - places[i]).norm()) / STEP)))
        t = torch.linspace(0, 1, count + 1)[:, None]
        starts.append(places[i] + t * (places[j] - places[i]))
        facing.append(outward[i] + t * (outward[j] - outward[i]))
        pieces += [(first + n, first + n + 1) for n in range(count)]
        segment += [k] * count
        ends += [first, first + count]
        first += count + 1
    line, facing = torch.cat(starts), normalize(torch.cat(facing), dim=-1)
    kept = torch.zeros(first, dtype=torch.bool)
    kept[ends] = True
    inner = (~kept).nonzero()[:, 0]
    points = locate(mesh, line, facing=facing)
    for _ in range(4):  # pull it straight, and back onto the skin
        on = points.on(mesh.vertices)
        on[inner] = 0.5 * on[inner] + 0.25 * (on[inner - 1] + on[inner + 1])
        points = locate(mesh, on, facing=facing)
    segment = torch.tensor(segment)
    return Trace(points, torch.tensor(pieces), segment, torch.from_numpy(segments[:, 2])[segment])


def ticks(body: Body, mesh: RestMesh, length: float) -> tuple[SurfacePoints, Tensor]:
    """A short stroke across the line at every place: 2 P points on the skin, and a segment (P,) that ends at each place."""
    places = body.places.on(mesh.vertices)
    outward = normalize(body.places.on(mesh.normals), dim=-1)
    along, segment = torch.zeros_like(places), torch.zeros(len(places), dtype=torch.int64)
    for k, (i, j, _) in enumerate(Template(np.zeros((len(places), 2)), body.lines).segments):
        step = normalize(places[j] - places[i], dim=0)
        along[i], along[j] = along[i] + step, along[j] + step
        segment[i] = segment[j] = k
    across = normalize(torch.linalg.cross(along, outward), dim=-1) * length / 2
    ends = torch.stack([places - across, places + across], 1).reshape(-1, 3)
    return locate(mesh, ends, facing=outward.repeat_interleave(2, 0)), segment
