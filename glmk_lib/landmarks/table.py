"""The tidy table of a track: a row for each point in each frame.

Its columns are frame, time, line, point, x, y, visibility and uncertainty.

`time` is in seconds since the first frame, `x`, `y` and `uncertainty` are in source pixels, `visibility` is a probability (see
`Track`); the last two are null, in CSV empty, where they are not known. A point that several lines share has
one row, with the first of its lines. H. Wickham, "Tidy data", Journal of Statistical Software 59(10), 2014.
"""

import csv
from pathlib import Path

import numpy as np

from glmk_lib.capture.storage import atomic_file
from glmk_lib.landmarks.track import Track

_COLUMNS = ("frame", "time", "line", "point", "x", "y", "visibility", "uncertainty")


def write_parquet(track: Track, path) -> Path:
    """Write the table as Parquet, every bit of a number kept; the template's JSON is in the file's metadata as "template"."""
    import pyarrow as pa  # here, since nothing else needs its memory
    from pyarrow import parquet

    kinds = (pa.int64(), pa.float64(), *[pa.dictionary(pa.int32(), pa.string())] * 2, *[pa.float64()] * 2, *[pa.float32()] * 2)
    schema = pa.schema(zip(_COLUMNS, kinds, strict=True), metadata={"template": track.template.to_json()})
    lines = list(dict.fromkeys(track.lines))
    codes = {"line": [lines.index(line) for line in track.lines], "point": np.arange(len(track.template))}
    labels = {"line": pa.array(lines), "point": pa.array(track.template.names)}
    with atomic_file(Path(path)) as made, parquet.ParquetWriter(made, schema) as file:
        for frames, seconds, points, known in track.pieces():
            named = {
                name: pa.DictionaryArray.from_arrays(pa.array(np.tile(codes[name], len(frames)), pa.int32()), labels[name])
                for name in labels
            }
            times = {"frame": np.repeat(frames, len(track.template)), "time": np.repeat(seconds, len(track.template))}
            places = {"x": points[..., 0].ravel(), "y": points[..., 1].ravel()}
            told = {
                name: pa.array(known[..., k].ravel(), pa.float32(), from_pandas=True)  # NaN as null
                for k, name in enumerate(("visibility", "uncertainty"))
            }
            file.write_table(pa.table(times | named | places | told, schema))
    return Path(path)


def write_csv(track: Track, path) -> Path:
    """Write the table as CSV in UTF-8: x and y to a ten-thousandth of a pixel, the time to a microsecond."""
    labels = list(zip(track.lines, track.template.names, strict=True))
    with atomic_file(Path(path)) as made, open(made, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        for piece in track.pieces(text=True):
            for frame, time, points, known in zip(*(part.tolist() for part in piece), strict=True):
                told = (pair if pair[0] == pair[0] else ("", "") for pair in known)  # NaN is unlike itself
                rows.writerows((frame, time, *label, *at, *pair) for label, at, pair in zip(labels, points, told, strict=True))
    return Path(path)
