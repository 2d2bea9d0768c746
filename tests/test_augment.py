"""Transforms of frames and of their points must agree."""

import torch

from glmk_lib.augment import Similarity
from glmk_lib.renderer import pixel_centres


def test_a_dot_in_the_frame_goes_where_its_point_goes():
    size = 128
    random = torch.Generator().manual_seed(3)
    points = (torch.rand(8, 1, 2, generator=random) - 0.5) * 0.8
    centres = pixel_centres(size, points)
    squared = (centres[None, None, None, :] - points[..., None, :1]) ** 2 + (
        centres[None, None, :, None] - points[..., None, 1:]
    ) ** 2
    images = torch.exp(-squared / (2 * 0.03**2))
    move = Similarity.random(8, 0.15, 0.15, 0.15, random)
    moved = move.images(images)
    total = moved.sum((1, 2, 3))
    found = torch.stack([(moved * centres).sum((1, 2, 3)) / total, (moved * centres[:, None]).sum((1, 2, 3)) / total], 1)
    torch.testing.assert_close(found, move.points(points)[:, 0], atol=0.1 * 2 / size, rtol=0)


def test_transforms_stay_within_their_ranges():
    move = Similarity.random(500, 0.15, 0.1, 0.2, torch.Generator().manual_seed(0))
    scale = torch.linalg.det(move.matrix).sqrt()
    assert move.shift.abs().max() <= 0.3 and (scale - 1).abs().max() <= 0.1 + 1e-6


def test_the_same_seed_gives_the_same_transforms():
    a, b = (Similarity.random(4, 0.1, 0.1, 0.1, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(a.matrix, b.matrix) and torch.equal(a.shift, b.shift)
