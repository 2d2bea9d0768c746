"""The figure of a study shows what was measured, marks what was not, and draws each row's interval where it is."""

import warnings

import matplotlib
import numpy as np
import pytest

from glmk_lib import figures
from glmk_lib.study.summary import over_seeds

ROWS = [
    {
        "label": "the paper's objective alone",
        "method": "paper",
        "note": "1 of 3 diverged",
        "mean_px": over_seeds([8.0, 9.0, 10.0]),
    },
    {"label": "full recipe", "method": "ours", "note": "", "mean_px": over_seeds([1.0, 1.1, 1.2]), "targets": {"mean_px": 1.5}},
    {"label": "no spring", "method": "", "note": "stale", "mean_px": over_seeds([1.3])},
    {"label": "no pool", "method": "", "note": "not measured"},
]
PANELS = {"mean_px": "mean error (px)"}


def texts(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]


def spans(figure, y):
    """The ends of each horizontal line at height y."""
    lines = [line.get_xydata() for line in figure.axes[0].lines if line.get_linestyle() == "-"]
    return [tuple(xy[:, 0]) for xy in lines if (xy[:, 1] == y).all() and xy[0, 0] != xy[1, 0]]


@pytest.mark.parametrize("options", [{}, {"log": True, "reference": "full recipe"}, {"reference": 1.0}])
@pytest.mark.parametrize("rows", [ROWS, ROWS[3:]], ids=["measured", "nothing measured"])
def test_it_renders_without_a_warning(options, rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert figures.png_bytes(figures.study_figure(rows, PANELS, **options)).startswith(b"\x89PNG")


def test_rows_keep_their_order_and_say_what_is_wrong_with_them():
    figure = figures.study_figure(ROWS, PANELS)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [row["label"] for row in ROWS]
    assert {"1 of 3 diverged", "stale", "not measured"} <= set(texts(figure))


def test_intervals_are_drawn_from_two_seeds_on():
    figure = figures.study_figure(ROWS, PANELS)
    found = over_seeds([1.0, 1.1, 1.2])
    assert spans(figure, 1) == [pytest.approx((found["low"], found["high"]))]
    assert spans(figure, 2) == spans(figure, 3) == []


def test_an_interval_that_reaches_zero_stays_on_a_logarithmic_axis():
    wide = [{"label": "a", "method": "", "note": "", "mean_px": over_seeds([0.1, 1.0])}]
    assert over_seeds([0.1, 1.0])["low"] < 0
    ((low, high),) = spans(figures.study_figure(wide, PANELS, log=True), 0)
    assert 0 < low < 0.1 and high > 1


def test_a_target_stands_at_its_bound():
    upright = [line.get_xdata() for line in figures.study_figure(ROWS, PANELS).axes[0].lines]
    assert any(np.array_equal(x, [1.5, 1.5]) for x in upright)


@pytest.mark.parametrize(("reference", "place"), [("full recipe", 1.1), (1.0, 1.0)])
def test_the_reference_is_a_line_through_all_rows(reference, place):
    lines = [
        line for line in figures.study_figure(ROWS, PANELS, reference=reference).axes[0].lines if line.get_linestyle() == "--"
    ]
    assert [line.get_xdata()[0] for line in lines] == [pytest.approx(place)]
