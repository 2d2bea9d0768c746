"""The notebooks of the project, and all of them executed at preset smoke, which trains once for every test here."""

import pytest

from glmk_lib import paths
from glmk_lib.publish import execute

NOTEBOOKS = sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def pytest_generate_tests(metafunc):
    if "source" in metafunc.fixturenames:
        metafunc.parametrize("source", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])


@pytest.fixture(scope="session")
def executed():
    """The executed copies, on the virtual face at preset smoke."""
    return execute.execute_all("studio_face", "smoke")
