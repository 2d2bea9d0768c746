"""Facts that hold of a capture, of training and of a finished run where all is as it should be, whatever the scale.

A pair of swapped axes or a forgotten average leaves a program running and its pictures plausible. Each function returns what
ought to be true, in words, and whether it is; chapter 3 prints them, and a reader's own capture can be asked the same.
"""

from pathlib import Path

import numpy as np
import torch

from glmk_lib import checkpoint, metrics
from glmk_lib.augment import Similarity
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.paint import chroma_key
from glmk_lib.draws import SharedGenerator
from glmk_lib.errors import CheckpointError
from glmk_lib.objective import Models, Objective
from glmk_lib.presets import Preset
from glmk_lib.renderer import PaintRenderer
from glmk_lib.runs import Run
from glmk_lib.template import Template, rgb

ON_PAINT = 0.6  # px, in the mean, from lines to the middle of a pixel of their paint: about 0.4 where they coincide
WEIGHTS = ("cycle", "spring", "chamfer", "shape", "mean_shape", "keep", "adversarial_marked", "adversarial_unmarked")


def of_capture(capture: Capture) -> dict[str, bool]:
    """Whether the measured paint has the stated colours, and, where the truth is known, whether it lies on the true lines."""
    paint, template = capture.paint, capture.template
    stated = np.array([rgb(color) for color in template.segment_colors]) / 255  # (S, 3)
    measured = paint.colors[paint.segment_color]
    right, turned = (np.abs(measured - other).sum(-1) for other in (stated, stated[:, ::-1]))
    facts = {"paint has its stated colours, red and blue not exchanged": bool((right <= turned).all())}
    if capture.info["truth"] == "exact":
        facts[f"true lines lie within {ON_PAINT:g} px of the paint"] = _off_paint(capture) < ON_PAINT
    return facts


def of_renderer(renderer: PaintRenderer, template: Template, points: torch.Tensor, image: torch.Tensor) -> dict[str, bool]:
    """Whether R changes the `image` (1, 3, S, S) along the lines through `points` (1, N, 2), and nowhere else."""
    ink = (renderer(points, image) - image).abs().amax(1, keepdim=True)
    pixels = metrics.to_pixels(points.numpy(), image.shape[-1])
    found = metrics.paint_reprojection(pixels, (ink / ink.amax().clamp_min(1e-6)).numpy(), template)
    return {f"R's paint and the lines lie within {ON_PAINT:g} px of one another": max(*found.there, *found.back) < ON_PAINT}


def of_training(capture: Capture, preset: Preset, seed: int = 0) -> dict[str, bool]:
    """Whether random numbers are drawn anew, and whether each weight of the objective scales its own terms alone.

    Nothing is trained: the terms of one batch are computed once with each weight doubled.
    """
    drawn, terms = SharedGenerator().manual_seed(seed), preset.terms
    looks = torch.cat([Similarity.random(preset.batch, terms.shift, terms.scale, terms.rotate, drawn).matrix for _ in range(2)])
    once = _terms(capture, preset, seed)
    presets = {name: preset.with_(**{name: 2 * getattr(terms, name)}) for name in WEIGHTS}
    presets = {name: each for name, each in presets.items() if each != preset}  # zero, or fixed by `paper_only`
    doubled = {name: _terms(capture, each, seed) for name, each in presets.items()}
    expected = {name: {key: value * (1 + _is_of(key, name)) for key, value in once.items()} for name in presets}
    return {
        "no two looks at a frame are alike": len(looks.unique(dim=0)) == len(looks),
        "each weight scales its own terms alone": doubled == expected,
    }


def _terms(capture: Capture, preset: Preset, seed: int) -> dict[str, float]:
    """What L_delta and G would minimise at the end of the first phase, with networks that have learned nothing."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        models = Models(capture.template, preset).requires_grad_(False)
        for parameter in models["deformation"].parameters():  # its last layer is zero, and the template at rest costs nothing
            parameter.add_(0.05 * torch.randn_like(parameter))
    objective = Objective(capture.template, capture.paint, preset, preset.terms)
    marked, unmarked = (store.batch(torch.arange(2)) for store in (capture.marked, capture.unmarked))
    frames = objective.translate(models, marked, unmarked, torch.Generator().manual_seed(seed))
    return {name: value.item() for name, value in objective.making(models, frames, progress=1.0).items()}


def _is_of(term: str, weight: str) -> bool:
    """Whether a term of the objective has this weight: both cycles share one."""
    return term == weight or (weight == "cycle" and term.startswith("cycle_"))


def of_run(run: Run, capture: Capture) -> dict[str, bool]:
    """Whether L_delta was kept as a running average, at the last step, and which of its points are judged.

    Raises:
        CheckpointError: the run's checkpoints are damaged, or not there.
    """
    last = checkpoint.load_latest(Path(run.folder) / "checkpoints")
    if last is None:
        raise CheckpointError(f"{run.folder}: has no checkpoints; expected those that training keeps: train again.")
    kept, stepped = (_tensors(last.tensors, name) for name in ("ema.deformation.", "models.deformation."))
    facts = {
        "its newest checkpoint is that of its last step": last.step == run.history[-1]["step"],
        "L_delta is a running average of what was learned": any(not torch.equal(kept[key], stepped[key]) for key in kept),
    }
    store = capture.heldout_unmarked
    if store.truth is not None:
        size = store.frames.shape[1]
        points, true = metrics.to_pixels(run.landmarker.track(store), size), metrics.to_pixels(store.truth, size)
        judged = np.isfinite(metrics.point_error(points, true, store.visible))
        facts["points are judged where they can be seen, and nowhere else"] = bool((judged == store.visible).all())
    return facts


def _tensors(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _off_paint(capture: Capture) -> float:
    """Mean distance in pixels from the true lines of held-out marked frames to the paint that is keyed there."""
    store = capture.heldout_marked
    points = metrics.to_pixels(store.truth, store.frames.shape[1])
    masks = chroma_key(store.batch(torch.arange(len(store))), capture.paint).numpy()
    found = metrics.paint_reprojection(points, masks, capture.template, capture.paint.segment_color, store.visible)
    return float(np.nanmean(found.there))
