"""What tells visibility survives the disk, belongs to one landmarker, and says what is wrong with a file that isn't one."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from glmk_lib.capture.ingest import checksum
from glmk_lib.errors import CheckpointError
from glmk_lib.visibility.network import FILE, LEVELS, Observer, VisibilityNet


@pytest.fixture
def observer(tmp_path):
    """One that belongs to a file landmarks.safetensors in `tmp_path`."""
    (tmp_path / "landmarks.safetensors").write_bytes(b"of some run")
    torch.manual_seed(0)
    known = {"factors": [2 * level for level in LEVELS], "border": 0.7}
    return Observer(VisibilityNet(5, 32), 0.5, checksum(tmp_path / "landmarks.safetensors"), **known)


def given():
    random = torch.Generator().manual_seed(0)
    return torch.rand(3, 3, 32, 32, generator=random), torch.rand(3, 5, 2, generator=random) * 2 - 1


def test_a_saved_observer_says_the_same(observer, tmp_path):
    observer.save(tmp_path / FILE)
    for ours, theirs in zip(observer(*given()), Observer.beside(tmp_path / "landmarks.safetensors")(*given()), strict=True):
        assert ours.shape == (3, 5) and torch.equal(ours, theirs)


def test_visibility_is_a_probability_and_the_bound_grows_with_its_level(observer):
    visibility, low = observer(*given(), level=0.3)
    _, high = observer(*given(), level=0.9)
    assert ((visibility > 0) & (visibility < 1)).all() and (low > 0).all()
    torch.testing.assert_close(high, 3 * low)


def test_a_model_without_one_has_none(tmp_path):
    (tmp_path / "landmarks.safetensors").write_bytes(b"of an older version")
    assert Observer.beside(tmp_path / "landmarks.safetensors") is None


def test_one_of_another_landmarker_is_refused(observer, tmp_path):
    observer.save(tmp_path / FILE)
    (tmp_path / "landmarks.safetensors").write_bytes(b"of another run")
    with pytest.raises(CheckpointError, match=r"visibility\.safetensors: belongs to another landmarker"):
        Observer.beside(tmp_path / "landmarks.safetensors")


@pytest.mark.parametrize("content", ["garbage", "other tensors", "truncated", "factors"])
def test_a_file_that_is_none_is_refused(observer, content, tmp_path):
    path = observer.save(tmp_path / FILE)
    if content == "garbage":
        path.write_bytes(b"not safetensors at all")
    elif content == "other tensors":
        save_file({"a": torch.ones(2)}, path)
    elif content == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        with safe_open(path, "pt") as file:
            card = json.loads(file.metadata()["card"])
        save_file(load_file(path), path, metadata={"card": json.dumps(card | {"factors": [1.0, float("nan")]})})
    with pytest.raises(CheckpointError, match=r"visibility\.safetensors: not a network of visibility of this library"):
        Observer.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"visibility\.safetensors: no such file"):
        Observer.load(tmp_path / FILE)
