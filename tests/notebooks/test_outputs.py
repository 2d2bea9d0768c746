"""nbval runs every notebook again at preset smoke and compares the cells marked NBVAL_CHECK_OUTPUT with what they keep."""

import os
import subprocess
import sys

import pytest

from glmk_lib import paths


@pytest.mark.slow
def test_the_marked_outputs_are_those_that_the_notebooks_keep(executed, tmp_path):
    environment = {
        **os.environ,
        "GLMK_PRESET": "smoke",
        "GLMK_ROOT": str(paths.ROOT),
        "GLMK_BUILD": str(paths.BUILD),  # where `executed` has filmed and trained
        "GLMK_RESULTS": str(tmp_path),  # else the results would no longer be those of the executed copies
        "PYTHONPATH": str(paths.PACKAGE.parent),
    }
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-cell-timeout=600", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, paths.NOTEBOOKS], env=environment, cwd=paths.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
