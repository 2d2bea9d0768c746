"""Patches hide what lies under them, and say so."""

import torch

from glmk_lib.splat import pixel_centres
from glmk_lib.visibility.cutouts import OFTEN, Cutouts


def test_pixels_change_where_points_are_covered_and_nowhere_else():
    random = torch.Generator().manual_seed(0)
    images, patches = torch.rand(32, 3, 32, 32, generator=random), Cutouts.random(32, random)
    centres = pixel_centres(32, images)
    grid = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), -1).reshape(1, -1, 2).expand(32, -1, -1)
    covered = patches.cover(grid).view(32, 32, 32)
    changed = (patches.images(images) != images).any(1)
    assert 0.02 < covered.float().mean() < 0.3
    assert torch.equal(changed, covered)


def test_about_half_of_the_frames_have_one():
    patches = Cutouts.random(2000, torch.Generator().manual_seed(0))
    assert abs(patches.there.float().mean() - OFTEN) < 0.05


def test_the_same_seed_gives_the_same_patches():
    images = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    one, other = (Cutouts.random(8, torch.Generator().manual_seed(3)).images(images) for _ in range(2))
    assert torch.equal(one, other) and not torch.equal(one, images)
