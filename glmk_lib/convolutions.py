"""Three convolutions of CycleGAN's networks, computed where they cost less: the same weights, sums and results.

A convolution library works with many channels at a time, so pixels are turned into channels or back (Shi et al., "Real-time
single image and video super-resolution using an efficient sub-pixel convolutional neural network", CVPR 2016).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class UpConv(nn.Conv2d):
    """Nearest-neighbour enlargement by two, one pixel of reflection, a 3x3 convolution: (B, C, H, W) to (B, O, 2H, 2W).

    Each pixel is seen up to twice in a row of three, so weights can be added up first: 2x2 of them on the small image give one
    of the four pixels that a small one becomes. 16 products instead of 36. The reflected pixel is the copy of the border's.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, 3)
        # Of two adjacent small pixels a, b the large ones between them are a, b: from a a b, the first, and a b b, the second.
        sums = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]])  # large, small, tap
        self.register_buffer("sums", sums, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.einsum("qtk,psl,oikl->oqpits", self.sums, self.sums, self.weight).flatten(0, 2)  # (4 O, C, 2, 2)
        between = functional.conv2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), weight)  # (B, 4 O, H + 1, W + 1)
        return functional.pixel_shuffle(between, 2)[:, :, 1:-1, 1:-1] + self.bias[:, None, None]


class WideConv(nn.Conv2d):
    """Three pixels of reflection and a 7x7 convolution to a few channels: (B, C, H, W) to (B, O, H, W); H and W are even.

    Libraries compute at least 16 channels, of which three would be used. Four neighbouring pixels as four times the channels
    use twelve.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, 7)
        places = torch.zeros(2, 4, 2, 7)  # output pixel of a pair, pair, input pixel of that pair, tap
        for out in range(2):
            for tap in range(7):
                places[out, (out + tap) // 2, (out + tap) % 2, tap] = 1
        self.register_buffer("places", places, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.einsum("rbsk,qctl,oikl->orqistbc", self.places, self.places, self.weight)
        weight = weight.flatten(3, 5).flatten(0, 2)  # (4 O, 4 C, 4, 4)
        pairs = functional.pixel_unshuffle(functional.pad(x, (3, 3, 3, 3), mode="reflect"), 2)
        return functional.pixel_shuffle(functional.conv2d(pairs, weight, self.bias.repeat_interleave(4)), 2)


class ScoreConv(nn.Conv2d):
    """A 4x4 convolution to one channel, with a border of one zero: (B, C, H, W) to (B, 1, H - 1, W - 1).

    Of a library's 16 or more channels one would be used. Each of the 16 weights makes a picture instead, and their shifted sum
    is the result.
    """

    def __init__(self, inputs: int):
        super().__init__(inputs, 1, 4, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        taps = self.weight[0].flip(1, 2).flatten(1).T @ x.flatten(2)  # (B, 16, H W)
        return functional.fold(taps, (height - 1, width - 1), 4, padding=2) + self.bias
