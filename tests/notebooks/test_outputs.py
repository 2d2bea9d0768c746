"""nbval runs every notebook again at preset smoke and compares the cells marked NBVAL_CHECK_OUTPUT with what they keep."""

import checked
import planted
import pytest

from glmk_lib import paths


@pytest.mark.slow
def test_the_marked_outputs_are_those_that_the_notebooks_keep(executed, tmp_path):
    # In the build folder where `executed` has filmed and trained; its results must stay those of the executed copies.
    found = checked.check(paths.PACKAGE.parent, paths.BUILD, tmp_path, [paths.NOTEBOOKS])
    assert found.code == 0, found.said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sign of the spring", "swapped axes"])
def test_a_planted_regression_changes_a_marked_output(executed, tmp_path, name):
    """Two that the chapter on templates shows, which trains nothing; `make mutants` tries all ten with the chapter after it."""
    (regression,) = (each for each in planted.PLANTED if each.name == name)
    library = planted.copy(tmp_path / "library", regression)
    chapter = paths.NOTEBOOKS / "02_template_definition.ipynb"
    found = checked.check(library, paths.BUILD, tmp_path / "results", [chapter], first=True)
    assert (found.code, found.cell and found.cell[0]) == (planted.FAILED, chapter.stem), found.said
