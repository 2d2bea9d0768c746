"""A command ends with what it made, or in one sentence."""

import signal
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
import torch

from glmk_lib import telling


def raising(error):
    def run():
        raise error

    return run


@pytest.fixture
def kept_handler():
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def said(capsys):
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_what_ends_well_says_nothing(capsys):
    assert telling.told(lambda: None) == 0
    assert capsys.readouterr().err == ""


def test_stopping_says_how_to_go_on_and_a_second_time_changes_nothing(kept_handler, capsys):
    assert telling.told(raising(KeyboardInterrupt())) == telling.STOPPED
    assert "run the same command to go on" in said(capsys)
    signal.raise_signal(signal.SIGINT)  # would raise


def _no_memory():
    torch.empty(1 << 58, dtype=torch.uint8)


def _no_array():
    np.empty(1 << 58, np.uint8)


@pytest.mark.parametrize("run", [_no_memory, _no_array, raising(torch.OutOfMemoryError("CUDA out of memory."))])
def test_want_of_memory_suggests_a_smaller_batch(run, tmp_path, capsys):
    assert telling.told(run, tmp_path) == telling.MENDABLE
    line = said(capsys)
    assert str(tmp_path) in line and "memory ran out" in line and "smaller batch" in line and "batch=4" in line


def test_a_helper_that_was_killed_is_told(tmp_path, capsys):
    assert telling.told(raising(BrokenProcessPool("A process was terminated abruptly")), tmp_path) == telling.MENDABLE
    assert "a process that helped was killed" in said(capsys)


def test_a_fault_of_ours_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="ours"):
        telling.told(raising(RuntimeError("ours")))
