"""A place of its own for whatever a study reads or writes."""

import pytest

from glmk_lib import paths


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that the tests of one module share: what one has filmed or trained, the next finds."""
    return tmp_path_factory.mktemp("study")


@pytest.fixture
def at(monkeypatch):
    """Called with a folder: every folder of a study lies in it from now on."""

    def move(folder):
        for name in ("RESULTS", "RUNS", "BUILD", "CAPTURES", "DATA"):
            monkeypatch.setattr(paths, name, folder / name.lower())

    return move
