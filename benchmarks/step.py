"""One training step of ours beside one of CycleGAN's, from the same blocks, on two CPU cores.

    python benchmarks/step.py [--rounds 7]

Paper networks, 128 px, float32, batches of 1 and 4, medians over rounds in which each side makes one step. "arithmetic" is what
both multiply and add, as counted by torch's FlopCounterMode: the ratio that a machine without any other cost would show. The
figures go to results/paper/studio_face/step.json.
"""

import argparse
import tempfile
from pathlib import Path

import torch
from cyclegan import CycleGan
from lightning.fabric import Fabric
from timing import machine, medians
from torch.utils.flop_counter import FlopCounterMode

from glmk_lib import presets
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.prepare import prepare
from glmk_lib.learner import Learner
from glmk_lib.publish.notebook import save_results

BATCHES, THREADS = (1, 4), 2


def some_frames(preset: presets.Preset) -> Capture:
    """A small capture of the studio's face at the preset's size; what a step costs hardly depends on what the frames show."""
    few = dict(studio_frames=60, studio_every=20, heldout_frames=50, heldout_marked=50)
    return prepare("studio_face", preset.with_(name=f"speed{preset.size}", **few), 0)


def sides(capture: Capture, preset: presets.Preset, folder: Path) -> dict:
    """Our first-phase step, and CycleGAN's on frames of the same stores."""
    fabric = Fabric(accelerator="cpu", devices=1, precision="32-true")
    ours, theirs = Learner(capture, preset, 0, "splat", fabric, folder), CycleGan(preset, fabric.device)
    index = torch.arange(preset.batch)
    return {
        "ours": ours.train_step,
        "cyclegan": lambda: theirs.step(capture.marked.batch(index), capture.unmarked.batch(index)),
    }


def measure(capture: Capture, preset: presets.Preset, rounds: int) -> dict:
    """Seconds a step of both, their ratio, and the ratio of their arithmetic."""
    with tempfile.TemporaryDirectory() as folder:
        both = sides(capture, preset, Path(folder))
        found = medians(both, rounds)
        operations = {}
        for name, run in both.items():
            with FlopCounterMode(display=False) as counter:
                run()
            operations[name] = counter.get_total_flops()
    return {
        **{f"{name}_seconds": seconds for name, seconds in found.items()},
        "ratio": found["ours"] / found["cyclegan"],
        **{f"{name}_operations": count for name, count in operations.items()},
        "arithmetic": operations["ours"] / operations["cyclegan"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    torch.set_num_threads(THREADS)
    preset = presets.get("paper")
    capture = some_frames(preset)
    found = {f"batch_{batch}": measure(capture, preset.with_(batch=batch), args.rounds) for batch in BATCHES}
    print(save_results("studio_face", "paper", "step", {**found, "rounds": args.rounds, **machine()}))


if __name__ == "__main__":
    main()
