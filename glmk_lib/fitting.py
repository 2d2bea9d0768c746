"""Where the template lies in every marked frame: points fitted to the paint that is seen, with no network between.

L_delta learns the objective slowly: each step says of eight frames which way their lines should go. Once its guesses are near,
the points of all frames can be fitted at once instead, and L_delta learns from them as from labels. Its next guesses, with what
is odd in single frames averaged out, are where the next fit begins: model-based fitting in the loop of training (Kolotouros et
al., "Learning to reconstruct 3D human pose and shape via model-fitting in the loop", ICCV 2019).

A fit has two stages. Distances to the paint's middle bring lines onto the paint from afar, but say little of where a line
*ends*: a brush's stroke is rounded off beyond it. So R then paints the lines, and what it covers is compared with what is
covered in the frame: analysis by synthesis. Known ends say where along their line the other points sit, too.
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
PAINTED = 100  # frames that R paints at a time
SHARE = 0.4  # of the steps of the first stage: how many the second has


def fit(objective: Objective, store, start: Tensor, steps: int) -> Tensor:
    """Points (M, N, 2) in [-1, 1] of the M frames of a marked store, fitted from `start` (M, N, 2) to their paint.

    Equation: eq-fit of the book.

    Each frame's points descend the chamfer distance to its paint, the spring and the shape term; frames fitted together share
    the mean shape. With `objective.terms.cover` above 0 they then descend, in place of that distance, the square difference
    between what R covers and what is covered. Weights are those of `objective.terms`. No gradient is recorded. The paint of
    `TOGETHER` frames at a time is in memory, however many there are.
    """
    fitted, device = start.detach().clone(), start.device
    for index in _groups(len(fitted), TOGETHER):
        strokes = seen_paint(objective, store, index, device)
        fitted[index] = _descend(objective, fitted[index], _near(objective, strokes), steps)
    for index in _groups(len(fitted), PAINTED) if objective.terms.cover else ():
        keys = chroma_key(store.batch(index).to(device), objective.paint)
        fitted[index] = _descend(objective, fitted[index], _covered(objective, keys), round(SHARE * steps))
    return fitted


def _groups(count: int, most: int) -> list[np.ndarray]:
    """Frames up to `count` in groups of at most so many, each spread over the take, so that it has the mean shape of all."""
    groups = -(-count // most)
    return [np.arange(first, count, groups) for first in range(groups)]


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


def _near(objective: Objective, strokes: list[tuple[Tensor, Tensor]]):
    """How far points (M, N, 2) are from the middle of the paint, when so much of the fit is left (1 to 0): a scalar."""

    def term(points: Tensor, left: float) -> Tensor:
        reach = objective.terms.reach * WIDE ** max(0.0, 2 * left - 1)
        return objective.terms.chamfer * objective.to_paint(points, strokes, reach).mean()

    return term


def _covered(objective: Objective, keys: Tensor):
    """How far what R covers through points (M, N, 2) is from what is covered, `keys` (M, C, S, S): a scalar.

    Equation: eq-cover of the book.

    Squared, mean over pixels, summed over colours. Where R covers more, paint may be hidden: that counts less, as in the
    chamfer distance.
    """
    terms = objective.terms

    def term(points: Tensor, left: float) -> Tensor:
        missed = keys - objective.renderer.coverage(points)
        weight = torch.where(missed < 0, terms.hidden, 1.0)
        return terms.cover * (weight * missed.square()).sum(1).mean()

    return term


def _descend(objective: Objective, start: Tensor, to_paint, steps: int) -> Tensor:
    terms, template = objective.terms, objective.template
    with torch.enable_grad():
        points = start.clone().requires_grad_()
        optimizer = torch.optim.Adam([points], lr=RATE, betas=(0.9, 0.99))
        for step in range(steps):
            left = 1 - step / steps
            optimizer.param_groups[0]["lr"] = RATE * min(1.0, 2 * left)
            deltas = points - template
            mean = losses.mean_residual(points, template, objective.residual)
            total = (
                to_paint(points, left)
                + terms.spring * objective.spring(deltas)
                + terms.shape * objective.shape(deltas)
                + terms.mean_shape * mean.square().sum(-1).mean()
            )
            optimizer.zero_grad()
            (len(points) * total).backward()  # as if each frame stood alone
            optimizer.step()
    return points.detach()
