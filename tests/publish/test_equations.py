import re

import pytest
import yaml

from glmk_lib import paths
from glmk_lib.publish import BookError, equations, listing, site

BOOK = paths.ROOT / "book"  # other tests put a small book in its place
PAGE = "# Forces\n\n## The spring\n\n```{math}\n:label: eq-spring\nE = (l - r)^2\n```\n"
SOURCE = '''"""A module."""


class Body:
    """What moves."""

    def pull(self):
        """Its pull.

        Equation: eq-spring of the book.
        """
'''


@pytest.fixture
def library(monkeypatch, tmp_path):
    """`library(source)` is a library of one module, forces.py."""
    package = tmp_path / "glmk_lib"
    package.mkdir()
    monkeypatch.setattr(paths, "PACKAGE", package)
    return (package / "forces.py").write_text


def test_an_equation_leads_to_the_method_that_names_it_and_that_back_to_the_equation(library):
    library(SOURCE)
    places = []
    index = equations.page([PAGE], places)["equations.md"].decode()
    assert "| {eq}`eq-spring` | The spring | [`forces.Body.pull`](#code-forces-class-Body) |" in index
    assert "Computes {eq}`eq-spring`." in listing.pages(places, {"eq-spring"})["code/forces.md"].decode()


def test_a_listing_leads_to_no_equation_that_the_book_has_not(library):
    library(SOURCE)
    assert "Computes" not in listing.pages([listing.Place("forces", "Body")])["code/forces.md"].decode()


def test_an_equation_that_nothing_computes_is_an_error(library):
    library(SOURCE.replace("eq-spring", "no equation"))
    with pytest.raises(BookError, match="eq-spring: no function computes it"):
        equations.page([PAGE], [])


def test_a_function_that_names_an_equation_that_is_gone_is_an_error(library):
    library(SOURCE.replace("eq-spring", "eq-spring and eq-damper"))
    with pytest.raises(BookError, match="forces: Body names the equation eq-damper"):
        equations.page([PAGE], [])


def test_a_book_without_numbered_equations_has_no_index(library):
    library(SOURCE)
    assert equations.page(["# Forces\n"], []) == {}


def test_every_equation_of_the_book_is_computed_and_its_page_links_to_a_function_that_does_so():
    names = site.in_order(yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8")))
    pages = {name: (BOOK / name).read_text(encoding="utf-8") for name in names if (BOOK / name).is_file()}
    assert equations.page(list(pages.values()), [])
    computed = equations.functions()
    for name, text in pages.items():
        linked = {listing.find(code, BOOK / name) for code in re.findall(r"\{\{ code ([\w.]+) \}\}", text)}
        for equation in equations.numbered(text):
            assert linked & {listing.Place(p.module, p.name) for p in computed[equation.label]}, (name, equation.label)
