"""One row, one seed, one capture: train it, and measure what came out on frames that it never saw."""

import dataclasses
import math
import time
from pathlib import Path

import torch

from glmk_lib import evaluation, training, unpaint
from glmk_lib.baselines.supervised import train_supervised
from glmk_lib.capture.dataset import Capture
from glmk_lib.checkpoint import load_latest
from glmk_lib.errors import DivergenceError
from glmk_lib.presets import Preset
from glmk_lib.study.guess import guess

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
        "scores" (of `evaluation.score` and, where the run ended well, `evaluation.reprojection`), "seconds" of training,
        "steps", "history" and "diverged" (None, or "what" and "step").

    Raises:
        OutOfTime: the deadline has passed; the next call goes on.
    """
    if guessed:
        capture = dataclasses.replace(capture, paint=guess(capture.paint, capture.template))
    diverged, again = None, {}
    try:
        run = training.train(capture, preset, folder, seed=seed, progress=progress, deadline=deadline)
        landmarker, history, seconds = run.landmarker, run.history, run.seconds
        again = evaluation.reprojection(landmarker, unpaint.load_generator(folder, preset), capture)
    except DivergenceError as error:
        diverged = {"what": error.what, "step": error.step}
        landmarker = training.last_good(folder, capture, preset)
        last = load_latest(folder / "checkpoints")
        history, seconds = (last.history, last.seconds) if last else ([], 0.0)
    return {
        "scores": _finite({**_score(landmarker, capture), **again}),
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
        "scores": _finite(_score(landmarker, capture)),
        "seconds": seconds if in_one else None,
        "steps": preset.supervised_steps,
        "history": [],
        "diverged": None,
    }


def _score(landmarker, capture: Capture) -> dict:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    held = capture.heldout_unmarked
    return evaluation.score(landmarker.to(device).track(held), held, capture.template)


def _finite(scores: dict) -> dict:
    """What was measured: a measure that nothing could be said about is NaN, which JSON does not hold."""
    return {k: v for k, v in scores.items() if not isinstance(v, float) or math.isfinite(v)}
