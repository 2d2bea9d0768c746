"""`python -m glmk_lib.publish.picture`: draw the picture of README.md and the book's first page from a finished run."""

import sys
from pathlib import Path

import numpy as np

from glmk_lib import figures, paths, presets, runs
from glmk_lib.capture.prepare import prepare
from glmk_lib.errors import GlmkError
from glmk_lib.publish.notebook import write_bytes

PICTURE = paths.BOOK / "_assets" / "landmarks.png"
FRAMES, COLUMNS, DPI = 12, 6, 130


def draw(capture: str = "studio_face", preset: str = "laptop", seed: int = 0, out: Path = PICTURE) -> Path:
    """Write landmarks on held-out unmarked frames, evenly spread, to `out`.

    Raises CheckpointError if notebook 03 has not been run on that capture at that preset.
    """
    run = runs.open_run(paths.run_dir(capture, preset, "full", seed))
    data = prepare(capture, presets.get(preset), seed)
    shown = np.unique(np.linspace(0, len(data.heldout_unmarked) - 1, FRAMES).round().astype(int))
    points = run.landmarker.track(data.heldout_unmarked)
    figure = figures.contact_sheet(data.heldout_unmarked.frames[shown], points[shown], data.template, columns=COLUMNS)
    write_bytes(out, figures.png_bytes(figure, DPI))
    return out


if __name__ == "__main__":
    try:
        print(draw())
    except GlmkError as error:
        sys.exit(f"glmk: {error}")
