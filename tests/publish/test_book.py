"""How long a book takes is measured around stand-ins for executing and building."""

import os
import time

import pytest

from glmk_lib import paths
from glmk_lib.publish import book, execute, notebook, site


@pytest.fixture
def making(monkeypatch, tmp_path):
    """`making(cold=…, ran=…, built=…)` makes a book in which these things happen, and returns the times then on file."""
    monkeypatch.setattr(paths, "RESULTS", tmp_path / "results")
    copy, index = tmp_path / "01_first.ipynb", tmp_path / "index.html"
    yesterday = time.time() - 86400
    for path in (copy, index):
        path.touch()

    def make(cold=False, ran=False, built=False):
        for path in (copy, index, paths.results_file("face_a", "smoke", "book")):
            if path.exists():
                os.utime(path, (yesterday, yesterday))

        def execute_all(*_):
            if ran:
                copy.touch()
            if cold:
                notebook.save_results("face_a", "smoke", execute.TIMES, {"notebooks_seconds": 1}, False)
            return [copy]

        def build(*_):
            if built:
                index.touch()
            return index

        monkeypatch.setattr(execute, "execute_all", execute_all)
        monkeypatch.setattr(site, "build", build)
        assert book.make("face_a", "smoke") == index
        return notebook.read_json(paths.results_file("face_a", "smoke", "book"))

    return make


def test_a_book_made_from_nothing_says_how_long_it_took(making):
    assert set(making(cold=True, ran=True, built=True)) == {"notebooks_seconds", "total_seconds"}


def test_making_it_again_with_nothing_to_do_says_so_once(making):
    making(cold=True, ran=True, built=True)
    first = making()["again_seconds"]
    assert making()["again_seconds"] == first


@pytest.mark.parametrize("done", [{"ran": True}, {"built": True}])
def test_a_run_that_had_something_to_do_is_not_counted_as_one_that_had_nothing(making, done):
    making(cold=True, ran=True, built=True)
    assert "again_seconds" not in making(**done)


def test_without_a_run_from_nothing_no_time_is_claimed(making):
    assert making(ran=True, built=True) is None
