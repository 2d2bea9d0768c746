"""Our training step on a GPU as it is run there, beside CycleGAN's in eager float32. Needs CUDA; elsewhere nothing is measured.

    python benchmarks/gpu.py [--rounds 30]

Paper networks, 128 px, the preset's batch, all frames resident, medians over rounds in which each side makes one step:

ours             bf16, channels last, compiled, recorded as a CUDA graph (glmk_lib/fast.py): what `make train` does on a GPU
ours_float32     the same step in eager float32
cyclegan         CycleGAN's step from the same blocks in eager float32, as PyTorch runs it by default (TF32 in convolutions)
cyclegan_strict  the same without TF32

A sample is a marked frame and an unmarked one. "busy" is the share of the time in which at least one kernel of ours runs, and
"reached" what our step multiplies and adds in a second over what a large product of matrices does in bf16 on this device. The
figures go to results/paper/studio_face/gpu.json.
"""

import argparse
import tempfile
from contextlib import contextmanager
from pathlib import Path

import torch
from cyclegan import CycleGan
from lightning.fabric import Fabric
from step import some_frames
from timing import medians
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from glmk_lib import presets
from glmk_lib.capture.dataset import Capture
from glmk_lib.fast import WARM, FastLearner, Resident
from glmk_lib.learner import Learner
from glmk_lib.publish.notebook import save_results

PROFILED = 20  # steps


@contextmanager
def tf32(allowed: bool):
    """Whether convolutions in float32 may round their inputs to 19 bits, as PyTorch lets them by default."""
    before, torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.allow_tf32, allowed
    yield
    torch.backends.cudnn.allow_tf32 = before


def sides(capture: Capture, preset: presets.Preset, device: torch.device, folder: Path) -> dict:
    """A step of each side, with frames on the device for all of them."""

    def learner(kind, precision: str):
        fabric = Fabric(accelerator=device.type, devices=1, precision=precision)
        return kind(capture, preset, 0, "splat", fabric, folder)

    ours, plain = learner(FastLearner, preset.precision), learner(Learner, "32-true")
    theirs, index = CycleGan(preset, device), torch.arange(preset.batch, device=device)
    marked, unmarked = (Resident(store.frames, device) for store in (capture.marked, capture.unmarked))

    def cyclegan(allowed: bool):
        with tf32(allowed):
            theirs.step(marked.batch(index), unmarked.batch(index))

    return {
        "ours": ours.train_step,
        "ours_float32": plain.train_step,
        "cyclegan": lambda: cyclegan(True),
        "cyclegan_strict": lambda: cyclegan(False),
    }


def operations(run) -> int:
    """What one call multiplies and adds in matrix products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def busy(run, steps: int = PROFILED) -> float | None:
    """The share of the time in which the device computes; None where there is no device to watch."""
    if not torch.cuda.is_available():
        return None
    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        for _ in range(steps):
            run()
        torch.cuda.synchronize()
    kernels = [e.time_range for e in profiled.events() if e.device_type == torch.autograd.DeviceType.CUDA]
    return covered([(span.start, span.end) for span in kernels])


def covered(spans: list[tuple[float, float]]) -> float:
    """The share of the time from the first start to the last end in which at least one of the spans runs."""
    spans, total, end = sorted(spans), 0.0, float("-inf")
    for start, stop in spans:
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total / (end - spans[0][0])


def matrix_rate(device: torch.device, size: int = 8192, rounds: int = 20) -> float:
    """Operations a second of a product of two bf16 matrices of that size."""
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * size**3 / medians({"product": lambda: a @ b}, rounds, device=device)["product"]


def measure(capture: Capture, preset: presets.Preset, device: torch.device, rounds: int, matrix: int = 8192) -> dict:
    """All figures, on that device."""
    with tempfile.TemporaryDirectory() as folder:
        timed = sides(capture, preset, device, Path(folder))
        seconds = medians(timed, rounds, warm=WARM + 2, device=device)
        count, share = operations(timed["ours_float32"]), busy(timed["ours"])
    found = {
        **{f"{name}_seconds": value for name, value in seconds.items()},
        **{f"{name}_samples_per_second": preset.batch / value for name, value in seconds.items()},
        "speedup": seconds["cyclegan"] / seconds["ours"],
        "speedup_strict": seconds["cyclegan_strict"] / seconds["ours"],
        "operations": count,
        "reached": count / seconds["ours"] / matrix_rate(device, matrix),
        "batch": preset.batch,
        "rounds": rounds,
    }
    return found if share is None else found | {"busy": share}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    if not torch.cuda.is_available():
        print("benchmarks/gpu.py: not measured, there is no CUDA device here.")
        return
    preset = presets.get("paper")
    found = measure(some_frames(preset), preset, torch.device("cuda", 0), args.rounds)
    print(save_results("studio_face", "paper", "gpu", found))


if __name__ == "__main__":
    main()
