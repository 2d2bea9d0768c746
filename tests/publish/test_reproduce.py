"""Two runs are the same only where every number of their results is; times, dates and places are left out."""

import pytest

from glmk_lib import paths
from glmk_lib.publish import BookError, reproduce
from glmk_lib.publish.notebook import read_json, write_json

BODY = {
    "ours": {"mean_px": 1.25, "seeds": [0.5, 0.25]},
    "truth": "exact",
    "train_seconds": 12.5,
    "provenance": {"date": "today"},
}


@pytest.fixture
def compared(tmp_path):
    """`compared(first, second)` compares results of one chapter each, given as they are or as changes of BODY."""

    def run(first, second):
        for name, body in (("first", first), ("second", second)):
            write_json(tmp_path / name / "03_training.json", {**BODY, **body})
        return reproduce.compare(tmp_path / "first", tmp_path / "second")

    return run


def test_the_same_numbers_at_other_times_are_the_same(compared):
    found = compared({}, {"train_seconds": 99.0, "provenance": {"date": "tomorrow", "platform": "another"}})
    assert found == reproduce.Comparison(4, ())


@pytest.mark.parametrize(
    ("change", "key", "first", "second"),
    [
        ({"ours": {"mean_px": 1.2500000000000002, "seeds": [0.5, 0.25]}}, "ours.mean_px", 1.25, 1.2500000000000002),
        ({"ours": {"mean_px": 1.25, "seeds": [0.5, 0.75]}}, "ours.seeds.1", 0.25, 0.75),
        ({"ours": {"mean_px": 1.25, "seeds": [0.5]}}, "ours.seeds.1", 0.25, reproduce.ABSENT),
        ({"truth": "none"}, "truth", "exact", "none"),
        ({"more": 0}, "more", reproduce.ABSENT, 0),
    ],
)
def test_what_differs_is_named_with_its_file_and_its_place(compared, change, key, first, second):
    assert compared({}, change).differences == (reproduce.Difference("03_training.json", key, first, second),)


def test_zero_is_not_false(compared):
    assert [each.key for each in compared({"lost": 0}, {"lost": False}).differences] == ["lost"]


def test_a_chapter_that_only_one_run_has_differs_in_everything(compared, tmp_path):
    compared({}, {})
    write_json(tmp_path / "second" / "04_more.json", {"a": 1})
    found = reproduce.compare(tmp_path / "first", tmp_path / "second")
    assert found.differences == (reproduce.Difference("04_more.json", "a", reproduce.ABSENT, 1),)


def test_no_results_are_no_proof(tmp_path):
    with pytest.raises(BookError, match="holds no results"):
        reproduce.compare(tmp_path, tmp_path)


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """`runs(first, second)` lets the two runs of the chapters find these; the last is what the page will say."""
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr(paths, "RESULTS", tmp_path / "results")
    bodies = {}

    def run(folder, capture, preset):
        write_json(folder / "results" / preset / capture / "03_training.json", bodies[folder.name])

    monkeypatch.setattr(reproduce, "_run", run)

    def arrange(first, second):
        bodies.update(first={**BODY, **first}, second={**BODY, **second})

    return arrange


def test_two_runs_that_agree_are_recorded_and_tidied_up(runs, tmp_path, capsys):
    runs({}, {"train_seconds": 1.0})
    reproduce.reproduce("studio_face", ["smoke"])
    cell = read_json(tmp_path / "results" / reproduce.FILE)["studio_face"]["smoke"]
    assert (cell["values"], cell["differences"]) == (4, []) and cell["provenance"]["library"]
    assert not list((tmp_path / "build" / "reproduce").iterdir())
    assert "4 numbers at preset smoke: the same twice" in capsys.readouterr().out


def test_two_runs_that_differ_end_in_a_sentence_and_are_kept(runs, tmp_path):
    runs({}, {"truth": "none"})
    with pytest.raises(BookError, match=r"03_training\.json: 1 of 4 numbers .* differ.* truth: exact and then none"):
        reproduce.reproduce("studio_face", ["smoke"])
    cell = read_json(tmp_path / "results" / reproduce.FILE)["studio_face"]["smoke"]
    assert cell["differences"] == [{"file": "03_training.json", "key": "truth", "first": "exact", "second": "none"}]
    assert (tmp_path / "build" / "reproduce" / "studio_face-smoke" / "second").is_dir()
