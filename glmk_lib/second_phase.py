"""What L_delta learns from once G is frozen: the marked frames without their paint, and the points fitted to that paint.

It comes in rounds. In each, the guesses of L_delta so far are fitted to the paint (`fitting.py`), and what lies under the lines
fitted is restored (`inpainting.py`).
"""

from pathlib import Path

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor

from glmk_lib import distributed
from glmk_lib.capture.dataset import Capture
from glmk_lib.fitting import fit
from glmk_lib.inpainting import Inpainter, inpaint, train_inpainter
from glmk_lib.networks import Generator
from glmk_lib.objective import Objective
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.unpaint import Cleaned, unpaint


class SecondPhase:
    """The material of the second phase; the first process makes it, and all have it.

    Args:
        seed: of the inpainter.
        folder: where the frames without paint are kept, in files cleaned*.npy.
    """

    def __init__(self, capture: Capture, preset: Preset, seed: int, objective: Objective, fabric: Fabric, folder: Path):
        self.capture, self.preset, self.seed, self.objective = capture, preset, seed, objective
        self.fabric, self.folder = fabric, Path(folder)
        self.cleaned = self.fitted = self.inpainter = None
        if preset.inpaint_steps and preset.total_steps > preset.steps:
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                self.inpainter = Inpainter(objective)

    def begin(self, generator: Generator):
        """Have G take the paint off all marked frames."""
        self._clean(generator, anew=True)

    def take_up(self, generator: Generator, number: int):
        """Have the frames of that round again, in a run that goes on from a checkpoint."""
        if self.inpainter:
            self._inpaint(number)
        else:
            self._clean(generator)

    def next_round(self, number: int, landmarker: Landmarker):
        """Fit what the landmarker guesses on the frames so far to the paint, and have the frames without that paint."""
        self.keep(self._fit(landmarker))
        if self.inpainter:
            if number == 0:
                self._train_inpainter(landmarker)
            self._inpaint(number, anew=True)

    def opened(self, file: Path) -> Cleaned:
        """The frames in `file`."""
        return Cleaned(np.load(file, mmap_mode="r", allow_pickle=False))

    def keep(self, fitted: Tensor):
        """Learn from these points (M, N, 2) from now on."""
        self.fitted = fitted

    def _clean(self, generator: Generator, anew: bool = False):
        file = self.folder / "cleaned.npy"
        if self.fabric.is_global_zero and (anew or not file.is_file()):
            unpaint(generator.eval(), self.capture.marked, file)
        self.fabric.barrier()
        self.cleaned = self.opened(file)

    def _inpaint(self, number: int, anew: bool = False):
        file = self.folder / f"cleaned-{number}.npy"
        if self.fabric.is_global_zero and (anew or not file.is_file()):
            inpaint(self.inpainter, self.capture.marked, self.fitted, file)
        self.fabric.barrier()
        self.cleaned = self.opened(file)

    def _train_inpainter(self, landmarker: Landmarker):
        """Its random numbers are its own, so that every process goes on with the same ones."""
        if self.fabric.is_global_zero:
            unmarked, random = self.capture.unmarked, torch.Generator().manual_seed(self.seed)
            guesses = self._guesses(landmarker, unmarked)
            train_inpainter(self.inpainter, self.objective, unmarked, guesses, self.preset, random)
        for parameter in self.inpainter.network.parameters():
            own = parameter.clone() if self.fabric.is_global_zero else torch.zeros_like(parameter)
            parameter.copy_(distributed.from_first(self.fabric, own))

    def _fit(self, landmarker: Landmarker) -> Tensor:
        """Points (M, N, 2) of all marked frames."""
        if not self.fabric.is_global_zero:
            empty = torch.zeros(len(self.cleaned), *self.objective.template.shape, device=self.fabric.device)
            return distributed.from_first(self.fabric, empty)
        guesses = self._guesses(landmarker, self.cleaned)
        return distributed.from_first(self.fabric, fit(self.objective, self.capture.marked, guesses, self.preset.fit_steps))

    def _guesses(self, landmarker: Landmarker, store) -> Tensor:
        """Where it sees the points in all frames of a store, (M, N, 2)."""
        return torch.from_numpy(landmarker.track(store, batch=100)).to(self.fabric.device)
