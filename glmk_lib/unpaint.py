"""G at work after its own training: it removes the paint from every marked frame, once, and L_delta learns from the pairs."""

from pathlib import Path

import numpy as np
import torch

from glmk_lib.checkpoint import load_tensors
from glmk_lib.networks import Generator
from glmk_lib.objective import Objective
from glmk_lib.presets import Preset


def load_generator(run: Path, preset: Preset) -> Generator:
    """G of a finished run, in evaluation mode. Raises CheckpointError naming the file."""
    generator = Generator(preset.generator_width, preset.generator_blocks)
    generator.load_state_dict(load_tensors(Path(run) / "generator.safetensors"))
    return generator.eval().requires_grad_(False)


@torch.inference_mode()
def unpaint(generator: Generator, store, path: Path | None = None, batch: int = 32) -> np.ndarray:
    """G over every frame of a store: (N, 3, S, S) uint8, in memory or, memory-mapped, in the file `path`."""
    device = next(generator.parameters()).device
    shape = (len(store), 3, *store.frames.shape[1:3])
    cleaned = np.empty(shape, np.uint8) if path is None else np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    for i in range(0, len(store), batch):
        frames = store.batch(np.arange(i, min(i + batch, len(store)))).to(device)
        cleaned[i : i + batch] = (generator(frames).float() * 255).round().to("cpu", torch.uint8).numpy()
    return cleaned


def paired_batch(marked_store, cleaned: np.ndarray, index: np.ndarray, objective: Objective, random, device):
    """Marked frames and their cleaned copies, (B, 3, S, S) each, under the same transforms."""
    copies = torch.from_numpy(cleaned[index]).float() / 255
    pair = torch.cat([marked_store.batch(index), copies], 1).to(device)  # (B, 6, S, S)
    return objective.augment(pair, random).split(3, 1)
