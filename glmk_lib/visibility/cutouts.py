"""Things that were never there, pasted before the subject: what hides a point may look like anything.

Opaque patches, round or with corners, of plain colour or cut from another frame. What lies under one is known to be hidden,
which no other label-free source says of an object that never passed before the camera in training (cf. DeVries and Taylor,
"Improved regularization of convolutional neural networks with cutout", 2017).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from glmk_lib.augment import Similarity
from glmk_lib.draws import draw
from glmk_lib.splat import pixel_centres

OFTEN = 0.5  # of the frames have a patch
SMALLEST, LARGEST = 0.15, 0.7  # half its width and half its height, in units of [-1, 1]


@dataclass
class Cutouts:
    """A patch for each frame of a batch, (B, ...) each: superellipses about `centre`, of half-axes `extent`, turned."""

    centre: Tensor  # (B, 2)
    axes: Tensor  # (B, 2, 2): frame coordinates from the centre to those in which the patch is the unit shape
    power: Tensor  # (B,): 2 for an ellipse, more for a shape with corners
    there: Tensor  # (B,) bool
    color: Tensor  # (B, 3) in [0, 1]
    plain: Tensor  # (B,) bool: of that colour, not cut from another frame
    zoom: Similarity  # of what is cut from another frame

    @classmethod
    def random(cls, batch: int, generator: torch.Generator) -> "Cutouts":
        """A patch anywhere in about half of the frames."""
        u = draw(torch.rand, (batch, 11), generator)
        extent = SMALLEST * (LARGEST / SMALLEST) ** u[:, 2:4]
        angle = math.pi * u[:, 4]
        cos, sin = torch.cos(angle), torch.sin(angle)
        turn = torch.stack([torch.stack([cos, sin], 1), torch.stack([-sin, cos], 1)], 1)
        power = torch.where(u[:, 5] < 0.5, 2.0, 8.0)
        zoom = Similarity.random(batch, 0.3, 0.5, math.pi, generator)
        plain = u[:, 10] < 0.5
        return cls(2 * u[:, :2] - 1, turn / extent[:, :, None], power, u[:, 6] < OFTEN, u[:, 7:10], plain, zoom)

    def to(self, device) -> "Cutouts":
        """The same on a device."""
        return Cutouts(**{name: value.to(device) for name, value in vars(self).items()})

    def cover(self, points: Tensor) -> Tensor:
        """Which points (B, N, 2) lie under the patch: (B, N) bool."""
        local = (points - self.centre[:, None]) @ self.axes.transpose(1, 2)
        inside = (local.abs() ** self.power[:, None, None]).sum(-1) < 1
        return inside & self.there[:, None]

    def images(self, images: Tensor) -> Tensor:
        """Frames (B, 3, S, S) in [0, 1] with their patches; one that isn't plain shows the batch's next frame, zoomed and
        recoloured."""
        size = images.shape[-1]
        centres = pixel_centres(size, images)
        grid = torch.stack([centres.expand(size, -1), centres[:, None].expand(-1, size)], -1).view(1, -1, 2)  # (1, S S, 2)
        mask = self.cover(grid.expand(len(images), -1, -1)).view(-1, 1, size, size)
        color = self.color[:, :, None, None]
        other = (self.zoom.images(images.roll(1, 0)) * (0.5 + color)).clamp(0, 1)
        return torch.where(mask, torch.where(self.plain[:, None, None, None], color, other), images)
