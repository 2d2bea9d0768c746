"""Levels, the table, and the file of a report."""

import pytest

from glmk_lib.check.findings import Finding, Limit, Report, graded
from glmk_lib.errors import CaptureError

HIGH, LOW = Limit(amber=0.2, red=0.5), Limit(amber=0.5, red=0.2, low=True)


def blur(value):
    return graded("blur", "marked", value, "px", HIGH, "it is blurred.", "focus.", "{:.1f}")


REPORT = Report((blur(0.1), blur(0.3), blur(0.7)), "abc", {"marked": {"frames": 3}})


@pytest.mark.parametrize(("value", "level"), [(0.1, "ok"), (0.2, "amber"), (0.49, "amber"), (0.5, "red")])
def test_high_values_are_bad(value, level):
    assert HIGH.level(value) == level


@pytest.mark.parametrize(("value", "level"), [(0.6, "ok"), (0.5, "ok"), (0.49, "amber"), (0.19, "red")])
def test_low_values_are_bad_where_they_should_not_be(value, level):
    assert LOW.level(value) == level


def test_a_bound_that_is_not_there_is_never_reached():
    assert Limit(amber=None).level(1e9) == "ok"


def test_only_what_is_not_well_has_a_remedy():
    assert [blur(value).remedy for value in (0.1, 0.3)] == ["", "focus."]


def test_a_name_has_the_worst_of_its_levels():
    assert REPORT.level("blur") == "red"
    with pytest.raises(KeyError):
        REPORT.level("noise")


def test_the_table_tells_what_is_not_well_and_what_to_do():
    table = REPORT.table()
    assert table.count("it is blurred.") == table.count("focus.") == 2
    assert table.endswith("1 red and 1 amber findings: mend what is red before you train.")


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="blue"):
        Finding("blur", "marked", 0.1, "px", "0.1 px", "blue", "it is blurred.")


def test_a_report_survives_its_file():
    assert Report.from_json(REPORT.to_json()) == REPORT


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "glmk-check/0"}', '{"schema": "glmk-check/1", "findings": [{}]}'])
def test_another_file_is_no_report(text):
    with pytest.raises(CaptureError, match=r"^x\.json: not a report of a check"):
        Report.from_json(text, "x.json")
