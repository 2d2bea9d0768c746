"""Train L_delta alone against a frozen G: cheap, so that one choice can be compared at many values (the spring ablation).

G of a finished run removes the paint from every marked frame once. L_delta then starts from the template and learns from these
pairs: it reads the cleaned frame, and R's picture and the paint of the marked frame judge it. D_M takes no part, so what is
compared is the spring against the rest of the objective, not against the adversary.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from glmk_lib import losses
from glmk_lib.augment import Similarity
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.paint import chroma_key
from glmk_lib.checkpoint import load_tensors
from glmk_lib.networks import DeformationNet, Generator
from glmk_lib.objective import Objective
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.training import rate


def load_generator(run: Path, preset: Preset) -> Generator:
    """G of a finished run, in evaluation mode. Raises CheckpointError naming the file."""
    generator = Generator(preset.generator_width, preset.generator_blocks)
    generator.load_state_dict(load_tensors(Path(run) / "generator.safetensors"))
    return generator.eval().requires_grad_(False)


@torch.inference_mode()
def unpaint(generator: Generator, store, batch: int = 32) -> np.ndarray:
    """G over every frame of a store: (N, 3, S, S) uint8."""
    device = next(generator.parameters()).device
    parts = [
        (generator(store.batch(np.arange(i, min(i + batch, len(store)))).to(device)) * 255).round().to("cpu", torch.uint8)
        for i in range(0, len(store), batch)
    ]
    return torch.cat(parts).numpy()


def refit(capture: Capture, preset: Preset, cleaned: np.ndarray, seed: int = 0, progress: bool = True) -> Landmarker:
    """Train L_delta from the template for `preset.ablation_steps` on marked frames and their `cleaned` copies from `unpaint`.

    The terms are those of `preset.terms`: cycle, chamfer, spring, shape; the rest takes no part.
    """
    terms, steps = preset.terms, preset.ablation_steps
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = DeformationNet(len(capture.template), preset.size, preset.deformation_width).to(device)
    objective = Objective(capture.template, capture.paint, preset, terms).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=preset.lr_deformation, betas=(0.5, 0.999))
    bar = tqdm(
        range(steps), desc=f"K = {terms.spring:g}, {terms.spring_form}", disable=not progress, file=sys.stdout, mininterval=10
    )
    for step in bar:
        optimizer.param_groups[0]["lr"] = preset.lr_deformation * rate(step, steps, preset.decay_from)
        index = torch.randint(len(cleaned), (preset.batch,), generator=random).numpy()
        pair = torch.cat([capture.marked.batch(index), torch.from_numpy(cleaned[index]).float() / 255], 1)  # (B, 6, S, S)
        if terms.augment:
            pair = Similarity.random(len(pair), terms.shift, terms.scale, terms.rotate, random).images(pair)
        marked, unmarked = pair.to(device).split(3, 1)
        deltas = net(objective.read(unmarked, random))
        points = objective.template + deltas
        painted = objective.renderer(points, unmarked)
        loss = terms.cycle * losses.multiscale_cycle(painted, marked, terms.blur_scales)
        loss = loss + terms.spring * objective.spring(deltas) + terms.shape_at(step / steps) * objective.shape(deltas)
        loss = loss + terms.chamfer * objective.chamfer(points, chroma_key(marked, capture.paint))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return Landmarker(net.eval(), capture.template, terms.read_blur).to(device)
