"""Facts that hold of a capture, of training and of a finished run where all is as it should be, whatever the scale.

A pair of swapped axes or a forgotten average leaves a program running and its pictures plausible. Each function returns what
ought to be true, in words, and whether it is; chapter 3 prints them, and a reader's own capture can be asked the same.
"""

import itertools
from pathlib import Path

import numpy as np
import torch

from glmk_lib import checkpoint, metrics, polylines
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

TELLING = 0.2  # difference of a stated colour's red and blue, from 0 to 1, below which light may turn it round
INKED = 0.1  # of the strongest change that R makes
FRAMES = 30  # of a capture that are looked at
WEIGHTS = ("cycle", "spring", "chamfer", "shape", "mean_shape", "keep", "adversarial_marked", "adversarial_unmarked")


def of_capture(capture: Capture) -> dict[str, bool]:
    """Whether red and blue were taken for one another, and, where the truth is exact, whether the paint lies on its lines.

    Of paint whose stated colours have about as much red as blue the first is not asked.
    """
    paint, facts = capture.paint, {}
    stated = np.array([rgb(color) for color in capture.template.segment_colors]) / 255  # (S, 3)
    redder, measured = stated[:, 0] - stated[:, 2], (paint.colors[:, 0] - paint.colors[:, 2])[paint.segment_color]
    telling = np.abs(redder) > TELLING
    if telling.any():
        facts["red and blue are not exchanged in the measured paint"] = bool((redder * measured)[telling].sum() > 0)
    if capture.info["truth"] == "exact":
        away, *moved = _off_paint(capture)
        facts["true lines lie on their paint: moved by half of its width they lie farther off"] = away < min(moved)
    return facts


def of_renderer(renderer: PaintRenderer, template: Template, points: torch.Tensor) -> dict[str, bool]:
    """Whether R paints along the lines through `points` (1, N, 2), and nowhere else.

    It paints on an even frame, and on one of another colour, since paint may have the colour of the first. A place is painted
    where either changes. Nowhere else: beyond the paint's width and a pixel from every line.
    """
    size, pixels = renderer.size, metrics.to_pixels(points[0].numpy(), renderer.size)
    even = torch.tensor([[0.8, 0.4, 0.4], [0.3, 0.7, 0.7]])[:, :, None, None].expand(2, 3, size, size)
    with torch.no_grad():
        ink = (renderer(points.expand(2, -1, -1), even) - even).abs().amax((0, 1)).numpy()  # (H, W)
    painted = (ink >= INKED * ink.max()) & (ink > 0)
    starts, ends = (pixels[template.segments[:, k]] for k in (0, 1))
    rows, columns = np.nonzero(painted)
    away = polylines.distances(np.stack([columns, rows], 1) + 0.5, starts, ends).min(1) if len(rows) else np.zeros(1)
    shares = np.linspace(0, 1, 20)[:, None, None]
    places = np.floor(starts + shares * (ends - starts)).reshape(-1, 2).astype(int)
    column, row = places[((places >= 0) & (places < size)).all(1)].T
    width = max(renderer.widths) * size / 2  # in pixels
    return {
        "R paints along the lines": bool(painted[row, column].mean() > 0.95),
        "R paints nowhere else": bool((away > width + 1).mean() < 0.01),
    }


def of_training(capture: Capture, preset: Preset, seed: int = 0) -> dict[str, bool]:
    """Whether random transforms are drawn anew, and whether each weight of the first phase scales its own terms alone.

    Nothing is trained: the terms of one batch are computed once with each weight doubled.
    """
    drawn, terms, facts = SharedGenerator().manual_seed(seed), preset.terms, {}
    if terms.augment:
        batches = [Similarity.random(preset.batch, terms.shift, terms.scale, terms.rotate, drawn) for _ in range(2)]
        looks = torch.cat([torch.cat([each.matrix.flatten(1), each.shift], 1) for each in batches])
        facts["no two looks at a frame are alike"] = len(looks.unique(dim=0)) == len(looks)
    once = _terms(capture, preset, seed)
    presets = {name: preset.with_(**{name: 2 * getattr(terms, name)}) for name in WEIGHTS}
    presets = {name: each for name, each in presets.items() if each != preset}  # zero, or fixed by `paper_only`
    doubled = {name: _terms(capture, each, seed) for name, each in presets.items()}
    expected = {name: {key: value * (1 + _is_of(key, name)) for key, value in once.items()} for name in presets}
    return facts | {"each weight of the first phase scales its own terms alone": doubled == expected}


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
    """Whether the run gave the running average of L_delta at its last step, and which of its points are judged.

    Raises:
        CheckpointError: the run's checkpoints are damaged, or not there.
    """
    last = checkpoint.load_latest(Path(run.folder) / "checkpoints")
    if last is None:
        raise CheckpointError(f"{run.folder}: has no checkpoints; expected those that training keeps: train again.")
    given = {key: value.cpu() for key, value in run.landmarker.deformation.state_dict().items()}
    kept, stepped = (_tensors(last.tensors, name) for name in ("ema.deformation.", "models.deformation."))
    facts = {
        "the newest checkpoint is that of the last step": last.step == run.history[-1]["step"],
        "L_delta is the running average kept there": _same(given, kept),
    }
    if last.config["preset"]["ema"] > 0:
        facts["L_delta is not what was learned last, unaveraged"] = not _same(given, stepped)
    store = capture.heldout_unmarked
    if store.truth is not None:
        size = store.frames.shape[1]
        points, true = metrics.to_pixels(run.landmarker.track(store), size), metrics.to_pixels(store.truth, size)
        judged = np.isfinite(metrics.point_error(points, true, store.visible))
        facts["points are judged where the truth says that they show, and nowhere else"] = bool((judged == store.visible).all())
    return facts


def _tensors(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def _off_paint(capture: Capture) -> list[float]:
    """How far true lines lie from the paint that is keyed on held-out marked frames, and the paint from them, in pixels.

    The first as they are, then moved by half of the paint's width in eight directions: what the key misses counts alike in all.
    """
    store, size = capture.heldout_marked, capture.heldout_marked.frames.shape[1]
    some = np.unique(np.linspace(0, len(store) - 1, FRAMES).round().astype(int))
    masks, points = chroma_key(store.batch(some), capture.paint).numpy(), metrics.to_pixels(store.truth[some], size)
    step, found = float(capture.paint.width.mean()) * size / 2 / 2, []
    for way in sorted(itertools.product((-1, 0, 1), repeat=2), key=any):  # no way first
        moved = points + step * np.array(way)
        away = metrics.paint_reprojection(moved, masks, capture.template, capture.paint.segment_color, store.visible[some])
        found.append(float(np.nanmean(away.there) + np.nanmean(away.back)))
    return found
