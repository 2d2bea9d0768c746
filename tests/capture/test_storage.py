"""What a killed process left unfinished is removed by the next that makes the same, and nothing of one that lives."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from glmk_lib.capture import storage
from glmk_lib.errors import CaptureError

MAKER = """
import os, sys, time
from pathlib import Path
from glmk_lib.capture import storage

path = Path(sys.argv[2])
if sys.argv[1] == "replace":
    rename = os.replace
    def stop_after(source, target):
        rename(source, target)
        print("begun", flush=True)
        time.sleep(60)
    storage.os.replace = stop_after
with (storage.atomic_file if sys.argv[1] == "file" else storage.atomic_folder)(path) as made:
    (made if sys.argv[1] == "file" else made / "part").write_text("half")
    if sys.argv[1] != "replace":
        print("begun", flush=True)
        time.sleep(60)
"""


@pytest.fixture
def maker():
    """`maker(kind, path)` begins to make a file or a folder in a process of its own, and waits in the middle."""
    started = []

    def start(kind, path):
        process = subprocess.Popen([sys.executable, "-c", MAKER, kind, str(path)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "begun\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def end(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def make(kind, path):
    if kind == "file":
        with storage.atomic_file(path) as made:
            made.write_text("whole")
    else:
        with storage.atomic_folder(path) as made:
            (made / "part").write_text("whole")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_maker_left_goes_with_the_next_and_what_a_living_one_makes_stays(maker, tmp_path, kind):
    path = tmp_path / "clip.npy"
    living, killed = maker(kind, path), maker(kind, path)
    assert len(names(tmp_path)) == 2
    end(killed)
    make(kind, path)
    assert len(names(tmp_path)) == 2 and "clip.npy" in names(tmp_path), "the killed one's is gone, the living one's is there"
    end(living)
    make(kind, path)
    assert names(tmp_path) == ["clip.npy"]


def test_a_folder_set_aside_by_a_maker_that_was_killed_before_the_new_one_came_goes_back(maker, tmp_path):
    make("folder", tmp_path / "take")
    end(maker("replace", tmp_path / "take"))
    assert "take" not in names(tmp_path)
    storage.sweep(tmp_path)
    assert names(tmp_path) == ["take"] and (tmp_path / "take" / "part").read_text() == "whole"


def test_files_named_for_a_process_stay_as_long_as_there_is_one(maker, tmp_path):
    process = maker("file", tmp_path / "elsewhere" / "x")
    for name in (f".track.{process.pid}.mkv", f".state.json.{process.pid}", f".other.{os.getpid()}.mkv"):
        (tmp_path / name).touch()
    for kept in (".gitignore", ".films.face.0123abcd", "track.12.mkv"):
        (tmp_path / kept).touch()
    before = names(tmp_path)
    storage.sweep(tmp_path)
    assert names(tmp_path) == before
    end(process)
    storage.sweep(tmp_path, "track.mkv")
    assert set(before) - set(names(tmp_path)) == {f".track.{process.pid}.mkv"}
    storage.sweep(tmp_path)
    assert set(before) - set(names(tmp_path)) == {f".track.{process.pid}.mkv", f".state.json.{process.pid}"}


def test_many_at_once_make_the_same_file_and_none_takes_anothers(tmp_path):
    failed = []

    def often():
        try:
            for _ in range(50):
                make("file", tmp_path / "file.txt")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and names(tmp_path) == ["file.txt"] and (tmp_path / "file.txt").read_text() == "whole"


def test_a_block_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    make("file", tmp_path / "file.txt")
    with pytest.raises(CaptureError, match="disk is full"), storage.atomic_file(tmp_path / "file.txt") as made:
        made.write_text("half")
        raise OSError(28, "No space left on device")
    assert names(tmp_path) == ["file.txt"] and (tmp_path / "file.txt").read_text() == "whole"
