"""Whether twice the frames need more memory in training, and what twice the resolution costs. Linux alone.

    python benchmarks/memory.py [--frames 1000] [--steps 20]

Memory: processes of their own train a few steps of either phase at the preset laptop, with everything around them: cleaning all
frames, fitting their points, evaluation, checkpoints. "needed_mb" is the highest anonymous memory at any time, all that the
system can't drop; "resident_mb" adds the pages of mapped frames, which it can. Frames are few, filmed once, and repeated.

Time: medians over steps of both sizes in turn, on one thread, so that what else runs on the machine slows them alike; networks,
batch and frames are the same but for their size. "cpu_ms" leaves out the time that others had the processor.

The figures go to results/laptop/studio_face/memory.json.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch

from glmk_lib import distributed, paths, presets, training
from glmk_lib.capture.dataset import Capture, open_capture
from glmk_lib.capture.frames import FrameStore, FrameStoreWriter
from glmk_lib.capture.prepare import prepare
from glmk_lib.learner import Learner
from glmk_lib.publish.notebook import save_results

SIZES = (64, 128)


def shortened(size: int, steps: int) -> presets.Preset:
    """The preset laptop at that size, a few steps long."""
    return presets.get("laptop").with_(size=size, steps=steps, refine_steps=steps, fit_rounds=1)


def grown(capture: Capture, frames: int, size: int, root: Path) -> Path:
    """A capture like `capture` in the folder `root`, with so many training frames, repeated and enlarged."""
    root.mkdir(parents=True)
    for name in ("capture.json", "template.json", "paint.json"):
        shutil.copy(capture.root / name, root)
    for take in ("marked", "unmarked", "heldout_marked", "heldout_unmarked"):
        store: FrameStore = getattr(capture, take)
        factor = size // store.frames.shape[1]
        with FrameStoreWriter(root / take, size, about={"fps": 30, "frame_size": [size, size]}) as out:
            for i in range(len(store) if take.startswith("heldout") else frames):
                k = i % len(store)
                frame = store.frames[k].repeat(factor, 0).repeat(factor, 1)
                out.write(frame, i / 30, store.box[k], store.truth[k], store.visible[k])
    return root


class Peak(threading.Thread):
    """The highest memory of this process, in MB, seen every few milliseconds."""

    def __init__(self):
        super().__init__(daemon=True)
        self.needed_mb = self.resident_mb = 0.0

    def run(self):
        while True:
            kilobytes = dict(re.findall(r"^(\w+):\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M))
            self.needed_mb = max(self.needed_mb, int(kilobytes["RssAnon"]) / 1e3)
            self.resident_mb = max(self.resident_mb, int(kilobytes["VmRSS"]) / 1e3)
            time.sleep(0.005)


def train_and_watch(root: str, size: int, steps: int):
    """In a process of its own: train on the capture at `root`, and print the highest memory as JSON."""
    torch.set_num_threads(1)
    peak = Peak()
    peak.start()
    with tempfile.TemporaryDirectory() as out:
        training.train(open_capture(root), shortened(size, steps), Path(out), progress=False)
    print(json.dumps({"needed_mb": peak.needed_mb, "resident_mb": peak.resident_mb}))


def memory(root: Path, size: int, steps: int) -> dict:
    """What `train_and_watch` prints, and the size of the frames on disk."""
    told = ["--watched", str(root), "--size", str(size), "--steps", str(steps)]
    done = subprocess.run([sys.executable, __file__, *told], check=True, stdout=subprocess.PIPE, text=True)
    frames = sum((root / take / "frames.npy").stat().st_size for take in ("marked", "unmarked"))
    return {**json.loads(done.stdout.splitlines()[-1]), "frames_on_disk_mb": frames / 1e6}


def step_times(roots: dict[int, Path], steps: int, folder: Path) -> dict:
    """Median milliseconds of one step of either phase at each size."""
    torch.set_num_threads(1)
    learners = {}
    for size, root in roots.items():
        preset = shortened(size, 2 * steps)
        fabric = distributed.start(1, preset)
        learners[size] = Learner(open_capture(root), preset, 0, "splat", fabric, root)
    found = {f"{phase}_{size}": [] for phase in ("train", "refine") for size in roots}
    for phase in ("train", "refine"):
        for learner in learners.values():
            learner.step = 0 if phase == "train" else learner.preset.steps
        for count in range(steps + 2):
            for size, learner in learners.items():
                wall, cpu = time.perf_counter(), time.process_time()
                learner.next_step()
                if count >= 2:  # the first ones warm caches, clean the frames and fit the points
                    found[f"{phase}_{size}"].append((time.perf_counter() - wall, time.process_time() - cpu))
    medians = {name: 1e3 * np.median(values, axis=0) for name, values in found.items()}
    return {name: {"ms": float(wall), "cpu_ms": float(cpu)} for name, (wall, cpu) in medians.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1000, help="of each take, then twice as many (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=20, help="of each phase (default: %(default)s)")
    parser.add_argument("--watched", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.watched:
        return train_and_watch(args.watched, args.size, args.steps)

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        paths.CAPTURES = folder / "captures"
        few = presets.get("laptop").with_(studio_frames=60, heldout_frames=60, heldout_marked=50)
        capture = prepare("studio_face", few, 0)
        once, twice = (grown(capture, n, 64, folder / f"frames-{n}") for n in (args.frames, 2 * args.frames))
        large = grown(capture, args.frames, 128, folder / "large")
        short = {size: grown(capture, 100, size, folder / f"short-{size}") for size in SIZES}
        found = {
            "frames": args.frames,
            "once": memory(once, 64, args.steps),
            "twice": memory(twice, 64, args.steps),
            "size_128": memory(large, 128, args.steps),
            "time": step_times(short, args.steps, folder),
        }
    found["frames_ratio"] = found["twice"]["needed_mb"] / found["once"]["needed_mb"]
    found["kilobytes_a_frame"] = 1e3 * (found["twice"]["needed_mb"] - found["once"]["needed_mb"]) / args.frames
    found["resolution_memory_ratio"] = found["size_128"]["needed_mb"] / found["once"]["needed_mb"]
    for phase in ("train", "refine"):
        times = found["time"]
        found[f"resolution_{phase}_ratio"] = times[f"{phase}_128"]["cpu_ms"] / times[f"{phase}_64"]["cpu_ms"]
    found |= {"steps": args.steps, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    print(save_results("studio_face", "laptop", "memory", found))


if __name__ == "__main__":
    main()
