"""One labelled figure of the notebooks, made again without the rest of the book: `make figure NAME=jitter_scatter`.

A figure's label is the `name` that its cell states for the book ("fig-jitter", in the cell's metadata). Its chapter is executed
as `make book` executes it, so what has not changed is not run again and trained networks are taken as they are; the chapters
before it are not run.
"""

import base64
from pathlib import Path

from glmk_lib import paths
from glmk_lib.publish import BookError, execute
from glmk_lib.publish.notebook import write_bytes

PREFIX = "fig-"
_BASE64, _TEXT = {"png": "image/png"}, {"svg": "image/svg+xml"}


def labels() -> dict[str, str]:
    """The chapter ("05_temporal_jitter") of each figure, by its label, in the book's order. Raises BookError."""
    cells = ((cell, source.stem) for source in execute.chapters() for cell in execute.read(source).cells)
    return {label: chapter for cell, chapter in cells if (label := _label(cell))}


def find(name: str) -> str:
    """The label of the figure that `name` means: it may lack "fig-", and have underscores for hyphens ("jitter_scatter").

    Raises:
        BookError: no figure is called so.
    """
    known, label = labels(), PREFIX + name.removeprefix(PREFIX).replace("_", "-")
    if label in known:
        return label
    by_chapter = {}
    for other, chapter in known.items():
        by_chapter.setdefault(chapter, []).append(other.removeprefix(PREFIX))
    listed = "; ".join(f"{', '.join(names)} ({chapter})" for chapter, names in by_chapter.items())
    raise BookError(f"{paths.NOTEBOOKS}: no figure is called {name!r}; expected one of {listed}.")


def make(name: str, capture: str, preset: str, seed: int = 0, kernel: str | None = None) -> list[Path]:
    """Execute the figure's chapter where it has changed, and write the figure to build/figures/; returns the files.

    They are called `name`, without "fig-": a PNG, and an SVG where the chapter drew one too.

    Raises:
        PresetError: an unknown preset or capture.
        BookError: an unknown figure, a chapter that fails, or one whose cell shows no picture.
    """
    label = find(name)
    (executed,) = execute.execute_all(capture, preset, seed, kernel, only=[labels()[label]])
    files = []
    for kind, content in pictures(executed, label).items():
        files.append(paths.FIGURES / f"{name.removeprefix(PREFIX)}.{kind}")
        write_bytes(files[-1], content)
    return files


def pictures(executed: Path, label: str) -> dict[str, bytes]:
    """{"png": ..., "svg": ...}: the pictures that the cell of that label shows in an executed notebook, the last of each kind.

    Raises:
        BookError: it shows no PNG, or no cell has this label.
    """
    cell = next((cell for cell in execute.read(executed).cells if _label(cell) == label), None)
    if cell is None:
        raise BookError(f"{executed}: no cell is labelled {label!r}; execute its chapter again.")
    found = {}
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        found |= {kind: base64.b64decode(data[mime]) for kind, mime in _BASE64.items() if mime in data}
        found |= {kind: data[mime].encode() for kind, mime in _TEXT.items() if mime in data}
    if "png" not in found:
        raise BookError(f"{executed}: the cell labelled {label!r} shows no PNG; expected one that draws a figure.")
    return found


def _label(cell) -> str | None:
    return cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
