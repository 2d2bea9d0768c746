"""What the tests of tracks share."""

import numpy as np
import pytest

from glmk_lib.landmarks import Track
from glmk_lib.template import Line, Template

LINES = (Line("brow", (0, 1, 2)), Line('a "mouth", wide', (2, 3, 4, 5), closed=True, color="#c02020"))  # they share a point


def _make_track(points, seconds=None, lines=LINES, size=(64, 48), fps=25.0, **known) -> Track:
    """A track of the points (T, N, 2), in pixels."""
    points = np.asarray(points, np.float64)
    template = Template(np.linspace(-0.9, 0.9, 2 * points.shape[1]).reshape(-1, 2), lines)
    seconds = np.arange(len(points)) / fps if seconds is None else np.asarray(seconds, np.float64)
    return Track(points, seconds, template, size, "a take.mp4", fps, "glmk_12345678", **known)


@pytest.fixture(scope="session")
def make_track():
    """From points, and maybe times, lines, size, rate, visibility and uncertainty, to a track."""
    return _make_track


@pytest.fixture(scope="session")
def track() -> Track:
    """2100 frames, of which the last are a piece of their own, at a rate that varies; some points lie outside the frame."""
    rng = np.random.default_rng(0)
    return _make_track(rng.uniform(-5, 70, (2100, 6, 2)), rng.uniform(0.01, 0.06, 2100).cumsum())


@pytest.fixture(scope="session")
def seen_track() -> Track:
    """1100 frames, two pieces, of which it is known how visible and how uncertain each point is."""
    rng = np.random.default_rng(1)
    known = {"visibility": rng.uniform(0, 1, (1100, 6)), "uncertainty": rng.uniform(0.2, 5, (1100, 6))}
    return _make_track(rng.uniform(0, 60, (1100, 6, 2)), **{key: values.astype(np.float32) for key, values in known.items()})
