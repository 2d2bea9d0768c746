"""A slim L_delta, taught by the trained one: small enough to publish, and fast on one thread of a processor.

The trained network reads every frame it has seen the like of, once: the bare take, and the painted one after G has taken the
paint off. The slim one learns its points by regression, under the similarity transforms of training; see Hinton et al.,
"Distilling the knowledge in a neural network", 2015. No truth takes part.
"""

import hashlib
from pathlib import Path

import numpy as np
import torch

from glmk_lib.capture.dataset import Capture
from glmk_lib.networks import SlimDeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.regression import WEIGHTS, Lesson, Pace, finished, regress
from glmk_lib.runs import Run
from glmk_lib.unpaint import load_generator, unpaint

WIDER = 2  # batches of so many times a training step's: a slim step is cheap
RATE = 1e-3  # above the trained network's: there is no adversary to keep step with
WARM_UP = 100  # steps


def distil(
    capture: Capture, preset: Preset, run: Run, out: Path, seed: int = 0, deadline: float | None = None, progress: bool = True
) -> Landmarker:
    """Teach a SlimDeformationNet what `run`'s landmarker says; the result is kept in the folder `out` and read from there.

    Raises:
        OutOfTime: stopped for the `deadline` (`time.monotonic()`); the same call goes on.
        CheckpointError: `out` holds checkpoints of another configuration.
    """
    out = Path(out)
    with open(run.folder / WEIGHTS, "rb") as file:
        teacher = hashlib.file_digest(file, "sha256").hexdigest()
    pace = Pace(preset.supervised_steps, WIDER * preset.batch, RATE, WARM_UP)
    config = {"preset": preset.to_dict(), "capture": capture.info["key"], "seed": seed, "teacher": teacher, "pace": vars(pace)}
    if (found := finished(out, config)) is not None:
        return found
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    cleaned = out / "cleaned.npy"
    if not cleaned.is_file():
        unpaint(load_generator(run.folder, preset).to(device), capture.marked, cleaned)
    frames = _Both(capture.unmarked, np.load(cleaned, mmap_mode="r", allow_pickle=False))
    points = run.landmarker.to(device).track(frames)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = SlimDeformationNet(len(capture.template), preset.size, preset.deformation_width // 2)
    slim = regress(
        net, capture.template, Lesson(frames, points, np.ones(points.shape[:2], bool)), preset, pace, out, config,
        {"capture": capture.name, "preset": preset.name, "slim": True, "teacher": teacher},
        read_blur=run.landmarker.read_blur, deadline=deadline, progress=progress,
    )  # fmt: skip
    cleaned.unlink()
    return slim


class _Both:
    """The bare take's frames, and after them the cleaned ones, (M, 3, S, S) uint8; read as a frame store is."""

    def __init__(self, store, cleaned: np.ndarray):
        self.store, self.cleaned = store, cleaned

    def __len__(self) -> int:
        return len(self.store) + len(self.cleaned)

    def batch(self, indices) -> torch.Tensor:
        """The frames at `indices` as float32 (B, 3, S, S) in [0, 1]."""
        indices, bare = np.asarray(indices), len(self.store)
        images = torch.empty(len(indices), *self.cleaned.shape[1:])
        first = indices < bare
        images[torch.from_numpy(first)] = self.store.batch(indices[first])
        images[torch.from_numpy(~first)] = torch.from_numpy(self.cleaned[indices[~first] - bare]).float() / 255
        return images
