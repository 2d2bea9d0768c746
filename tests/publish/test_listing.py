from pathlib import Path

import pytest

from glmk_lib import paths
from glmk_lib.publish import BookError, listing

SOURCE = '''"""A module."""

import math

LIMIT = 3


@property
def spring(x):
    """Its ```code```."""
    return x


class Spring:
    pass


print(LIMIT)
'''


@pytest.fixture
def module(monkeypatch, tmp_path):
    package = tmp_path / "glmk_lib"
    (package / "studio").mkdir(parents=True)
    (package / "forces.py").write_text(SOURCE)
    (package / "studio" / "__init__.py").write_text("from glmk_lib.forces import spring as pull\n")
    monkeypatch.setattr(paths, "PACKAGE", package)


def find(name):
    return listing.find(name, Path("method.md"))


def test_the_page_holds_every_line_of_the_module_with_its_number(module):
    page = listing.pages([find("forces")])["code/forces.md"].decode()
    blocks = page.split("`````")[1::2]
    shown = {}
    for block in blocks:
        options, code = block.split("\n\n", 1)
        start = int(options.split(":lineno-start: ")[1])
        shown |= {start + i: line for i, line in enumerate(code.rstrip("\n").split("\n"))}
    assert {n: line for n, line in enumerate(SOURCE.splitlines(), 1) if line} == {n: line for n, line in shown.items() if line}


def test_a_function_and_a_class_that_differ_in_capitals_have_labels_of_their_own(module):
    labels = {find("forces.spring").label.lower(), find("forces.Spring").label.lower()}
    assert len(labels) == 2
    page = listing.pages([find("forces.spring")])["code/forces.md"].decode()
    assert all(f"({label})=" in page.lower() for label in labels)


def test_a_package_can_be_named(module):
    assert find("studio").module == "studio"


def test_a_name_that_a_module_takes_from_another_leads_to_where_it_is_defined(module):
    assert find("studio.pull") == find("forces.spring")


@pytest.mark.parametrize("name", ["force", "forces.sprung", "forces.spring.x"])
def test_what_is_not_in_the_code_is_an_error_that_names_the_page(module, name):
    with pytest.raises(BookError, match=r"method\.md: .*" + name.split(".")[-1]):
        find(name)
