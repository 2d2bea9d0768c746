"""Training: the loop around the steps of `learner.py`; evaluation, sample sheets, history, checkpoints, progress, early stops.

A run lives in one folder: `checkpoints/`, `sheets/`, `history.json`, and, once it is done, `landmarks.safetensors` (the EMA of
L_delta), `generator.safetensors` (that of G) and `run.json`. Called again with the same inputs it goes on where it stopped, and
ends as an uninterrupted run would: bit for bit on a CPU.

A run that starts to go wrong (see `watch.py`) is stopped, and `diverged.json` says why; `not_finite.safetensors` holds the
batch of a step whose loss or gradient was not finite. Called again with the same inputs it
says so again: the same run would go the same way. Other inputs need another folder, as they do for a finished run. What was
learned before can be had from `last_good`.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from lightning.fabric import Fabric
from tqdm import tqdm

from glmk_lib import checkpoint, distributed, fast, sheets, watch
from glmk_lib.capture.dataset import Capture
from glmk_lib.deadline import Deadline
from glmk_lib.errors import CheckpointError, DivergenceError, OutOfTime, TrainingError
from glmk_lib.evaluation import evaluate
from glmk_lib.networks import DeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.provenance import provenance
from glmk_lib.runs import DIVERGED, Run, divergence, open_run, same_config

DUMP = "not_finite.safetensors"  # in a run's folder: the batch of the step that was not applied
SHEET_FRAMES = 12
CHEAPER = 20  # a step of the second phase costs about a twentieth: it is evaluated and stored as much more rarely


def train(
    capture: Capture,
    preset: Preset,
    out: Path,
    seed: int = 0,
    resume: bool = True,
    progress: bool = True,
    backend: str = "splat",
    deadline: float | None = None,
    devices: int | str = 1,
) -> Run:
    """Train on `capture` at `preset` into the folder `out`.

    Args:
        resume: go on from the last checkpoint in `out`, or take the run as it is when it is finished.
        progress: show a bar with the losses and the time left.
        backend: of the renderer, "splat" or "pytorch3d".
        deadline: `time.monotonic()` by which to stop, at the last checkpoint that is sure to come before it.
        devices: how many, or "auto" (see `distributed.py`). A run may go on with another number of them.

    Raises:
        OutOfTime: stopped for the deadline; the same call goes on. At least one checkpoint further than before.
        DivergenceError: the run started to go wrong, now or the last time; the last good checkpoint is kept.
        CheckpointError: `out` holds a run of another configuration.
        CaptureError: the file of a take changed or was removed while it was trained on; the last checkpoint is kept.
        TrainingError: the devices asked for can't be had.
    """
    out = Path(out)
    config = {"preset": preset.to_dict(), "capture": capture.info["key"], "seed": seed, "backend": backend}
    config = json.loads(json.dumps(config))  # as it will be read back
    ended = [out / name for name in ("run.json", DIVERGED) if (out / name).is_file()]
    if not resume and (ended or any((out / "checkpoints").glob("step-*"))):
        raise CheckpointError(f"{out}: already holds a run; choose another folder, or resume it.")
    for path in ended:
        same_config(path, json.loads(path.read_text())["config"], config)
        if path.name == DIVERGED:
            raise divergence(out)
        return open_run(out)
    trainer = Trainer(capture, preset, out, seed, backend, config, distributed.start(devices, preset))
    return trainer.fit(progress, deadline)


def last_good(out: Path, capture: Capture, preset: Preset) -> Landmarker:
    """The landmarker of the last good checkpoint in `out`, whether the run ended, diverged or was stopped.

    A run that diverged before its first checkpoint gives what it started from: the template.

    Raises:
        CheckpointError: `out` holds no run, or one of another capture or preset.
    """
    folder = Path(out) / "checkpoints"
    found = checkpoint.load_latest(folder, good=True)
    if found is None and divergence(out) is None:
        raise CheckpointError(f"{folder}: holds no checkpoint; expected those of a training run: train first.")
    with torch.random.fork_rng():  # no caller's random numbers change
        net = DeformationNet(len(capture.template), preset.size, preset.deformation_width)
    if found is not None:
        expected = {"preset": json.loads(json.dumps(preset.to_dict())), "capture": capture.info["key"]}
        same_config(found.path, {k: found.config.get(k) for k in expected}, expected)
        prefix = "ema.deformation."
        net.load_state_dict({k.removeprefix(prefix): v for k, v in found.tensors.items() if k.startswith(prefix)})
    return Landmarker(net.eval().requires_grad_(False), capture.template, preset.terms.read_blur)


class Trainer:
    """One run: its learner, what is known of it so far, and its folder. The first process alone writes files."""

    def __init__(
        self,
        capture: Capture,
        preset: Preset,
        out: Path,
        seed: int,
        backend: str,
        config: dict,
        fabric: Fabric | None = None,
    ):
        self.capture, self.preset, self.out, self.config = capture, preset, Path(out), config
        self.fabric = fabric or distributed.start(1, preset)
        self.learner = fast.learner(capture, preset, seed, backend, self.fabric, self.out)
        self.seconds, self.history = 0.0, []

    def fit(self, progress: bool = True, deadline: float | None = None) -> Run:
        """Train to the last step, from the last checkpoint if there is one. Raises OutOfTime, DivergenceError; see `train`."""
        self.restore()
        pace, learner, preset, means = Deadline(deadline), self.learner, self.preset, watch.Means()
        started = time.monotonic()
        bar = tqdm(
            total=preset.total_steps, initial=learner.step, desc="training", unit="step", file=sys.stdout,
            disable=not (progress and self.fabric.is_global_zero), mininterval=0.5 if sys.stdout.isatty() else 10.0,
            dynamic_ncols=True,
        )  # fmt: skip
        with bar:
            while learner.step < preset.total_steps:
                try:
                    means.add(learner.next_step())
                except watch.NotFinite as error:
                    self.dump()
                    raise self.stopped("non-finite", str(error)) from None
                bar.update()
                if self._due(preset.evaluate_every):
                    self.check_data()
                    self.seconds += time.monotonic() - started
                    self.look(means.take(learner.everywhere))
                    started = time.monotonic()
                    shown = {k: f"{self.history[-1][k]:.2f}" for k in ("mean_px", "chamfer", "fit") if k in self.history[-1]}
                    bar.set_postfix(shown)
                    if self._due(preset.checkpoint_every):
                        self.store()
                        if learner.step < preset.total_steps and self.fabric.broadcast(pace.is_near()):
                            raise OutOfTime(f"{self.out}: stopped at step {learner.step} of {preset.total_steps}.")
        return self.finish()

    def check_data(self):
        """Raises CaptureError when a file that the steps read is not the one they began with: nothing is kept of them then."""
        for store in (self.capture.marked, self.capture.unmarked):
            store.check_unchanged()

    def _due(self, every: int) -> bool:
        """Whether something done every so many steps of the first phase is due; the end of a phase always is."""
        step, steps, total = self.learner.step, self.preset.steps, self.preset.total_steps
        if step in (steps, total):
            return True
        return step % every == 0 if step < steps else (step - steps) % (CHEAPER * every) == 0

    def look(self, means: dict[str, float]):
        """Evaluate on held-out frames, write a sample sheet, add to the history. Raises DivergenceError; see `watch.py`."""
        learner, row = self.learner, {"step": self.learner.step, "seconds": round(self.seconds, 3), **means}
        self.history.append(row)
        if not all(p.sum().isfinite() for p in learner.ema.parameters()):
            raise self.stopped("non-finite", str(watch.NotFinite(["L_delta"])))
        if self.fabric.is_global_zero:
            row |= evaluate(learner.landmarker(), self.capture)
            self._write_sheet()
            checkpoint.write_atomic(self.out / "history.json", json.dumps(self.history, indent=1).encode())
        what = watch.trouble(self.history)
        if what:
            raise self.stopped(what, watch.explain(what, self.history))

    def _write_sheet(self):
        store, learner = self.capture.heldout_unmarked, self.learner
        chosen = np.linspace(0, len(store) - 1, min(SHEET_FRAMES, len(store))).round().astype(int)
        with torch.inference_mode():
            points = learner.landmarker()(store.batch(chosen).to(self.fabric.device)).float().cpu().numpy()
        picture = sheets.sheet(
            np.asarray(store.frames[chosen]), points, self.capture.template, scale=max(1, 192 // self.preset.size)
        )
        sheets.save_png(self.out / "sheets" / f"step-{learner.step:06d}.png", picture)

    def dump(self):
        """Keep the batch of a step that was not applied: its frames (B, 3, S, S), and which of their take they are (B,)."""
        if self.fabric.is_global_zero:
            stores, drawn = self.learner.stores, self.learner.drawn
            frames = {name: stores[name].batch(index.cpu()) for name, index in drawn.items()}
            numbers = {f"{name}_index": index for name, index in drawn.items()}
            checkpoint.write_tensors(self.out / DUMP, frames | numbers, {"step": str(self.learner.step)})

    def stopped(self, what: str, why: str) -> DivergenceError:
        """Mark the run as gone wrong, and drop the checkpoints that already were; gives the error that says so."""
        if self.fabric.is_global_zero:
            kept = checkpoint.drop_suspects(self.out / "checkpoints")
            last = "there was no good checkpoint yet" if kept is None else f"the last good checkpoint, of step {kept}, is kept"
            message = f"{self.out}: stopped at step {self.learner.step}: {why}, in a new folder; {last}."
            body = {"what": what, "step": self.learner.step, "message": message, "config": self.config}
            checkpoint.write_atomic(self.out / DIVERGED, json.dumps(body, indent=1).encode())
        self.fabric.barrier()
        return divergence(self.out)

    def store(self):
        """Write a checkpoint of this step; one in which `watch` already sees a sign does not replace the last good one."""
        if self.fabric.is_global_zero:
            good = watch.sign(self.history) is None
            tensors = self.learner.state()
            folder = self.out / "checkpoints"
            checkpoint.save(folder, self.learner.step, tensors, self.config, self.history, self.seconds, good=good)

    def restore(self):
        """Take up the last whole checkpoint, if there is one."""
        found = checkpoint.load_latest(self.out / "checkpoints", say=self.fabric.print)
        if not distributed.agree(self.fabric, found.step if found else -1):
            raise TrainingError(
                f"{self.out}: the processes find different checkpoints; expected a folder that all machines see."
            )
        if found is None:
            return
        same_config(found.path, found.config, self.config)
        try:
            self.learner.load_state(found.tensors, found.step)
        except (KeyError, RuntimeError, ValueError):
            raise CheckpointError(
                f"{found.path}: made by another version of the library; choose another folder, or delete this one."
            ) from None
        self.seconds, self.history = found.seconds, found.history

    def finish(self) -> Run:
        """Write the weights that others use; `run.json` comes last and marks the run as finished."""
        landmarker = self.learner.landmarker()
        if self.fabric.is_global_zero:
            about = {"capture": self.capture.name, "preset": self.preset.name, "steps": self.learner.step}
            landmarker.save(self.out / "landmarks.safetensors", **about)
            checkpoint.write_tensors(self.out / "generator.safetensors", self.learner.ema_generator.state_dict())
            body = {"config": self.config, "history": self.history, "seconds": self.seconds, "provenance": provenance()}
            checkpoint.write_atomic(self.out / "run.json", json.dumps(body, indent=1).encode())
            for file in self.out.glob("cleaned*.npy"):
                file.unlink()
        self.fabric.barrier()
        return Run(self.out, landmarker, self.history, self.seconds) if self.fabric.is_global_zero else open_run(self.out)
