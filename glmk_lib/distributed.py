"""Several devices or machines, through lightning.fabric and its DDP.

    make train DEVICES=8 ...                                    processes started here
    torchrun --nproc-per-node=8 -m glmk_lib train ...           processes started by torchrun, on one machine or several

A preset's batch is the whole batch, whatever the number of processes: each takes an equal share of it, and all draw the same
random numbers (see `draws.py`), so that the run is the one that a single process would make, but for the rounding of sums. All
machines must see the run's folder. The first process alone writes to it.
"""

import functools
import os

import torch
from lightning.fabric import Fabric
from torch import Tensor

from glmk_lib.errors import TrainingError
from glmk_lib.presets import Preset


def start(devices: int | str, preset: Preset) -> Fabric:
    """The Fabric of this run, launched. Called again for several processes, it gives the one that is running.

    Args:
        devices: how many on this machine, or "auto" for every GPU. Under torchrun its own numbers count.

    Raises:
        TrainingError: fewer GPUs than asked for, or a batch that can't be shared out equally.
    """
    nodes = 1
    if torch.distributed.is_torchelastic_launched():
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    there = torch.cuda.device_count()
    if there and devices != "auto" and devices > there:
        raise TrainingError(f"{devices} devices were asked for, and this machine has {there}; ask for {there} or fewer.")
    if devices == 1 and nodes == 1:
        return Fabric(accelerator="auto", devices=1, precision=preset.precision)
    fabric = _several(devices, nodes, preset.precision)
    if preset.batch % fabric.world_size:
        raise TrainingError(
            f"the batch of {preset.batch} can't be shared out equally among {fabric.world_size} processes; expected a number "
            f"of devices that divides it."
        )
    if not torch.distributed.is_initialized():
        fabric.launch()
    return fabric


@functools.cache  # processes can be started only once
def _several(devices: int | str, nodes: int, precision: str) -> Fabric:
    return Fabric(accelerator="auto", devices=devices, num_nodes=nodes, precision=precision)


def gather(fabric: Fabric, share: Tensor) -> Tensor:
    """The whole batch, in the order of the ranks, from the share of each process (B / world, ...)."""
    return fabric.all_gather(share).flatten(0, 1) if fabric.world_size > 1 else share


def mean_everywhere(fabric: Fabric, mean: Tensor) -> Tensor:
    """The mean over all processes of each one's mean over its share, with the gradient of this process's alone.

    DDP averages the gradients of the processes: what one process would differentiate comes out.
    """
    if fabric.world_size == 1:
        return mean
    return mean + (fabric.all_reduce(mean.detach().clone(), reduce_op="mean") - mean.detach())


def agree(fabric: Fabric, number: int) -> bool:
    """Whether all processes hold the same whole number; all get the same answer."""
    if fabric.world_size == 1:
        return True
    ends = torch.tensor([float(number), -float(number)], device=fabric.device)
    highest, lowest = fabric.all_reduce(ends, reduce_op="max")
    return bool(highest == -lowest)
