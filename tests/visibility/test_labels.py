"""Paint tells which points are seen."""

import pytest
import torch

from glmk_lib.visibility.labels import SEEN, seen


def test_every_point_on_paint_is_seen(painted):
    objective, frame = painted
    assert seen(objective, frame, objective.template[None]).min() > 0.9


def test_points_under_a_patch_are_hidden(painted):
    """The right half of the upper line is covered: three of its six points, and none of the other line."""
    objective, frame = painted
    covered = frame.clone()
    covered[:, :, 8:32, 32:] = 0.4
    found = seen(objective, covered, objective.template[None])[0] > SEEN
    assert found.tolist() == [True] * 3 + [False] * 3 + [True] * 5


def test_paint_of_another_colour_is_no_paint_of_this_line(painted):
    objective, frame = painted
    swapped = objective.template[None].clone()
    swapped[:, :6, 1], swapped[:, 6:, 1] = 0.4, -0.4
    assert seen(objective, frame, swapped).max() < SEEN


@pytest.mark.parametrize("away", [(2.0, 0.0), (0.0, -2.0)])
def test_a_point_outside_of_the_frame_is_not_seen(painted, away):
    objective, frame = painted
    assert (seen(objective, frame, objective.template[None] + torch.tensor(away)) == 0).all()
