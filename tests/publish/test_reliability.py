"""The page says what the results file says, and that nothing was tried where there is none."""

import pytest

from glmk_lib import paths
from glmk_lib.publish import notebook, reliability

MADE = {"commit": "0123456789abcdef", "dirty": False, "date": "2026-01-02T03:04:05+00:00", "packages": {"torch": "2.13.0"}}
MADE |= {"library": "of older code"}
KILLED = {"seed": 0, "moments": [0.2, 0.7], "code": 0, "lost": [], "strays": [], "seconds": 2.0, "said": ""}
FULL = {"kind": "bytes", "limit": 1000, "code": 2, "said": "glmk: the disk is full.", "lost": []}
READ = {"tried": 500, "read": 90, "refused": 410, "failures": {}, "slowest": 0.25, "peak": 3_000_000}
LIMITS = {"memory": 2_000_000_000, "time_out": 20.0}


@pytest.fixture
def page(monkeypatch, tmp_path):
    """`page(section={name: cell})` is the page's text of such results."""
    monkeypatch.setattr(paths, "RESULTS", tmp_path)

    def make(**sections):
        body = {
            s: {n: {"provenance": MADE, "trials": [], **cell} for n, cell in cells.items()} for s, cells in sections.items()
        }
        notebook.write_json(tmp_path / reliability.FILE, body)
        return reliability.page()["reliability.md"].decode()

    return make


def test_without_results_nothing_is_claimed(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    text = reliability.page()["reliability.md"].decode()
    assert text.count("It has not been run yet") == 4 and text.count("*not run*") == 6 and "| `" not in text


def test_results_of_an_older_library_say_so(page, monkeypatch):
    assert "The library has changed since" in page(kills={"train": {"trials": [KILLED], "seconds": 9.5}})
    monkeypatch.setattr(reliability, "library_hash", lambda: MADE["library"])
    assert "The library has changed since" not in page(kills={"train": {"trials": [KILLED], "seconds": 9.5}})


def test_trials_are_counted(page):
    other = KILLED | {"moments": [0.5], "lost": ["run.json"], "strays": [".run.json.7"]}
    text = page(kills={"train": {"trials": [KILLED, other], "seconds": 9.5}}, inputs={"mp4": READ | LIMITS})
    assert "| `train` | 9.5 | 2 | 3 | 1 | 1 | 1 |" in text
    assert "| `mp4` | 500 | 90 | 410 | 0 | 0.25 | 3 |" in text
    assert "at commit `0123456789`, on 2026-01-02, with PyTorch 2.13.0" in text and "(2 GB, 20 s)" in text


def test_what_was_begun_and_not_tried_is_said_so(page):
    assert "| `book` | *not run* |" in page(kills={"book": {}})


def test_a_traceback_is_no_sentence(page):
    untold = FULL | {"code": 1, "said": "Traceback (most recent call last):\nOSError: [Errno 28]"}
    text = page(full={"predict": {"trials": [FULL, untold]}})
    assert "| disk full | `predict` | 2 | 1 | 0 |" in text
    assert "| full predict | 1 | 1 | Traceback" in text


def test_failures_are_listed_with_a_seed_that_makes_one_again(page):
    failures = {"7": "UnicodeDecodeError: byte 0xb0", "9": "UnicodeDecodeError: byte 0xb1", "11": "took over 20 s"}
    text = page(inputs={"mkv": READ | LIMITS | {"failures": failures}})
    assert "| read mkv | 2 | 7 | UnicodeDecodeError: byte 0xb0 |" in text and "| read mkv | 1 | 11 | took over 20 s |" in text


def test_results_of_changed_code_say_so(page):
    assert "`0123456789` with changes" in page(kills={"book": {"provenance": MADE | {"dirty": True}}})


def test_changes_that_tests_notice_are_counted_with_their_interval(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    tried = [{"killed": number > 0} for number in range(20)]
    notebook.write_json(tmp_path / reliability.MUTANTS, {"losses": {"tried": tried, "provenance": MADE}})
    text = reliability.page()["reliability.md"].decode()
    assert "| losses | 20 | 19 | 95% | 76% to 99% |" in text
    assert "The library has changed since**: `make mutants`" in text


def test_planted_regressions_stand_with_the_cell_that_notices_them(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    cell = {"module": "splat.py", "unit": True, "cell": ["02_template_definition", 15], "provenance": MADE}
    missed = cell | {"module": "learner.py", "unit": False, "cell": None}
    notebook.write_json(tmp_path / reliability.PLANTED, {"swapped axes": cell, "EMA forgotten": missed})
    text = reliability.page()["reliability.md"].decode()
    assert "| swapped axes | `splat.py` | noticed | `02_template_definition`, code cell 15 |" in text
    assert "| EMA forgotten | `learner.py` | *not noticed* | *not noticed* |" in text


def test_runs_that_were_compared_stand_with_what_differed(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    cell = {"values": 1234, "differences": [{"file": "a.json", "key": "b", "first": 1, "second": 2}], "provenance": MADE}
    notebook.write_json(
        tmp_path / reliability.REPRODUCED, {"studio_face": {"smoke": cell | {"differences": []}, "laptop": cell}}
    )
    text = reliability.page()["reliability.md"].decode()
    assert "| `studio_face` | `smoke` | 1,234 | 0 |" in text and "| `studio_face` | `laptop` | 1,234 | 1 |" in text
