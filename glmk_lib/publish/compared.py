"""Keep in the notebooks the outputs that their tests compare, and no others: `python -m glmk_lib.publish.compared`.

The cells marked `# NBVAL_CHECK_OUTPUT` get the output that they have in the copy executed on the virtual face at preset smoke;
every other output, and every other counter, is removed. Run it after a change to such a cell, and read the difference before
you commit it.
"""

import sys
from pathlib import Path

from glmk_lib.errors import GlmkError
from glmk_lib.publish import BookError, execute
from glmk_lib.publish.notebook import MARK, write_bytes

CAPTURE, PRESET = "studio_face", "smoke"


def keep_compared(source: Path, executed: Path) -> int:
    """Write the compared outputs of `executed` into the notebook at `source`, atomically. Returns how many cells are marked.

    Raises:
        BookError: the copy is not of this notebook.
    """
    import nbformat

    notebook, copy = execute.read(source), execute.read(executed)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    copies = [c for c in copy.cells if c.cell_type == "code" and "injected-parameters" not in c.metadata.get("tags", [])]
    if [cell.source for cell in cells] != [cell.source for cell in copies]:
        raise BookError(f"{executed}: not a copy of {source}; execute it again.")
    marked = 0
    for cell, done in zip(cells, copies, strict=True):
        cell.outputs, cell.execution_count = [], None
        if MARK in cell.source:
            marked += 1
            cell.execution_count = marked  # nbval takes a cell without a counter for one that was never run
            cell.outputs = [output for output in done.outputs if output.output_type != "stream" or output.name == "stdout"]
            for output in cell.outputs:
                output.pop("execution_count", None)
    write_bytes(source, (nbformat.writes(notebook) + "\n").encode())
    return marked


def main() -> None:
    for executed in execute.execute_all(CAPTURE, PRESET):
        source = next(path for path in execute.chapters() if path.name == executed.name)
        print(f"{source.name}: {keep_compared(source, executed)} cells compared")


if __name__ == "__main__":
    try:
        main()
    except GlmkError as error:
        sys.exit(f"glmk: {error}")
