"""Nothing already written is lost: atomic writes, torn checkpoints passed over."""

import errno

import pytest
import torch

from glmk_lib import checkpoint
from glmk_lib.errors import CheckpointError


def save(folder, step, value=1.0):
    checkpoint.save(folder, step, {"a": torch.full((4,), value)}, {"seed": 0}, [{"step": step}], 1.5)


def test_what_is_saved_is_loaded(tmp_path):
    save(tmp_path, 10, 3.0)
    found = checkpoint.load_latest(tmp_path)
    assert found.step == 10 and found.config == {"seed": 0} and found.history == [{"step": 10}]
    assert torch.equal(found.tensors["a"], torch.full((4,), 3.0))


def test_the_newest_of_several_is_loaded(tmp_path):
    for step in (1, 2):
        save(tmp_path, step, float(step))
    found = checkpoint.load_latest(tmp_path)
    assert found.step == 2 and torch.equal(found.tensors["a"], torch.full((4,), 2.0))


def test_an_empty_folder_has_no_checkpoint(tmp_path):
    assert checkpoint.load_latest(tmp_path / "none") is None


def test_only_the_last_ones_are_kept(tmp_path):
    for step in (1, 2, 3, 4):
        save(tmp_path, step)
    assert sorted(p.name for p in tmp_path.glob("*.safetensors")) == ["step-000003.safetensors", "step-000004.safetensors"]


@pytest.mark.parametrize("damage", ["truncate", "flip", "remove"])
def test_a_torn_checkpoint_is_passed_over_with_a_sentence(tmp_path, damage):
    save(tmp_path, 1, 1.0)
    save(tmp_path, 2, 2.0)
    path = tmp_path / "step-000002.safetensors"
    data = bytearray(path.read_bytes())
    if damage == "truncate":
        path.write_bytes(data[:-3])
    elif damage == "flip":
        data[-1] ^= 1
        path.write_bytes(data)
    else:
        path.unlink()
    said = []
    assert checkpoint.load_latest(tmp_path, said.append).step == 1
    assert "step-000002.safetensors" in said[0] and "passed over" in said[0]


def test_a_folder_of_torn_checkpoints_is_an_error(tmp_path):
    save(tmp_path, 1)
    (tmp_path / "step-000001.safetensors").write_bytes(b"torn")
    with pytest.raises(CheckpointError, match="none of its 1 checkpoints is whole"):
        checkpoint.load_latest(tmp_path, lambda _: None)


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = checkpoint.write_atomic(tmp_path / "a.json", b"old")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.write_atomic(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_an_optimiser_comes_back_as_it_was():
    def made():
        weight = torch.nn.Parameter(torch.ones(3))
        return weight, torch.optim.Adam([weight], lr=0.1)

    weight, optimizer = made()
    for _ in range(3):
        optimizer.zero_grad()
        weight.square().sum().backward()
        optimizer.step()
    other_weight, other = made()
    other_weight.data.copy_(weight.data)
    stored = {k: v.clone() for k, v in checkpoint.flatten_optimizer("o", optimizer).items()}
    checkpoint.restore_optimizer("o", other, stored)
    for w, o in ((weight, optimizer), (other_weight, other)):
        o.zero_grad()
        w.square().sum().backward()
        o.step()
    assert torch.equal(weight, other_weight)
