"""What the capture tests share."""

import cv2
import numpy as np
import pytest

from glmk_lib.capture.video import VideoWriter
from glmk_lib.template import Line, Template

LINES = {
    "arch": [(-0.55, -0.3), (-0.3, -0.5), (0.0, -0.55), (0.3, -0.5), (0.55, -0.3)],
    "cup": [(-0.5, 0.25), (-0.3, 0.55), (0.0, 0.6), (0.3, 0.55), (0.5, 0.25)],
}


class Studio:
    """Films little takes: a square of skin that moves before a wall, 96x80 pixels, with or without two blue lines on it."""

    width, height, crop = 96, 80, "8,0,80,80"

    def __init__(self, folder):
        self.folder = folder
        lines = tuple(Line(name, tuple(range(5 * k, 5 * k + 5)), color="#1e5ad6") for k, name in enumerate(LINES))
        self.template = Template(np.concatenate([np.array(p, np.float32) for p in LINES.values()]), lines)

    def film(self, name, count=52, painted=False, seed=0, width=96, freeze=1):
        """Video and truth of one take; each pose is held for `freeze` frames."""
        rng, truth = np.random.default_rng(seed), []
        texture = 1 + 0.03 * rng.standard_normal((self.height, width, 1))
        with VideoWriter(self.folder / f"{name}.mkv", width, self.height, 25, lossless=True) as writer:
            for i in range(count):
                if i % freeze == 0:
                    shift = rng.normal(0, 2, 2).clip(-6, 6)
                    points = (self.template.points + 1) * 40 + (8, 0) + shift  # full-frame pixels
                    frame = np.full((self.height, width, 3), (0.45, 0.47, 0.5))
                    x, y = np.rint(shift).astype(int)
                    frame[8 + y : 72 + y, 16 + x : 80 + x] = (0.78, 0.58, 0.48)
                    frame = (frame * np.roll(texture, (y, x), (0, 1)) * 255).clip(0, 255).astype(np.uint8)
                    if painted:
                        whole = [
                            np.rint((points[list(line.points)] - 0.5) * 16).astype(np.int32) for line in self.template.lines
                        ]
                        cv2.polylines(frame, whole, False, (30, 90, 214), 2, cv2.LINE_AA, 4)
                writer.write(frame)
                truth.append(points)
        np.savez(self.folder / f"{name}.npz", points=np.stack(truth), visible=np.ones((count, 10), bool))
        return self.folder / f"{name}.mkv", self.folder / f"{name}.npz"


@pytest.fixture
def studio(tmp_path):
    (tmp_path / "filmed").mkdir()
    return Studio(tmp_path / "filmed")


@pytest.fixture(scope="session")
def shared_studio(tmp_path_factory):
    """A studio whose takes are filmed once for many tests, which leave them as they are."""
    return Studio(tmp_path_factory.mktemp("filmed"))
