"""The terms that keep a state or join several losses; the losses themselves are tested in test_losses.py."""

import pytest
import torch

from glmk_lib import presets
from glmk_lib.capture.paint import Paint
from glmk_lib.objective import Models, Objective
from glmk_lib.template import Template


@pytest.fixture
def objective():
    template = Template.ready("face")
    paint = Paint([[0.2, 0.3, 0.8]], [0.8], [0.06], 0.6, [0] * len(template.segments))
    preset = presets.get("smoke")
    return Objective(template, paint, preset, preset.terms)


def test_the_running_mean_settles_at_what_slides_in_every_frame(objective):
    slide = objective.residual @ (0.05 * torch.randn(*objective.template.shape, generator=torch.Generator().manual_seed(0)))
    for _ in range(600):
        objective.mean_shape(slide.expand(4, -1, -1))
    assert torch.allclose(objective.drift, slide, atol=1e-4)
    assert "drift" in objective.state_dict()  # a resumed run needs it


def test_the_mean_shape_pulls_back_what_slides_and_leaves_what_comes_and_goes(objective):
    slide = objective.residual @ (0.05 * torch.randn(*objective.template.shape, generator=torch.Generator().manual_seed(0)))
    both = torch.stack([slide, -slide]).requires_grad_()  # an expression that comes and goes has mean zero
    objective.mean_shape(both).backward()
    assert both.grad.abs().max() < 1e-3 * slide.abs().max()
    steady = torch.stack([slide, slide]).requires_grad_()
    objective.mean_shape(steady).backward()
    assert (steady.grad[0] * slide).sum() > 0  # descending takes the slide back


@pytest.mark.parametrize(
    ("changes", "cycled"), [({}, [0, 2]), ({"cycle_every": 1}, [0, 1, 2]), ({"paper_only": True}, [0, 1, 2])]
)
def test_only_some_unmarked_frames_go_round_their_cycle(objective, changes, cycled):
    """The others change nothing: neither the cycled frames nor their loss."""
    preset = presets.get("smoke")
    objective.terms = preset.with_(**changes).terms
    models = Models(Template.ready("face"), preset)
    marked, unmarked = torch.rand(2, 3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        frames = objective.translate(models, marked, unmarked, torch.Generator().manual_seed(1))
        term = objective.making(models, frames, 0.0)["cycle_unmarked"]
        expected = models["generator"](frames.fake_marked)[cycled]
    torch.testing.assert_close(frames.cycled_unmarked, expected)
    assert term == pytest.approx(objective.terms.cycle * float((expected - unmarked[cycled]).abs().mean()), rel=1e-5)
