"""What the tests of faults share: the inputs of the programs, made once."""

import pytest
from programs import make_inputs


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """Videos, a model and a small book, whose notebooks are not executed."""
    return make_inputs(tmp_path_factory.mktemp("faults") / "inputs", executed=False)
