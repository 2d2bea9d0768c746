"""L_delta by regression: every frame's points are given, by the studio's truth or by another network that has read them.

One loop for the supervised bound and for the slim network. Like training it lives in one folder, goes on where it stopped, and
ends as an uninterrupted call would: bit for bit on a CPU.
"""

import copy
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from glmk_lib import checkpoint
from glmk_lib.augment import Similarity
from glmk_lib.deadline import Deadline
from glmk_lib.errors import OutOfTime
from glmk_lib.learner import rate
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.runs import same_config
from glmk_lib.template import Template

WEIGHTS, CARD = "landmarks.safetensors", "run.json"
CHEAPER = 10  # a step costs about a tenth of one of all four networks: it is stored as much more rarely


@dataclass(frozen=True)
class Lesson:
    """What is learned: frames with `len` and `batch` as a frame store has, points (n, N, 2) in [-1, 1], visible (n, N) bool."""

    frames: object
    points: np.ndarray
    visible: np.ndarray


@dataclass(frozen=True)
class Pace:
    """How it is learned: steps, frames a step, learning rate, and how many of the first steps the rate rises over."""

    steps: int
    batch: int
    lr: float
    warm_up: int = 0


def finished(folder: Path, config: dict) -> Landmarker | None:
    """The landmarker that `regress` left in `folder` with that configuration; None if there is none."""
    card = Path(folder) / CARD
    if card.is_file() and json.loads(card.read_text()) == _plain(config):
        return Landmarker.load(Path(folder) / WEIGHTS)
    return None


def regress(
    net: nn.Module,
    template: Template,
    lesson: Lesson,
    preset: Preset,
    pace: Pace,
    folder: Path,
    config: dict,
    about: dict,
    read_blur: float = 0.0,
    deadline: float | None = None,
    progress: bool = True,
) -> Landmarker:
    """Train `net` by the mean distance of its points from the lesson's, over visible ones; gives the moving average of it.

    Args:
        net: L_delta as it begins; its weights come from the caller, so that the seed is the caller's.
        preset: its augmentation, moving average and schedule.
        folder: for checkpoints, and for `landmarks.safetensors` and `run.json`, which comes last.
        config: what the result depends on, as JSON values, with at least "seed"; another one is another run.
        about: what the weights' file says of itself, see `Landmarker.save`.
        read_blur: sigma in pixels under which frames are read.
        deadline: `time.monotonic()` by which to stop, at the last checkpoint that is sure to come before it.

    Raises:
        OutOfTime: stopped for the deadline; the same call goes on.
        CheckpointError: the folder holds checkpoints of another configuration.
    """
    folder, terms, config = Path(folder), preset.terms, _plain(config)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    random = torch.Generator().manual_seed(config["seed"])
    net = net.to(device)
    mean = Landmarker(copy.deepcopy(net).requires_grad_(False), template, read_blur).to(device)
    read = Landmarker(net, template, read_blur).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=pace.lr, betas=(0.5, 0.999), fused=True)
    points, visible = torch.as_tensor(lesson.points), torch.as_tensor(lesson.visible)

    begin, spent = 0, 0.0
    found = checkpoint.load_latest(folder / "checkpoints")
    if found is not None:
        same_config(found.path, found.config, config)
        begin, spent = found.step, found.seconds
        net.load_state_dict(_part("net.", found.tensors))
        mean.deformation.load_state_dict(_part("mean.", found.tensors))
        checkpoint.restore_optimizer("optimizer", optimizer, found.tensors)
        random.set_state(found.tensors["random"])

    started, until = time.monotonic(), Deadline(deadline)
    steps = tqdm(
        range(begin, pace.steps), initial=begin, total=pace.steps, desc=folder.name, disable=not progress, mininterval=10
    )
    for step in steps:
        warm = min(1.0, (step + 1) / pace.warm_up) if pace.warm_up else 1.0
        optimizer.param_groups[0]["lr"] = pace.lr * warm * rate(step, pace.steps, preset.decay_from)
        index = torch.randint(len(lesson.frames), (pace.batch,), generator=random)
        images, given = lesson.frames.batch(index.numpy()).to(device), points[index].to(device)
        if terms.augment:
            move = Similarity.random(pace.batch, terms.shift, terms.scale, terms.rotate, random).to(device)
            images, given = move.images(images), move.points(given)
        error = (read(images) - given).norm(dim=-1)  # (B, N)
        known = visible[index].to(device)
        optimizer.zero_grad(set_to_none=True)
        ((error * known).sum() / known.sum().clamp_min(1)).backward()
        optimizer.step()
        keep = min(preset.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            for slow, new in zip(mean.deformation.parameters(), net.parameters(), strict=True):
                slow.lerp_(new, 1 - keep)
        done = step + 1
        if done < pace.steps and done % (CHEAPER * preset.checkpoint_every) == 0:
            tensors = {f"net.{k}": v for k, v in net.state_dict().items()}
            tensors |= {f"mean.{k}": v for k, v in mean.deformation.state_dict().items()}
            tensors |= checkpoint.flatten_optimizer("optimizer", optimizer) | {"random": random.get_state()}
            checkpoint.save(folder / "checkpoints", done, tensors, config, [], spent + time.monotonic() - started, keep=1)
            if until.is_near():
                raise OutOfTime(f"{folder}: stopped at step {done} of {pace.steps}.")
    mean.save(folder / WEIGHTS, **about)
    checkpoint.write_atomic(folder / CARD, json.dumps(config).encode())
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return mean


def _part(prefix: str, tensors: dict) -> dict:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _plain(config: dict) -> dict:
    """As it is read back from JSON."""
    return json.loads(json.dumps(config))
