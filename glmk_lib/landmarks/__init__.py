"""Tracks of landmarks, and the files that other programs read them from.

`track.py` says what a track is; `table.py` (Parquet, CSV), `deeplabcut.py` (CSV, HDF5) and `coco.py` (JSON) write it,
`overlay.py` draws it on its video, and `card.py` writes the README beside it.
"""

from pathlib import Path

from glmk_lib.landmarks import coco, deeplabcut, table
from glmk_lib.landmarks.track import Track

__all__ = ["Track", "write"]

FILES = {
    "landmarks.csv": table.write_csv,
    "landmarks.parquet": table.write_parquet,
    "landmarks.deeplabcut.csv": deeplabcut.write_csv,
    "landmarks.coco.json": coco.write_json,
    "landmarks.deeplabcut.h5": deeplabcut.write_hdf,
}


def write(track: Track, folder, names=tuple(FILES)) -> None:
    """Write the track to `folder` as the files `names`. Those that are there already, of an earlier call, are left as they are.

    Raises CaptureError: a full disk, or a folder that can't be written.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from glmk_lib.template import Template
        >>> template = Template.ready("hand")
        >>> points, seconds = np.full((3, len(template), 2), 20.0), np.arange(3) / 25
        >>> track = Track(points, seconds, template, size=(640, 480), video="c.mp4", fps=25.0, scorer="glmk")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write(track, folder)
        ...     print(*sorted(path.name for path in Path(folder).iterdir()))
        landmarks.coco.json landmarks.csv landmarks.deeplabcut.csv landmarks.deeplabcut.h5 landmarks.parquet
    """
    for name in names:
        if not (Path(folder) / name).exists():
            FILES[name](track, Path(folder) / name)
