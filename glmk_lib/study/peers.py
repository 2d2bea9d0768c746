"""What ours is held against that is not trained on every label: annotators of a few frames, and baselines without training."""

import time
from pathlib import Path

import torch

from glmk_lib.baselines import simple
from glmk_lib.baselines.annotators import train_annotated
from glmk_lib.capture.dataset import Capture
from glmk_lib.errors import TrainingError
from glmk_lib.metrics.temporal import segments_from_timestamps
from glmk_lib.presets import Preset
from glmk_lib.study.scoring import finite, score_track


def measure_annotated(
    capture: Capture,
    preset: Preset,
    folder: Path,
    seed: int,
    labelled: int,
    exact: bool,
    deadline: float | None,
    progress: bool,
) -> dict:
    """L_delta taught by annotators of so many frames; returns and raises what `measure.measure_supervised` does.

    With `exact`, the annotators of those frames make no mistakes.
    """
    in_one, start = not (folder / "checkpoints").exists(), time.monotonic()
    landmarker = train_annotated(capture, preset, folder, labelled, seed, progress, deadline, exact)
    seconds = time.monotonic() - start
    points = landmarker.to("cuda" if torch.cuda.is_available() else "cpu").track(capture.heldout_unmarked)
    return _body(points, capture, preset.supervised_steps, seconds if in_one else None)


def measure_untrained(capture: Capture, name: str) -> dict:
    """A baseline that isn't trained, "static", "mean_shape" or "lucas_kanade"; returns what `measure.measure_method` does.

    The mean shape is that of the training frames' truth. Lucas-Kanade begins each unbroken piece of the video with the truth of
    its first frame, which favours it.

    Raises:
        TrainingError: the capture has no truth.
    """
    held = capture.heldout_unmarked
    if held.truth is None:
        raise TrainingError(f"{capture.root}: has no truth, which every baseline is compared with; use a studio capture.")
    start = time.monotonic()
    if name == "static":
        points = simple.static_template(capture.template, len(held))
    elif name == "mean_shape":
        points = simple.mean_shape(capture.unmarked.truth, len(held))
    else:
        pieces = segments_from_timestamps(held.timestamps)
        begins = [i + 1 for i in range(len(pieces) - 1) if pieces[i] != pieces[i + 1]]
        points = simple.lucas_kanade(held.frames, held.truth, begins)
    return _body(points, capture, 0, time.monotonic() - start)


def _body(points, capture: Capture, steps: int, seconds: float | None) -> dict:
    scores = finite(score_track(points, capture))
    return {"scores": scores, "seconds": seconds, "steps": steps, "history": [], "diverged": None}
