"""The two kinds of training step, and all that they change: networks, their running means, optimisers, image pools.

The objective is in `objective.py`. In the first phase all four networks learn together. In the second, G is frozen, and L_delta
learns alone from what `second_phase.py` gives it, at about a twentieth of the cost; `paper_only` has the first phase alone.
"""

import copy
from pathlib import Path

import torch
from lightning.fabric import Fabric
from torch import Tensor

from glmk_lib import checkpoint, distributed, watch
from glmk_lib.capture.dataset import Capture
from glmk_lib.draws import SharedGenerator
from glmk_lib.objective import ImagePool, Models, Objective
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.second_phase import SecondPhase


def rate(step: int, steps: int, decay_from: float) -> float:
    """CycleGAN's schedule: 1, then from `decay_from` of the steps on linearly to 0."""
    return min(1.0, (1 - step / steps) / (1 - decay_from)) if decay_from < 1 else 1.0


class Learner:
    """Everything that changes from step to step.

    Args:
        folder: where the second phase keeps the marked frames without their paint.
    """

    Second = SecondPhase

    def __init__(self, capture: Capture, preset: Preset, seed: int, backend: str, fabric: Fabric, folder: Path):
        self.capture, self.preset, self.seed, self.fabric = capture, preset, seed, fabric
        # Batches, transforms, noise, pools: one stream, kept in checkpoints.
        self.random = SharedGenerator().manual_seed(seed)
        self.random.rank, self.random.world = fabric.global_rank, fabric.world_size
        models = self._first_models()
        self.ema, self.ema_generator = (
            copy.deepcopy(models[name]).to(fabric.device).requires_grad_(False) for name in ("deformation", "generator")
        )
        self.models = models
        for name in models:
            models[name] = fabric.setup_module(models[name])
        makers = [
            {"params": list(models["deformation"].parameters()), "lr": preset.lr_deformation},
            {"params": list(models["generator"].parameters()), "lr": preset.lr},
        ]
        judges = [{"params": [*models["disc_marked"].parameters(), *models["disc_unmarked"].parameters()], "lr": preset.lr}]
        self.optimizers = {
            name: fabric.setup_optimizers(torch.optim.Adam(groups, betas=(0.5, 0.999), fused=True))
            for name, groups in (("makers", makers), ("judges", judges))
        }
        self.objective = Objective(capture.template, capture.paint, preset, preset.terms, backend).to(fabric.device)
        self.second = self.Second(capture, preset, seed, self.objective, fabric, folder)
        self.objective.everywhere = lambda mean: distributed.mean_everywhere(fabric, mean)
        self.stores = {"marked": capture.marked, "unmarked": capture.unmarked}
        self.pools = {name: ImagePool(preset.terms.pool, preset.size, fabric.device) for name in self.stores}
        self.noise = self.random  # of what is drawn on the device: transforms and noise
        self.step, self.drawn = 0, {}  # which frames the step now, or the last one, takes from which store

    def next_step(self) -> dict[str, Tensor]:
        """The step that is next; gives the value of every term, and what `watch` wants to know.

        Raises:
            NotFinite: a loss or a gradient is not finite; the step was not applied.
        """
        return self.train_step() if self.step < self.preset.steps else self.refine_step()

    def train_step(self) -> dict[str, Tensor]:
        """L_delta and G, then D_M and D_U."""
        preset = self.preset
        self._set_rates(self.step, preset.steps)
        index = {name: self._index(len(store)) for name, store in self.stores.items()}
        self.drawn = index
        pools = torch.stack([pool.choose(preset.batch, self.random) for pool in self.pools.values()])
        return self._done(self.train(**index, pools=pools, progress=self.step / preset.steps, share=self._share()))

    def refine_step(self) -> dict[str, Tensor]:
        """L_delta alone, from the marked frames without their paint and the points fitted to it."""
        done, length = self.step - self.preset.steps, -(-self.preset.refine_steps // self.preset.fit_rounds)
        second = self.second
        if done == 0:
            second.begin(self.ema_generator)
        elif second.cleaned is None:
            second.take_up(self.ema_generator, (done - 1) // length)
        if done % length == 0:
            second.next_round(done // length, self.landmarker())
        if done == 0 and self.preset.restart:
            self._restart()
        self._set_rates(done, self.preset.refine_steps)
        index = self._index(len(second.cleaned))
        self.drawn = {"marked": index}
        return self._done(self.refine(index=index, share=self._share()))

    # What follows is a step's work on the device. The host has made its choices before and waits for nothing here, so that
    # `fast.py` can record it once and replay it.

    def train(self, marked: Tensor, unmarked: Tensor, pools: Tensor, progress: float, share: float) -> dict[str, Tensor]:
        """A step of the first phase.

        Args:
            marked, unmarked: which frames, (B,) each, this process's share.
            pools: what becomes of the fakes, for each pool from `ImagePool.choose`.
            progress: 0 to 1, of this phase.
            share: of the networks in their running means.
        """
        models, objective = self.models, self.objective
        marked, unmarked = self._moved("marked", marked), self._moved("unmarked", unmarked)

        judges = [models["disc_marked"], models["disc_unmarked"]]
        for judge in judges:
            judge.requires_grad_(False)
        making = watch.Recorder(models)
        frames = objective.translate(making, marked, unmarked, self.noise)
        terms = objective.making(making, frames, progress)
        self._update("makers", terms)

        for judge in judges:
            judge.requires_grad_(True)
        judging = watch.Recorder(models)
        fakes = (
            self._exchanged(pool, fake.detach(), chosen)
            for pool, fake, chosen in zip(self.pools.values(), (frames.fake_marked, frames.fake_unmarked), pools, strict=True)
        )
        judged = objective.judging(judging, marked, unmarked, *fakes)
        self._update("judges", judged)

        self._average("generator", self.ema_generator, share)
        self._average("deformation", self.ema, share)
        offsets = watch.of_offsets(making.outputs["deformation"], self.ema.bound)
        return {**terms, **judged, **watch.of_scores(judging.outputs), **offsets}

    def refine(self, index: Tensor, share: float) -> dict[str, Tensor]:
        """A step of the second phase, on the marked frames of that `index` (B,); `share` as in the first."""
        images = self.second.cleaned.batch(index).to(self.fabric.device)
        refining = watch.Recorder(self.models)
        terms = self.objective.refining(refining["deformation"], images, self.second.fitted[index], self.noise)
        self._update("makers", terms)
        self._average("deformation", self.ema, share)
        return {**terms, **watch.of_offsets(refining.outputs["deformation"], self.ema.bound)}

    def _moved(self, name: str, index: Tensor) -> Tensor:
        """Frames of a store, under random transforms."""
        return self.objective.augment(self.stores[name].batch(index).to(self.fabric.device), self.noise)

    def _exchanged(self, pool: ImagePool, fakes: Tensor, chosen: Tensor) -> Tensor:
        """Fakes, some of them older ones from their pool. All processes keep the same pool, filled from the whole batch."""
        return self.random.own(pool.exchange(distributed.gather(self.fabric, fakes), chosen))

    def _update(self, name: str, terms: dict[str, Tensor]):
        optimizer, total = self.optimizers[name], sum(terms.values())
        # A loss that isn't finite makes every gradient NaN: DDP hands those on, so that all processes stop together.
        total = total * torch.where(total.detach().isfinite(), 1.0, torch.nan)
        optimizer.zero_grad(set_to_none=True)
        self.fabric.backward(total)
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        self._apply(name, terms, torch.nn.utils.get_total_norm(gradients).isfinite())

    def _apply(self, name: str, terms: dict[str, Tensor], sound: Tensor):
        """Let the optimiser make its step, if its gradient is `sound`."""
        if not sound:
            finite = self.everywhere(torch.stack([value.detach().isfinite().float() for value in terms.values()]))
            raise watch.NotFinite([term for term, share in zip(terms, finite.tolist(), strict=True) if share < 1])
        self.optimizers[name].step()

    def _average(self, name: str, mean: torch.nn.Module, share: float):
        with torch.no_grad():
            for slow, new in zip(mean.parameters(), self.models[name].parameters(), strict=True):
                slow.lerp_(new, share)

    # -- what the host does ---------------------------------------------------------------------------------------------------

    def landmarker(self) -> Landmarker:
        """The EMA of L_delta with its template."""
        return Landmarker(self.ema, self.capture.template, self.preset.terms.read_blur).to(self.fabric.device)

    def _index(self, count: int) -> Tensor:
        """Random frames of `count`: this process's share of the batch."""
        return self.random.own(torch.randint(count, (self.preset.batch,), generator=self.random))

    def _share(self) -> float:
        return 1 - min(self.preset.ema, (1 + self.step) / (10 + self.step))  # a short memory at first

    def _done(self, values: dict[str, Tensor]) -> dict[str, Tensor]:
        self.step += 1
        return {name: value.detach() for name, value in values.items()}

    def _first_models(self) -> Models:
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            return Models(self.capture.template, self.preset)

    def _restart(self):
        """Give L_delta its first weights again: what it learned from G's output, on which paint is left, is not wanted."""
        first = self._first_models()["deformation"].state_dict()
        for held in (self.models["deformation"], self.ema):
            held.load_state_dict(first)
        for parameter in self.models["deformation"].parameters():
            for value in self.optimizers["makers"].optimizer.state[parameter].values():
                value.zero_()

    def _set_rates(self, step: int, steps: int):
        preset, factor = self.preset, rate(step, steps, self.preset.decay_from)
        bases = {"makers": (preset.lr_deformation, preset.lr), "judges": (preset.lr,)}
        for name, optimizer in self.optimizers.items():
            for group, base in zip(optimizer.param_groups, bases[name], strict=True):
                self._set_rate(group, base * factor)

    def _set_rate(self, group: dict, value: float):
        group["lr"] = value

    def everywhere(self, mean: Tensor) -> Tensor:
        """The mean over all processes of a tensor that each of them has."""
        return distributed.mean_everywhere(self.fabric, mean.detach())

    # -- as named tensors -----------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """All that is needed to go on exactly."""
        tensors = {f"{prefix}{k}": v for prefix, module in self._modules().items() for k, v in module.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            tensors |= checkpoint.flatten_optimizer(f"optimizer_{name}", optimizer)
        for name, pool in self.pools.items():
            tensors[f"pool.{name}.images"] = pool.images
            tensors[f"pool.{name}.filled"] = torch.tensor(pool.filled)
        tensors["random"] = self.random.get_state()
        if self.second.fitted is not None:
            tensors["fitted"] = self.second.fitted
        return tensors

    def load_state(self, tensors: dict[str, Tensor], step: int):
        """Take up the state after `step` steps. Raises KeyError or RuntimeError: it is that of other networks."""
        for prefix, module in self._modules().items():
            module.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        for name, optimizer in self.optimizers.items():
            checkpoint.restore_optimizer(f"optimizer_{name}", optimizer, tensors)
        for name, pool in self.pools.items():
            pool.images.copy_(tensors[f"pool.{name}.images"])
            pool.filled = int(tensors[f"pool.{name}.filled"])
        self.random.set_state(tensors["random"])
        if "fitted" in tensors:
            self.second.fitted = tensors["fitted"].to(self.fabric.device)
        self.step = step

    def _modules(self) -> dict[str, torch.nn.Module]:
        """Every module with a state, by the prefix of its tensors' names."""
        # Fabric's wrapper of each network hands out the bare module's names; the dict of them does not.
        networks = {f"models.{name}.": self.models[name] for name in self.models}
        if self.second.inpainter:
            networks["inpainter."] = self.second.inpainter.network
        return networks | {"ema.deformation.": self.ema, "ema.generator.": self.ema_generator, "objective.": self.objective}
