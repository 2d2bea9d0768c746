"""Random similarity transforms of frames and of the points on them: the same distribution for both takes.

In the first experiment this was the largest single gain: it keeps D_M and L_delta from learning the poses of one take by heart.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from glmk_lib.draws import draw


@dataclass
class Similarity:
    """A batch of similarity transforms about the frame's centre: p -> scale * R(angle) p + shift, in [-1, 1].

    `matrix` (B, 2, 2) holds scale * R; `shift` (B, 2).
    """

    matrix: Tensor
    shift: Tensor

    @classmethod
    def random(cls, batch: int, shift: float, scale: float, rotate: float, generator: torch.Generator) -> "Similarity":
        """Uniform in +-shift (of the frame's width), 1 +- scale, +-rotate radians."""
        u = draw(torch.rand, (batch, 4), generator) * 2 - 1
        angle, size = u[:, 0] * rotate, 1 + u[:, 1] * scale
        cos, sin = size * torch.cos(angle), size * torch.sin(angle)
        matrix = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
        return cls(matrix, u[:, 2:] * 2 * shift)  # the frame is 2 wide

    def to(self, like: Tensor | torch.device) -> "Similarity":
        """The same on a device, or on that of a tensor and of its type."""
        return Similarity(self.matrix.to(like), self.shift.to(like))

    def points(self, points: Tensor) -> Tensor:
        """Where points (B, N, 2) go."""
        return points @ self.matrix.transpose(1, 2) + self.shift[:, None]

    def images(self, images: Tensor) -> Tensor:
        """Frames (B, C, H, W) under the transform; what comes from outside is the reflected frame."""
        scale = self.matrix.square().sum((1, 2), keepdim=True) / 2  # squared
        inverse = self.matrix.transpose(1, 2) / scale
        offset = -(inverse @ self.shift[:, :, None])
        grid = functional.affine_grid(torch.cat([inverse, offset], 2), list(images.shape), align_corners=False)
        return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
