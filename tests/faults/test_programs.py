"""Killed, starved of disk, refused its writes, its clock set, stopped twice: a program ends in a sentence, and then goes on.

The short form; `make faults` is the long one, with every program and many moments.
"""

import errno
import signal

import disks
import kills
import programs
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(inputs, tmp_path_factory):
    """`whole(name)` is the uninterrupted run of a program, made once."""
    made = {}

    def run(name):
        if name not in made:
            made[name] = kills.run_whole(name, inputs, tmp_path_factory.mktemp("whole") / "out")
        return made[name]

    return run


@pytest.mark.parametrize("name", ["train", "film", "predict"])
def test_a_program_killed_anywhere_goes_on_to_the_same_bytes(whole, inputs, tmp_path, name):
    trial = kills.try_kill(whole(name), 0, inputs, tmp_path / "out")
    assert trial.moments, "it was never killed"
    assert (trial.code, trial.lost, trial.strays) == (0, [], []), trial.said


@pytest.mark.parametrize("name", ["ingest", "book"])
def test_what_the_long_form_alone_kills_runs_to_its_end(whole, inputs, name):
    programs.make_inputs(inputs)  # executes the notebooks of which the book is made
    assert whole(name).contents


def test_a_full_disk_is_told_and_nothing_is_lost(whole, inputs, tmp_path):
    if disks.can_mount():
        fault = disks.try_full(whole("predict"), 4, inputs, tmp_path / "out")
    else:  # the next best thing: the write says so
        fault = disks.try_write(whole("predict"), 40, inputs, tmp_path / "out", errno.ENOSPC)
    assert fault.code == disks.MENDABLE and "full" in fault.said and "Traceback" not in fault.said
    assert fault.lost == []


def test_a_write_that_is_not_permitted_is_told_and_nothing_is_lost(whole, inputs, tmp_path):
    fault = disks.try_write(whole("predict"), 40, inputs, tmp_path / "out")
    assert fault.code == disks.MENDABLE and "Permission denied" in fault.said and "Traceback" not in fault.said
    assert fault.lost == []


def test_a_clock_that_jumps_changes_nothing(whole, inputs, tmp_path):
    code, _, said = kills.run("predict", inputs, tmp_path / "out", clock=86400)
    assert code == 0, said
    assert kills.contents(tmp_path / "out") == whole("predict").contents


def test_ctrl_c_twice_is_one_sentence_and_the_next_run_goes_on(whole, inputs, tmp_path):
    undisturbed = whole("predict")
    twice = {"under": str(tmp_path / "out"), "at": 40, "signals": [signal.SIGINT] * 2, "log": str(tmp_path / "log")}
    code, _, said = kills.run("predict", inputs, tmp_path / "out", write=twice)
    assert (code, said.splitlines()[-1]) == (130, "glmk: stopped; run the same command to go on."), said
    assert "Traceback" not in said
    assert kills.run("predict", inputs, tmp_path / "out")[0] == 0
    assert kills.contents(tmp_path / "out") == undisturbed.contents
