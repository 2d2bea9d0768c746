"""The side-by-side film: as many frames and panels as given, and the points where they are."""

import io

import av
import numpy as np
import pytest

from glmk_lib.overlays import side_by_side
from glmk_lib.template import Line, Template

TEMPLATE = Template(np.array([[-0.5, 0.0], [0.5, 0.0]], dtype=np.float32), (Line("l", (0, 1)),))
FRAMES = np.full((5, 32, 32, 3), 60, np.uint8)


def decoded(data: bytes) -> np.ndarray:
    with av.open(io.BytesIO(data)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_a_panel_a_method_and_a_frame_a_frame():
    track = np.repeat(TEMPLATE.points[None], 5, 0)
    film = decoded(side_by_side(FRAMES, {"ours": track, "static": track}, TEMPLATE, 25, width=128))
    assert film.shape == (5, 128 + 22, 256, 3)


def test_points_are_drawn_where_they_are_in_their_own_panel():
    """The white dots of a point at (0.5, 0) in the right panel, and of one at (0.5, 0.5) in the left one."""
    right = np.repeat(TEMPLATE.points[None], 5, 0)
    left = right + np.array([0, 0.5])
    film = decoded(side_by_side(FRAMES, {"ours": left, "static": right}, TEMPLATE, 25, width=128)).astype(int)
    bright = film[3, 22:].min(-1) > 180
    (rows_left, _), (rows_right, columns) = np.nonzero(bright[:, :128]), np.nonzero(bright[:, 128:])
    assert rows_left.mean() == pytest.approx(0.75 * 128, abs=2) and rows_right.mean() == pytest.approx(64, abs=2)
    assert columns.min() == pytest.approx(32, abs=4) and columns.max() == pytest.approx(96, abs=4)


@pytest.mark.parametrize("tracks", [{}, {"ours": np.zeros((4, 2, 2))}])
def test_tracks_of_another_length_are_refused(tracks):
    with pytest.raises(ValueError, match="as many frames"):
        side_by_side(FRAMES, tracks, TEMPLATE, 25)
