"""The last tests build a small book with Jupyter Book, with a stand-in for the scripts from npm: no page here needs them."""

import json
import re
from pathlib import Path

import pytest

from glmk_lib import paths, presets, study
from glmk_lib.errors import PresetError
from glmk_lib.publish import BookError, assets, execute, notebook, scales, site


@pytest.fixture
def results(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    notebook.save_results("face_a", "smoke", "03_training", {"ours": {"mean_px": 1.256}, "steps": 150}, False)
    notebook.save_results("studio_face", "paper", "03_training", {"ours": {"mean_px": 0.9}}, False)
    summary = {"rows": {"full": {"mean_px": {"mean": 0.812}}}}
    notebook.write_json(tmp_path / "paper" / "studio_face" / "study" / "accuracy.json", summary)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ 03_training:ours.mean_px | .2f px }} off", "1.26 px off"),
        ("{{ 03_training:ours.mean_px }}", "1.26"),
        ("{{ 03_training:steps | d }}", "150"),
        ("{{ paper/studio_face/03_training:ours.mean_px | .1f }}", "0.9"),
        ("{{ paper/studio_face/study/accuracy:rows.full.mean_px.mean | .2f }}", "0.81"),
        ("{{ 04_spring:ours.mean_px | .2f px }} off", "*not measured* off"),
        ("{{ capture }} at {{ preset }}", "face_a at smoke"),
        (r"$\frac{{a}}{b} \mathbf{{x}}$", r"$\frac{{a}}{b} \mathbf{{x}}$"),
    ],
)
def test_a_page_gets_its_numbers_from_results(results, text, filled):
    assert site.fill(text, "face_a", "smoke", Path("intro.md")) == filled


@pytest.mark.parametrize(
    ("text", "message"),
    [("{{ ours.mean_px }}", "not understood"), ("{{ 03_training:steps | q }}", "'q' is no number format")],
)
def test_a_number_asked_for_in_the_wrong_form_names_the_page(results, text, message):
    with pytest.raises(BookError, match=r"intro\.md: .*" + message):
        site.fill(text, "face_a", "smoke", Path("intro.md"))


def test_results_kept_from_the_papers_scale_are_shown_with_what_made_them(results, tmp_path):
    made = {"provenance": {"gpu": "H100", "commit": "0123456789abcdef", "date": "2026-01-02T03:04:05+00:00", "seed": 0}}
    notebook.write_json(tmp_path / "paper" / "face_a" / "03_training.json", {"ours": {"mean_px": 0.7}, "curve": [1, 2], **made})
    page = scales.pages("face_a", "smoke")["scales.md"].decode()
    assert "Made on 2026-01-02 at commit `0123456789`, H100, seed 0." in page
    assert "| `ours.mean_px` | 0.7 |" in page
    assert "curve" not in page


def test_the_cells_of_a_study_are_not_listed_one_by_one(results, tmp_path):
    notebook.write_json(tmp_path / "paper" / "face_a" / "study" / "accuracy" / "full-seed0.json", {"scores": {"mean_px": 0.7}})
    assert "full-seed0" not in scales.pages("face_a", "smoke")["scales.md"].decode()


def test_a_page_of_a_notebook_names_no_folder_of_the_machine_and_no_test(tmp_path):
    copy = tmp_path / "01_first.ipynb"
    cells = [
        {"cell_type": "code", "metadata": {"tags": ["parameters"], "papermill": {"duration": 1}}, "source": "seed = 0"},
        {"cell_type": "code", "metadata": {"tags": ["injected-parameters"]}, "source": "seed = 1"},
        {"cell_type": "code", "metadata": {}, "source": ["# NBVAL_CHECK_OUTPUT\n", "print(2)"]},
    ]
    copy.write_text(json.dumps({"cells": cells, "metadata": {"papermill": {"input_path": str(tmp_path)}}}))
    page = site.page_of(copy).decode()
    assert str(tmp_path) not in page
    assert "NBVAL" not in page
    assert json.loads(page)["cells"][0]["metadata"]["tags"] == ["parameters", "remove-cell"]


def test_a_page_keeps_the_widgets_of_its_manager_alone(tmp_path):
    copy, kind = tmp_path / "01_first.ipynb", "application/vnd.jupyter.widget-state+json"
    state = {"a": {"model_module": "@jupyter-widgets/controls"}, "b": {"model_module": "ipyevents"}}
    copy.write_text(json.dumps({"cells": [], "metadata": {"widgets": {kind: {"state": state, "version_major": 2}}}}))
    kept = json.loads(site.page_of(copy))["metadata"]["widgets"][kind]
    assert list(kept["state"]) == ["a"] and kept["version_major"] == 2


def test_a_page_that_has_not_changed_keeps_its_time(tmp_path):
    site.write_sources(tmp_path, {"a.md": b"a", "b.md": b"b"})
    before = (tmp_path / "a.md").stat().st_mtime_ns
    assert not site.write_sources(tmp_path, {"a.md": b"a", "b.md": b"c"})
    assert (tmp_path / "a.md").stat().st_mtime_ns == before


@pytest.mark.parametrize("sources", [{"a.md": b"a"}, {"a.md": b"a", "_assets/x.js": b"new"}], ids=["gone", "script"])
def test_sphinx_begins_anew_when_a_source_is_gone_or_a_script_has_changed(tmp_path, sources):
    site.write_sources(tmp_path, {"a.md": b"a", "_assets/x.js": b"old"})
    assert site.write_sources(tmp_path, sources)
    assert {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.*")} == set(sources)


def test_a_notebook_that_was_not_executed_is_named(monkeypatch, small_book):
    with pytest.raises(BookError, match=r"01_first\.ipynb: missing; execute"):
        site.build("studio_face", "smoke")


def test_a_wrong_preset_is_named(small_book):
    with pytest.raises(PresetError, match="huge"):
        site.build("studio_face", "huge")


@pytest.fixture(scope="module")
def built(shared_book, tmp_path_factory):
    """The index.html of the small book."""
    scripts = tmp_path_factory.mktemp("scripts")
    (scripts / "x.js").write_text("")
    names = (assets.MATHJAX, assets.REQUIRE, assets.WIDGETS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "files", lambda: dict.fromkeys(names, scripts / "x.js"))
        execute.execute_all("studio_face", "smoke")
        yield site.build("studio_face", "smoke")


@pytest.mark.slow
def test_pages_show_numbers_numbered_figures_equations_and_code(built):
    page = built.read_text()
    assert "1.25 px" in page
    assert "not measured" in page
    assert 'href="notebooks/01_first.html#fig-line"><span class="std std-numref">Fig. 1</span>' in page
    assert 'href="#equation-spring">(1)</a>' in page
    claims = (built.parent / "claims.html").read_text()
    assert 'href="notebooks/01_first.html#fig-line"><span class="std std-numref">Fig. 1</span>' in claims
    assert "a line | is &lt;drawn&gt;" in claims and '<span class="not-measured">not measured</span>' in claims
    assert 'href="code/losses.html#code-losses-spring"' in page
    assert "step 2" not in (built.parent / "notebooks" / "01_first.html").read_text()


@pytest.mark.slow
def test_building_again_with_nothing_changed_does_nothing(built, monkeypatch):
    monkeypatch.setattr(site, "jupyter_book", None)
    assert site.build("studio_face", "smoke") == built


@pytest.mark.slow
def test_a_warning_is_an_error_and_the_last_good_site_stays(built, shared_book):
    page, before = shared_book.book / "index.md", built.read_text()
    text = page.read_text()
    page.write_text(text + "\n{numref}`nowhere`\n")
    try:
        with pytest.raises(BookError, match=r"index\.md.* WARNING: undefined label: '?nowhere'?.*see .*build\.log"):
            site.build("studio_face", "smoke")
    finally:
        page.write_text(text)
    assert built.read_text() == before


def test_every_number_of_a_study_that_a_page_shows_is_of_a_row_that_the_study_trains_on_that_capture():
    asked = re.compile(r"\{\{ (\w+)/(\w+)/study/(\w+):rows\.(\w+)\.")
    found = [
        match
        for page in sorted((paths.ROOT / "book").glob("*.md"))
        for match in asked.findall(page.read_text(encoding="utf-8"))
    ]
    assert found
    for preset, capture, name, row in found:
        trained = study.get(name, presets.get(preset))
        assert trained.row(row) and capture in trained.captures, (preset, capture, name, row)
