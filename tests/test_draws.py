"""Random numbers: the same for the same seed, new ones each time, and shared by processes as one would have them."""

import pytest
import torch

from glmk_lib.draws import SharedGenerator, draw


@pytest.mark.parametrize("kind", [torch.Generator, SharedGenerator])
def test_a_seed_gives_its_numbers_and_no_number_twice(kind):
    first, second = kind().manual_seed(3), kind().manual_seed(3)
    one, other = draw(torch.rand, (4, 2), first), draw(torch.rand, (4, 2), first)
    assert torch.equal(one, draw(torch.rand, (4, 2), second))
    assert not torch.isin(other, one).any()


def test_two_processes_draw_together_what_one_draws_alone():
    alone = SharedGenerator().manual_seed(5)
    parts = [SharedGenerator().manual_seed(5) for _ in range(2)]
    for rank, part in enumerate(parts):
        part.rank, part.world = rank, 2
    for _ in range(2):
        assert torch.equal(draw(torch.randn, (6, 3), alone), torch.cat([draw(torch.randn, (3, 3), part) for part in parts]))
