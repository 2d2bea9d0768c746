"""What the learner keeps beside the networks; whole runs are tested in test_training.py."""

from types import SimpleNamespace

import pytest
import torch

from glmk_lib.learner import Learner


def weights(value):
    net = torch.nn.Linear(1, 1)
    for parameter in net.parameters():
        torch.nn.init.constant_(parameter, value)
    return net


def test_the_ema_is_a_running_average_and_not_the_last_weights():
    slow, learner = weights(0.0), SimpleNamespace(models={"deformation": weights(1.0)})
    for expected in (0.25, 0.4375):
        Learner._average(learner, "deformation", slow, 0.25)
        assert [float(parameter.detach()) for parameter in slow.parameters()] == [expected] * 2


def test_the_emas_memory_is_short_at_first_and_as_long_as_the_preset_says_later():
    preset = SimpleNamespace(ema=0.999)
    assert Learner._share(SimpleNamespace(preset=preset, step=0)) == pytest.approx(0.9)
    assert Learner._share(SimpleNamespace(preset=preset, step=10**6)) == pytest.approx(0.001)
