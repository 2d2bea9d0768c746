"""Sums of Gaussians: against the formula, and their written-out gradient against numerical ones."""

import torch

from glmk_lib.splat import pixel_centres, splat

COUNTS, SIZE = [3, 2], 10
SIGMAS = torch.tensor([0.2, 0.2, 0.2, 0.5, 0.5], dtype=torch.float64)


def some():
    generator = torch.Generator().manual_seed(0)
    positions = 2 * torch.rand(2, 5, 2, dtype=torch.float64, generator=generator) - 1
    return positions.requires_grad_(), torch.rand(2, 5, dtype=torch.float64, generator=generator, requires_grad=True)


def test_each_picture_is_the_sum_of_its_own_gaussians():
    positions, amounts = some()
    centres = pixel_centres(SIZE, positions)
    squared = (positions[..., 0, None, None] - centres) ** 2 + (positions[..., 1, None, None] - centres[:, None]) ** 2
    each = amounts[..., None, None] * torch.exp(-squared / (2 * SIGMAS[:, None, None] ** 2))
    expected = torch.stack([part.sum(1) for part in each.split(COUNTS, 1)], 1)
    torch.testing.assert_close(splat(positions, amounts, SIGMAS, COUNTS, SIZE), expected, atol=1e-9, rtol=0)


def test_gradcheck_of_the_splat():
    assert torch.autograd.gradcheck(lambda p, a: splat(p, a, SIGMAS, COUNTS, SIZE), some())


def test_what_is_far_away_has_no_subnormal_numbers():
    """Arithmetic with them is ten times slower."""
    positions = torch.tensor([[[-0.9, -0.9]]], requires_grad=True)
    amounts = torch.ones(1, 1, requires_grad=True)
    picture = splat(positions, amounts, torch.tensor([0.05]), [1], 64)
    assert picture.min() >= torch.finfo(torch.float32).tiny
