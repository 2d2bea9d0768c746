import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from glmk_lib.publish import BookError, compared

CELLS = ["# NBVAL_CHECK_OUTPUT\nprint(2)", "print(3)"]


@pytest.fixture
def source(small_book):
    path = small_book.write("03_third", *CELLS)
    body = json.loads(path.read_text())
    body["cells"][-2] |= {"outputs": [new_output("stream", name="stdout", text="stale\n")], "execution_count": 9}
    path.write_text(json.dumps(body))
    return path


@pytest.fixture
def executed(source, tmp_path):
    """A copy as papermill makes it: with injected values, outputs and counters."""
    notebook = nbformat.read(source, as_version=4)
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        streams = [new_output("stream", name=name, text=f"{name} of {count}\n") for name in ("stderr", "stdout")]
        cell.execution_count, cell.outputs = count, streams
    notebook.cells.insert(2, new_code_cell("seed = 0", metadata={"tags": ["injected-parameters"]}))
    copy = tmp_path / "copy.ipynb"
    nbformat.write(notebook, copy)
    return copy


def test_only_what_is_compared_is_kept_and_none_of_stderr(source, executed):
    assert compared.keep_compared(source, executed) == 1
    cells = [cell for cell in nbformat.read(source, as_version=4).cells if cell.cell_type == "code"]
    assert [[output.text for output in cell.outputs] for cell in cells] == [[], [], ["stdout of 3\n"], [], []]
    assert [cell.execution_count for cell in cells] == [None, None, 1, None, None]  # nbval takes a bare output for a stray one


def test_a_copy_of_an_older_notebook_is_refused(source, executed, small_book):
    small_book.write("03_third", CELLS[0], "print(4)")
    before = source.read_text()
    with pytest.raises(BookError, match="execute it again"):
        compared.keep_compared(source, executed)
    assert source.read_text() == before
