"""How many frames of a full-HD video are tracked in a second, beyond decoding it, and how much memory that takes. Linux alone.

    python benchmarks/tracking.py [--frames 600]

The video is filmed here: noise that moves, 1920x1080. What comes beyond decoding is measured on frames that are decoded
already: cutting them to the size of the preset `paper` (128 px), the network of that size, and storing the parts. Processor
time stands beside the clock's, since what else runs on the machine slows the clock. The weights are random: they don't change
the time. Memory is the highest of `make predict`, with all its files, in a process of its own.

The figures go to results/laptop/studio_face/tracking.json.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from glmk_lib import presets, streaming
from glmk_lib.capture.ingest import Crop
from glmk_lib.capture.video import VideoWriter, probe, read_frames
from glmk_lib.networks import DeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.publish.notebook import save_results
from glmk_lib.template import Template

WIDTH, HEIGHT = 1920, 1080
# Tracks, and prints the highest resident memory in KiB: that of rusage would be this process's own, from before the start.
WATCHED = """
import re, sys
from pathlib import Path
from glmk_lib.tracking import track_video
track_video(*sys.argv[1:], progress=False)
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
DECODED = 8  # frames that are held to be taken again and again


def film(path: Path, count: int):
    """Blurred noise that moves by some pixels a frame."""
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    noise = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    with VideoWriter(path, WIDTH, HEIGHT, 30, timed=True) as writer:
        for i in range(count):
            writer.write(np.roll(noise, (3 * i, 5 * i), (0, 1)), i / 30)


def landmarker() -> Landmarker:
    """One of the preset `paper`, untrained."""
    preset, template = presets.get("paper"), Template.ready("face")
    net = DeformationNet(len(template), preset.size, preset.deformation_width)
    return Landmarker(net, template, preset.terms.read_blur).eval().requires_grad_(False)


def rates(work, count: int) -> dict:
    """Frames a second by the clock, and milliseconds of processor time a frame, of `work`, which takes `count` frames."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return {
        "frames_per_second": count / (time.perf_counter() - clock),
        "cpu_ms": 1e3 * (time.process_time() - processor) / count,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=600)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, ours = Path(name), landmarker()
        film(folder / "a.mp4", args.frames)
        info = probe(folder / "a.mp4")
        found = {"decoding": rates(lambda: [None for _ in read_frames(folder / "a.mp4")], args.frames)}
        held = [frame for (_, _, frame), _ in zip(read_frames(folder / "a.mp4"), range(DECODED), strict=False)]
        streaming.read_frames = lambda path, first=0: ((i, i / 30, held[i % DECODED]) for i in range(args.frames))
        arguments = (ours, None, folder / "a.mp4", Crop(), info)
        streaming.find_points(*arguments, folder / "warm", None, False)
        work = lambda: streaming.find_points(*arguments, folder / "parts", None, False)  # noqa: E731
        found["beyond_decoding"] = rates(work, args.frames)
        streaming.read_frames = read_frames
        found["both"] = rates(lambda: streaming.find_points(*arguments, folder / "both", None, False), args.frames)
        model = ours.save(folder / "landmarks.safetensors")
        command = [sys.executable, "-c", WATCHED, folder / "a.mp4", model, folder / "out"]
        begin = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found["with_all_files"] = {"frames_per_second": args.frames / (time.perf_counter() - begin)}
    found["peak_megabytes"] = int(done.stdout) * 1024 / 1e6
    found |= {"frames": args.frames, "cores": os.cpu_count(), "threads": torch.get_num_threads(), "load": os.getloadavg()[0]}
    print(save_results("studio_face", "laptop", "tracking", found), found)


if __name__ == "__main__":
    main()
