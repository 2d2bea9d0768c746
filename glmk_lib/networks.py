"""The networks: L_delta (paper, Section 2), CycleGAN's generator G and PatchGAN discriminators D_M and D_U.

References: Zhu et al., "Unpaired image-to-image translation using cycle-consistent adversarial networks", ICCV 2017 (G, D);
Isola et al., CVPR 2017 (PatchGAN); Odena et al., "Deconvolution and checkerboard artifacts", 2016 (resize, then convolve).
"""

import itertools
import math

import torch
from torch import Tensor, nn

from glmk_lib.convolutions import ScoreConv, UpConv, WideConv


def _check_images(images: Tensor, size: int | None = None):
    if images.ndim != 4 or images.shape[1] != 3 or (size and images.shape[-2:] != (size, size)):
        expected = f"(B, 3, {size}, {size})" if size else "(B, 3, H, W)"
        raise ValueError(f"images have shape {tuple(images.shape)}; expected {expected}, RGB in [0, 1].")


class DeformationNet(nn.Module):
    """L_delta: a frame (B, 3, S, S) in [0, 1] to offsets (B, N, 2) for the template's points, within (-bound, bound).

    Equation: eq-landmarks of the book.

    Four convolutions of stride 2, each with group norm, and three fully connected layers. The last layer starts at zero, so
    that training starts at the template; tanh bounds the offsets, since points that leave the frame get no gradient back.

    Args:
        points: N, how many points the template has.
        size: S in pixels, a multiple of 16.
        width: channels of the first convolution; each further one doubles them.
        bound: largest offset, in units of [-1, 1].

    Example:
        >>> DeformationNet(30, size=64, width=16)(torch.rand(2, 3, 64, 64)).shape
        torch.Size([2, 30, 2])
    """

    def __init__(self, points: int, size: int, width: int = 32, bound: float = 1.0):
        super().__init__()
        if size % 16:
            raise ValueError(f"size is {size}; expected a multiple of 16 pixels.")
        self.points, self.size, self.bound = points, size, bound
        channels = [3, width, 2 * width, 4 * width, 8 * width]
        layers = []
        for a, b in itertools.pairwise(channels):
            layers += [
                nn.Conv2d(a, b, 4, stride=2, padding=1),
                nn.GroupNorm(math.gcd(8, b), b),
                nn.LeakyReLU(0.2, inplace=True),
            ]  # (B, b, S/2, S/2), ...
        self.features = nn.Sequential(*layers)  # (B, 8w, S/16, S/16)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(8 * width * (size // 16) ** 2, 16 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(16 * width, 8 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(8 * width, 2 * points),
        )
        nn.init.zeros_(self.head[-1].weight)
        nn.init.zeros_(self.head[-1].bias)

    def forward(self, images: Tensor) -> Tensor:
        _check_images(images, self.size)
        raw = self.head(self.features(images * 2 - 1))  # (B, 2N)
        return self.bound * torch.tanh(raw).view(-1, self.points, 2)


class SlimDeformationNet(DeformationNet):
    """L_delta small enough to publish: a seventh of the numbers at 128 px, a quarter of the arithmetic; used the same way.

    Half as wide, and a 1x1 convolution leaves 32 of the last convolution's channels, so that the first fully connected layer,
    which holds most of a DeformationNet, stays small at any size.
    """

    SQUEEZED, HIDDEN = 32, (512, 128)

    def __init__(self, points: int, size: int, width: int = 16, bound: float = 1.0):
        super().__init__(points, size, width, bound)
        self.features.extend([nn.Conv2d(8 * width, self.SQUEEZED, 1), nn.LeakyReLU(0.2)])  # (B, 32, S/16, S/16)
        first, second = self.HIDDEN
        self.head[1] = nn.Linear(self.SQUEEZED * (size // 16) ** 2, first)
        self.head[3] = nn.Linear(first, second)
        self.head[5] = nn.Linear(second, 2 * points)
        nn.init.zeros_(self.head[-1].weight)
        nn.init.zeros_(self.head[-1].bias)


def _norm(channels: int) -> nn.GroupNorm:
    """Instance norm: PyTorch computes it in a fraction of the time as a group norm with groups of one channel."""
    return nn.GroupNorm(channels, channels, affine=False)


class _Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), _norm(channels), nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), _norm(channels),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Generator(nn.Module):
    """G: marked to unmarked, (B, 3, H, W) in [0, 1] to the same; CycleGAN's ResNet generator (6 blocks at 128 px).

    Up-sampling is nearest neighbour and a convolution: transposed ones leave checkerboards. What the network says is added to
    the frame in logit space, so that G starts as the identity and learns only what paint changes: with few steps the plain
    generator blurs the whole frame, and L_delta then reads what no camera ever shows.
    """

    def __init__(self, width: int = 64, blocks: int = 6):
        super().__init__()
        w = width
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, w, 7), _norm(w), nn.ReLU(inplace=True)]
        for a in (w, 2 * w):
            layers += [nn.Conv2d(a, 2 * a, 3, stride=2, padding=1), _norm(2 * a), nn.ReLU(inplace=True)]
        layers += [_Residual(4 * w) for _ in range(blocks)]
        for a in (4 * w, 2 * w):
            layers += [UpConv(a, a // 2), _norm(a // 2), nn.ReLU(inplace=True)]
        layers += [WideConv(w, 3)]
        self.body = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, images: Tensor) -> Tensor:
        _check_images(images)
        return torch.sigmoid(torch.logit(images, eps=0.01) + self.body(images * 2 - 1))


class PatchDiscriminator(nn.Module):
    """D_M or D_U: (B, 3, H, W) in [0, 1] to one score a patch, (B, 1, h, w), trained towards 1 for real (LSGAN).

    With `layers=3` each score sees 70x70 pixels (Isola et al. 2017); with `layers=2`, for 64 px frames, 34x34.
    """

    def __init__(self, width: int = 64, layers: int = 3):
        super().__init__()
        body = [nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        for k in range(1, layers + 1):
            a, b = width * min(2 ** (k - 1), 8), width * min(2**k, 8)
            stride = 2 if k < layers else 1
            body += [nn.Conv2d(a, b, 4, stride=stride, padding=1), _norm(b), nn.LeakyReLU(0.2, inplace=True)]
        body += [ScoreConv(b)]
        self.body = nn.Sequential(*body)
        self.apply(_initialise)

    def forward(self, images: Tensor) -> Tensor:
        _check_images(images)
        return self.body(images * 2 - 1)


def _initialise(module: nn.Module):
    if isinstance(module, nn.Conv2d):  # CycleGAN's defaults
        nn.init.normal_(module.weight, 0.0, 0.02)
        nn.init.zeros_(module.bias)


def count_parameters(module: nn.Module) -> int:
    """How many numbers the module learns."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
