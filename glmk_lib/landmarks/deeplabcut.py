"""A track as DeepLabCut keeps one: a row for each frame, three header rows (scorer, bodyparts, coords), x and y of each point.

Mathis et al., "DeepLabCut: markerless pose estimation of user-defined body parts with deep learning", Nature Neuroscience 21,
2018. Read them as it does: `pandas.read_csv(path, header=[0, 1, 2], index_col=0)` and `pandas.read_hdf(path)`. Its column
`likelihood` is the probability that the point is visible; where that isn't known it is left out, as in its files of labels.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from glmk_lib.capture.storage import atomic_file
from glmk_lib.errors import CaptureError
from glmk_lib.landmarks.track import Track

KEY = "df_with_missing"  # the name of the table in every HDF5 file of DeepLabCut
_LAYOUT = "0.15.2"  # of the table: pandas 1 and 2, which DeepLabCut uses, look for it, and pandas 3 no longer says it
_LEVELS = ("scorer", "bodyparts", "coords")


def write_csv(track: Track, path) -> Path:
    """Write the track as DeepLabCut's CSV: x and y to a ten-thousandth of a pixel."""
    with atomic_file(Path(path)) as made, open(made, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerows(zip(_LEVELS, *_columns(track), strict=True))
        for frames, values in _rows(track, text=True):
            rows.writerows([frame, *row] for frame, row in zip(frames.tolist(), values.tolist(), strict=True))
    return Path(path)


def write_hdf(track: Track, path) -> Path:
    """Write the track as DeepLabCut's HDF5, every bit of a number kept.

    Raises CaptureError: what was written can't be read back.
    """
    import pandas as pd  # here, since nothing else needs its memory

    columns = pd.MultiIndex.from_tuples(_columns(track), names=_LEVELS)
    with atomic_file(Path(path)) as made, pd.HDFStore(made, "w") as file:
        for frames, values in _rows(track):
            file.append(KEY, pd.DataFrame(values, index=frames, columns=columns))
        file.get_storer(KEY).attrs.pandas_version = _LAYOUT
        file.close()
        _check(track, made, path)
    return Path(path)


def _check(track: Track, made: Path, path) -> None:
    """Raise CaptureError where a file does not hold the track: HDF5 ends without a word when the disk has no room."""
    import pandas as pd

    try:
        with pd.HDFStore(made, "r") as file:
            for frames, values in _rows(track):
                stored = file.select(KEY, start=int(frames[0]), stop=int(frames[-1]) + 1).to_numpy()
                if not np.array_equal(stored, values):
                    raise ValueError(f"frames {frames[0]} to {frames[-1]} differ")
    except Exception as error:  # HDF5, PyTables and pandas raise many kinds for a torn file
        reason = " ".join(str(error).split())[:120]
        raise CaptureError(
            f"{path}: can't be read back after it was written ({reason}); expected the whole table: the disk is most likely "
            "full, free some space and run again."
        ) from None


def _columns(track: Track) -> list[tuple[str, str, str]]:
    coordinates = ("x", "y") if track.visibility is None else ("x", "y", "likelihood")
    return [(track.scorer, name, coordinate) for name in track.template.names for coordinate in coordinates]


def _rows(track: Track, text: bool = False) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Piece by piece: frame numbers (P,), and a row of values for each, in the order of the columns."""
    for frames, _, points, known in track.pieces(text):
        values = points if track.visibility is None else np.concatenate([points, known[..., :1]], -1)
        yield frames, values.reshape(len(frames), -1)
