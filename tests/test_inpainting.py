"""Paint that R painted is taken off: what was under it is known."""

import numpy as np
import pytest
import torch

from glmk_lib import presets
from glmk_lib.capture.paint import Paint
from glmk_lib.inpainting import Inpainter, inpaint, train_inpainter
from glmk_lib.objective import Objective
from glmk_lib.template import Line, Template

SIZE, COUNT = 64, 24
PRESET = presets.get("laptop")
SKIN = np.array([0.75, 0.58, 0.5])


@pytest.fixture(autouse=True)
def seeded():
    """The network's first weights must not hang on which tests ran before."""
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def objective():
    points = [[x, -0.4 + 0.2 * x * x] for x in np.linspace(-0.6, 0.6, 6)] + [[x, 0.4] for x in np.linspace(-0.4, 0.4, 5)]
    lines = (Line("upper", tuple(range(6)), False, "#3355dd"), Line("lower", tuple(range(6, 11)), False, "#2e8b3a"))
    light = float(SKIN @ (0.299, 0.587, 0.114))
    paint = Paint([[0.2, 0.33, 0.87], [0.18, 0.55, 0.23]], [0.8, 0.7], [0.07, 0.07], light, [0] * 5 + [1] * 4, SKIN)
    return Objective(Template(points, lines, "custom"), paint, PRESET, PRESET.terms)


@pytest.fixture(scope="module")
def frames(objective):
    """Skins with a shadow across them that no frame has at the same place, where lines lie on them, and painted."""
    random = torch.Generator().manual_seed(0)
    x = torch.linspace(-1, 1, SIZE)
    edge = 0.8 * torch.rand(COUNT, 1, generator=random) - 0.4
    shade = 1 - 0.3 * torch.sigmoid(12 * (x - edge))  # (COUNT, SIZE)
    skins = torch.as_tensor(SKIN, dtype=torch.float32).view(1, 3, 1, 1) * shade[:, None, None, :].expand(-1, 1, SIZE, -1)
    points = objective.template @ (torch.eye(2) + 0.1 * torch.randn(COUNT, 2, 2, generator=random))
    with torch.no_grad():
        return skins, points, objective.renderer(points, skins)


def wrong(images, skins, painted):
    """Mean difference in units of 1/255 where paint was."""
    where = ((painted - skins).abs().amax(1) > 0.04)[:, None]
    return float(((images - skins).abs() * where).sum() / (3 * where.sum()) * 255)


def test_undoing_and_filling_take_most_of_the_paint_off(objective, frames, store):
    skins, points, painted = frames
    prepared, where = Inpainter(objective).prepare(painted, points)
    assert wrong(prepared, skins, painted) < 0.1 * wrong(painted, skins, painted)
    away = (painted - skins).abs().amax(1, keepdim=True) > 0.04
    assert (where & away).sum() > 0.95 * away.sum()
    assert prepared.min() >= 0 and prepared.max() <= 1


def test_what_is_not_painted_stays_as_it_is(objective, frames, store):
    skins, points, painted = frames
    inpainter = Inpainter(objective)
    with torch.no_grad():
        made = inpainter(painted, points)
        bare = inpainter(skins, points)
    far = objective.renderer.coverage(points).sum(1, keepdim=True) < 1e-6
    assert torch.equal(made[far.expand_as(made)], painted[far.expand_as(made)])
    assert (bare - skins).abs().mean() < 0.01  # the key sees no paint there


def test_the_network_corrects_what_a_wrong_fit_left(objective, frames, store):
    skins, points, painted = frames
    random = torch.Generator().manual_seed(1)
    fitted = points + 0.03 * torch.randn(points.shape, generator=random)
    inpainter = Inpainter(objective)
    train_inpainter(inpainter, objective, store(skins), points, PRESET.with_(inpaint_steps=120, batch=4), random)
    with torch.no_grad():
        made, prepared = inpainter(painted, fitted), inpainter.prepare(painted, fitted)[0]
    assert wrong(made, skins, painted) < 0.8 * wrong(prepared, skins, painted)
    assert not any(p.requires_grad for p in inpainter.network.parameters())


def test_the_same_seed_trains_the_same_network(objective, frames, store):
    skins, points, _ = frames
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        inpainter = Inpainter(objective)
        train_inpainter(
            inpainter, objective, store(skins), points, PRESET.with_(inpaint_steps=3), torch.Generator().manual_seed(5)
        )
        states.append(inpainter.network.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_a_take_is_written_whole(objective, frames, store, tmp_path):
    _, points, painted = frames
    inpainter = Inpainter(objective)
    inpaint(inpainter, store(painted), points, tmp_path / "cleaned.npy", batch=10)
    made = np.load(tmp_path / "cleaned.npy")
    assert made.shape == (COUNT, 3, SIZE, SIZE) and made.dtype == np.uint8
    expected = (inpainter(painted, points) * 255).round().to(torch.uint8).numpy()
    assert np.abs(made.astype(int) - expected).max() <= 1
    assert [path.name for path in tmp_path.iterdir()] == ["cleaned.npy"]
