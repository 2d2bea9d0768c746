"""A track: where every landmark of a template is in every frame of a video."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from glmk_lib.template import Template

PIECE = 1000  # frames that are written at a time: a table of a long video is many times its track
VISIBLE = 0.5  # probability from which a point counts as visible
DIGITS = 4  # of a pixel, and of a second 6, in files of text; the binary ones hold every bit


@dataclass(frozen=True, eq=False)
class Track:
    """Points (T, N, 2) float64 in pixels of the whole, upright frame, and the seconds (T,) float64 since its first frame.

    Pixels count from the frame's upper left edge: pixel i covers [i, i + 1], its centre is i + 0.5. Points may lie outside the
    frame. Whether a point is visible, and how far off it may be, is known where the model came with what tells it (see
    `glmk_lib.visibility`).

    Attributes:
        template: its lines and the names of its points.
        size: (width, height) of the frame.
        video: the name of the video's file. fps: its mean frame rate.
        scorer: who says so: the model, by the beginning of its checksum.
        visibility: (T, N) float32, the probability that each point is visible, or None where it isn't known.
        uncertainty: (T, N) float32, a distance in pixels, within which 70 % of the seen points of held-out marked frames lie
            from those fitted to their paint, or None with `visibility`.

    Raises ValueError: shapes that don't fit together, or values that are not finite.
    """

    points: np.ndarray
    seconds: np.ndarray
    template: Template
    size: tuple[int, int]
    video: str
    fps: float
    scorer: str
    visibility: np.ndarray | None = None
    uncertainty: np.ndarray | None = None

    def __post_init__(self):
        expected = (len(self.seconds), len(self.template), 2)
        if self.points.shape != expected or not len(self.seconds):
            raise ValueError(f"points have shape {self.points.shape}; expected {expected}, of one frame at least.")
        if not (np.isfinite(self.points).all() and np.isfinite(self.seconds).all()):
            raise ValueError("points or seconds hold values that are not finite; expected a whole track.")
        known = [values for values in (self.visibility, self.uncertainty) if values is not None]
        if len(known) == 1 or any(v.shape != expected[:2] or not np.isfinite(v).all() for v in known):
            raise ValueError(f"visibility and uncertainty are not both finite and {expected[:2]}; expected both, or neither.")

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

    def pieces(self, text: bool = False) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """In order: frame numbers (P,) int64, seconds (P,), points (P, N, 2), visibility with uncertainty (P, N, 2).

        For files of `text` they are rounded. The last are NaN where they are not known.
        """
        for first in range(0, len(self), PIECE):
            seconds, points = self.seconds[first : first + PIECE], self.points[first : first + PIECE]
            known = np.full(points.shape, np.nan)
            if self.visibility is not None:
                known[..., 0], known[..., 1] = (v[first : first + PIECE] for v in (self.visibility, self.uncertainty))
            if text:
                seconds, points, known = np.round(seconds, 6), np.round(points, DIGITS), np.round(known, DIGITS)
            yield np.arange(first, first + len(seconds)), seconds, points, known
