"""The tidy table of a track: a row for each point in each frame, columns frame, time, line, point, x and y.

`time` is in seconds since the first frame, `x` and `y` are in source pixels (see `Track`). A point that several lines share has
one row, with the first of its lines. H. Wickham, "Tidy data", Journal of Statistical Software 59(10), 2014.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from glmk_lib.capture.storage import atomic_file
from glmk_lib.landmarks.track import Track

_NAMES = pa.dictionary(pa.int32(), pa.string())
_COLUMNS = {"frame": pa.int64(), "time": pa.float64(), "line": _NAMES, "point": _NAMES, "x": pa.float64(), "y": pa.float64()}


def write_parquet(track: Track, path) -> Path:
    """Write the table as Parquet, every bit of a number kept; the template's JSON is in the file's metadata as "template"."""
    schema = pa.schema(_COLUMNS, metadata={"template": track.template.to_json()})
    with atomic_file(Path(path)) as made, parquet.ParquetWriter(made, schema) as file:
        for piece in _tables(track, text=False):
            file.write_table(pa.Table.from_pandas(piece, schema, preserve_index=False).replace_schema_metadata(schema.metadata))
    return Path(path)


def write_csv(track: Track, path) -> Path:
    """Write the table as CSV in UTF-8: x and y to a ten-thousandth of a pixel, the time to a microsecond."""
    with atomic_file(Path(path)) as made, open(made, "w", encoding="utf-8", newline="") as file:
        for piece in _tables(track, text=True):
            piece.to_csv(file, index=False, header=piece["frame"].iloc[0] == 0, lineterminator="\n")
    return Path(path)


def _tables(track: Track, text: bool) -> Iterator[pd.DataFrame]:
    """The table piece by piece."""
    lines, names, count = track.lines, track.template.names, len(track.template)
    line_kinds = list(dict.fromkeys(lines))
    line_codes = np.array([line_kinds.index(line) for line in lines])
    for frames, seconds, points in track.pieces(text):
        yield pd.DataFrame(
            {
                "frame": np.repeat(frames, count),
                "time": np.repeat(seconds, count),
                "line": pd.Categorical.from_codes(np.tile(line_codes, len(frames)), line_kinds),
                "point": pd.Categorical.from_codes(np.tile(np.arange(count), len(frames)), names),
                "x": points[..., 0].ravel(),
                "y": points[..., 1].ravel(),
            }
        )
