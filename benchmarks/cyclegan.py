"""CycleGAN's training step (Zhu et al., ICCV 2017), from the library's own blocks: what our step is measured against.

Two generators and two PatchGANs, least-squares losses, both cycles, image pools, no identity loss. Frames are taken as they
are; there is no running mean of the weights, no check for NaN: nothing that the method itself doesn't ask for.
"""

import torch
from torch import Tensor, nn

from glmk_lib import losses
from glmk_lib.networks import Generator, PatchDiscriminator
from glmk_lib.objective import ImagePool
from glmk_lib.presets import Preset

CYCLE = 10.0


class CycleGan:
    """The networks, optimisers and pools of a run on `device`, in float32."""

    def __init__(self, preset: Preset, device: torch.device, seed: int = 0):
        torch.manual_seed(seed)
        self.makers = nn.ModuleList([Generator(preset.generator_width, preset.generator_blocks) for _ in range(2)]).to(device)
        self.judges = nn.ModuleList(
            [PatchDiscriminator(preset.discriminator_width, preset.discriminator_layers) for _ in range(2)]
        ).to(device)
        self.optimizers = [
            torch.optim.Adam(nets.parameters(), lr=preset.lr, betas=(0.5, 0.999), fused=True)
            for nets in (self.makers, self.judges)
        ]
        self.pools = [ImagePool(preset.terms.pool, preset.size, device) for _ in range(2)]
        self.random = torch.Generator().manual_seed(seed)

    def step(self, marked: Tensor, unmarked: Tensor):
        """One step on two batches (B, 3, S, S)."""
        (to_unmarked, to_marked), (judge_unmarked, judge_marked) = self.makers, self.judges
        self.judges.requires_grad_(False)
        fake_unmarked, fake_marked = to_unmarked(marked), to_marked(unmarked)
        making = (
            losses.adversarial(judge_unmarked(fake_unmarked))
            + losses.adversarial(judge_marked(fake_marked))
            + CYCLE * losses.cycle(to_marked(fake_unmarked), marked)
            + CYCLE * losses.cycle(to_unmarked(fake_marked), unmarked)
        )
        self._update(0, making)

        self.judges.requires_grad_(True)
        judging = 0.0
        for judge, real, fake, pool in zip(
            self.judges, (unmarked, marked), (fake_unmarked, fake_marked), self.pools, strict=True
        ):
            older = pool.exchange(fake.detach(), pool.choose(len(fake), self.random))
            judging = judging + losses.discriminator(judge(real), judge(older))
        self._update(1, judging)

    def _update(self, which: int, loss: Tensor):
        self.optimizers[which].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[which].step()
