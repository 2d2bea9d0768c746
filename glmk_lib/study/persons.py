"""A cell of the personalization study: what was trained on one capture, on the held-out frames of another."""

import shutil
from pathlib import Path

import torch

from glmk_lib import training
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.storage import alone
from glmk_lib.errors import TrainingError
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.study.code import PERSONS, code_hash
from glmk_lib.study.scoring import finite, score_track


def measure_persons(
    shown: Capture, seen: Capture, preset: Preset, folder: Path, seed: int, deadline: float | None, progress: bool
) -> dict:
    """Train the method on `seen`, and score it on the held-out unmarked frames of `shown`, whose truth it never meets.

    Point i is the same place of the body in both. The landmarks are T of `seen` moved by L_delta, so a person who differs from
    the one trained on is met by their offsets alone. One training serves all captures that it is shown; it lies in `folder`.

    Returns:
        What `measure.measure_method` does, "seconds" and "diverged" None.

    Raises:
        OutOfTime: stopped for the `deadline` (`time.monotonic()`); the next call goes on.
        DivergenceError: the training went wrong.
        TrainingError: the two captures have different lines.
    """
    if [line.points for line in shown.template.lines] != [line.points for line in seen.template.lines]:
        raise TrainingError(f"{seen.root}: its template has other lines than that of {shown.root}; expected the same points.")
    place = Path(folder) / f"seed{seed}-{seen.info['key'][:12]}-{code_hash(PERSONS)[:12]}"  # other films or code: another run
    with alone(place.with_suffix(".lock")):
        landmarker = _trained(seen, preset, place, seed, deadline, progress)
    scores = score_track(landmarker.to("cuda" if torch.cuda.is_available() else "cpu").track(shown.heldout_unmarked), shown)
    return {"scores": finite(scores), "seconds": None, "steps": preset.total_steps, "history": [], "diverged": None}


def _trained(capture: Capture, preset: Preset, place: Path, seed: int, deadline: float | None, progress: bool) -> Landmarker:
    run = training.train(capture, preset, place, seed=seed, progress=progress, deadline=deadline)
    shutil.rmtree(place / "checkpoints", ignore_errors=True)  # a finished run needs none of them, and they are large
    return run.landmarker
