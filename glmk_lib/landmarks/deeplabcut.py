"""A track as DeepLabCut keeps one: a row for each frame, three header rows (scorer, bodyparts, coords), x and y of each point.

Mathis et al., "DeepLabCut: markerless pose estimation of user-defined body parts with deep learning", Nature Neuroscience 21,
2018. Read them as it does: `pandas.read_csv(path, header=[0, 1, 2], index_col=0)` and `pandas.read_hdf(path)`. Its column
`likelihood` is left out, as in its own files of labels, since nothing here knows it.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from glmk_lib.capture.storage import atomic_file
from glmk_lib.landmarks.track import Track

KEY = "df_with_missing"  # the name of the table in every HDF5 file of DeepLabCut


def write_csv(track: Track, path) -> Path:
    """Write the track as DeepLabCut's CSV: x and y to a ten-thousandth of a pixel."""
    with atomic_file(Path(path)) as made, open(made, "w", encoding="utf-8", newline="") as file:
        for table in _tables(track, text=True):
            table.to_csv(file, header=table.index[0] == 0, lineterminator="\n")
    return Path(path)


def write_hdf(track: Track, path) -> Path:
    """Write the track as DeepLabCut's HDF5, every bit of a number kept."""
    with atomic_file(Path(path)) as made, pd.HDFStore(made, "w") as file:
        for table in _tables(track, text=False):
            file.append(KEY, table)
    return Path(path)


def _tables(track: Track, text: bool) -> Iterator[pd.DataFrame]:
    """The table piece by piece."""
    product = [(track.scorer, name, coordinate) for name in track.template.names for coordinate in ("x", "y")]
    columns = pd.MultiIndex.from_tuples(product, names=["scorer", "bodyparts", "coords"])
    for frames, _, points in track.pieces(text):
        yield pd.DataFrame(points.reshape(len(frames), -1), index=frames, columns=columns)
