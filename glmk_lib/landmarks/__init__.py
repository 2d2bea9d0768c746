"""Tracks of landmarks, and the files that other programs read them from.

`track.py` says what a track is; `table.py` (Parquet, CSV), `deeplabcut.py` (CSV, HDF5) and `coco.py` (JSON) write it, and
`overlay.py` draws it on its video. `write` makes all files but the overlay.
"""

from pathlib import Path

from glmk_lib.landmarks import coco, deeplabcut, table
from glmk_lib.landmarks.track import Track

__all__ = ["Track", "write"]

FILES = {
    "landmarks.parquet": table.write_parquet,
    "landmarks.csv": table.write_csv,
    "landmarks.deeplabcut.csv": deeplabcut.write_csv,
    "landmarks.deeplabcut.h5": deeplabcut.write_hdf,
    "landmarks.coco.json": coco.write_json,
}


def write(track: Track, folder) -> None:
    """Write the track to `folder` in every format. Files that are there already, of an earlier call, are left as they are.

    Raises CaptureError: a full disk, or a folder that can't be written.
    """
    for name, write_file in FILES.items():
        if not (Path(folder) / name).exists():
            write_file(track, Path(folder) / name)
