"""Buttons that open a chapter on Binder or on Colab, and the branch of the repository that they open.

A book whose repository lies on GitHub (`GLMK_REPOSITORY_URL`) has them on every chapter. They open the branch `published`: the
commit that the book was built from, so that readers run the code that they read about, with two things that depend on where
the book is published. Each notebook begins with a cell that installs the library from that repository where it is missing, as
on Colab; and `.binder/requirements.txt` names the package index for PyTorch (`TORCH_INDEX`), if there is one. The workflow
`book` makes the branch, with

    python -m glmk_lib.publish.launch FOLDER

where FOLDER is another checkout of that commit, whose files it changes.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

from glmk_lib.errors import GlmkError
from glmk_lib.publish import BookError, finish
from glmk_lib.publish.notebook import write_bytes, write_json

BRANCH, FOLDER = "published", "generative-landmarks"  # of the repository, and where the cell puts its copy of it
BINDER, COLAB = "https://mybinder.org", "https://colab.research.google.com"
REQUIREMENTS = Path(".binder", "requirements.txt")
_GITHUB = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")
_CELL = "get-the-project"  # the cell's id
_CODE = """\
# Gets the project where this notebook was opened alone, as on Colab. Where the library is at hand, nothing is done.
import importlib
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("glmk_lib") is None:
    if not os.path.isdir("{folder}"):
        subprocess.run(["git", "clone", "--quiet", "--depth=1", "--branch={branch}", "{repository}", "{folder}"], check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "./{folder}[onnx]"], check=True)
    importlib.invalidate_caches()
if os.path.isdir("{folder}"):
    os.environ["GLMK_ROOT"] = os.path.abspath("{folder}")  # the notebooks read its results, and write theirs there
if "google.colab" in sys.modules:
    from google.colab import output

    output.enable_custom_widget_manager()  # for the widgets that listen to the mouse"""


def theme_options(repository: str | None) -> dict:
    """What Jupyter Book's theme has to know for the buttons; nothing where `repository` is not on GitHub."""
    if repository is None or not _GITHUB.fullmatch(repository):
        return {}
    buttons = {"notebook_interface": "jupyterlab", "binderhub_url": BINDER, "colab_url": COLAB}
    return {"repository_branch": BRANCH, "launch_buttons": buttons}


def first_cell(repository: str) -> str:
    """The code of the cell that installs the library from the branch `published` of `repository`, where it is missing."""
    return _CODE.format(repository=repository, branch=BRANCH, folder=FOLDER)


def prepare(checkout: Path, repository: str, torch_index: str = "") -> None:
    """Make the files in `checkout` those of the branch `published`; doing it again changes nothing more.

    Raises:
        BookError: `checkout` has no notebooks, or no requirements for Binder.
    """
    notebooks, requirements = sorted((checkout / "notebooks").glob("*.ipynb")), checkout / REQUIREMENTS
    if not notebooks or not requirements.is_file():
        raise BookError(f"{checkout}: expected a checkout of the project, with notebooks/ and {REQUIREMENTS.as_posix()}.")
    for path in notebooks:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = [cell for cell in notebook["cells"] if cell.get("id") != _CELL]
        code = first_cell(repository).splitlines(keepends=True)
        cell = {"cell_type": "code", "execution_count": None, "id": _CELL, "metadata": {}, "outputs": [], "source": code}
        # After the title, so that the page begins as the book's does.
        write_json(path, notebook | {"cells": [*cells[:1], cell, *cells[1:]]})
    if torch_index:
        lines = requirements.read_text(encoding="utf-8").splitlines(keepends=True)
        index = f"--extra-index-url {torch_index}\n"
        write_bytes(requirements, "".join([index, *(line for line in lines if line != index)]).encode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m glmk_lib.publish.launch", description="make the branch that buttons open")
    parser.add_argument("folder", type=Path, help="a checkout of the commit that the book was built from; it is changed")
    folder, repository = parser.parse_args().folder, finish.addresses().get("repository")
    if repository is None:
        raise BookError("GLMK_REPOSITORY_URL is not set; expected the address that the notebooks get the project from.")
    prepare(folder, repository, os.environ.get("TORCH_INDEX", "").strip())


if __name__ == "__main__":
    try:
        main()
    except GlmkError as error:
        sys.exit(f"glmk: {error}")
