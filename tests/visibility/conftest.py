"""What the tests of visibility share: frames that R painted, of which one line is half covered; and a finished run."""

import numpy as np
import pytest
import torch

from glmk_lib import presets, training
from glmk_lib.capture.paint import Paint
from glmk_lib.objective import Objective
from glmk_lib.template import Line, Template

SKIN = np.array([0.75, 0.58, 0.5])


@pytest.fixture(scope="package")
def painted():
    """An objective of two lines, of six and of five points, on frames of 64 px; and a frame (1, 3, 64, 64) that R painted."""
    points = [[x, -0.4] for x in np.linspace(-0.75, 0.75, 6)] + [[x, 0.4] for x in np.linspace(-0.6, 0.6, 5)]
    lines = (Line("upper", tuple(range(6)), False, "#3355dd"), Line("lower", tuple(range(6, 11)), False, "#2e8b3a"))
    paint = Paint(
        [[0.2, 0.33, 0.87], [0.18, 0.55, 0.23]], [0.9, 0.9], [0.07, 0.07], float(SKIN @ (0.299, 0.587, 0.114)),
        [0] * 5 + [1] * 4, SKIN,
    )  # fmt: skip
    preset = presets.get("laptop")
    objective = Objective(Template(points, lines, "custom"), paint, preset, preset.terms)
    skin = torch.as_tensor(SKIN, dtype=torch.float32).view(1, 3, 1, 1).expand(1, 3, 64, 64).contiguous()
    with torch.no_grad():
        return objective, objective.renderer(objective.template[None], skin)


@pytest.fixture(scope="package")
def finished(capture, tiny, tmp_path_factory):
    """The folder of a finished run of seconds."""
    folder = tmp_path_factory.mktemp("run") / "full"
    training.train(capture, tiny, folder, progress=False)
    return folder
