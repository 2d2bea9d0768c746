"""The second phase's material: made once, found again by a run that goes on, made anew where its file is gone."""

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric

from glmk_lib.networks import DeformationNet, Generator
from glmk_lib.objective import Objective
from glmk_lib.predict import Landmarker
from glmk_lib.second_phase import SecondPhase


@pytest.fixture(params=[2, 0], ids=["inpainted", "as G leaves them"])
def begun(request, capture, tiny, tmp_path):
    """A second phase after its first round, its G, and how to begin another one in the same folder."""
    preset = tiny.with_(inpaint_steps=request.param, fit_steps=2)
    torch.manual_seed(0)
    generator = Generator(preset.generator_width, preset.generator_blocks)
    net = DeformationNet(len(capture.template), preset.size, preset.deformation_width)
    objective = Objective(capture.template, capture.paint, preset, preset.terms)

    def make():
        return SecondPhase(capture, preset, 0, objective, Fabric(accelerator="cpu", devices=1), tmp_path)

    phase = make()
    phase.begin(generator)
    phase.next_round(0, Landmarker(net, capture.template, preset.terms.read_blur))
    return phase, generator, make


def test_a_round_gives_frames_and_points_of_every_marked_frame(begun, capture):
    phase, _, _ = begun
    assert phase.cleaned.batch(range(len(capture.marked))).shape == capture.marked.batch(range(len(capture.marked))).shape
    assert phase.fitted.shape == (len(capture.marked), *capture.template.points.shape)
    assert torch.isfinite(phase.fitted).all() and not phase.fitted.requires_grad
    assert (phase.fitted != torch.as_tensor(capture.template.points.copy())).any()


@pytest.mark.parametrize("lost", [False, True])
def test_a_run_that_goes_on_has_the_same_frames(begun, lost, tmp_path):
    phase, generator, make = begun
    before = np.array(phase.cleaned.images)
    if lost:
        for file in tmp_path.glob("cleaned*.npy"):
            file.unlink()
    later = make()
    later.fitted = phase.fitted  # these, and the inpainter's weights, come from the checkpoint
    if later.inpainter:
        later.inpainter.load_state_dict(phase.inpainter.state_dict())
    later.take_up(generator, 0)
    assert np.array_equal(later.cleaned.images, before)


def test_no_callers_random_numbers_change(begun, capture):
    _, generator, make = begun
    state = torch.get_rng_state()
    make().begin(generator)
    assert torch.equal(torch.get_rng_state(), state)
