"""A track: where every landmark of a template is in every frame of a video."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from glmk_lib.template import Template

PIECE = 1000  # frames that are written at a time: a table of a long video is many times its track
DIGITS = 4  # of a pixel, and of a second 6, in files of text; the binary ones hold every bit


@dataclass(frozen=True, eq=False)
class Track:
    """Points (T, N, 2) float64 in pixels of the whole, upright frame, and the seconds (T,) float64 since its first frame.

    Pixels count from the frame's upper left edge: pixel i covers [i, i + 1], its centre is i + 0.5. Points may lie outside the
    frame. Whether a point is visible, and how sure it is, isn't known, so no file says it.

    Attributes:
        template: its lines and the names of its points.
        size: (width, height) of the frame.
        video: the name of the video's file. fps: its mean frame rate.
        scorer: who says so: the model, by the beginning of its checksum.

    Raises ValueError: shapes that don't fit together, or values that are not finite.
    """

    points: np.ndarray
    seconds: np.ndarray
    template: Template
    size: tuple[int, int]
    video: str
    fps: float
    scorer: str

    def __post_init__(self):
        expected = (len(self.seconds), len(self.template), 2)
        if self.points.shape != expected or not len(self.seconds):
            raise ValueError(f"points have shape {self.points.shape}; expected {expected}, of one frame at least.")
        if not (np.isfinite(self.points).all() and np.isfinite(self.seconds).all()):
            raise ValueError("points or seconds hold values that are not finite; expected a whole track.")

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def lines(self) -> list[str]:
        """For each point the name of the first line that it is on; its own name is in `template.names`."""
        names = [""] * len(self.template)
        for line in self.template.lines:
            for i in line.points:
                names[i] = names[i] or line.name
        return names

    def pieces(self, text: bool = False) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """In order: frame numbers (P,) int64, seconds (P,) and points (P, N, 2); for files of `text` rounded."""
        for first in range(0, len(self), PIECE):
            seconds, points = self.seconds[first : first + PIECE], self.points[first : first + PIECE]
            if text:
                seconds, points = np.round(seconds, 6), np.round(points, DIGITS)
            yield np.arange(first, first + len(seconds)), seconds, points
