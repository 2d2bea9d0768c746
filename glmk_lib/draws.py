"""Random numbers that several processes share: each draws those of the whole batch and keeps its own rows.

All processes hold the same generator in the same state, so N of them together see exactly what one would see.
"""

import torch
from torch import Tensor


class SharedGenerator(torch.Generator):
    """A torch.Generator that knows which of `world` processes it serves; by default the only one.

    All processes must draw in the same order, whatever their rank.
    """

    rank, world = 0, 1

    def own(self, batch: Tensor) -> Tensor:
        """The rows of a whole batch that are this process's: an equal share, in the order of the ranks."""
        share = len(batch) // self.world
        return batch[self.rank * share : (self.rank + 1) * share]


def draw(make, shape, generator: torch.Generator | None = None) -> Tensor:
    """`make` (torch.rand or torch.randn) of `shape`, on the generator's device.

    From a `SharedGenerator`, `shape` is that of this process's rows: the numbers of the whole batch are drawn, and these kept.
    """
    device = generator.device if generator else None
    if not isinstance(generator, SharedGenerator):
        return make(tuple(shape), generator=generator, device=device)
    whole = make((shape[0] * generator.world, *shape[1:]), generator=generator, device=device)
    return generator.own(whole)
