"""A cell of the spring study: L_delta refitted at one spring constant against the frozen G of its capture and seed."""

from pathlib import Path

import numpy as np
import torch

from glmk_lib import training, unpaint
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.storage import alone
from glmk_lib.presets import Preset
from glmk_lib.refit import refit
from glmk_lib.study.code import REFITS, code_hash
from glmk_lib.study.scoring import finite, score_track


def measure_refit(
    capture: Capture, preset: Preset, base: Preset, folder: Path, seed: int, deadline: float | None, progress: bool
) -> dict:
    """Refit L_delta at `preset`, and score it; returns what `measure.measure_method` does, "seconds" None.

    G is that of the first phase at `base`, trained once for all refits of the same capture and seed, beside `folder`.

    Raises:
        OutOfTime: stopped for the `deadline` (`time.monotonic()`) while G was trained; the next call goes on.
    """
    made_from = f"{capture.info['key'][:12]}-{code_hash(REFITS)[:12]}"  # other films or other code: another G
    shared = Path(folder).with_name(f"first-phase-seed{seed}-{made_from}")
    with alone(shared.with_suffix(".lock")):  # another refit may be at it
        cleaned = _cleaned(capture, base.with_(refine_steps=0), shared, seed, deadline, progress)
    landmarker = refit(capture, preset, cleaned, seed, progress).to("cuda" if torch.cuda.is_available() else "cpu")
    scores = finite(score_track(landmarker.track(capture.heldout_unmarked), capture))
    return {"scores": scores, "seconds": None, "steps": preset.ablation_steps, "history": [], "diverged": None}


def _cleaned(capture: Capture, preset: Preset, folder: Path, seed: int, deadline: float | None, progress: bool) -> np.ndarray:
    training.train(capture, preset, folder, seed=seed, progress=progress, deadline=deadline)
    file = folder / "cleaned.npy"
    if not file.is_file():
        device = "cuda" if torch.cuda.is_available() else "cpu"
        unpaint.unpaint(unpaint.load_generator(folder, preset).to(device), capture.marked, file)
    return np.load(file, mmap_mode="r", allow_pickle=False)
