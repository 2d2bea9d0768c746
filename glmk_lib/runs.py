"""Finished training runs on disk, opened for use."""

import json
from dataclasses import dataclass
from pathlib import Path

from glmk_lib.errors import CheckpointError, DivergenceError
from glmk_lib.predict import Landmarker

DIVERGED = "diverged.json"  # in a run's folder: why the run was stopped


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, its landmarker and what it wrote on the way."""

    folder: Path
    landmarker: Landmarker
    history: list[dict]  # one entry an evaluation: step, seconds, each term, errors on held-out frames
    seconds: float  # of training, over all sittings

    @property
    def sheet_files(self) -> list[Path]:
        """Sample sheets in the order of the steps."""
        return sorted((self.folder / "sheets").glob("step-*.png"))


def open_run(folder: Path) -> Run:
    """A finished run's folder as a `Run`. Raises CheckpointError when it isn't one, DivergenceError when it went wrong."""
    folder = Path(folder)
    stopped = divergence(folder)
    if stopped:
        raise stopped
    try:
        body = json.loads((folder / "run.json").read_text())
    except (OSError, json.JSONDecodeError):
        raise CheckpointError(f"{folder}: no finished training run; run `make train` or notebook 03 first.") from None
    return Run(folder, Landmarker.load(folder / "landmarks.safetensors"), body["history"], body["seconds"])


def divergence(folder: Path) -> DivergenceError | None:
    """The error that says why the run in `folder` was stopped; None if it was not."""
    try:
        body = json.loads((Path(folder) / DIVERGED).read_text())
    except (OSError, json.JSONDecodeError):
        return None
    return DivergenceError(body["message"], body["what"], body["step"], Path(folder))


def same_config(where: Path, found: dict, expected: dict):
    """Raise CheckpointError naming what differs between two configurations of a run."""
    if found != expected:
        different = [k for k in expected if found.get(k) != expected[k]]
        raise CheckpointError(
            f"{where}: made with another {' and '.join(different)}; choose another folder, or delete this one."
        )
