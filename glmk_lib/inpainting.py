"""What G leaves of the paint, inpainted: once points are fitted to the paint, it is known which pixels lie under it.

After a short first phase G pales paint more than it removes it, and an L_delta that learns from such frames looks for what is
left of the lines, which no unmarked frame has. So the paint is taken off in three steps, none of which needs a label: where it
covers little, R is undone; what it covers more is filled in from around it (Bertalmio, Bertozzi and Sapiro, "Navier-Stokes,
fluid dynamics, and image and video inpainting", CVPR 2001); and a small network corrects the result. It learns that on the
unmarked take, whose frames R paints where L_delta sees the lines: there the truth is at hand.
"""

import copy
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from glmk_lib.capture.paint import chroma_key
from glmk_lib.draws import draw
from glmk_lib.networks import Generator
from glmk_lib.objective import Objective
from glmk_lib.presets import Preset
from glmk_lib.renderer import light_radius, local_brightness
from glmk_lib.unpaint import write_frames

UNDONE = 0.3  # cover up to which R is undone; beyond, too little of the skin is seen
LINE = 0.1  # coverage from which a pixel lies on a fitted line
SEEN = 0.03  # key from which a pixel near such a line is corrected
WIDTH, BLOCKS, RATE = 12, 2, 2e-3  # of the network, and of its Adam
OFF = 0.012  # standard deviation of a fit, in units of [-1, 1]: about what fitting leaves, so that the network expects it
KEPT = 0.98  # of the running mean of the network's weights


class Inpainter(nn.Module):
    """Takes the paint off marked frames, given the points fitted to it: frames (B, 3, S, S) and points (B, N, 2) to frames.

    Pixels away from the lines stay as they are.
    """

    def __init__(self, objective: Objective):
        super().__init__()
        self.renderer, self.paint = objective.renderer, objective.paint
        self.network = Generator(WIDTH, BLOCKS).to(objective.template.device).requires_grad_(False)  # a running mean

    @torch.no_grad()
    def prepare(self, images: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """The frames with R undone and filled in, (B, 3, S, S), and where the network may correct them, (B, 1, S, S) bool."""
        renderer, key = self.renderer, chroma_key(images, self.paint)  # (B, C, S, S)
        near = _grown(renderer.coverage(points).amax(1, keepdim=True) > LINE, 2)
        painted = near & (key.amax(1, keepdim=True) > SEEN)
        alpha = renderer.opacity.view(-1, 1, 1) * key * near  # of each colour
        cover = alpha.sum(1, keepdim=True).clamp(max=1 - 1e-3)
        light = _light_beside(images, painted) / renderer.brightness if renderer.lit else images.new_ones(1)
        color = torch.einsum("bchw,ck->bkhw", alpha, renderer.colors) * light
        undone = ((images - color) / (1 - cover)).clamp(0, 1)
        filled = near & (cover > UNDONE)
        return _fill(torch.where(filled, images, undone), filled), painted

    def forward(self, images: Tensor, points: Tensor) -> Tensor:
        prepared, where = self.prepare(images, points)
        return torch.where(where, self.network(prepared), prepared)


def train_inpainter(
    inpainter: Inpainter, objective: Objective, unmarked, points: Tensor, preset: Preset, random: torch.Generator
) -> None:
    """Let an inpainter learn, in `preset.inpaint_steps`, to restore frames of the unmarked store that R has painted.

    Args:
        points: where L_delta sees the lines in each of the M unmarked frames, (M, N, 2): paint at likely places is enough.
    """
    trained, steps, device = copy.deepcopy(inpainter.network).requires_grad_(True), preset.inpaint_steps, points.device
    optimizer = torch.optim.Adam(trained.parameters(), lr=RATE, betas=(0.9, 0.99))
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * min(1.0, 2 * (1 - step / steps))
        index = torch.randint(len(unmarked), (preset.batch,), generator=random)
        images, lines = unmarked.batch(index).to(device), points[index]
        if objective.terms.augment:
            similarity = objective.similarity(images, random)
            images, lines = similarity.images(images), similarity.points(lines)
        with torch.no_grad():
            painted = objective.renderer(lines, images)
        prepared, where = inpainter.prepare(painted, lines + OFF * draw(torch.randn, lines.shape, random).to(lines))
        away = (trained(prepared) - images).abs() * where
        optimizer.zero_grad(set_to_none=True)
        (away.sum() / where.sum().clamp_min(1)).backward()
        optimizer.step()
        share = 1 - min(KEPT, (1 + step) / (10 + step))
        with torch.no_grad():
            for slow, new in zip(inpainter.network.parameters(), trained.parameters(), strict=True):
                slow.lerp_(new, share)


@torch.inference_mode()
def inpaint(inpainter: Inpainter, store, points: Tensor, path: Path, batch: int = 32) -> None:
    """All frames of the marked store without their paint, into the file `path`: (M, 3, S, S) uint8, whole or not at all.

    Args:
        points: fitted to the paint of each frame, (M, N, 2).
    """

    def made(first: int) -> Tensor:
        index = np.arange(first, min(first + batch, len(store)))
        return inpainter(store.batch(index).to(points.device), points[index])

    write_frames(path, store, (made(first) for first in range(0, len(store), batch)))


def _grown(mask: Tensor, pixels: int) -> Tensor:
    return functional.max_pool2d(mask.float(), 2 * pixels + 1, 1, pixels) > 0


def _light_beside(images: Tensor, painted: Tensor) -> Tensor:
    """The light that falls on the paint, (B, 1, S, S): as R takes it, but from the pixels alone that are not painted."""
    bare, radius = (~painted).to(images), light_radius(images.shape[-1])
    return local_brightness(images * bare, radius) / local_brightness(bare.expand(-1, 3, -1, -1), radius).clamp_min(0.02)


def _fill(images: Tensor, where: Tensor, radius: int = 2) -> Tensor:
    """`images` with the pixels `where` (B, 1, S, S) filled in from around them, by OpenCV."""
    bytes_ = (images * 255).round().to("cpu", torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
    masks = where[:, 0].to("cpu", torch.uint8).numpy()
    made = np.stack([cv2.inpaint(b, m, radius, cv2.INPAINT_NS) for b, m in zip(bytes_, masks, strict=True)])
    filled = torch.from_numpy(made).permute(0, 3, 1, 2).to(images) / 255
    return torch.where(where, filled, images)
