"""The bound: the same L_delta, the same frames and transforms, with every landmark given."""

from pathlib import Path

import torch

from glmk_lib.capture.dataset import Capture
from glmk_lib.errors import TrainingError
from glmk_lib.networks import DeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.regression import Lesson, Pace, finished, regress


def train_supervised(
    capture: Capture, preset: Preset, out: Path, seed: int = 0, progress: bool = True, deadline: float | None = None
) -> Landmarker:
    """Train L_delta on the unmarked frames' truth by the mean distance to it; the result is kept in `out` and read from there.

    The frames are read as they are (no blur, no noise): there is no generator to hide a signal in them.

    Raises:
        TrainingError: the capture has no truth.
        OutOfTime: stopped for the `deadline` (`time.monotonic()`); the same call goes on.
        CheckpointError: `out` holds checkpoints of another configuration.
    """
    store = capture.unmarked
    if store.truth is None:
        raise TrainingError(f"{capture.root}: has no truth, which full supervision needs; use a studio capture.")
    config = {"preset": preset.to_dict(), "capture": capture.info["key"], "seed": seed}
    if (found := finished(out, config)) is not None:
        return found
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = DeformationNet(len(capture.template), preset.size, preset.deformation_width)
    lesson = Lesson(store, store.truth, store.visible)
    pace = Pace(preset.supervised_steps, preset.batch, preset.lr_deformation)
    about = {"capture": capture.name, "preset": preset.name, "supervised": True}
    return regress(
        net, capture.template, lesson, preset, pace, out, config, about, read_blur=0.0, deadline=deadline, progress=progress
    )
