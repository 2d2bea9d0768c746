"""Points fitted to the paint of frames that R painted: the truth is known."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from glmk_lib import presets
from glmk_lib.capture.paint import Paint
from glmk_lib.fitting import fit, seen_paint
from glmk_lib.objective import Objective
from glmk_lib.template import Line, Template

SIZE = 64


@pytest.fixture(scope="module")
def painted(store):
    """An objective, 24 skin-coloured frames with two painted lines on them, and where their points are."""
    points = [[x, -0.4 + 0.2 * x * x] for x in np.linspace(-0.6, 0.6, 6)] + [[x, 0.4] for x in np.linspace(-0.4, 0.4, 5)]
    lines = (Line("upper", tuple(range(6)), False, "#3355dd"), Line("lower", tuple(range(6, 11)), False, "#2e8b3a"))
    template = Template(points, lines, "custom")
    skin = np.array([0.75, 0.58, 0.5])
    paint = Paint(
        [[0.2, 0.33, 0.87], [0.18, 0.55, 0.23]], [0.9, 0.9], [0.07, 0.07], float(skin @ (0.299, 0.587, 0.114)),
        [0] * 5 + [1] * 4, skin,
    )  # fmt: skip
    preset = presets.get("laptop")
    objective = Objective(template, paint, preset, preset.terms)
    random = torch.Generator().manual_seed(0)
    maps = torch.eye(2) + 0.1 * torch.randn(24, 2, 2, generator=random)
    truth = objective.template @ maps + 0.08 * torch.randn(24, 1, 2, generator=random)
    skins = torch.as_tensor(skin, dtype=torch.float32).view(1, 3, 1, 1).expand(24, 3, SIZE, SIZE).contiguous()
    with torch.no_grad():
        return objective, store(objective.renderer(truth, skins)), truth


def error(points, truth):
    return float((points - truth).norm(dim=-1).mean()) * SIZE / 2


def test_points_go_to_the_paint(painted):
    objective, store, truth = painted
    random = torch.Generator().manual_seed(1)
    start = truth + 0.06 * torch.randn(24, 1, 2, generator=random) + 0.04 * torch.randn(truth.shape, generator=random)
    fitted = fit(objective, store, start, steps=60)
    assert error(start, truth) > 2.0
    assert error(fitted, truth) < 1.2  # along plain lines what the start had wrong stays in part
    seen = seen_paint(objective, store, np.arange(len(store)), "cpu")
    away = [objective.to_paint(points, seen, reach=1.0).mean() * SIZE / 2 for points in (start, fitted, truth)]
    assert away[0] > 1.0 > 0.6 > away[1]  # pixels, both ways together: the lines themselves lie on the paint
    assert away[1] < 1.2 * away[2]  # as near as the truth, whose samples are not the ridge's either
    assert not fitted.requires_grad


def test_what_is_covered_tells_where_lines_end(painted):
    """By as much as half a stroke's width too long or too short, the middle of the paint says little."""
    objective, store, truth = painted
    free = [0, 5, 6, 10]  # ends of the two lines
    inner = torch.tensor([1, 4, 7, 9])
    away = torch.zeros_like(truth)
    away[:, free] = 0.05 * torch.nn.functional.normalize(truth[:, free] - truth[:, inner], dim=-1)
    without = copy.copy(objective)
    without.terms = dataclasses.replace(objective.terms, cover=0.0)
    for start in (truth + away, truth - away):
        ends = [error(fit(o, store, start, steps=50)[:, free], truth[:, free]) for o in (objective, without)]
        assert ends[0] < 0.4 * ends[1] and ends[0] < 0.3


def test_no_steps_leave_the_points_where_they_are(painted):
    objective, store, truth = painted
    start = truth + 0.05
    assert torch.equal(fit(objective, store, start, steps=0), start)


def test_frames_without_paint_keep_the_shape_of_the_template(painted, store):
    objective, _, truth = painted
    bare = store(torch.full((24, 3, SIZE, SIZE), 0.6))
    start = truth + 0.02 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(2))
    fitted = fit(objective, bare, start, steps=60)
    assert torch.isfinite(fitted).all()
    assert objective.shape(fitted - objective.template) < 0.5 * objective.shape(start - objective.template)


def test_groups_of_frames_are_fitted_as_one_take(painted, monkeypatch):
    objective, store, truth = painted
    start = truth + 0.03 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(3))
    whole = fit(objective, store, start, steps=40)
    monkeypatch.setattr("glmk_lib.fitting.TOGETHER", 9)
    assert error(fit(objective, store, start, steps=40), whole) < 0.3
