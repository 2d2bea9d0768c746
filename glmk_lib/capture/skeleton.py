"""From the mask of strokes to their middle lines: thinned, read as a graph, cut at its knots, joined again by direction."""

from itertools import combinations

import networkx as nx
import numpy as np
from skimage.morphology import skeletonize

from glmk_lib.polylines import length

_RING = -1  # in the place of a knot's number
_STRAIGHT = np.cos(np.deg2rad(50))  # how far a stroke may turn where it crosses another, or over a gap


def middle_lines(mask: np.ndarray, width: float, gap: float) -> list[tuple[np.ndarray, bool]]:
    """The middle lines of the strokes in a mask.

    The skeleton (Zhang and Suen, 1984) is read as a graph; twigs shorter than a stroke is wide are dropped; where lines meet,
    those go on into each other that bend least; where a stroke has a gap, ends that point at each other are joined.

    Args:
        mask: (H, W) bool.
        width: of a stroke, in pixels: a shorter branch is an artefact of thinning.
        gap: the longest gap to bridge, in pixels.

    Returns:
        For each line its path (K, 2) as x, y in pixels, pixel centres at whole numbers, and whether it is closed, so that its
        last point leads back to its first.
    """
    branches = _without_twigs(*_branches(_pixels(skeletonize(mask))), width)
    lines = _chained([path for path, _ in branches], _through(branches, width))
    return _chained([path for path, _ in lines], _over_gaps(lines, width, gap))


def _pixels(skeleton: np.ndarray) -> nx.Graph:
    """The pixels (x, y) of a skeleton, neighbours joined: diagonally only where no third pixel joins them already."""
    graph, there = nx.Graph(), set(zip(*np.nonzero(skeleton.T), strict=True))
    graph.add_nodes_from(there)
    for x, y in there:
        graph.add_edges_from(((x, y), other) for other in ((x + 1, y), (x, y + 1)) if other in there)
        for dx in (-1, 1):
            if (x + dx, y + 1) in there and not {(x + dx, y), (x, y + 1)} & there:
                graph.add_edge((x, y), (x + dx, y + 1))
    return graph


def _branches(graph: nx.Graph):
    """Branches, each a path (K, 2) and the numbers of the knots at its two ends, None for a free end; and the knots' places.

    Both ends of a ring without a knot have the knot _RING.
    """
    knot, places = {}, []
    for pixels in nx.connected_components(graph.subgraph([p for p, degree in graph.degree if degree > 2])):
        knot |= dict.fromkeys(pixels, len(places))
        places.append(np.mean(list(pixels), axis=0))
    branches = []
    rest = graph.subgraph([p for p in graph if p not in knot])
    for pixels in nx.connected_components(rest):
        part = rest.subgraph(pixels)
        ends = sorted(p for p, degree in part.degree if degree < 2)
        walk = list(nx.dfs_preorder_nodes(part, ends[0] if ends else min(pixels)))
        if not ends:
            branches.append((np.array(walk, float), (_RING, _RING)))
            continue
        near = [[knot[q] for q in graph[p] if q in knot] for p in (walk[0], walk[-1])]
        if len(walk) == 1:
            near = [near[0][:1], near[0][1:]]
        ends = tuple(each[0] if each else None for each in near)
        first, last = ([] if end is None else [places[end]] for end in ends)
        branches.append((np.array([*first, *walk, *last], float), ends))
    return branches, places


def _without_twigs(branches, places, width):
    """The branches no shorter than `width`, or with nothing beside them; knots that a shorter one joined are one."""
    short = [length(path) < width for path, _ in branches]
    near = nx.Graph()
    near.add_nodes_from(range(len(places)))
    near.add_edges_from(knots for (_, knots), s in zip(branches, short, strict=True) if s and not {None, _RING} & set(knots))
    one = {}
    for group in nx.connected_components(near):
        one |= dict.fromkeys(group, (min(group), np.mean([places[k] for k in group], axis=0)))
    kept = []
    for (path, knots), s in zip(branches, short, strict=True):
        if s and knots != (None, None):
            continue
        path = path.copy()
        for end, k in zip((0, -1), knots, strict=True):
            if k in one:
                path[end] = one[k][1]
        kept.append((path, tuple(one[k][0] if k in one else k for k in knots)))
    return kept


def _through(branches, width):
    """Which branch ends go on into each other: {(branch, 0 or 1): (branch, 0 or 1)}, both ways."""
    meeting, joined = {}, {}
    for b, (_, knots) in enumerate(branches):
        if knots == (_RING, _RING):
            joined |= {(b, 0): (b, 1), (b, 1): (b, 0)}
            continue
        for side, knot in enumerate(knots):
            if knot is not None:
                meeting.setdefault(knot, []).append((b, side))
    for ends in meeting.values():
        way = {end: _inward(branches[end[0]][0], end[1], 3 * width) for end in ends}
        for turn, a, b in sorted((float(way[a] @ way[b]), a, b) for a, b in combinations(ends, 2)):
            if not {a, b} & joined.keys() and (turn < -_STRAIGHT or len(ends) == 2):
                joined |= {a: b, b: a}
    return joined


def _over_gaps(lines, width, gap):
    """Which line ends go on into each other over a gap, as `_through`; a closed line goes on into itself."""
    joined = {(k, side): (k, 1 - side) for k, (_, closed) in enumerate(lines) if closed for side in (0, 1)}
    ends = [(k, side) for k, (_, closed) in enumerate(lines) if not closed for side in (0, 1)]
    spot = {(k, side): lines[k][0][-side] for k, side in ends}
    way = {(k, side): _inward(lines[k][0], side, 3 * width) for k, side in ends}
    found = []
    for a, b in combinations(ends, 2):
        across = spot[b] - spot[a]
        far = float(np.linalg.norm(across))
        own = a[0] == b[0]
        if not 0 < far <= gap or (own and length(lines[a[0]][0]) < 4 * far):
            continue
        if min(-(way[a] @ across), way[b] @ across) > _STRAIGHT * far:
            found.append((far, a, b))
    for _, a, b in sorted(found):
        if not {a, b} & joined.keys():
            joined |= {a: b, b: a}
    return joined


def _inward(path, side, reach):
    """The unit direction (2,) in which a path leaves its end `side` towards its middle, over its first `reach` pixels."""
    path = path[::-1] if side else path
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    away = path[min(int(np.searchsorted(along, reach)), len(path) - 1)] - path[0]
    return away / max(float(np.linalg.norm(away)), 1e-9)


def _chained(paths, joined):
    """Paths joined end to end: (path, closed) each."""
    done, lines = set(), []
    ends = [(b, side) for b in range(len(paths)) for side in (0, 1)]
    for start in [end for end in ends if end not in joined] + ends[::2]:  # those with a free end first: what is left is closed
        if start[0] not in done:
            lines.append((_follow(paths, joined, start, done), start in joined))
    return lines


def _follow(paths, joined, start, done):
    pieces, end = [], start
    while end is not None and end[0] not in done:
        branch, side = end
        done.add(branch)
        pieces.append(paths[branch][::-1] if side else paths[branch])
        end = joined.get((branch, 1 - side))
    path = np.concatenate(pieces)
    return path[np.r_[True, (np.diff(path, axis=0) != 0).any(1)]]  # a knot stands at the ends of both branches
