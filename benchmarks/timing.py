"""Timing side by side: every side in turn, round after round, so that what else runs on the machine slows all of them alike."""

import os
import time
from collections.abc import Callable

import numpy as np
import torch


def medians(sides: dict[str, Callable], rounds: int, warm: int = 2, device: torch.device | str = "cpu") -> dict[str, float]:
    """Median seconds of one call of each side over `rounds`, after `warm` rounds that don't count.

    The device has done its work when a call's time ends.
    """
    wait = torch.cuda.synchronize if torch.device(device).type == "cuda" else lambda: None
    seconds = {name: [] for name in sides}
    for number in range(warm + rounds):
        for name, run in sides.items():
            wait()
            begin = time.perf_counter()
            run()
            wait()
            if number >= warm:
                seconds[name].append(time.perf_counter() - begin)
    return {name: float(np.median(values)) for name, values in seconds.items()}


def machine() -> dict:
    """What a figure of the CPU depends on; the load counts this benchmark too."""
    return {"cores": os.cpu_count(), "threads": torch.get_num_threads(), "load": os.getloadavg()[0]}
