"""The renderer forwards and backwards, beside PyTorch3D's, on two CPU cores.

    python benchmarks/renderer.py [--rounds 30]

32 frames of 128 px with 72 points each, as Gaussians (ours) and as discs (PyTorch3D's points, alpha compositor, 16 points a
pixel). Where PyTorch3D isn't installed its time is quoted: 0.28 s on two CPU cores, version 0.7.9 from conda-forge, measured
when the renderer was chosen. A whole R, which paints the face template's lines on frames, is timed too. Medians; the figures go
to results/paper/studio_face/renderer.json.
"""

import argparse
import importlib.util

import numpy as np
import torch
from timing import machine, medians

from glmk_lib.capture.paint import Paint
from glmk_lib.publish.notebook import save_results
from glmk_lib.renderer import PaintRenderer, pytorch3d_coverage, splat_coverage
from glmk_lib.template import Template

BATCH, POINTS, SIZE, THREADS = 32, 72, 128, 2
WIDTH = 4 / SIZE  # of a line two pixels wide
QUOTED = 0.28  # seconds: PyTorch3D 0.7.9, two CPU cores, as described above


def painter(random: torch.Generator):
    """A call of a whole R, forwards and backwards: the face template on 32 frames."""
    template = Template.ready("face")
    names = list(dict.fromkeys(template.segment_colors))
    count, colors = len(names), [names.index(color) for color in template.segment_colors]
    paint = Paint(np.full((count, 3), 0.3), np.full(count, 0.8), np.full(count, WIDTH), 0.6, colors)
    renderer = PaintRenderer(template, paint, SIZE)
    frames = torch.rand(BATCH, 3, SIZE, SIZE, generator=random)
    points = torch.as_tensor(template.points.copy()) + 0.05 * torch.randn(BATCH, len(template), 2, generator=random)
    points.requires_grad_()
    return lambda: renderer(points, frames).sum().backward()


def measure(rounds: int) -> dict:
    """Seconds of each, and ours over PyTorch3D's."""
    random = torch.Generator().manual_seed(0)
    points = (1.6 * torch.rand(BATCH, POINTS, 2, generator=random) - 0.8).requires_grad_()
    lengths = torch.full((BATCH, POINTS), WIDTH)
    timed = {"splat": lambda: splat_coverage(points, lengths, WIDTH, SIZE).sum().backward(), "painted": painter(random)}
    if importlib.util.find_spec("pytorch3d"):
        timed["pytorch3d"] = lambda: pytorch3d_coverage(points, WIDTH, SIZE).sum().backward()
    seconds = medians(timed, rounds)
    theirs = seconds.get("pytorch3d", QUOTED)
    measured = {f"{name}_seconds": value for name, value in seconds.items()}
    return {**measured, "share": seconds["splat"] / theirs, "beside": "measured" if "pytorch3d" in seconds else "quoted"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    torch.set_num_threads(THREADS)
    about = {"frames": BATCH, "points": POINTS, "size": SIZE, "quoted_seconds": QUOTED, "rounds": args.rounds}
    print(save_results("studio_face", "paper", "renderer", {**measure(args.rounds), **about, **machine()}))


if __name__ == "__main__":
    main()
