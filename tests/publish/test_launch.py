"""The buttons that open a chapter elsewhere, and the branch that they open: tried as Colab does, with nothing installed."""

import json
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from glmk_lib import paths
from glmk_lib.publish import BookError, launch, site

REPOSITORY = "https://github.com/us/book"


def copy(root):
    """What git tracks, as it stands in the working tree."""
    listed = subprocess.run(["git", "-C", paths.ROOT, "ls-files", "-zco", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        if (paths.ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(paths.ROOT / name, root / name)
    return root


@pytest.fixture
def checkout(tmp_path):
    return copy(tmp_path / "checkout")


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "repository", [None, "https://example.org/us/book", "https://github.com/us", "https://github.com/us/book/tree/main"]
)
def test_only_a_repository_on_github_has_buttons(repository):
    assert launch.theme_options(repository) == {}


def test_the_settings_of_a_book_that_knows_its_repository_have_the_buttons(monkeypatch):
    monkeypatch.delenv("GLMK_REPOSITORY_URL", raising=False)
    assert "launch_buttons" not in site.settings()["sphinx"]["config"]["html_theme_options"]
    monkeypatch.setenv("GLMK_REPOSITORY_URL", REPOSITORY)
    options = site.settings()["sphinx"]["config"]["html_theme_options"]
    assert options["launch_buttons"] and options["repository_branch"] == "published"


@pytest.mark.slow
def test_a_chapter_has_its_buttons_and_a_page_none(tmp_path, monkeypatch):
    monkeypatch.setenv("GLMK_REPOSITORY_URL", REPOSITORY)
    config = site.settings()
    del config["logo"], config["html"]["favicon"]
    config["sphinx"]["config"] |= {"html_static_path": [], "html_css_files": [], "html_js_files": []}
    chapter = nbformat.read(paths.NOTEBOOKS / "07_ingredients.ipynb", as_version=4)
    chapter.cells = [nbformat.v4.new_markdown_cell("# A"), nbformat.v4.new_code_cell("1 + 1")]
    sources = {
        "index.md": b"# A book",
        "notebooks/a.ipynb": nbformat.writes(chapter).encode(),
        "references.bib": b"",
        "_toc.yml": yaml.safe_dump({"format": "jb-book", "root": "index", "chapters": [{"file": "notebooks/a"}]}).encode(),
        "_config.yml": yaml.safe_dump(config).encode(),
    }
    site.write_sources(tmp_path / "src", sources)
    site.jupyter_book(tmp_path / "src", tmp_path / "work", tmp_path / "log")
    pages = tmp_path / "work" / "_build" / "html"
    found = re.findall(r'href="(https://(?:mybinder|colab)[^"]*)"', (pages / "notebooks" / "a.html").read_text())
    assert sorted(found) == [
        "https://colab.research.google.com/github/us/book/blob/published/notebooks/a.ipynb",
        "https://mybinder.org/v2/gh/us/book/published?urlpath=lab/tree/notebooks/a.ipynb",
    ]
    assert "mybinder" not in (pages / "index.html").read_text()


def test_every_notebook_gets_the_cell_after_its_title_and_nothing_else_changes(checkout):
    before = contents(checkout)
    launch.prepare(checkout, REPOSITORY)
    after = contents(checkout)
    assert before.keys() == after.keys()
    changed = {path for path in before if before[path] != after[path]}
    assert changed == set((checkout / "notebooks").glob("*.ipynb")) and len(changed) >= 7
    for path in changed:
        title, cell, *rest = cells(path)
        assert [title, *rest] == json.loads(before[path])["cells"]
        assert "".join(cell["source"]) == launch.first_cell(REPOSITORY) and REPOSITORY in launch.first_cell(REPOSITORY)
        nbformat.validate(nbformat.reads(after[path].decode(), as_version=4))


def test_the_index_of_torch_is_named_to_binder_once(checkout):
    launch.prepare(checkout, REPOSITORY, "https://example.org/cpu")
    after = contents(checkout)
    lines = (checkout / launch.REQUIREMENTS).read_text().splitlines()
    assert (
        lines[0] == "--extra-index-url https://example.org/cpu"
        and lines[1:] == (paths.ROOT / launch.REQUIREMENTS).read_text().splitlines()
    )
    launch.prepare(checkout, REPOSITORY, "https://example.org/cpu")
    assert contents(checkout) == after


def test_what_is_no_checkout_is_left_alone(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "a.ipynb").write_text("{}")
    with pytest.raises(BookError, match=r"expected a checkout of the project, with notebooks/ and \.binder/requirements\.txt"):
        launch.prepare(tmp_path, REPOSITORY)
    assert (tmp_path / "notebooks" / "a.ipynb").read_text() == "{}"


def test_the_cell_does_nothing_where_the_library_is_at_hand(tmp_path):
    """It also leaves no name behind that a notebook's check of its parameters takes for one of them."""
    program = (
        f"{launch.first_cell(REPOSITORY)}\nfrom glmk_lib.publish import notebook\nnotebook.check_parameters(globals(), set())"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=120)
    assert list(tmp_path.iterdir()) == []


def test_a_command_without_the_repository_says_so(checkout, monkeypatch):
    monkeypatch.delenv("GLMK_REPOSITORY_URL", raising=False)
    command = [sys.executable, "-m", "glmk_lib.publish.launch", checkout]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode and done.stderr.startswith("glmk: GLMK_REPOSITORY_URL is not set")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A folder with the branch in `published`, and the kernel "empty" of a Python that has nothing but that kernel."""
    if "GLMK_TEST_BOOK" not in os.environ:
        pytest.skip("installs everything anew: a part of `make test-book`")
    root = tmp_path_factory.mktemp("empty")
    copy(root / "published")
    launch.prepare(root / "published", str(root / "published"))
    git = ["git", "-C", root / "published", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=published"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=published"], check=True)
    python = root / "venv" / "bin" / "python"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GLMK_", "PYTHON"))]:
            patch.delenv(name)
        patch.setenv("GLMK_PRESET", "smoke")
        patch.setenv("JUPYTER_PATH", str(root / "share" / "jupyter"))
        patch.setenv("PIP_CONSTRAINT", str(paths.ROOT / "constraints.txt"))
        subprocess.run([sys.executable, "-m", "venv", root / "venv"], check=True, timeout=120)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "ipykernel"], check=True, timeout=600)
        subprocess.run([python, "-m", "ipykernel", "install", "--prefix", root, "--name", "empty"], check=True, timeout=120)
        yield root


@pytest.mark.parametrize("chapter", [path.stem for path in sorted(paths.NOTEBOOKS.glob("*.ipynb"))])
def test_a_chapter_runs_in_an_empty_environment_after_its_first_cell(empty, chapter):
    """As on Colab, where each notebook has a machine of its own."""
    where = empty / chapter
    where.mkdir()
    subprocess.run(
        [empty / "venv" / "bin" / "python", "-m", "pip", "uninstall", "--quiet", "--yes", "glmk-lib"], check=True, timeout=120
    )
    body = nbformat.read(empty / "published" / "notebooks" / f"{chapter}.ipynb", as_version=4)
    NotebookClient(body, kernel_name="empty", timeout=1200, resources={"metadata": {"path": str(where)}}).execute()
    assert (where / launch.FOLDER / "results" / "smoke" / "studio_face" / f"{chapter}.json").is_file()
