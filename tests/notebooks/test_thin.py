"""A notebook holds the story, parameters, calls and pictures; what it computes is in the library."""

import ast

import nbformat
import papermill
import pytest

from glmk_lib import paths

CHECKED = "NBVAL_CHECK_OUTPUT"


@pytest.fixture
def cells(source):
    return nbformat.read(source, as_version=4).cells


@pytest.fixture
def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def test_it_defines_no_class_and_no_function_of_more_than_three_lines(code):
    found = [
        node.name
        for cell in code
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.ClassDef)
        or (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno + 1 > 3)
    ]
    assert found == []


def test_its_first_code_cell_assigns_the_parameters_and_nothing_else(code):
    assert code[0].metadata.get("tags") == ["parameters"]
    assigned = [node.targets[0].id for node in ast.parse(code[0].source).body if isinstance(node, ast.Assign)]
    assert assigned == ["preset", "capture", "seed"]
    assert len(ast.parse(code[0].source).body) == 3


def test_the_next_cell_checks_them(code, source):
    assert f'notebook.begin(globals(), "{source.stem}")' in code[1].source


def test_it_saves_its_numbers(code):
    assert any("chapter.save(" in cell.source for cell in code)


def test_it_ends_in_a_summary(cells):
    headings = [line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines() if line[:1] == "#"]
    assert headings[-1].strip("# ") == "Summary"


def test_it_keeps_no_output_but_those_that_are_compared(code):
    kept = [i for i, cell in enumerate(code) if cell.outputs and CHECKED not in cell.source]
    assert kept == []


def test_what_it_compares_is_kept_as_text(code):
    for cell in code:
        if CHECKED in cell.source:
            assert cell.outputs, "run `python -m glmk_lib.publish.compared` to keep it"
            assert {output.output_type for output in cell.outputs} == {"stream"}


def test_a_misspelt_parameter_stops_it_at_once(tmp_path):
    source = next(iter(sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))))  # one stands for all: they begin alike
    with pytest.raises(papermill.PapermillExecutionError, match="unknown parameter 'sed'"):
        papermill.execute_notebook(
            source, tmp_path / source.name, {"preset": "smoke", "sed": 1}, kernel_name="python3", progress_bar=False
        )
