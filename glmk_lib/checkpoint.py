"""Checkpoints: one safetensors file with all that training needs to go on exactly, and a JSON beside it that vouches for it.

`save` writes `step-000400.safetensors` (networks, EMA, optimisers, image pools, random state), then `step-000400.json` (its
SHA-256, the configuration, the history so far). Each is written beside its place, synced, then moved there, and the JSON comes
last: a checkpoint without a JSON that matches was torn and is passed over. Nothing is pickled.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from glmk_lib.errors import CheckpointError


def write_atomic(path: Path, data: bytes) -> Path:
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> str:
    """Write tensors as safetensors, atomically; returns the file's SHA-256."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save_file({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}, temporary, metadata=metadata)
        with open(temporary, "rb+") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return digest


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file. Raises CheckpointError naming the file when it is missing or damaged."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: can't be read ({error}); expected weights of a finished run: train again.") from None


def flatten_optimizer(name: str, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's state as named tensors; learning rates are a function of the step and are not stored."""
    state = optimizer.state_dict()["state"]
    return {f"{name}.{i}.{key}": value for i, values in state.items() for key, value in values.items()}


def restore_optimizer(name: str, optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]):
    """Put back what `flatten_optimizer` took."""
    state: dict[int, dict] = {}
    for key, value in tensors.items():
        if key.startswith(f"{name}."):
            _, index, entry = key.split(".")
            state.setdefault(int(index), {})[entry] = value
    body = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": body["param_groups"]})


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on disk that proved whole."""

    step: int
    tensors: dict[str, Tensor]
    config: dict
    history: list[dict]
    seconds: float
    path: Path


def save(
    folder: Path,
    step: int,
    tensors: dict[str, Tensor],
    config: dict,
    history: list[dict],
    seconds: float,
    keep: int = 2,
    good: bool = True,
):
    """Write the checkpoint of `step` to `folder`, and drop all but the last `keep` and the last good one.

    Args:
        good: whether nothing speaks against the run so far.
    """
    folder = Path(folder)
    stem = folder / f"step-{step:06d}"
    digest = write_tensors(stem.with_suffix(".safetensors"), tensors)
    body = {"step": step, "sha256": digest, "good": good, "seconds": seconds, "config": config, "history": history}
    write_atomic(stem.with_suffix(".json"), json.dumps(body).encode())
    paths = sorted(folder.glob("step-*.json"))
    last_good = next((path for path in reversed(paths) if _is_good(path)), None)
    for old in paths[:-keep]:
        if old != last_good:
            _drop(old)
    for stray in folder.glob("step-*.safetensors"):
        if not stray.with_suffix(".json").exists():
            stray.unlink()


def drop_suspects(folder: Path) -> int | None:
    """Drop the checkpoints that were stored as not good; gives the step of the last good one, if there is one."""
    kept = None
    for path in sorted(Path(folder).glob("step-*.json")):
        if _is_good(path):
            kept = int(path.stem.removeprefix("step-"))
        else:
            _drop(path)
    return kept


def _is_good(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_text()).get("good", True))  # one of an older version was always good
    except (OSError, ValueError):
        return False


def _drop(path: Path):
    path.unlink()
    path.with_suffix(".safetensors").unlink(missing_ok=True)


def load_latest(folder: Path, say=print, good: bool = False) -> Checkpoint | None:
    """The newest whole checkpoint in `folder`, or None. Says which torn ones it passed over.

    Args:
        good: pass over those stored as not good, too.

    Raises:
        CheckpointError: checkpoints are there, and none of them is whole.
    """
    candidates = [p for p in sorted(Path(folder).glob("step-*.json"), reverse=True) if not good or _is_good(p)]
    for path in candidates:
        weights = path.with_suffix(".safetensors")
        try:
            body = json.loads(path.read_text())
            with open(weights, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != body["sha256"]:
                raise ValueError("its checksum does not match")
            tensors = load_file(weights)
            return Checkpoint(body["step"], tensors, body["config"], body["history"], body["seconds"], weights)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            say(f"{weights}: torn checkpoint passed over ({error}); the one before it is used.")
    if candidates:
        raise CheckpointError(
            f"{folder}: none of its {len(candidates)} checkpoints is whole; delete the folder and train again."
        )
    return None
