"""nbval over notebooks at preset smoke, on the library as it is or on a copy with a regression planted in it."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from glmk_lib import paths


@dataclass(frozen=True)
class Checked:
    """What nbval came to.

    code: of pytest. cell: the first that failed, as its notebook and its place among the cells of code there. said: its words.
    """

    code: int
    cell: tuple[str, int] | None
    said: str


def check(library: Path, build: Path, results: Path, notebooks: list[Path], first: bool = False) -> Checked:
    """Run the notebooks again with the library in the folder `library`, and compare their marked cells with what they keep.

    Args:
        build, results: folders for captures and runs, which are made where they are not there yet, and for numbers.
        first: stop at the first cell that fails.
    """
    folders = {"GLMK_ROOT": paths.ROOT, "GLMK_BUILD": build, "GLMK_RESULTS": results, "PYTHONPATH": library}
    environment = {**os.environ, "GLMK_PRESET": "smoke", **{name: str(folder) for name, folder in folders.items()}}
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-cell-timeout=600", "-q", "-rf", "-p", "no:cacheprovider"]
    command += ["-x", *notebooks] if first else notebooks
    done = subprocess.run(command, env=environment, cwd=paths.ROOT, capture_output=True, text=True)
    found = re.search(r"^FAILED \S*?(\w+)\.ipynb::Cell (\d+)", done.stdout, re.MULTILINE)
    cell = (found[1], int(found[2]) + 1) if found else None  # nbval counts from 0
    return Checked(done.returncode, cell, done.stdout[-5000:] + done.stderr[-2000:])
