"""G at work after its own training: it removes the paint from every marked frame, once, and L_delta learns from the pairs."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from glmk_lib.capture.storage import atomic_file
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
    """G over every frame of a store: (N, 3, S, S) uint8, in memory or, memory-mapped, in the file `path`.

    The file appears whole or not at all; memory then holds one batch, whatever the number of frames.
    """
    device, starts = next(generator.parameters()).device, range(0, len(store), batch)
    made = (generator(store.batch(np.arange(i, min(i + batch, len(store)))).to(device)) for i in starts)
    if path is None:
        return np.concatenate([_bytes(frames) for frames in made])
    write_frames(path, store, made)
    return np.load(path, mmap_mode="r", allow_pickle=False)


def write_frames(path: Path, store, made: Iterable[torch.Tensor]) -> None:
    """Write what was made of every frame of `store`, in batches (B, 3, S, S) in [0, 1], as an array of uint8."""
    shape = (len(store), 3, *store.frames.shape[1:3])
    with atomic_file(Path(path)) as whole, whole.open("wb") as file:  # plain writes: a full disk is an error, not a bus fault
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for frames in made:
            file.write(_bytes(frames).tobytes())


def _bytes(frames: torch.Tensor) -> np.ndarray:
    return (frames.float() * 255).round().to("cpu", torch.uint8).numpy()


class Cleaned:
    """What `unpaint` has made, read as a frame store is."""

    def __init__(self, images: np.ndarray):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices) -> torch.Tensor:
        """The frames at `indices` as float32 (B, 3, S, S) in [0, 1]."""
        return torch.from_numpy(self.images[np.asarray(indices)]).float() / 255


def paired_batch(marked_store, cleaned: np.ndarray, index: np.ndarray, objective: Objective, random, device):
    """Marked frames and their cleaned copies, (B, 3, S, S) each, under the same transforms."""
    pair = torch.cat([marked_store.batch(index), Cleaned(cleaned).batch(index)], 1).to(device)  # (B, 6, S, S)
    return objective.augment(pair, random).split(3, 1)
