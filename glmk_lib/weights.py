"""A network with all that is needed to use it in one safetensors file: its tensors, and a card (JSON) of what they are."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError, safe_open
from torch import Tensor

from glmk_lib.checkpoint import write_tensors
from glmk_lib.errors import CheckpointError

Made = TypeVar("Made")


def write(path, tensors: dict[str, Tensor], card: dict) -> Path:
    """Write tensors and their card, JSON values with the "format" among them, to `path`, whole or not at all."""
    write_tensors(Path(path), tensors, {"card": json.dumps(card)})
    return Path(path)


def read(path, format_: str, what: str, made_of: Callable[[dict, dict[str, Tensor]], Made]) -> Made:
    """What `made_of(card, tensors)` makes of a file of that format.

    Args:
        what: the file should hold, for messages: "a landmarker".

    Raises CheckpointError, naming the file: it isn't there, can't be read, is of another format, or `made_of` raises KeyError,
    ValueError, RuntimeError or TypeError.
    """
    try:
        with safe_open(path, "pt") as file:
            card = json.loads((file.metadata() or {})["card"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
        if card["format"] != format_:
            raise ValueError(f"format is {card['format']!r}")
        return made_of(card, tensors)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such file; expected {what}, as a training run leaves it.") from None
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, SafetensorError) as error:
        reason = " ".join(str(error).split())  # torch lists what lacks on lines of their own
        raise CheckpointError(f"{path}: not {what} of this library ({reason}); expected {format_}.") from None
