"""How exactly the paint of a film lies where its truth says: measured on the frames themselves, painted black and bare.

Black paint takes light away in the same proportion whatever the skin and the light; its geometry is that of any colour. Bands
of black and white, and the same with the two exchanged, differ by nothing where one colour changes to the other.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.nn.functional import normalize

from glmk_lib.studio import camera
from glmk_lib.studio.body import Body
from glmk_lib.studio.filming import shoot
from glmk_lib.studio.mesh import SurfacePoints, locate
from glmk_lib.studio.raster import project
from glmk_lib.studio.render import together
from glmk_lib.studio.scene import Scene, Script, one_thread
from glmk_lib.studio.trace import Trace, trace
from glmk_lib.studio.visibility import visible
from glmk_lib.template import Line, Template

_PAINTED = 0.45  # share of the light taken away, from which a pixel counts as painted
_STEPS = 61  # of a profile across a line
_FORESHORTENED = 0.75  # a stroke seen narrower than this share of its width is left out


@dataclass(frozen=True)
class Offsets:
    """Of all frames together, in pixels, the last three signed and where a stroke is seen in its whole width:

    beyond (n,): how far each painted pixel lies outside the true stroke of the nearest line, 0 within it;
    middle (m,): from the true line on the skin to the middle of its paint, at every piece of the line;
    chord (k,): the same from the straight segment between two template points, at its middle;
    point (l,): the same from the template's points, across the line.
    """

    beyond: np.ndarray
    middle: np.ndarray
    chord: np.ndarray
    point: np.ndarray


@dataclass(frozen=True, eq=False)
class _Strokes:
    """Where the true lines are in a frame: pieces of them on the skin, and the template's straight segments.

    start, end (S, 2) px of every piece; half (S,) px half the width; seen (S,) bool in its whole width; the template's points
    (P, 2) px.
    """

    start: np.ndarray
    end: np.ndarray
    half: np.ndarray
    seen: np.ndarray
    points: np.ndarray


@one_thread()
def offsets(scene: Scene, seed: int, numbers, size: int) -> Offsets:
    """Measure frames of the script of that seed, without an occluder.

    Args:
        scene: bare. numbers: ranges of consecutive frames. size: width and height of the frames, px.
    """
    black, lines = scene.painted("#000000"), trace(scene.body)
    sides = _sides(scene.body, lines)
    script = Script.write(scene, seed, max(n.stop for n in numbers) + 1)
    found = []
    for some in numbers:
        bare, dark = (_light(shoot(s, script, some, seed, size)[0]) for s in (scene, black))
        shares = np.clip((bare - dark) / np.maximum(bare, 0.02), 0, 1).astype(np.float32)
        for share, strokes in zip(shares, _true_strokes(scene, script, some, lines, sides, size), strict=True):
            found.append((_beyond(share, strokes), *_across(share, strokes, scene.body, lines)))
    return Offsets(*(np.concatenate(part) for part in zip(*found, strict=True)))


@one_thread()
def changes(scene: Scene, seed: int, numbers, size: int) -> np.ndarray:
    """From the template's points to where the colour of a banded line changes, along the line, (n,) px, signed.

    At every inner point whose line is seen on both sides, in the frames that `offsets` takes.
    """
    lines = trace(scene.body)
    sides = _sides(scene.body, lines)
    bands = [
        scene.painted([_alternating(line, pair) for line in scene.body.lines], "bands")
        for pair in (("#000000", "#ffffff"), ("#ffffff", "#000000"))
    ]
    script = Script.write(scene, seed, max(n.stop for n in numbers) + 1)
    found = []
    for some in numbers:
        one, other = (_light(shoot(s, script, some, seed, size)[0]) for s in bands)
        for difference, strokes in zip(
            (one - other).astype(np.float32), _true_strokes(scene, script, some, lines, sides, size), strict=True
        ):
            found += _changes(difference, strokes, lines)
    return np.array(found)


def _alternating(line: Line, pair: tuple[str, str]) -> tuple[str, ...]:
    """The two colours in turn; where the last segment of a closed line would be as its first, grey."""
    count = len(line.pairs)
    colors = tuple(pair[k % 2] for k in range(count))
    return (*colors[:-1], "#808080") if line.closed and count % 2 else colors


def _changes(difference, strokes: _Strokes, lines: Trace) -> list[float]:
    """Where the difference of light (H, W) changes its sign, px along the line from each inner point."""
    segment, line = lines.segment.numpy(), lines.line.numpy()
    found = []
    for k in range(segment.max()):
        before, after = np.flatnonzero(segment == k), np.flatnonzero(segment == k + 1)
        pieces = np.concatenate([before, after])
        if line[before[0]] != line[after[0]] or not strokes.seen[pieces].all():
            continue
        way = np.concatenate([strokes.start[before], strokes.start[after], strokes.end[after[-1:]]])
        place = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
        place -= place[len(before)]
        reach = min(1.5, -place[0], place[-1])
        if reach < 1:
            continue
        steps = np.linspace(-reach, reach, _STEPS)
        x, y = (np.interp(steps, place, way[:, axis]).astype(np.float32)[None] - 0.5 for axis in (0, 1))
        profile = cv2.remap(difference, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
        sign = np.sign(profile[-1] - profile[0])
        crossing = np.flatnonzero((sign * profile[:-1] <= 0) & (sign * profile[1:] > 0))
        if np.abs(profile[-1] - profile[0]) > 0.1 and len(crossing):
            i = crossing[np.abs(steps[crossing]).argmin()]
            found.append(float(steps[i] - profile[i] * (steps[i + 1] - steps[i]) / (profile[i + 1] - profile[i])))
    return found


def _light(pictures: torch.Tensor) -> np.ndarray:
    """Linear light (n, H, W) of sRGB pictures (n, H, W, 3) uint8: the mean of the channels."""
    return ((pictures.numpy() / 255.0) ** 2.2).mean(-1)


def _sides(body: Body, lines: Trace) -> SurfacePoints:
    """Both edges of the stroke beside the middle of each piece, 2 S points on the skin."""
    mesh, pieces = body.rest, lines.pieces
    ends = lines.points.on(mesh.vertices)[pieces]
    outward = normalize(lines.points.on(mesh.normals)[pieces].sum(1), dim=-1)
    across = normalize(torch.linalg.cross(ends[:, 1] - ends[:, 0], outward), dim=-1) * body.paint_width / 2
    beside = torch.stack([ends.mean(1) - across, ends.mean(1) + across], 1).reshape(-1, 3)
    return locate(mesh, beside, facing=outward.repeat_interleave(2, 0))


def _true_strokes(scene: Scene, script: Script, numbers, lines: Trace, sides: SurfacePoints, size: int) -> list[_Strokes]:
    now = script.part(numbers, scene.device)
    vertices = [actor.vertices(*how) for actor, *how in zip(scene.actors, now.poses, now.rigid, strict=True)]
    mesh, body = together(scene.actors, vertices), scene.body
    on, beside = lines.points.on(vertices[0]), sides.on(vertices[0])
    at = project(on, camera.FOCAL, size)[:, lines.pieces]
    edges = project(beside, camera.FOCAL, size).reshape(len(on), -1, 2, 2)
    half = (camera.FOCAL * size * body.paint_width / 2 / on[..., 2])[:, lines.pieces[:, 0]]
    seen = visible(on, lines.points.face, *mesh)[:, lines.pieces].all(-1)
    seen &= visible(beside, sides.face, *mesh).reshape(len(on), -1, 2).all(-1)
    seen &= (edges[:, :, 0] - edges[:, :, 1]).norm(dim=-1) > _FORESHORTENED * 2 * half
    points = project(body.places.on(vertices[0]), camera.FOCAL, size)
    parts = (at[:, :, 0], at[:, :, 1], half, seen, points)
    return [_Strokes(*(part[f].numpy() for part in parts)) for f in range(len(on))]


def _beyond(share, strokes: _Strokes):
    """How far outside the strokes painted pixels lie, (n,) px."""
    y, x = np.nonzero(share > _PAINTED)
    gap = to_pieces(np.stack([x, y], 1) + 0.5, strokes.start, strokes.end) - strokes.half
    return np.maximum(gap.min(1), 0) if len(y) else np.zeros(0)


def _across(share, strokes: _Strokes, body: Body, lines: Trace):
    """The offsets `middle`, `chord` and `point` of a frame."""
    segments = Template(np.zeros((len(body.places), 2)), body.lines).segments
    owner = lines.segment.numpy()
    first = np.searchsorted(owner, np.arange(len(segments)))
    central = first + np.bincount(owner, minlength=len(segments)) // 2
    every = np.arange(len(owner))
    start, end = strokes.points[segments[:, 0]], strokes.points[segments[:, 1]]
    way = strokes.end - strokes.start
    return (
        _middles(share, strokes, lines, every, (strokes.start + strokes.end) / 2, way),
        _middles(share, strokes, lines, central, (start + end) / 2, end - start),
        _middles(share, strokes, lines, first, strokes.start[first], way[first]),
    )


def _middles(share, strokes: _Strokes, lines: Trace, piece, centre, way):
    """The middle of the paint on lines through `centre` (m, 2) across `way` (m, 2), as offsets px, where `piece` (m,) is seen
    and no other stroke is near, nor a corner of its own."""
    half = strokes.half[piece]
    reach = half + 1.2
    segment, line = lines.segment.numpy(), lines.line.numpy()
    ways, length = strokes.end - strokes.start, np.linalg.norm(way, axis=1)
    aligned = way @ ways.T > 0.8 * length[:, None] * np.linalg.norm(ways, axis=1)
    same = aligned & (line[piece, None] == line) & (np.abs(segment[piece, None] - segment) <= 1)
    away = np.where(same, np.inf, to_pieces(centre, strokes.start, strokes.end)).min(1)
    good = strokes.seen[piece] & (away > reach + half + 0.5) & (length > 0.3)
    if not good.any():
        return np.zeros(0)
    normal = (way[good] / length[good, None])[:, ::-1] * (-1, 1)
    steps = np.linspace(-1, 1, _STEPS) * reach[good, None]
    places = (centre[good, None] + steps[..., None] * normal[:, None] - 0.5).astype(np.float32)
    profile = cv2.remap(share, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    profile = np.maximum(profile - 0.1, 0)
    strong = profile.max(1) > 0.3
    return (profile * steps).sum(1)[strong] / profile.sum(1)[strong]


def to_pieces(points, start, end):
    """Distances (n, S) from points (n, 2) to pieces of line (S, 2), (S, 2)."""
    along = (end - start).astype(float)
    away = points[:, None] - start[None]
    t = np.clip((away * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9), 0, 1)
    return np.linalg.norm(away - t[..., None] * along, axis=-1)
