"""One figure by its name: which it is, what its executed chapter shows, and where it goes."""

import base64
import shutil

import nbformat
import pytest
from nbformat.v4 import new_output

from glmk_lib import paths
from glmk_lib.publish import BookError, execute, figure, notebook

from .conftest import FIGURE, PICTURE, code

PNG, SVG = b"\x89PNG a picture", "<svg>a picture</svg>"


def labelled(name):
    return {"mystnb": {"figure": {"name": name}}}


@pytest.fixture
def book(small_book):
    """The small book, with two more figures in its second chapter."""
    small_book.write("02_second", *(code("", **labelled(name)) for name in ("fig-sheets", "fig-jitter-scatter")))
    return small_book


def shown(path, label, *outputs):
    """Give the cell of that label these outputs, each a dict by MIME type, in the notebook at `path`."""
    body = nbformat.read(path, as_version=4)
    cell = next(cell for cell in body.cells if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == label)
    cell.outputs = [new_output("display_data", data) for data in outputs]
    nbformat.write(body, path)
    return path


def test_every_labelled_figure_is_known_with_its_chapter(book):
    assert figure.labels() == {"fig-line": "01_first", "fig-sheets": "02_second", "fig-jitter-scatter": "02_second"}


@pytest.mark.parametrize("name", ["fig-jitter-scatter", "jitter-scatter", "jitter_scatter", "fig-jitter_scatter"])
def test_a_figure_goes_by_its_label_with_or_without_what_all_begin_with(book, name):
    assert figure.find(name) == "fig-jitter-scatter"


@pytest.mark.parametrize("name", ["giraffe", "", "fig-"])
def test_an_unknown_name_lists_the_figures_with_their_chapters(book, name):
    with pytest.raises(BookError, match=rf"'{name}'; expected one of line \(01_first\); sheets, jitter-scatter \(02_second\)"):
        figure.find(name)


def test_the_picture_is_taken_from_the_labelled_cell(small_book):
    png = base64.b64encode(PNG).decode()
    path = shown(small_book.notebooks / "01_first.ipynb", "fig-line", {"text/plain": "x"}, {"image/png": png})
    assert figure.pictures(path, "fig-line") == {"png": PNG}


def test_an_svg_beside_it_is_taken_too(small_book):
    both = {"image/png": base64.b64encode(PNG).decode(), "image/svg+xml": SVG}
    path = shown(small_book.notebooks / "01_first.ipynb", "fig-line", both)
    assert figure.pictures(path, "fig-line") == {"png": PNG, "svg": SVG.encode()}


def test_a_cell_that_shows_no_picture_is_named(small_book):
    path = shown(small_book.notebooks / "01_first.ipynb", "fig-line", {"text/plain": "no picture"})
    with pytest.raises(BookError, match=r"01_first\.ipynb: the cell labelled 'fig-line' shows no PNG"):
        figure.pictures(path, "fig-line")


def test_only_its_chapter_is_executed_and_again_only_when_that_has_changed(monkeypatch, small_book):
    ran = []

    def run(job, copy, parameters, kernel, progress):
        ran.append((job.source.stem, parameters))
        shutil.copy(job.source, copy)
        shown(copy, "fig-line", {"image/png": base64.b64encode(PNG).decode()})
        notebook.write_json(job.results, {})

    monkeypatch.setattr(execute, "_papermill", run)
    for _ in range(2):
        assert figure.make("line", "studio_hand", "smoke", 3) == [paths.FIGURES / "line.png"]
    assert ran == [("01_first", {"capture": "studio_hand", "preset": "smoke", "seed": 3})]
    assert (paths.FIGURES / "line.png").read_bytes() == PNG


@pytest.mark.slow
def test_papermill_draws_it(small_book):
    small_book.write("01_first", code(PICTURE, **FIGURE))
    (path,) = figure.make("fig-line", "studio_face", "smoke", 1)
    assert path.read_bytes().startswith(b"\x89PNG")
