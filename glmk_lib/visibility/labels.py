"""Which points are seen in a marked frame, told by its paint: no label, and no second look.

Once points are fitted to the paint, R says what they would cover if nothing hid them. Where a point's own stretch of line lacks
its paint, the point is hidden: it has turned away, something lies before it, or it is out of the picture.
"""

import torch
from torch import Tensor
from torch.nn import functional

from glmk_lib.capture.paint import chroma_key
from glmk_lib.objective import Objective
from glmk_lib.renderer import sample_lines

SAMPLES = 8  # on each segment: the half nearer to a point is its own stretch
# Of a point's expected paint: with more of it the point is seen. Paint that is about to turn away shows little of what R would
# cover. On the studio's faces, hand and foot a tenth agrees with the truth better than a fifth does, or as well.
SEEN = 0.1


@torch.no_grad()
def seen(objective: Objective, images: Tensor, points: Tensor) -> Tensor:
    """How much of the paint that belongs to each point is seen, (B, N) in [0, 1].

    Along the halves of the segments that end at a point, the key of their colour is compared with what R covers there; what is
    nearer to the point weighs more. A point outside of the frame is not seen.

    Args:
        images: marked frames (B, 3, S, S) in [0, 1].
        points: fitted to their paint, (B, N, 2) in [-1, 1].
    """
    renderer = objective.renderer
    keys, covered = chroma_key(images, objective.paint), renderer.coverage(points)
    found, expected = torch.zeros_like(points[..., 0]), torch.full_like(points[..., 0], 1e-6)
    for color in range(renderer.count):
        ends = getattr(renderer, f"segments_{color}")  # (E, 2)
        positions, _ = sample_lines(points, ends, SAMPLES)  # (B, E * SAMPLES, 2)
        there, wanted = (_at(each[:, color : color + 1], positions) for each in (keys, covered))  # (B, E * SAMPLES)
        place = torch.arange(SAMPLES, device=points.device)
        owner = torch.where(place < SAMPLES // 2, ends[:, :1], ends[:, 1:]).flatten()  # (E * SAMPLES,)
        away = (torch.minimum(place, SAMPLES - 1 - place) + 0.5) / SAMPLES  # 0 at the point, 0.5 in the middle
        weight = (1 - 2 * away).repeat(len(ends)) * wanted
        found.index_add_(1, owner, weight * torch.minimum(there / wanted.clamp_min(1e-3), there.new_ones(())))
        expected.index_add_(1, owner, weight)
    inside = (points.abs() <= 1).all(-1)
    return found / expected * inside


def _at(x: Tensor, positions: Tensor) -> Tensor:
    """The values of (B, 1, S, S) at positions (B, K, 2): (B, K)."""
    return functional.grid_sample(x, positions[:, :, None], align_corners=False)[:, 0, :, 0]
