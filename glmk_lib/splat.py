"""The splat: lines as sums of Gaussians, each separable in x and y, so that a picture of them is one matrix product.

Its gradient is written out: the exponentials are computed once and serve both ways.
"""

import math

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_FAR = 25.0  # of d^2 / 2 sigma^2: nothing to float32, yet no product of two becomes subnormal, which would be slow


def pixel_centres(size: int, like: Tensor) -> Tensor:
    """Coordinates (size,) of pixel centres in [-1, 1], as `grid_sample(align_corners=False)` has them."""
    return (torch.arange(size, device=like.device, dtype=like.dtype) + 0.5) / size * 2 - 1


def splat(positions: Tensor, amounts: Tensor, sigmas: Tensor, counts: list[int], size: int) -> Tensor:
    """Sums of Gaussians in C pictures: the k-th adds amounts[k] * exp(-d^2 / (2 sigmas[k]^2)), d away from it.

    Args:
        positions: (B, K, 2), (x, y) in [-1, 1].
        amounts: (B, K).
        sigmas: (K,), in the units of positions; without gradient.
        counts: how many of the K, in their order, belong to each of the C pictures.

    Returns:
        (B, C, size, size), differentiable once.
    """
    return _Splat.apply(positions, amounts, sigmas, counts, size)


class _Splat(torch.autograd.Function):
    @staticmethod
    def forward(ctx, positions, amounts, sigmas, counts, size):
        scale = 1 / (math.sqrt(2) * sigmas)  # (K,)
        away = (positions.permute(2, 0, 1)[..., None] - pixel_centres(size, positions)) * scale[:, None]  # (2, B, K, size)
        bells = away.square().clamp_(max=_FAR).neg_().exp_()
        across, down = bells  # (B, K, W), (B, K, H)
        weighted = down * amounts[..., None]
        ctx.save_for_backward(away, bells, weighted, amounts, scale)
        ctx.counts = counts
        parts = zip(weighted.split(counts, 1), across.split(counts, 1), strict=True)
        return torch.stack([d.transpose(1, 2) @ a for d, a in parts], 1)

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        away, bells, weighted, amounts, scale = ctx.saved_tensors
        across, down = bells
        pictures = upstream.unbind(1)  # (B, H, W) each
        parts = zip(weighted.split(ctx.counts, 1), across.split(ctx.counts, 1), pictures, strict=True)
        to_across, to_weighted = zip(*((d @ g, a @ g.transpose(1, 2)) for d, a, g in parts), strict=True)
        by_x = (torch.cat(to_across, 1).mul_(across) * away[0]).sum(-1)  # (B, K)
        by_y = torch.cat(to_weighted, 1).mul_(down)
        to_amounts, by_y = by_y.sum(-1), by_y.mul_(away[1]).sum(-1) * amounts
        return torch.stack([by_x, by_y], -1) * (-2 * scale[:, None]), to_amounts, None, None, None
