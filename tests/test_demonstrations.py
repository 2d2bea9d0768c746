import numpy as np
import pytest

from glmk_lib import demonstrations


@pytest.mark.parametrize("size", [64, 128])
def test_a_thin_stroke_is_pulled_only_where_it_overlaps_and_a_blurred_one_from_afar(size):
    reach = demonstrations.gradient_reach(sigmas=(0.0, 2.0, 4.0), size=size)
    x, pulls = reach["points"][:, 0], reach["gradients"][..., 0]
    felt = np.abs(pulls) > 0.02 * np.abs(pulls).max(1, keepdims=True)
    away = np.abs(x) * size / 2  # px
    farthest = [away[each].max() for each in felt]
    assert farthest[0] == pytest.approx(size / 64) and farthest[0] < farthest[1] < farthest[2]
    assert (np.sign(pulls[felt]) == -np.sign(np.broadcast_to(x, pulls.shape)[felt])).all()  # towards the target
