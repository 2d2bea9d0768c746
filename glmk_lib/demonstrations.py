"""Small experiments that the chapters show: what a run makes of a frame, and how far the renderer's gradient reaches."""

import numpy as np
import torch

from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.paint import Paint
from glmk_lib.losses import gaussian_blur
from glmk_lib.networks import Generator
from glmk_lib.predict import Landmarker
from glmk_lib.renderer import PaintRenderer
from glmk_lib.template import Line, Template

_AWAY = np.array([1, 4, 9, 15, 22]) / 64  # of the frame's width: the first overlaps a stroke of `gradient_reach`


@torch.inference_mode()
def cycles(landmarker: Landmarker, generator: Generator, capture: Capture, frame: int = 0) -> dict[str, torch.Tensor]:
    """Both cycles on one held-out frame of each take: the six images (1, 3, S, S) that `figures.cycle_figure` shows."""
    size = capture.heldout_unmarked.frames.shape[1]
    renderer = PaintRenderer(capture.template, capture.paint, size)
    marked, unmarked = (store.batch([frame]) for store in (capture.heldout_marked, capture.heldout_unmarked))
    fake_marked, fake_unmarked = renderer(landmarker(unmarked), unmarked), generator(marked)
    return {
        "marked": marked,
        "fake_unmarked": fake_unmarked,
        "cycled_marked": renderer(landmarker(fake_unmarked), fake_unmarked),
        "unmarked": unmarked,
        "fake_marked": fake_marked,
        "cycled_unmarked": generator(fake_marked),
    }


def gradient_reach(sigmas=(0.0, 2.0, 4.0, 8.0), size: int = 64) -> dict:
    """How strongly the L1 image error pulls a painted stroke towards its target, by distance and blur.

    A vertical stroke 2.2 px wide is painted at growing distances left and right of its target; both images are blurred by
    sigma before they are compared, and the gradient in the stroke's position is taken. The distances are whole pixels: between
    them the pixels' own raster pulls on a stroke a little, wherever it is.

    Returns:
        images (K, size, size, 3) uint8, the blurred target; widths (K,) in px, of the blurred stroke; points (M, 2) and
        gradients (K, M, 2): the way descent moves the stroke's middle.
    """
    template = Template(np.array([[0.0, -0.4], [0.0, 0.4]], dtype=np.float32), (Line("stroke", (0, 1)),))
    paint = Paint([[0.05, 0.1, 0.6]], [0.9], [2.2 * 2 / size], 0.5, [0])
    renderer = PaintRenderer(template, paint, size)
    skin = torch.full((1, 3, size, size), 0.6)
    rest = torch.as_tensor(template.points.copy())
    target = renderer(rest[None], skin)
    away = np.round(_AWAY * size) * 2 / size
    xs = np.concatenate([-away[::-1], away])
    rows = np.linspace(-0.36, 0.36, len(away))  # each distance at a height of its own, so that arrows don't overlap
    points = np.stack([xs, np.concatenate([rows[::-1], rows])], 1)
    images, widths, gradients = [], [], []
    for sigma in sigmas:
        blurred = gaussian_blur(target, sigma)
        images.append((blurred[0].permute(1, 2, 0).numpy() * 255).round().clip(0, 255).astype(np.uint8))
        widths.append(float(np.hypot(2.2, 2.355 * sigma)))
        pulls = []
        for x in xs:
            moved = (rest + torch.tensor([x, 0.0], dtype=torch.float32))[None].requires_grad_()
            error = (gaussian_blur(renderer(moved, skin), sigma) - blurred).abs().mean()
            (gradient,) = torch.autograd.grad(error, moved)
            pulls.append(-gradient[0].sum(0).numpy())
        gradients.append(np.stack(pulls) * [1.0, 0.0])
    return {"images": np.stack(images), "widths": widths, "points": points, "gradients": np.stack(gradients)}
