"""Where the template lies in every marked frame: points fitted to the paint that is seen, with no network between.

L_delta learns the objective slowly: each step says of eight frames which way their lines should go. Once its guesses are near,
the points of all frames can be fitted at once instead, and L_delta learns from them as from labels. Its next guesses, with what
is odd in single frames averaged out, are where the next fit begins: model-based fitting in the loop of training (Kolotouros et
al., "Learning to reconstruct 3D human pose and shape via model-fitting in the loop", ICCV 2019).
"""

import numpy as np
import torch
from torch import Tensor

from glmk_lib import losses
from glmk_lib.capture.paint import chroma_key
from glmk_lib.objective import Objective

TOGETHER = 500  # frames fitted at a time: enough for their mean shape, few enough for the memory
RATE = 0.01  # of Adam, in units of [-1, 1] a step
WIDE = 3.0  # the reach of the paint at first, over what it is from half of the steps on


def fit(objective: Objective, store, start: Tensor, steps: int) -> Tensor:
    """Points (M, N, 2) in [-1, 1] of all M frames of a marked store, fitted from `start` (M, N, 2).

    Each frame's points descend the chamfer distance to its paint, the spring and the shape term; frames fitted together share
    the mean shape. Weights are those of `objective.terms`. No gradient is recorded.
    """
    fitted = start.detach().clone()
    groups = -(-len(fitted) // TOGETHER)
    for first in range(groups):
        index = np.arange(first, len(fitted), groups)  # spread over the take, so that every group has the mean shape of all
        places, sharpness = seen_paint(objective, store, index, fitted.device)
        fitted[index] = _descend(objective, fitted[index], places, sharpness, steps)
    return fitted


def seen_paint(objective: Objective, store, index: np.ndarray, device) -> tuple[Tensor, Tensor]:
    """Ridge points of the paint in those frames, (B * C, P, 2) and their sharpness (B * C, P); see `losses.strokes`."""
    masks = [chroma_key(store.batch(some).to(device), objective.paint) for some in np.array_split(index, -(-len(index) // 100))]
    return losses.strokes(torch.cat(masks).flatten(0, 1))


def _descend(objective: Objective, start: Tensor, places: Tensor, sharpness: Tensor, steps: int) -> Tensor:
    terms, template = objective.terms, objective.template
    with torch.enable_grad():
        points = start.clone().requires_grad_()
        optimizer = torch.optim.Adam([points], lr=RATE, betas=(0.9, 0.99))
        for step in range(steps):
            left = 1 - step / steps
            optimizer.param_groups[0]["lr"] = RATE * min(1.0, 2 * left)
            reach = terms.reach * WIDE ** max(0.0, 2 * left - 1)
            deltas = points - template
            mean = losses.mean_residual(points, template, objective.residual)
            total = (
                terms.chamfer * objective.to_paint(points, places, sharpness, reach).mean()
                + terms.spring * objective.spring(deltas)
                + terms.shape * objective.shape(deltas)
                + terms.mean_shape * mean.square().sum(-1).mean()
            )
            optimizer.zero_grad()
            (len(points) * total).backward()  # as if each frame stood alone
            optimizer.step()
    return points.detach()
