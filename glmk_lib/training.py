"""The training loop: batches, optimisers, EMA, learning rate, evaluation, sample sheets, checkpoints, progress.

The step itself is in `objective.py`. Training has two phases: all four networks together; then, G frozen and every marked frame
cleaned by it once, L_delta alone, at a tenth of the cost. `paper_only` has the first alone.

A run lives in one folder: `checkpoints/`, `sheets/`, `history.json`, and, once it is done, `landmarks.safetensors` (the EMA of
L_delta), `generator.safetensors` (that of G) and `run.json`. Called again with the same inputs it goes on where it stopped, and
ends as an uninterrupted run would: bit for bit on a CPU.
"""

import copy
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from lightning.fabric import Fabric
from tqdm import tqdm

from glmk_lib import checkpoint, sheets
from glmk_lib.capture.dataset import Capture
from glmk_lib.deadline import Deadline
from glmk_lib.errors import CheckpointError, OutOfTime, TrainingError
from glmk_lib.evaluation import evaluate
from glmk_lib.objective import ImagePool, Models, Objective
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.provenance import provenance
from glmk_lib.runs import Run, open_run, same_config
from glmk_lib.unpaint import paired_batch, unpaint

SHEET_FRAMES = 12
CHEAPER = 10  # a step of the second phase costs about a tenth: it is evaluated and stored as much more rarely


def rate(step: int, steps: int, decay_from: float) -> float:
    """CycleGAN's schedule: 1, then from `decay_from` of the steps on linearly to 0."""
    return min(1.0, (1 - step / steps) / (1 - decay_from)) if decay_from < 1 else 1.0


def train(
    capture: Capture,
    preset: Preset,
    out: Path,
    seed: int = 0,
    resume: bool = True,
    progress: bool = True,
    backend: str = "splat",
    deadline: float | None = None,
) -> Run:
    """Train on `capture` at `preset` into the folder `out`.

    Args:
        resume: go on from the last checkpoint in `out`, or take the run as it is when it is finished.
        progress: show a bar with the losses and the time left.
        backend: of the renderer, "splat" or "pytorch3d".
        deadline: `time.monotonic()` by which to stop, at the last checkpoint that is sure to come before it.

    Raises:
        OutOfTime: stopped for the deadline; the same call goes on. At least one checkpoint further than before.
        CheckpointError: `out` holds a run of another configuration.
        TrainingError: a loss became non-finite; the last good checkpoint is kept.
    """
    out = Path(out)
    config = {"preset": preset.to_dict(), "capture": capture.info["key"], "seed": seed, "backend": backend}
    config = json.loads(json.dumps(config))  # as it will be read back
    if not resume and ((out / "run.json").exists() or any((out / "checkpoints").glob("step-*"))):
        raise CheckpointError(f"{out}: already holds a run; choose another folder, or resume it.")
    if (out / "run.json").is_file():
        same_config(out / "run.json", json.loads((out / "run.json").read_text())["config"], config)
        return open_run(out)
    trainer = Trainer(capture, preset, out, seed, backend, config)
    return trainer.fit(progress, deadline)


class Trainer:
    """Everything that changes during a run, and how it is stored and restored."""

    def __init__(self, capture: Capture, preset: Preset, out: Path, seed: int, backend: str, config: dict):
        self.capture, self.preset, self.out, self.config = capture, preset, Path(out), config
        self.fabric = Fabric(accelerator="auto", devices=1, precision=preset.precision)
        self.random = torch.Generator().manual_seed(seed)  # batches, transforms, noise, pools: one stream, kept in checkpoints
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            models = Models(capture.template, preset)
        self.ema, self.ema_generator = (
            copy.deepcopy(models[name]).to(self.fabric.device).requires_grad_(False) for name in ("deformation", "generator")
        )
        self.cleaned = None  # marked frames without paint, once the second phase begins
        self.models = models
        for name in models:
            models[name] = self.fabric.setup_module(models[name])
        makers = [
            {"params": list(models["deformation"].parameters()), "lr": preset.lr_deformation},
            {"params": list(models["generator"].parameters()), "lr": preset.lr},
        ]
        judges = [{"params": [*models["disc_marked"].parameters(), *models["disc_unmarked"].parameters()], "lr": preset.lr}]
        self.optimizers = {
            name: self.fabric.setup_optimizers(torch.optim.Adam(groups, betas=(0.5, 0.999), fused=True))
            for name, groups in (("makers", makers), ("judges", judges))
        }
        self.objective = Objective(capture.template, capture.paint, preset, preset.terms, backend).to(self.fabric.device)
        self.pools = {name: ImagePool(preset.terms.pool, preset.size) for name in ("marked", "unmarked")}
        self.step, self.seconds, self.history = 0, 0.0, []

    # -- one step -------------------------------------------------------------------------------------------------------------

    def batch(self, store) -> torch.Tensor:
        """Random frames of a store, transformed."""
        index = torch.randint(len(store), (self.preset.batch,), generator=self.random)
        return self.objective.augment(store.batch(index.numpy()).to(self.fabric.device), self.random)

    def train_step(self) -> dict[str, torch.Tensor]:
        """L_delta and G, then D_M and D_U; gives every term's value."""
        models, objective = self.models, self.objective
        self._set_rates(self.step, self.preset.steps)
        marked, unmarked = self.batch(self.capture.marked), self.batch(self.capture.unmarked)

        judges = [models["disc_marked"], models["disc_unmarked"]]
        for judge in judges:
            judge.requires_grad_(False)
        frames = objective.translate(models, marked, unmarked, self.random)
        terms = objective.making(models, frames, self.step / self.preset.total_steps)
        self._update("makers", terms)

        for judge in judges:
            judge.requires_grad_(True)
        judged = objective.judging(
            models,
            marked,
            unmarked,
            self.pools["marked"].swap(frames.fake_marked.detach(), self.random),
            self.pools["unmarked"].swap(frames.fake_unmarked.detach(), self.random),
        )
        self._update("judges", judged)

        self._average("generator", self.ema_generator)
        return self._done({**terms, **judged})

    def refine_step(self) -> dict[str, torch.Tensor]:
        """L_delta alone, from marked frames and their cleaned copies."""
        if self.cleaned is None:
            self.cleaned = unpaint(self.ema_generator.eval(), self.capture.marked, self.out / "cleaned.npy")
        done = self.step - self.preset.steps
        self._set_rates(done, self.preset.refine_steps)
        index = torch.randint(len(self.cleaned), (self.preset.batch,), generator=self.random).numpy()
        marked, cleaned = paired_batch(
            self.capture.marked, self.cleaned, index, self.objective, self.random, self.fabric.device
        )
        progress = self.step / self.preset.total_steps
        terms = self.objective.refining(self.models["deformation"], marked, cleaned, progress, self.random)
        self._update("makers", terms)
        return self._done(terms)

    def _done(self, terms: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        self._average("deformation", self.ema)
        self.step += 1
        return {name: value.detach() for name, value in terms.items()}

    def _average(self, name: str, mean: torch.nn.Module):
        keep = min(self.preset.ema, (1 + self.step) / (10 + self.step))  # short memory at first
        with torch.no_grad():
            for slow, new in zip(mean.parameters(), self.models[name].parameters(), strict=True):
                slow.lerp_(new, 1 - keep)

    def _set_rates(self, step: int, steps: int):
        preset, factor = self.preset, rate(step, steps, self.preset.decay_from)
        bases = {"makers": (preset.lr_deformation, preset.lr), "judges": (preset.lr,)}
        for name, optimizer in self.optimizers.items():
            for group, base in zip(optimizer.param_groups, bases[name], strict=True):
                group["lr"] = base * factor

    def _update(self, name: str, terms: dict[str, torch.Tensor]):
        total = sum(terms.values())
        if not torch.isfinite(total):
            bad = ", ".join(k for k, v in terms.items() if not torch.isfinite(v))
            raise TrainingError(
                f"{self.out}: {bad} became non-finite at step {self.step}; the last checkpoint is kept. "
                "Halve the learning rates (lr, lr_deformation) and go on from it."
            )
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        self.fabric.backward(total)
        optimizer.step()

    # -- the loop -------------------------------------------------------------------------------------------------------------

    def fit(self, progress: bool = True, deadline: float | None = None) -> Run:
        """Train to the last step, from the last checkpoint if there is one. Raises OutOfTime; see `train`."""
        self.restore()
        pace = Deadline(deadline)
        preset = self.preset
        sums: dict[str, list[torch.Tensor]] = {}
        started = time.monotonic()
        bar = tqdm(
            total=preset.total_steps, initial=self.step, desc="training", unit="step", disable=not progress, file=sys.stdout,
            mininterval=0.5 if sys.stdout.isatty() else 10.0, dynamic_ncols=True,
        )  # fmt: skip
        with bar:
            while self.step < preset.total_steps:
                terms = self.train_step() if self.step < preset.steps else self.refine_step()
                for name, value in terms.items():
                    sums.setdefault(name, []).append(value)
                bar.update()
                if self._due(preset.evaluate_every):
                    means = {name: float(torch.stack(values).mean()) for name, values in sums.items()}
                    sums = {}
                    self.seconds += time.monotonic() - started
                    self.look(means)
                    started = time.monotonic()
                    shown = {k: f"{self.history[-1][k]:.2f}" for k in ("mean_px", "chamfer", "spring") if k in self.history[-1]}
                    bar.set_postfix(shown)
                    if self._due(preset.checkpoint_every):
                        self.store()
                        if self.step < preset.total_steps and pace.is_near():
                            raise OutOfTime(f"{self.out}: stopped at step {self.step} of {preset.total_steps}.")
        return self.finish()

    def _due(self, every: int) -> bool:
        """Whether something done every so many steps of the first phase is due; the end of a phase always is."""
        steps, total = self.preset.steps, self.preset.total_steps
        if self.step in (steps, total):
            return True
        return self.step % every == 0 if self.step < steps else (self.step - steps) % (CHEAPER * every) == 0

    def landmarker(self) -> Landmarker:
        """The EMA of L_delta with its template."""
        return Landmarker(self.ema, self.capture.template, self.preset.terms.read_blur).to(self.fabric.device)

    def look(self, means: dict[str, float]):
        """Evaluate on held-out frames, write a sample sheet, add to the history."""
        landmarker = self.landmarker()
        scores = evaluate(landmarker, self.capture)
        self.history.append({"step": self.step, "seconds": round(self.seconds, 3), **means, **scores})
        store = self.capture.heldout_unmarked
        chosen = np.linspace(0, len(store) - 1, min(SHEET_FRAMES, len(store))).round().astype(int)
        with torch.inference_mode():
            points = landmarker(store.batch(chosen).to(self.fabric.device)).float().cpu().numpy()
        picture = sheets.sheet(
            np.asarray(store.frames[chosen]), points, self.capture.template, scale=max(1, 192 // self.preset.size)
        )
        sheets.save_png(self.out / "sheets" / f"step-{self.step:06d}.png", picture)
        checkpoint.write_atomic(self.out / "history.json", json.dumps(self.history, indent=1).encode())

    # -- storing and restoring ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, torch.Tensor]:
        """All that the run needs to go on exactly, as named tensors."""
        # Fabric's wrapper of each network hands out the bare module's names; the dict of them does not.
        tensors = {f"models.{name}.{k}": v for name, net in self.models.items() for k, v in net.state_dict().items()}
        for name, mean in (("deformation", self.ema), ("generator", self.ema_generator)):
            tensors |= {f"ema.{name}.{k}": v for k, v in mean.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            tensors |= checkpoint.flatten_optimizer(f"optimizer_{name}", optimizer)
        for name, pool in self.pools.items():
            tensors[f"pool.{name}.images"] = pool.images
            tensors[f"pool.{name}.filled"] = torch.tensor(pool.filled)
        tensors |= {f"objective.{k}": v for k, v in self.objective.state_dict().items()}
        tensors["random"] = self.random.get_state()
        return tensors

    def store(self):
        """Write a checkpoint of this step."""
        checkpoint.save(self.out / "checkpoints", self.step, self.state(), self.config, self.history, self.seconds)

    def restore(self):
        """Take up the last whole checkpoint, if there is one."""
        found = checkpoint.load_latest(self.out / "checkpoints")
        if found is None:
            return
        same_config(found.path, found.config, self.config)
        tensors = found.tensors

        def part(prefix: str) -> dict:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        for name in self.models:
            self.models[name].load_state_dict(part(f"models.{name}."))
        self.ema.load_state_dict(part("ema.deformation."))
        self.ema_generator.load_state_dict(part("ema.generator."))
        for name, optimizer in self.optimizers.items():
            checkpoint.restore_optimizer(f"optimizer_{name}", optimizer, tensors)
        for name, pool in self.pools.items():
            pool.images.copy_(tensors[f"pool.{name}.images"])
            pool.filled = int(tensors[f"pool.{name}.filled"])
        self.objective.load_state_dict(part("objective."))
        self.random.set_state(tensors["random"])
        self.step, self.seconds, self.history = found.step, found.seconds, found.history

    def finish(self) -> Run:
        """Write the weights that others use; `run.json` comes last and marks the run as finished."""
        if not all(math.isfinite(float(p.sum())) for p in self.ema.parameters()):
            raise TrainingError(
                f"{self.out}: L_delta is not finite after {self.step} steps; lower lr_deformation and train again."
            )
        about = {"capture": self.capture.name, "preset": self.preset.name, "steps": self.step}
        landmarker = self.landmarker()
        landmarker.save(self.out / "landmarks.safetensors", **about)
        checkpoint.write_tensors(self.out / "generator.safetensors", self.ema_generator.state_dict())
        body = {"config": self.config, "history": self.history, "seconds": self.seconds, "provenance": provenance()}
        checkpoint.write_atomic(self.out / "run.json", json.dumps(body, indent=1).encode())
        (self.out / "cleaned.npy").unlink(missing_ok=True)
        return Run(self.out, landmarker, self.history, self.seconds)
