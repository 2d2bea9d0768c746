import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmk_lib.studio.texture import fbm, noise

number = st.floats(-3, 3, width=32)


@given(st.tuples(number, number, number), st.floats(1, 30))
def test_noise_stays_in_range_and_has_no_jumps(at, frequency):
    step = 1e-3 / frequency
    points = torch.tensor([at, (at[0] + step, at[1], at[2])])
    a, b = noise(points, frequency, 3)
    assert -1 <= a <= 1 and abs(a - b) < 0.01


def test_another_seed_is_another_texture():
    points = torch.rand(500, 3)
    one, again, other = noise(points, 8, 1), noise(points, 8, 1), noise(points, 8, 2)
    assert torch.equal(one, again)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2


def test_a_higher_frequency_changes_faster():
    points = torch.rand(2000, 3)
    moved = points + torch.tensor([0.01, 0, 0])
    slow, fast = ((noise(points, f) - noise(moved, f)).abs().mean() for f in (3, 24))
    assert fast > 4 * slow


def test_octaves_add_detail_and_stay_in_range():
    points = torch.rand(2000, 3)
    rough = fbm(points, 4, 4, 1)
    assert rough.abs().max() <= 1 and not torch.equal(rough, noise(points, 4, 1))
