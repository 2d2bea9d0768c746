"""What a file holds is read back, and a file that holds something else is told by name."""

import pytest
import torch

from glmk_lib import weights
from glmk_lib.errors import CheckpointError

FORMAT = "glmk-number/1"


def made(card, tensors):
    if card["value"] < 0:
        raise ValueError("value is below 0")
    return card["value"] + float(tensors["one"])


def written(path, **card):
    return weights.write(path / "number.safetensors", {"one": torch.ones(())}, {"format": FORMAT, "value": 2} | card)


def test_what_was_written_is_read(tmp_path):
    assert weights.read(written(tmp_path), FORMAT, "a number", made) == 3


@pytest.mark.parametrize(
    ("card", "reason"),
    [({"format": "glmk-number/0"}, "format is 'glmk-number/0'"), ({"value": -1}, "value is below 0"), ({"value": None}, "'<'")],
    ids=["another format", "what it is made of", "a value of another kind"],
)
def test_a_file_of_which_nothing_can_be_made_is_named_with_the_reason(tmp_path, card, reason):
    with pytest.raises(CheckpointError, match=rf"number\.safetensors: not a number of this library \(.*{reason}") as told:
        weights.read(written(tmp_path, **card), FORMAT, "a number", made)
    assert str(told.value).endswith(f"expected {FORMAT}.")


def test_a_torn_file_is_named(tmp_path):
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(CheckpointError, match=r"number\.safetensors: not a number of this library"):
        weights.read(path, FORMAT, "a number", made)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"gone\.safetensors: no such file; expected a number"):
        weights.read(tmp_path / "gone.safetensors", FORMAT, "a number", made)
