"""What is said of the paint's looks."""

import pytest

from glmk_lib.capture.paint import Paint
from glmk_lib.check.findings import Report
from glmk_lib.check.paint import _looks


def looks(width_px, opacity):
    paint = Paint([[0.2, 0.4, 0.8]], [opacity], [width_px * 2 / 64], 0.6, [0])
    return Report(tuple(_looks(paint, ["#1e5ad6"], 64)))


@pytest.mark.parametrize(("width", "level"), [(0.9, "red"), (1.2, "amber"), (2.0, "ok")])
def test_thin_lines_are_told(width, level):
    assert looks(width, 0.9).level("thinnest paint") == level


@pytest.mark.parametrize(("width", "level"), [(2.0, "ok"), (5.0, "amber")])
def test_thick_lines_are_told(width, level):
    assert looks(width, 0.9).level("thickest paint") == level


@pytest.mark.parametrize(("opacity", "level"), [(0.1, "red"), (0.3, "amber"), (0.9, "ok")])
def test_pale_paint_is_told(opacity, level):
    assert looks(2.0, opacity).level("paint opacity") == level


def test_the_colour_is_shown_as_it_was_measured():
    (colour,) = [finding for finding in looks(2.0, 0.9).findings if finding.name == "paint colour"]
    assert colour.text == "#3366cc"
