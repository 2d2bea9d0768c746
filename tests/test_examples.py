"""The examples in docstrings are true: those of every module on the book's page of the library are run."""

import doctest
import importlib
import re

import pytest

from glmk_lib import paths

MODULES = re.findall(r"automodule:: (\S+)", (paths.BOOK / "api.md").read_text(encoding="utf-8"))
WITHOUT = {
    "glmk_lib.tracking": "chapter 6 tracks a video",
    "glmk_lib.training": "chapter 3 trains",
    "glmk_lib.soundness": "chapter 3 asks",
    "glmk_lib.capture.dataset": "chapter 6 makes a capture of two videos",
    "glmk_lib.export": "the page of the models runs one",
}


def examples(name):
    """Docstrings' examples of all that a page shows as the module's: what it defines, and what it hands on from others."""
    module = importlib.import_module(name)
    origins = {name, *(getattr(module, shown).__module__ for shown in getattr(module, "__all__", []))}
    found = [doctest.DocTestFinder().find(importlib.import_module(origin)) for origin in sorted(origins)]
    return [test for tests in found for test in tests if test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    tests = examples(name)
    assert bool(tests) != (name in WITHOUT), "a module on the page shows an example, or names the chapter that is one"
    for test in tests:
        assert doctest.DocTestRunner().run(test).failed == 0, test.name
