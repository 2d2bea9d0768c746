"""The library's own source as pages of the book, so that a page can link to the function it speaks of, without a network."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from glmk_lib import paths
from glmk_lib.publish import BookError

EQUATION = re.compile(r"\beq-[a-z-]+\b")  # the label of one of the book's equations, as a docstring names it


@dataclass(frozen=True)
class Place:
    """A module of the library ("losses"), something that it defines at its top level ("losses", "spring"), or a method."""

    module: str
    name: str = ""
    method: str = ""  # shown with its class

    @property
    def label(self) -> str:
        # Sphinx's labels know no capitals: "class" keeps Entry and entry apart.
        kind = ["class"] if self.name[:1].isupper() else []
        return "-".join(["code", *self.module.split("."), *kind, *filter(None, [self.name])])

    @property
    def link(self) -> str:
        """MyST for a link to the place, with its name as text."""
        return f"[`{'.'.join(filter(None, [self.module, self.name, self.method]))}`](#{self.label})"


def find(name: str, page: Path) -> Place:
    """The place that `name` ("losses", "losses.spring", "capture.paint.measure_paint") stands for in glmk_lib.

    Raises:
        BookError: there is none; `page` is named in the message.
    """
    parts = name.split(".")
    if source_of(name).is_file():
        return Place(name)
    module = ".".join(parts[:-1])
    if len(parts) < 2 or not source_of(module).is_file():
        raise BookError(f"{page}: {name!r} is no module of glmk_lib and nothing that one defines.")
    if parts[-1] in (names := [part for part, _, _ in definitions(module)]):
        return Place(module, parts[-1])
    if origin := _imported_from(module, parts[-1]):
        return find(origin, page)
    raise BookError(f"{page}: {module} defines no {parts[-1]!r}; expected one of {', '.join(names)}.")


def source_of(module: str) -> Path:
    """The file of a module ("capture.paint") or of a package ("studio") of the library."""
    path = paths.PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def definitions(module: str) -> list[tuple[str, int, int]]:
    """Functions and classes at the module's top level: name, first line with its decorators, last line (from 1)."""
    tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [(n.name, min([n.lineno, *(d.lineno for d in n.decorator_list)]), n.end_lineno) for n in found]


def _imported_from(module: str, name: str) -> str | None:
    """Where in the library `module` imports `name` from ("capture.chroma.chroma_key"); None if it does not."""
    for node in ast.parse(source_of(module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{paths.PACKAGE.name}."):
            for alias in node.names:
                if name in (alias.asname, alias.name):
                    return f"{node.module.removeprefix(f'{paths.PACKAGE.name}.')}.{alias.name}"
    return None


def pages(places, equations=frozenset()) -> dict[str, bytes]:
    """A page for each module of `places`, by its path in the book ("code/losses.md").

    Args:
        equations: labels of the book's equations: a function that names some of them leads back to them.
    """
    return {f"code/{module}.md": _page(module, equations).encode() for module in sorted({place.module for place in places})}


def _page(module: str, equations) -> str:
    """The module's whole text, cut into blocks so that each function and class has a heading to link to."""
    source = source_of(module)
    lines = source.read_text(encoding="utf-8").splitlines()
    text = f"({Place(module).label})=\n# {module}\n\n`{source.relative_to(paths.PACKAGE.parent).as_posix()}`\n"
    at = 0
    for name, first, last in definitions(module):
        text += _block(lines, at, first - 1)
        text += f"\n({Place(module, name).label})=\n## {name}\n"
        named = dict.fromkeys(EQUATION.findall("\n".join(lines[first - 1 : last])))
        if back := ", ".join(f"{{eq}}`{label}`" for label in named if label in equations):
            text += f"\nComputes {back}.\n"
        text += _block(lines, first - 1, last)
        at = last
    return text + _block(lines, at, len(lines))


def _block(lines: list[str], start: int, stop: int) -> str:
    while start < stop and not lines[start].strip():
        start += 1
    while stop > start and not lines[stop - 1].strip():
        stop -= 1
    if start == stop:
        return ""
    # Five backticks: a docstring may hold three.
    code = "\n".join(lines[start:stop])
    return f"\n`````{{code-block}} python\n:linenos:\n:lineno-start: {start + 1}\n\n{code}\n`````\n"
