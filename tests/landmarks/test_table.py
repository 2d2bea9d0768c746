"""The tidy table comes back from Parquet and CSV as any program reads it."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glmk_lib.landmarks import table
from glmk_lib.template import Line, Template

COLUMNS = ["frame", "time", "line", "point", "x", "y", "visibility", "uncertainty"]
# What a person may call a line: any text that shows.
names = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=9)
# The names of two lines; points of four, and times, of up to four frames.
lines = st.lists(names, min_size=2, max_size=2, unique=True)
tracks = st.integers(1, 4).flatmap(
    lambda count: st.tuples(
        hnp.arrays(np.float64, (count, 4, 2), elements=st.floats(-1e5, 1e5)),
        hnp.arrays(np.float64, count, elements=st.floats(0, 1e5)),
    )
)


def named(make_track, values, called):
    return make_track(*values, (Line(called[0], (0, 1)), Line(called[1], (2, 3))))


def read_csv(path):
    """As pandas reads it, but for a line that is called "NA" or "1"."""
    return pd.read_csv(path, dtype={"line": str, "point": str}, keep_default_na=False)


@settings(max_examples=40)
@given(tracks, lines)
def test_parquet_holds_every_bit(make_track, values, called):
    track = named(make_track, values, called)
    with tempfile.TemporaryDirectory() as folder:
        found = pd.read_parquet(table.write_parquet(track, Path(folder) / "a.parquet"))
    assert list(found) == COLUMNS
    assert np.array_equal(found[["x", "y"]].to_numpy().reshape(track.points.shape), track.points)
    assert np.array_equal(found["time"].to_numpy().reshape(len(track), -1)[:, 0], track.seconds)
    assert found["point"].tolist() == track.template.names * len(track) and found["line"].tolist() == track.lines * len(track)


@settings(max_examples=40)
@given(tracks, lines)
def test_csv_holds_a_ten_thousandth_of_a_pixel(make_track, values, called):
    track = named(make_track, values, called)
    with tempfile.TemporaryDirectory() as folder:
        found = read_csv(table.write_csv(track, Path(folder) / "a.csv"))
    assert list(found) == COLUMNS
    assert np.abs(found[["x", "y"]].to_numpy().reshape(track.points.shape) - track.points).max() <= 0.5001e-4
    assert np.abs(found["time"].to_numpy().reshape(len(track), -1) - track.seconds[:, None]).max() <= 0.5001e-6
    assert found["point"].tolist() == track.template.names * len(track) and found["line"].tolist() == track.lines * len(track)


@pytest.mark.parametrize("write", [table.write_parquet, table.write_csv])
def test_a_row_for_each_point_in_each_frame(track, write, tmp_path):
    path = write(track, tmp_path / "a.file")
    found = pd.read_parquet(path) if write is table.write_parquet else read_csv(path)
    assert len(found) == len(track) * 6 and not found.duplicated(["frame", "point"]).any()
    assert np.array_equal(found["frame"], np.repeat(np.arange(len(track)), 6))


def test_parquet_carries_its_template(track, tmp_path):
    metadata = parquet.read_schema(table.write_parquet(track, tmp_path / "a.parquet")).metadata
    assert Template.from_json(metadata[b"template"].decode()).to_json() == track.template.to_json()


def test_parquet_says_how_visible_and_how_uncertain_a_point_is(seen_track, tmp_path):
    found = pd.read_parquet(table.write_parquet(seen_track, tmp_path / "a.parquet"))
    for name in ("visibility", "uncertainty"):
        assert np.array_equal(found[name].to_numpy().reshape(1100, 6), getattr(seen_track, name))


def test_csv_says_it_to_a_ten_thousandth(seen_track, tmp_path):
    found = pd.read_csv(table.write_csv(seen_track, tmp_path / "a.csv"))
    for name in ("visibility", "uncertainty"):
        np.testing.assert_allclose(found[name].to_numpy().reshape(1100, 6), getattr(seen_track, name), atol=0.51e-4, rtol=0)


@pytest.mark.parametrize(("write", "read"), [(table.write_parquet, pd.read_parquet), (table.write_csv, pd.read_csv)])
def test_what_is_not_known_is_empty(track, write, read, tmp_path):
    found = read(write(track, tmp_path / "a.file"))
    assert found[["visibility", "uncertainty"]].isna().all().all() and not found[["x", "y"]].isna().any().any()
