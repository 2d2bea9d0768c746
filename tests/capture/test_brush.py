"""Simulated paint: where it lies, how wide, in which light; and where it doesn't."""

import numpy as np
import pytest

from glmk_lib.capture.brush import Brush
from glmk_lib.template import Line

LINE = (Line("a", (0, 1), color="#2850c8"),)
POINTS = np.array([[10.0, 30.0], [90.0, 30.0]])
SEEN = np.ones(2)
COLOR = np.array([0x28, 0x50, 0xC8])


def skin(value=150, height=60, width=100):
    return np.full((height, width, 3), value, np.uint8)


def cover(painted, bare):
    """How far each pixel went from skin to the stated colour, in red."""
    return (bare[..., 0].astype(float) - painted[..., 0]) / (bare[0, 0, 0] - COLOR[0])


@pytest.mark.parametrize("width", [2.0, 3.5, 6.0, 12.0])
def test_the_line_has_the_stated_width(width):
    across = cover(Brush(LINE, width, 150 / 255).paint(skin(), POINTS, SEEN), skin())[:, 20:80].sum(1)
    middle = cover(Brush(LINE, 20.0, 150 / 255).paint(skin(), POINTS, SEEN), skin())[30, 20:80].sum()
    assert across.sum() / middle == pytest.approx(width, rel=0.12)  # the area under the profile, whose flanks are symmetric


def test_the_line_is_centred_on_its_points_in_the_pixel_edge_convention():
    across = cover(Brush(LINE, 6.0, 150 / 255).paint(skin(), POINTS, SEEN), skin())[:, 20:80].sum(1)
    assert (across * (np.arange(60) + 0.5)).sum() / across.sum() == pytest.approx(30, abs=0.05)


def test_skin_away_from_the_line_is_untouched():
    painted = Brush(LINE, 6.0, 150 / 255).paint(skin(), POINTS, SEEN)
    assert (painted[:24] == 150).all()
    assert (painted[36:] == 150).all()
    assert (painted[:, :5] == 150).all()


def test_under_the_reference_light_paint_has_its_stated_colour():
    painted = Brush(LINE, 8.0, 150 / 255, opacity=1.0).paint(skin(), POINTS, SEEN)
    middle = painted[28:32, 20:80].reshape(-1, 3)
    best = middle[np.abs(middle - COLOR).sum(1).argmin()]  # wear is 0 somewhere
    assert np.abs(best - COLOR).max() <= 3


def test_paint_is_darker_in_the_shade():
    bare = skin()
    bare[:, 50:] = 75
    painted = Brush(LINE, 8.0, 150 / 255, opacity=1.0).paint(bare, POINTS, SEEN).astype(float)
    lit, shaded = painted[29:31, 15:40].mean((0, 1)), painted[29:31, 60:85].mean((0, 1))
    assert shaded[2] / lit[2] == pytest.approx(0.5, abs=0.08)


def test_paint_is_uneven_along_the_line():
    painted = Brush(LINE, 8.0, 150 / 255).paint(skin(), POINTS, SEEN)
    along = cover(painted, skin())[30, 20:80]
    assert 0.02 < along.std() < 0.15


def test_wear_moves_with_the_points():
    brush = Brush(LINE, 8.0, 150 / 255)
    here, there = brush.paint(skin(), POINTS, SEEN), brush.paint(skin(), POINTS + np.array([0, 10]), SEEN)
    assert np.array_equal(here[:45], there[10:55])


def test_unseen_points_get_no_paint_and_paint_fades_between():
    painted = Brush(LINE, 6.0, 150 / 255).paint(skin(), POINTS, np.array([0.0, 1.0]))
    along = cover(painted, skin())[30]
    assert along[12] < 0.1 < along[50] < along[85]
    assert np.array_equal(Brush(LINE, 6.0, 150 / 255).paint(skin(), POINTS, np.zeros(2)), skin())


def test_a_closed_line_returns_to_its_first_point():
    square = np.array([[20.0, 10], [60, 10], [60, 50], [20, 50]])
    open_line = Brush((Line("a", (0, 1, 2, 3)),), 4.0, 0.6).paint(skin(), square, np.ones(4))
    closed = Brush((Line("a", (0, 1, 2, 3), True),), 4.0, 0.6).paint(skin(), square, np.ones(4))
    assert (open_line[25:35, 20] == 150).all()
    assert (closed[25:35, 20] != 150).any(-1).all()


def test_lines_may_leave_the_frame():
    painted = Brush(LINE, 6.0, 150 / 255).paint(skin(), np.array([[-50.0, -20], [50, 30]]), SEEN)
    assert (painted != 150).any()
    gone = Brush(LINE, 6.0, 150 / 255).paint(skin(), np.array([[-50.0, -20], [-40, -30]]), SEEN)
    assert (gone == 150).all()


def test_the_same_seed_paints_the_same():
    first, again = (Brush(LINE, 6.0, 0.6, seed=3).paint(skin(), POINTS, SEEN) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, Brush(LINE, 6.0, 0.6, seed=4).paint(skin(), POINTS, SEEN))
