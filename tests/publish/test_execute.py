"""The cache's rules are tried with a stand-in for papermill, which writes copy and results at once; the last tests run it."""

import json
import shutil

import papermill
import pytest

from glmk_lib import paths
from glmk_lib.errors import PresetError
from glmk_lib.publish import BookError, execute, notebook


@pytest.fixture
def ran(monkeypatch, small_book):
    """The names of the notebooks that ran, in order; running one takes no time and saves one number.

    The library is one of four small modules, so that an edit to the real one while the tests run changes no key.
    """
    names = []
    package = small_book.root / "glmk_lib"
    (package / "publish").mkdir(parents=True)
    for name in ("losses.py", "cli.py", "publish/notebook.py", "publish/site.py"):
        (package / name).write_text("x = 1\n")
    monkeypatch.setattr(paths, "PACKAGE", package)

    def run(job, copy, parameters, kernel, progress):
        names.append(job.source.stem)
        shutil.copy(job.source, copy)
        notebook.write_json(job.results, {"n": len(names)})

    monkeypatch.setattr(execute, "_papermill", run)
    return names


def make(**options):
    return execute.execute_all("studio_face", "smoke", **options)


def edit(path):
    body = json.loads(path.read_text())
    body["cells"][-1]["source"] += "\n# edited"
    path.write_text(json.dumps(body))


def test_what_has_not_changed_is_not_run_again(ran):
    first = make()
    assert make() == first
    assert ran == ["01_first", "02_second"]


def test_an_edited_notebook_runs_again_with_those_after_it(ran, small_book):
    make()
    edit(small_book.notebooks / "02_second.ipynb")
    make()
    assert ran[2:] == ["02_second"]
    edit(small_book.notebooks / "01_first.ipynb")
    make()
    assert ran[3:] == ["01_first", "02_second"]


def test_stored_outputs_do_not_count_as_an_edit(ran, small_book):
    make()
    path = small_book.notebooks / "01_first.ipynb"
    body = json.loads(path.read_text())
    body["cells"][1] |= {"execution_count": 7, "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}]}
    path.write_text(json.dumps(body))
    make()
    assert len(ran) == 2


@pytest.mark.parametrize("change", [{"seed": 1}, {"kernel": "another"}])
def test_other_parameters_or_another_kernel_run_everything_again(ran, change):
    make()
    make(**change)
    assert len(ran) == 4


@pytest.mark.parametrize(("module", "runs"), [("losses", 4), ("publish/notebook", 4), ("publish/site", 2), ("cli", 2)])
def test_only_the_code_that_a_notebook_can_depend_on_counts(ran, module, runs):
    make()
    (paths.PACKAGE / f"{module}.py").write_text("x = 2\n")
    make()
    assert len(ran) == runs


def test_a_newly_measured_cell_of_a_study_runs_the_notebooks_that_read_studies(ran, small_book):
    small_book.write("02_second", 'study.read("accuracy", chapter.preset, [])')
    make()
    notebook.write_json(paths.RESULTS / "smoke" / "face_a" / "study" / "accuracy" / "full-seed0.json", {"scores": {}})
    make()
    assert ran == ["01_first", "02_second", "02_second"]


@pytest.mark.parametrize("lost", ["executed", "results", "altered"])
def test_a_copy_or_a_result_that_is_lost_or_altered_is_made_again(ran, lost):
    copy = make()[0]
    results = paths.results_file("studio_face", "smoke", "01_first")
    {"executed": copy.unlink, "results": results.unlink, "altered": lambda: results.write_text('{"n": 0.1}')}[lost]()
    make()
    assert ran[2:] == ["01_first"]


def test_only_the_named_notebooks_run(ran):
    assert [path.stem for path in make(only=["02_second"])] == ["02_second"] == ran
    with pytest.raises(BookError, match="no notebook '03'; expected some of 01_first, 02_second"):
        make(only=["03"])


def test_a_run_from_nothing_writes_how_long_each_notebook_took(ran):
    make()
    times = notebook.load_results("studio_face", "smoke", "book")
    assert list(times["notebooks"]) == ["01_first", "02_second"]
    assert times["notebooks_seconds"] == pytest.approx(sum(times["notebooks"].values()))


def test_a_run_that_found_a_trained_network_does_not_claim_to_be_one_from_nothing(ran):
    (paths.RUNS / "studio_face-smoke").mkdir(parents=True)
    make()
    assert not paths.results_file("studio_face", "smoke", "book").exists()


@pytest.mark.parametrize(("capture", "preset", "named"), [("face_z", "smoke", "face_z"), ("face_a", "huge", "huge")])
def test_a_wrong_capture_or_preset_is_named_before_anything_runs(ran, capture, preset, named):
    with pytest.raises(PresetError, match=named):
        execute.execute_all(capture, preset)
    assert ran == []


def test_a_parameter_that_a_notebook_does_not_take_is_an_error(ran, small_book):
    small_book.write("02_second", parameters='preset = None\ncapture = "studio_face"')
    with pytest.raises(PresetError, match=r"02_second\.ipynb: unknown parameter 'seed'; this notebook takes preset, capture"):
        make()
    assert ran == []


def test_a_file_that_is_no_notebook_is_named(ran, small_book):
    (small_book.notebooks / "02_second.ipynb").write_text("{}")
    with pytest.raises(BookError, match=r"02_second\.ipynb: can't be read as a notebook"):
        make()


def test_a_notebook_that_saves_nothing_is_an_error(monkeypatch, small_book):
    monkeypatch.setattr(execute, "_papermill", lambda job, copy, *_: shutil.copy(job.source, copy))
    with pytest.raises(BookError, match=r"wrote no .*01_first\.json"):
        make()


def test_the_results_of_an_earlier_run_do_not_pass_for_this_ones(monkeypatch, ran):
    make()
    monkeypatch.setattr(execute, "_papermill", lambda job, copy, *_: shutil.copy(job.source, copy))
    with pytest.raises(BookError, match=r"wrote no .*01_first\.json"):
        make(seed=1)


def test_a_folder_without_notebooks_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    with pytest.raises(BookError, match="no notebooks"):
        make()


@pytest.mark.slow
def test_papermill_runs_a_notebook_with_its_parameters_and_shows_what_it_prints(shared_book, capsys):
    (copy,) = execute.execute_all("face_b", "smoke", seed=7, only=["01_first"])
    assert notebook.load_results("face_b", "smoke", "01_first")["provenance"]["seed"] == 7
    assert "    step 2\n" in capsys.readouterr().out
    assert "face_b" in copy.read_text()
    assert [path.name for path in copy.parent.iterdir() if path.name.startswith(".")] == []


def fails(book, name, code, told):
    """A notebook of that code, which is deleted again, stops the book with the error `told`."""
    source = book.write(name, code)
    try:
        with pytest.raises(BookError, match=told):
            make(only=[name])
    finally:
        source.unlink()


@pytest.mark.slow
def test_a_notebook_that_fails_is_kept_beside_the_older_good_copy(shared_book):
    copy = paths.EXECUTED / "studio_face-smoke" / "03_third.ipynb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text("older")
    told = r"03_third\.ipynb: cell \[\d\] failed with ValueError: the paint has dried \(see"
    fails(shared_book, "03_third", 'raise ValueError("the paint\\nhas dried")', told)
    assert copy.read_text() == "older"
    assert "the paint" in copy.with_name("03_third.failed.ipynb").read_text()


@pytest.mark.slow
def test_a_kernel_that_is_killed_is_told(shared_book):
    code = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    fails(shared_book, "04_fourth", code, r"04_fourth\.ipynb: its kernel died")


@pytest.mark.slow
def test_an_unknown_kernel_is_named(shared_book):
    with pytest.raises(BookError, match="no Jupyter kernel named 'none-such'"):
        make(kernel="none-such", only=["01_first"])


@pytest.mark.slow
def test_a_parameter_given_to_papermill_by_hand_is_checked_in_the_notebook(shared_book, tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="unknown parameter 'sed'"):
        papermill.execute_notebook(
            shared_book.notebooks / "02_second.ipynb", tmp_path / "out.ipynb", {"sed": 1, "preset": "smoke"}, progress_bar=False
        )


def test_what_a_killed_execution_left_is_deleted_and_one_that_runs_is_left_alone(tmp_path):
    folder = tmp_path / "executed"
    (folder / ".running.killed").mkdir(parents=True)
    with execute._workplace(folder) as one, execute._workplace(folder) as other:
        assert set(folder.iterdir()) == {one, other}
    assert not list(folder.iterdir())
