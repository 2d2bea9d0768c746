"""Takes of the studio's face, filmed once: what mistakes are made from."""

import pytest

from glmk_lib.check import mistakes


@pytest.fixture(scope="session")
def films(tmp_path_factory):
    return mistakes.film(tmp_path_factory.mktemp("films"))
