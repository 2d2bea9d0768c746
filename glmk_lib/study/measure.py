"""One row, one seed, one capture: train it, and measure what came out on frames that it never saw."""

import dataclasses
import time
from pathlib import Path

import torch

from glmk_lib import evaluation, training, unpaint
from glmk_lib.baselines.supervised import train_supervised
from glmk_lib.capture.dataset import Capture
from glmk_lib.checkpoint import Checkpoint, load_latest
from glmk_lib.errors import DivergenceError
from glmk_lib.networks import Generator
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.study.guess import guess
from glmk_lib.study.scoring import finite, score_track

SEEN = ("step", "seconds", "mean_px", "line_px")  # of a run's history, what is kept


def measure_method(
    capture: Capture, preset: Preset, folder: Path, seed: int, guessed: bool, deadline: float | None, progress: bool
) -> dict:
    """Train the method into `folder`, from where it was stopped, and score it on held-out frames.

    A run that diverges is a result: "diverged" says what went wrong and at which step, and the scores are those of the last
    good checkpoint.

    Args:
        guessed: paint with a guess of the paint in place of what was measured.
        deadline: `time.monotonic()` at which to store a checkpoint and stop.

    Returns:
        "scores" (of `scoring.score_track` and, if there is a G, `evaluation.reprojection`), "seconds" of training, "steps",
        "history", and "diverged": None, or "what" went wrong, at which "step", and the "good_step" that is scored.

    Raises:
        OutOfTime: the deadline has passed; the next call goes on.
    """
    shown = dataclasses.replace(capture, paint=guess(capture.paint, capture.template)) if guessed else capture
    diverged = None
    try:
        run = training.train(shown, preset, folder, seed=seed, progress=progress, deadline=deadline)
        landmarker, history, seconds = run.landmarker, run.history, run.seconds
        generator = unpaint.load_generator(folder, preset)
    except DivergenceError as error:
        landmarker, good = training.last_good(folder, capture, preset), load_latest(folder / "checkpoints", good=True)
        history, seconds = (good.history, good.seconds) if good else ([], 0.0)
        generator = _generator(good, preset) if good else None
        diverged = {"what": error.what, "step": error.step, "good_step": good.step if good else 0}
    scores = _score(landmarker, capture)
    if generator:
        scores |= evaluation.reprojection(landmarker, generator.to(_device()), capture)
    return {
        "scores": finite(scores),
        "seconds": seconds,
        "steps": diverged["step"] if diverged else history[-1]["step"],
        "history": [{key: row[key] for key in SEEN if key in row} for row in history],
        "diverged": diverged,
    }


def measure_supervised(
    capture: Capture, preset: Preset, folder: Path, seed: int, deadline: float | None, progress: bool
) -> dict:
    """The bound: the same network, frames and transforms, with every landmark given.

    Returns and raises what `measure_method` does; "seconds" is None where training took more than one sitting.
    """
    in_one, start = not (folder / "checkpoints").exists(), time.monotonic()
    landmarker = train_supervised(capture, preset, folder, seed, progress, deadline)
    seconds = time.monotonic() - start
    return {
        "scores": finite(_score(landmarker, capture)),
        "seconds": seconds if in_one else None,
        "steps": preset.supervised_steps,
        "history": [],
        "diverged": None,
    }


def _generator(good: Checkpoint, preset: Preset) -> Generator:
    """The average of G in a checkpoint."""
    generator, prefix = Generator(preset.generator_width, preset.generator_blocks), "ema.generator."
    generator.load_state_dict({k.removeprefix(prefix): v for k, v in good.tensors.items() if k.startswith(prefix)})
    return generator.eval().requires_grad_(False)


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _score(landmarker: Landmarker, capture: Capture) -> dict:
    return score_track(landmarker.to(_device()).track(capture.heldout_unmarked), capture)
