"""What G leaves of the paint, and whether L_delta reads it: G's frames beside the same instants filmed without paint.

A CycleGAN can hide in its output what it has to restore (Chu et al., "CycleGAN, a master of steganography", 2017). The studio
can film the same motion, light and noise bare, so what G's output holds beyond that is known pixel by pixel.
"""

import numpy as np
import torch

from glmk_lib import metrics, paths
from glmk_lib.capture import manifest
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.prepare import take_seed
from glmk_lib.capture.reel import film_take
from glmk_lib.capture.video import read_frames
from glmk_lib.errors import CaptureError
from glmk_lib.losses import degrade
from glmk_lib.networks import Generator
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset

TAKE = "heldout_marked"
PAINTED = 0.05  # of a frame's range: a pixel that paint changes by more, in any channel, is painted
NOISES = (0.0, 0.02, 0.04, 0.08, 0.16)  # standard deviations


def available(capture: Capture) -> str:
    """Why the held-out marked take can't be filmed bare; "" where it can."""
    if not capture.name.startswith("studio_"):
        return "only the studio can film the same instants with and without paint"
    several = len(manifest.entry(capture.name).persons) > 1
    return "several persons take turns in this capture" if several else ""


def film_bare(capture: Capture, preset: Preset, seed: int, progress: bool = True) -> torch.Tensor:
    """The held-out marked take of a studio capture without its paint: (T, 3, S, S) in [0, 1], frame by frame the same instants.

    Args:
        preset, seed: those that the capture was prepared with.

    Raises:
        CaptureError: the film has another truth than the capture.
    """
    entry, marked = manifest.entry(capture.name), capture.heldout_marked
    folder = paths.DATA / "bare" / f"{capture.name}-{capture.info['key'][:12]}"
    take = film_take(
        folder, TAKE, len(marked), region=entry.region, identity=entry.persons[0], seed=take_seed(seed, TAKE),
        marks=entry.marks, size=preset.size, marked=False, progress=progress,
    )  # fmt: skip
    with np.load(take.truth, allow_pickle=False) as truth:
        true = truth["points"] * 2 / preset.size - 1
    if np.abs(true - marked.truth).max() > 0.5 / preset.size:
        raise CaptureError(f"{folder}: the film without paint differs from that of {capture.root}; delete both, and run again.")
    frames = np.stack([frame for _, _, frame in read_frames(take.video)])
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255


@torch.inference_mode()
def measure(landmarker: Landmarker, generator: Generator, capture: Capture, preset: Preset, bare: torch.Tensor) -> dict:
    """What G leaves of the paint, and the errors of L_delta on G's frames and on the same instants filmed bare, under noise.

    Where L_delta reads a trace that G hides, it errs less on G's frames than on bare ones, and noise takes that away. The
    L_delta of a run with a second phase has learned from inpainted frames, so for that one the measure judges the whole recipe.

    Args:
        bare: `film_bare` of the capture.

    Returns:
        marked, fake, bare, read: (T, 3, S, S) tensors; read is what L_delta reads while G learns, less the blurred bare frame.
        left_painted, left_elsewhere: mean absolute difference of G's frames from bare ones, in shares of a frame's range, where
        there is paint and where there is none; noise: of what L_delta reads while G learns.
        errors: name -> mean error over visible points in px for each of `NOISES`, for "G's frames" and "bare frames".
    """
    store, size = capture.heldout_marked, preset.size
    marked = store.batch(np.arange(len(store)))
    fake, terms = generator(marked), preset.terms
    painted = (marked - bare).abs().amax(1) > PAINTED
    left = (fake - bare).abs().mean(1)
    random = torch.Generator().manual_seed(0)
    read = degrade(fake, terms.read_blur, terms.read_noise, random) - degrade(bare, terms.read_blur, 0.0)
    true = metrics.to_pixels(store.truth, size)
    errors = {"G's frames": [], "bare frames": []}
    for noise in NOISES:
        added = noise * torch.randn(bare.shape, generator=random)
        for found, frames in zip(errors.values(), (fake, bare), strict=True):
            found.append(metrics.mean_error(metrics.to_pixels(landmarker(frames + added).numpy(), size), true, store.visible))
    return {
        "marked": marked,
        "fake": fake,
        "bare": bare,
        "read": read,
        "left_painted": float(left[painted].mean()),
        "left_elsewhere": float(left[~painted].mean()),
        "noise": terms.read_noise,
        "errors": errors,
    }
