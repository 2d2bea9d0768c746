"""The image pool: what it gives and keeps is what exchanging one image after the other would."""

import torch

from glmk_lib.objective import ImagePool

CAPACITY, SIZE = 5, 2


def one_by_one(images, filled, fakes, random):
    """CycleGAN's own procedure, on the same random numbers; gives the batch and how many images the pool holds."""
    out = []
    for fake in fakes:
        stored = (fake.clamp(0, 1) * 255).round().to(torch.uint8)
        if filled < CAPACITY:
            images[filled] = stored
            filled += 1
        elif torch.rand(1, generator=random) < 0.5:
            place = int(torch.randint(CAPACITY, (1,), generator=random))
            fake, images[place] = images[place].float() / 255, stored
        out.append(fake)
    return torch.stack(out), filled


def test_a_batch_is_exchanged_as_if_one_image_came_after_the_other():
    """With four fakes a step and five places, fakes of one step often want the same place."""
    fakes, ours, theirs = (torch.Generator().manual_seed(seed) for seed in (0, 1, 1))
    pool, images, filled = ImagePool(CAPACITY, SIZE), torch.zeros(CAPACITY, 3, SIZE, SIZE, dtype=torch.uint8), 0
    for _ in range(60):
        batch = torch.rand(4, 3, SIZE, SIZE, generator=fakes)
        expected, filled = one_by_one(images, filled, batch, theirs)
        assert torch.equal(pool.exchange(batch, pool.choose(4, ours)), expected)
        assert torch.equal(pool.images[:CAPACITY], images)


def test_a_pool_without_places_gives_the_fakes_themselves():
    pool, batch = ImagePool(0, SIZE), torch.rand(4, 3, SIZE, SIZE)
    for _ in range(3):
        assert torch.equal(pool.exchange(batch, pool.choose(4, torch.Generator())), batch)
