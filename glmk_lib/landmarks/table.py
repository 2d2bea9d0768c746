"""The tidy table of a track: a row for each point in each frame, columns frame, time, line, point, x and y.

`time` is in seconds since the first frame, `x` and `y` are in source pixels (see `Track`). A point that several lines share has
one row, with the first of its lines. H. Wickham, "Tidy data", Journal of Statistical Software 59(10), 2014.
"""

import csv
from pathlib import Path

import numpy as np

from glmk_lib.capture.storage import atomic_file
from glmk_lib.landmarks.track import Track

_COLUMNS = ("frame", "time", "line", "point", "x", "y")


def write_parquet(track: Track, path) -> Path:
    """Write the table as Parquet, every bit of a number kept; the template's JSON is in the file's metadata as "template"."""
    import pyarrow as pa  # here, since nothing else needs its memory
    from pyarrow import parquet

    kinds = (pa.int64(), pa.float64(), *[pa.dictionary(pa.int32(), pa.string())] * 2, pa.float64(), pa.float64())
    schema = pa.schema(zip(_COLUMNS, kinds, strict=True), metadata={"template": track.template.to_json()})
    lines = list(dict.fromkeys(track.lines))
    codes = {"line": [lines.index(line) for line in track.lines], "point": np.arange(len(track.template))}
    labels = {"line": pa.array(lines), "point": pa.array(track.template.names)}
    with atomic_file(Path(path)) as made, parquet.ParquetWriter(made, schema) as file:
        for frames, seconds, points in track.pieces():
            named = {
                name: pa.DictionaryArray.from_arrays(pa.array(np.tile(codes[name], len(frames)), pa.int32()), labels[name])
                for name in labels
            }
            times = {"frame": np.repeat(frames, len(track.template)), "time": np.repeat(seconds, len(track.template))}
            places = {"x": points[..., 0].ravel(), "y": points[..., 1].ravel()}
            file.write_table(pa.table(times | named | places, schema))
    return Path(path)


def write_csv(track: Track, path) -> Path:
    """Write the table as CSV in UTF-8: x and y to a ten-thousandth of a pixel, the time to a microsecond."""
    labels = list(zip(track.lines, track.template.names, strict=True))
    with atomic_file(Path(path)) as made, open(made, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        for piece in track.pieces(text=True):
            for frame, time, points in zip(*(part.tolist() for part in piece), strict=True):
                rows.writerows((frame, time, *label, *point) for label, point in zip(labels, points, strict=True))
    return Path(path)
