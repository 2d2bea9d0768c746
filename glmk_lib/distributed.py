"""Several devices or machines, through lightning.fabric and its DDP.

    make train DEVICES=8 ...                                    processes started here
    torchrun --nproc-per-node=8 -m glmk_lib train ...           processes started by torchrun, on one machine or several

A preset's batch is the whole batch, whatever the number of processes: each takes an equal share of it, and all draw the same
random numbers (see `draws.py`), so that the run is the one that a single process would make, but for the rounding of sums. All
machines must see the run's folder. The first process alone writes to it.
"""

import inspect
import os
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies import DDPStrategy
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from glmk_lib.capture.storage import alone
from glmk_lib.errors import TrainingError
from glmk_lib.presets import Preset


def start(devices: int | str, preset: Preset) -> Fabric:
    """The Fabric of this run, launched: with several devices this script runs once in a process for each.

    Args:
        devices: how many on this machine (GPUs or, without any, processes), or "auto" for every GPU. Under torchrun its own
            numbers count.

    Raises:
        TrainingError: fewer GPUs than asked for, or a batch that can't be shared out equally.
    """
    nodes = 1
    if torch.distributed.is_torchelastic_launched():
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    there = torch.cuda.device_count()
    devices = max(1, there) if devices == "auto" else devices
    if there and devices > there:
        raise TrainingError(f"{devices} devices were asked for, and this machine has {there}; ask for {there} or fewer.")
    if preset.batch % (devices * nodes):
        raise TrainingError(
            f"the batch of {preset.batch} can't be shared out equally among {devices * nodes} devices; expected a number of "
            "them that divides it."
        )
    if devices * nodes == 1:
        return Fabric(accelerator="auto", devices=1, precision=preset.precision)
    # The networks' buffers are constants: to send them before each forward pass costs time, and spoils gradients by writing.
    known = inspect.signature(DistributedDataParallel).parameters
    strategy = DDPStrategy(**{"forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers": False})
    fabric = Fabric(accelerator="auto", strategy=strategy, devices=devices, num_nodes=nodes, precision=preset.precision)
    fabric.launch()
    return fabric


@contextmanager
def in_turn(lock: Path):
    """Of torchrun's processes one at a time runs the block, so that the others find what the first has made."""
    with alone(lock) if torch.distributed.is_torchelastic_launched() else nullcontext():
        yield


def is_first() -> bool:
    """Whether this process is the only one, or the first of several: the one that writes and tells."""
    return not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0


def gather(fabric: Fabric, share: Tensor) -> Tensor:
    """The whole batch, in the order of the ranks, from the share of each process (B / world, ...)."""
    if fabric.world_size == 1:
        return share
    whole = share.new_zeros(fabric.world_size, *share.shape)
    whole[fabric.global_rank] = share
    return fabric.all_reduce(whole, reduce_op="sum").flatten(0, 1)


def from_first(fabric: Fabric, tensor: Tensor) -> Tensor:
    """The first process's tensor, from which all others have one of the same shape that is zero."""
    return fabric.all_reduce(tensor, reduce_op="sum") if fabric.world_size > 1 else tensor


def mean_everywhere(fabric: Fabric, mean: Tensor) -> Tensor:
    """The mean over all processes of each one's mean over its share, with the gradient of this process's alone.

    DDP averages the gradients of the processes: what one process would differentiate comes out.
    """
    if fabric.world_size == 1:
        return mean
    common = fabric.all_reduce(mean.detach().clone(), reduce_op="mean")
    return common + (mean - mean.detach())  # the added zero has the gradient, and the value is the same to the last bit


def agree(fabric: Fabric, number: int) -> bool:
    """Whether all processes hold the same whole number; all get the same answer."""
    if fabric.world_size == 1:
        return True
    ends = torch.tensor([float(number), -float(number)], device=fabric.device)
    highest, lowest = fabric.all_reduce(ends, reduce_op="max")
    return bool(highest == -lowest)
