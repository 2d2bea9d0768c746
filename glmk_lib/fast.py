"""Steps on one CUDA device: frames kept there as bytes, networks compiled, a step's work recorded once and replayed.

What is computed is what `learner.py` says. A GPU is quicker than the host that tells it what to do, so:

- all frames lie on the device, as uint8, and what is random in a step, but for which frames it takes, is drawn there;
- the networks, in bf16 as the preset says and with channels last, and the larger terms are compiled by torch.compile;
- a step's work never waits for the host, and is therefore recorded as a CUDA graph, which the host starts as a whole.

Whether all was finite is asked every `ASKED` steps; a step that isn't sound is not applied all the same.
"""

import torch
from lightning.fabric import Fabric
from torch import Tensor

from glmk_lib import watch
from glmk_lib.capture.dataset import Capture
from glmk_lib.learner import Learner
from glmk_lib.presets import Preset
from glmk_lib.second_phase import SecondPhase

ASKED = 50  # steps
WARM = 3  # steps before the recording: libraries choose their algorithms, and compilers compile


def learner(capture: Capture, preset: Preset, seed: int, backend: str, fabric: Fabric, folder) -> Learner:
    """The learner for this machine: the fast one where there is one CUDA device, and the renderer is our own."""
    kind = FastLearner if fabric.device.type == "cuda" and fabric.world_size == 1 and backend == "splat" else Learner
    return kind(capture, preset, seed, backend, fabric, folder)


class Resident:
    """Frames on a device, (N, 3, S, S) uint8, read as a frame store is.

    Args:
        images: (N, H, W, 3) or, `channels_first`, (N, 3, H, W) uint8, an array that may be memory-mapped.
    """

    def __init__(self, images, device: torch.device, channels_first: bool = False, together: int = 1000):
        parts = []
        for i in range(0, len(images), together):
            part = torch.tensor(images[i : i + together]).to(device)
            parts.append(part if channels_first else part.permute(0, 3, 1, 2).contiguous())
        self.images = torch.cat(parts)

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices) -> Tensor:
        """The frames at `indices` as float32 (B, 3, S, S) in [0, 1]."""
        return self.images[torch.as_tensor(indices, device=self.images.device)].float() / 255


class Recorded:
    """A function of tensors and numbers, given by name; after some calls a CUDA graph of what it did is replayed instead.

    It must do the same work at every call and wait for nothing. What it returns lives until the next call. Elsewhere than on a
    CUDA device it is called as it is, with its inputs on the device all the same.
    """

    def __init__(self, work, device: torch.device):
        self.work, self.device = work, device
        self.inputs: dict[str, Tensor] = {}
        self.graph, self.results, self.calls = None, None, 0

    def __call__(self, **inputs):
        for name, value in inputs.items():
            value = torch.as_tensor(value, dtype=torch.float32 if isinstance(value, float) else None)
            if name in self.inputs:
                self.inputs[name].copy_(value, non_blocking=True)
            else:
                self.inputs[name] = value.to(self.device, copy=True)
        self.calls += 1
        if self.device.type != "cuda":
            return self.work(**self.inputs)
        if self.graph is None and self.calls <= WARM:
            return self._aside()
        if self.graph is None:
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.results = self.work(**self.inputs)
        self.graph.replay()
        return self.results

    def _aside(self):
        """Call it on another stream, as a recording wants it done before."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            results = self.work(**self.inputs)
        torch.cuda.current_stream().wait_stream(stream)
        return results


class ResidentPhase(SecondPhase):
    """The second phase's material in the device's memory, always at the place where a recording reads it."""

    def opened(self, file) -> Resident:
        made = Resident(super().opened(file).images, self.fabric.device, channels_first=True)
        if self.cleaned is None:
            return made
        self.cleaned.images.copy_(made.images)
        return self.cleaned

    def keep(self, fitted: Tensor):
        if self.fitted is None:
            self.fitted = fitted
        else:
            self.fitted.copy_(fitted)


class FastLearner(Learner):
    """A learner whose steps are recorded. On a CPU, for tests, the same code runs without compiler and graph."""

    Second = ResidentPhase

    def __init__(self, capture: Capture, preset: Preset, seed: int, backend: str, fabric: Fabric, folder):
        super().__init__(capture, preset, seed, backend, fabric, folder)
        device = fabric.device
        self.stores = {name: Resident(store.frames, device) for name, store in self.stores.items()}
        self.train, self.refine = Recorded(self.train, device), Recorded(self.refine, device)
        self.finite: dict[tuple[str, ...], Tensor] = {}  # by the names of a step's terms: whether each, and the gradient, was
        if device.type == "cuda":
            torch.backends.cudnn.benchmark = True
            self.noise = torch.cuda.default_generators[device.index or 0]  # the one that a recording knows
            compile_networks({name: net.module for name, net in self.models.items()})
            compile_terms(self.objective)
        else:
            self.noise = torch.Generator()
        self.noise.manual_seed(seed)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["capturable"] = device.type == "cuda"
                group["lr"] = torch.tensor(float(group["lr"]), device=device)

    def next_step(self) -> dict[str, Tensor]:
        values = super().next_step()
        if self.step % ASKED == 0 or self.step in (self.preset.steps, self.preset.total_steps):
            for names, finite in self.finite.items():
                if not finite.all():
                    raise watch.NotFinite([name for name, sound in zip(names, finite.tolist()[1:], strict=True) if not sound])
        return values

    def _apply(self, name: str, terms: dict[str, Tensor], sound: Tensor):
        now = torch.stack([sound, *(value.detach().isfinite() for value in terms.values())])
        self.finite.setdefault(tuple(terms), torch.ones_like(now)).logical_and_(now)
        optimizer = self.optimizers[name].optimizer
        optimizer.found_inf = (~sound).float()  # the fused Adam then leaves everything as it is
        optimizer.step()

    def _set_rate(self, group: dict, value: float):
        group["lr"].fill_(value)

    def state(self) -> dict[str, Tensor]:
        return super().state() | {"noise": self.noise.get_state()}

    def load_state(self, tensors: dict[str, Tensor], step: int):
        super().load_state(tensors, step)
        if "noise" in tensors:  # a run that began on a CPU has none
            self.noise.set_state(tensors["noise"])


def compile_networks(networks: dict[str, torch.nn.Module], **options):
    """Have networks compiled at their first call, and read images with channels last: as a GPU's matrix units want them."""
    for network in networks.values():
        network.register_forward_pre_hook(lambda _, args: (args[0].contiguous(memory_format=torch.channels_last),))
        network.compile(dynamic=False, **options)


def compile_terms(objective, **options):
    """Have those terms compiled that are made of many small operations."""
    for name in ("strokes", "to_paint"):
        setattr(objective, name, torch.compile(getattr(objective, name), dynamic=False, **options))
    objective.renderer.compile(dynamic=False, **options)
