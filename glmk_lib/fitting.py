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
    """Points (M, N, 2) in [-1, 1] of the M frames of a marked store, fitted from `start` (M, N, 2) to their paint.

    Each frame's points descend the chamfer distance to its paint, the spring and the shape term; frames fitted together share
    the mean shape. Weights are those of `objective.terms`. No gradient is recorded. The paint of `TOGETHER` frames at a time is
    in memory, however many there are.
    """
    fitted = start.detach().clone()
    groups = -(-len(fitted) // TOGETHER)
    for first in range(groups):
        index = np.arange(first, len(fitted), groups)  # spread over the take, so that every group has the mean shape of all
        fitted[index] = _descend(objective, fitted[index], seen_paint(objective, store, index, fitted.device), steps)
    return fitted


def seen_paint(objective: Objective, store, index: np.ndarray, device) -> list[tuple[Tensor, Tensor]]:
    """Ridge points of the paint in frames of a store, of each colour: (M, P, 2) and their sharpness (M, P)."""
    parts = []
    for some in np.array_split(index, -(-len(index) // 100)):
        parts.append(objective.strokes(chroma_key(store.batch(some).to(device), objective.paint)))
    return [tuple(_joined(several) for several in zip(*color, strict=True)) for color in zip(*parts, strict=True)]


def _joined(several: tuple[Tensor, ...]) -> Tensor:
    """(B, P, ...) one after the other, those with a smaller P filled up with zeros, which stand for no paint."""
    most = max(each.shape[1] for each in several)
    whole = several[0].new_zeros(sum(map(len, several)), most, *several[0].shape[2:])
    for part, each in zip(whole.split([len(each) for each in several]), several, strict=True):
        part[:, : each.shape[1]] = each
    return whole


def _descend(objective: Objective, start: Tensor, strokes: list[tuple[Tensor, Tensor]], steps: int) -> Tensor:
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
                terms.chamfer * objective.to_paint(points, strokes, reach).mean()
                + terms.spring * objective.spring(deltas)
                + terms.shape * objective.shape(deltas)
                + terms.mean_shape * mean.square().sum(-1).mean()
            )
            optimizer.zero_grad()
            (len(points) * total).backward()  # as if each frame stood alone
            optimizer.step()
    return points.detach()
