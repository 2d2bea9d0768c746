"""The index of equations: every numbered equation of the book with the functions that compute it, and the way back.

A page numbers an equation by the label `eq-name`, and the docstring of each function that computes it names that label. So no
list is kept by hand, and no book is built with an equation that nothing computes, or that only a function knows of.
"""

import ast
import re
from dataclasses import dataclass

from glmk_lib import paths
from glmk_lib.publish import BookError, listing

_DEFINED = re.compile(r"^(?:#+ (?P<heading>.+)|:label: (?P<label>eq-[a-z-]+))$", re.MULTILINE)
_HEAD = """\
(equations)=
# Equations and functions

Which function computes an equation, and which equation does a function compute? Each equation leads to its place in the text,
each function to its source, and the source leads back to the equation.

| Equation | Section | Computed by |
| --- | --- | --- |
"""


@dataclass(frozen=True)
class Equation:
    """A numbered equation of a page: its label, and the heading it stands under."""

    label: str
    heading: str


def numbered(page: str) -> list[Equation]:
    """The equations of a page's source, in order."""
    found, heading = [], ""
    for match in _DEFINED.finditer(page):
        if match["label"]:
            found.append(Equation(match["label"], heading))
        heading = match["heading"] or heading
    return found


def functions() -> dict[str, list[listing.Place]]:
    """For each label that a docstring of the library names, the functions, methods and classes that do so."""
    found: dict[str, list[listing.Place]] = {}
    for file in sorted(paths.PACKAGE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if file.parent.name == "publish" or not listing.EQUATION.search(text):
            continue  # the package that writes of labels computes none
        module = ".".join(file.relative_to(paths.PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        for place, docstring in _described(ast.parse(text).body, module):
            for label in listing.EQUATION.findall(docstring):
                found.setdefault(label, []).append(place)
    return found


def _described(body, module: str, inside: str = ""):
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            place = listing.Place(module, inside or node.name, node.name if inside else "")
            yield place, ast.get_docstring(node) or ""
            if isinstance(node, ast.ClassDef):
                yield from _described(node.body, module, node.name)


def page(texts: list[str], places: list[listing.Place]) -> dict[str, bytes]:
    """The index, by its path in the book; the functions that it links to are added to `places`. {} where nothing is numbered.

    Args:
        texts: the sources of the book's pages, in its order.

    Raises:
        BookError: no function computes some equation, or a docstring names one that no page has.
    """
    equations = [equation for text in texts for equation in numbered(text)]
    if not equations:
        return {}
    computed = functions()
    for equation in equations:
        if equation.label not in computed:
            raise BookError(f"{equation.label}: no function computes it; name it in the docstring of one that does.")
    if gone := sorted(set(computed) - {e.label for e in equations}):
        where = computed[gone[0]][0]
        raise BookError(f"{where.module}: {where.name} names the equation {gone[0]}, which no page has.")
    rows = []
    for equation in equations:
        links = ", ".join(place.link for place in computed[equation.label])
        places += computed[equation.label]
        rows.append(f"| {{eq}}`{equation.label}` | {equation.heading} | {links} |\n")
    return {"equations.md": (_HEAD + "".join(rows)).encode()}
