"""A book of two tiny notebooks in a temporary folder, for tests of the machinery around the real ones."""

import shutil
import textwrap
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from glmk_lib import paths

PARAMETERS = 'preset = None\ncapture = "studio_face"\nseed = 0'
BEGIN = """
    from glmk_lib.publish import notebook
    chapter = notebook.begin(globals(), "{name}")
"""
PICTURE = """
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(6, 2.5))
    axes.plot([0, 1, 2], [2, 1, chapter.seed])
    plt.show()
"""
# The page of a notebook must not carry the machine's folders or the trace of a progress bar.
FIGURE = {"mystnb": {"figure": {"name": "fig-line", "caption": "A line."}}}
BAR = 'import sys; print("\\rstep 1", end="", file=sys.stderr); print(f"\\rstep {1 + 1}", file=sys.stderr)'
PAGE = """# A small book

The error is {{ 01_first:ours.mean_px | .2f px }}, that of 03 is {{ 03_training:ours.mean_px | .1f px }}. {numref}`fig-line`
shows a line, {eq}`spring` an equation, and {{ code losses.spring }} its code.

$$ E = (l - r)^2 $$ (spring)
"""


def code(text: str, **metadata):
    return new_code_cell(textwrap.dedent(text).strip(), metadata=metadata)


CLAIMS = """claims:
  - name: It draws
    words: "a line | is <drawn>"
    experiment: One line over another, with $x$ and {y}.
    figure: fig-line
    captures: [studio_face, studio_hand]
    tests:
      - name: error over the other's
        of: full.mean_px
        over: supervised.mean_px
        bound: "<= 2"
  - name: It dreams
    words: "nobody knows"
    experiment: None yet.
"""


class SmallBook:
    """notebooks/ of two chapters under `root`, each saving a number, and book/ with the project's own settings."""

    def __init__(self, root: Path):
        self.root = root
        self.notebooks, self.book = root / "notebooks", root / "book"
        self.write("01_first", BAR, code(PICTURE, **FIGURE), save='{"ours": {"mean_px": 1.25}, "train_seconds": 90}')
        self.write("02_second", save='{"seen": chapter.load("01_first")["ours"]["mean_px"]}')
        shutil.copytree(paths.BOOK, self.book, ignore=shutil.ignore_patterns("*.md"))
        (self.book / "index.md").write_text(PAGE)
        listed = "[{glob: notebooks/*}, {file: claims}, {file: scales}, {file: reliability}]"
        toc = f"format: jb-book\nroot: index\nparts: [{{caption: Notebooks, chapters: {listed}}}]"
        (self.book / "_toc.yml").write_text(toc)
        (self.root / "claims.yaml").write_text(CLAIMS)

    def write(self, name: str, *cells, save: str | None = "{}", parameters: str = PARAMETERS) -> Path:
        """One notebook: title, parameters, `cells` (texts, or made by `code`), and the saving of `save` unless that is None."""
        first = new_code_cell(parameters, metadata={"tags": ["parameters"]})
        title = new_markdown_cell(f"# {name}\n\nA small chapter, with $x^2$.")
        last = [code(f"chapter.save({save})")] if save is not None else []
        texts = [code(cell) if isinstance(cell, str) else cell for cell in cells]
        body = [title, first, code(BEGIN.format(name=name)), *texts, *last]
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        path = self.notebooks / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=body, metadata=metadata), path)
        return path


def place(monkeypatch, root: Path) -> SmallBook:
    """A SmallBook under `root`, with every folder of `paths` that publishing reads or writes there."""
    book = SmallBook(root)
    build = root / "build"
    folders = {"EXECUTED": "executed", "CAPTURES": "captures", "RUNS": "runs", "SITE": "book", "FIGURES": "figures"}
    for name, folder in folders.items():
        monkeypatch.setattr(paths, name, build / folder)
    monkeypatch.setattr(paths, "NOTEBOOKS", book.notebooks)
    monkeypatch.setattr(paths, "BOOK", book.book)
    monkeypatch.setattr(paths, "CLAIMS", root / "claims.yaml")
    monkeypatch.setattr(paths, "RESULTS", root / "results")
    return book


@pytest.fixture
def small_book(monkeypatch, tmp_path):
    return place(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def shared_book(tmp_path_factory):
    """A SmallBook that the tests of one file share, since executing and building it takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        yield place(patch, tmp_path_factory.mktemp("book"))
