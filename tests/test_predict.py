"""A landmarker survives the disk, and says what is wrong with a file that isn't one."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from glmk_lib.errors import CheckpointError
from glmk_lib.networks import DeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.template import Line, Template


def landmarker():
    template = Template(np.array([[-0.5, 0.1], [0.2, 0.3], [0.6, -0.4]], dtype=np.float32), (Line("l", (0, 1, 2)),))
    net = DeformationNet(3, 64, 4)
    torch.nn.init.normal_(net.head[-1].weight)
    return Landmarker(net, template, 0.8).eval()


def test_a_saved_landmarker_predicts_the_same(tmp_path):
    ours, images = landmarker(), torch.rand(2, 3, 64, 64)
    theirs = Landmarker.load(ours.save(tmp_path / "l.safetensors", capture="x"))
    assert torch.equal(ours(images), theirs(images))
    assert theirs.template.to_json() == ours.template.to_json()


def test_an_untrained_landmarker_gives_the_template():
    net = landmarker()
    torch.nn.init.zeros_(net.deformation.head[-1].weight)
    np.testing.assert_allclose(net(torch.rand(1, 3, 64, 64))[0].detach(), net.template.points)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"nothing\.safetensors: no such file"):
        Landmarker.load(tmp_path / "nothing.safetensors")


@pytest.mark.parametrize("content", ["garbage", "other tensors", "truncated"])
def test_a_file_that_is_no_landmarker_is_refused(tmp_path, content):
    path = tmp_path / "l.safetensors"
    if content == "garbage":
        path.write_bytes(b"not safetensors at all")
    elif content == "other tensors":
        save_file({"a": torch.ones(2)}, path)
    else:
        landmarker().save(path)
        path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="not a landmarker of this library"):
        Landmarker.load(path)
