"""The tests are able to fail: ten regressions are planted in copies of the library, and each is caught."""

import planted
import pytest


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Exit code and words of each regression's tests on its own copy, by its name; under "none", of all on a sound one."""
    folder = tmp_path_factory.mktemp("planted")
    files, keywords = sorted({each.tests for each in planted.PLANTED}), [each.keyword for each in planted.PLANTED]
    jobs = [(planted.copy(folder / "none"), files, " or ".join(keywords))]
    for number, each in enumerate(planted.PLANTED):
        jobs.append((planted.copy(folder / str(number), each), [each.tests], each.keyword))
    return dict(zip(["none", *(each.name for each in planted.PLANTED)], planted.run(jobs), strict=True))


def test_the_library_as_it_is_passes_the_tests_that_are_to_catch_them(outcomes):
    code, said = outcomes["none"]
    assert code == 0, said


@pytest.mark.parametrize("name", [each.name for each in planted.PLANTED])
def test_a_planted_regression_is_caught(outcomes, name):
    code, said = outcomes[name]
    assert code == planted.FAILED, said


def test_a_regression_that_can_not_be_planted_is_told(tmp_path):
    gone = planted.Planted("gone", "losses.py", "no such code", "", "tests/test_losses.py", "spring")
    with pytest.raises(ValueError, match=r"losses\.py: holds 'no such code' 0 times"):
        planted.copy(tmp_path, gone)
