"""How long L_delta takes for one frame on one thread: by onnxruntime, in 32 and 8 bits, and by torch; large and slim.

    python benchmarks/inference.py [--runs 300]

Times are medians over runs of one frame, in short bursts of each candidate in turn, so that what else runs on the machine slows
them alike. The weights are random: they don't change the time. Sizes are those of the presets `paper` (128 px) and `laptop`
(64 px). The figures go to results/laptop/studio_face/inference.json, where the book and `make report` read them.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from glmk_lib import export, presets
from glmk_lib.networks import DeformationNet, SlimDeformationNet, count_parameters
from glmk_lib.predict import Landmarker
from glmk_lib.publish.notebook import save_results
from glmk_lib.template import Template

SIZES = {128: "paper", 64: "laptop"}
BURST = 20  # runs


def candidates(size: int, folder: Path) -> tuple[dict, dict]:
    """What is timed, (kind, how) -> a function of one frame (1, 3, S, S) float32, and each file's facts."""
    preset, template = presets.get(SIZES[size]), Template.ready("face")
    timed, facts = {}, {}
    widths = {"large": (DeformationNet, preset.deformation_width), "slim": (SlimDeformationNet, preset.deformation_width // 2)}
    for kind, (network, width) in widths.items():
        net = network(len(template), size, width)
        torch.nn.init.normal_(net.head[-1].weight, std=0.02)
        landmarker = Landmarker(net, template, preset.terms.read_blur).eval().requires_grad_(False)
        path = folder / f"{kind}.onnx"
        difference = export.export(landmarker, path)
        small = export.quantise(path, torch.rand(16, 3, size, size), folder / f"{kind}_8bit.onnx")
        timed[kind, "onnx"] = export.OnnxLandmarker(path)
        timed[kind, "onnx_8bit"] = export.OnnxLandmarker(small)
        timed[kind, "torch"] = lambda frame, ours=landmarker: ours(torch.from_numpy(frame))
        facts[kind] = {
            "parameters": count_parameters(net.requires_grad_(True)),
            "megabytes": path.stat().st_size / 1e6,
            "megabytes_8bit": small.stat().st_size / 1e6,
            "onnx_difference": difference,
        }
    return timed, facts


@torch.inference_mode()
def measure(size: int, runs: int) -> dict:
    """Milliseconds a frame, medians, of every candidate at that size."""
    with tempfile.TemporaryDirectory() as folder:
        timed, facts = candidates(size, Path(folder))
    frame = np.random.default_rng(0).random((1, 3, size, size), np.float32)
    seconds = {name: [] for name in timed}
    for _ in range(runs // BURST):
        for name, run in timed.items():
            run(frame)  # fetches this candidate's weights into the cache, as the frame before would have
            for _ in range(BURST):
                begin = time.perf_counter()
                run(frame)
                seconds[name].append(time.perf_counter() - begin)
    for (kind, how), values in seconds.items():
        facts[kind][f"{how}_ms"] = 1e3 * float(np.median(values))
    return facts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=300)
    args = parser.parse_args()
    torch.set_num_threads(1)
    found = {f"size_{size}": measure(size, args.runs) for size in SIZES}
    found |= {"runs": args.runs, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    print(save_results("studio_face", "laptop", "inference", found))


if __name__ == "__main__":
    main()
