"""DeepLabCut's files are read back by its own conventions."""

import numpy as np
import pandas as pd
import pytest

from glmk_lib.errors import CaptureError
from glmk_lib.landmarks import deeplabcut


@pytest.fixture
def columns(track):
    product = [("glmk_12345678", name, coordinate) for name in track.template.names for coordinate in ("x", "y")]
    return pd.MultiIndex.from_tuples(product, names=["scorer", "bodyparts", "coords"])


def test_csv_has_three_header_rows(track, columns, tmp_path):
    path = deeplabcut.write_csv(track, tmp_path / "a.csv")
    assert [line.split(",")[:3] for line in path.read_text().splitlines()[:4]] == [
        ["scorer", "glmk_12345678", "glmk_12345678"],
        ["bodyparts", "brow_0", "brow_0"],
        ["coords", "x", "y"],
        ["0", *(f"{value:.4f}".rstrip("0") for value in track.points[0, 0])],
    ]
    found = pd.read_csv(path, header=[0, 1, 2], index_col=0)
    assert found.columns.equals(columns) and found.columns.names == columns.names
    assert np.array_equal(found.index, np.arange(len(track)))
    np.testing.assert_allclose(found.to_numpy().reshape(track.points.shape), track.points, atol=0.5001e-4, rtol=0)


def test_hdf_is_the_same_table_with_every_bit(track, columns, tmp_path):
    path = deeplabcut.write_hdf(track, tmp_path / "a.h5")
    found = pd.read_hdf(path)
    assert found.columns.equals(columns) and found.columns.names == columns.names
    assert np.array_equal(found.index, np.arange(len(track)))
    assert np.array_equal(found.to_numpy().reshape(track.points.shape), track.points)
    with pd.HDFStore(path, "r") as file:
        assert file.keys() == ["/df_with_missing"]


def test_older_pandas_is_told_the_tables_layout(track, tmp_path):
    """Without it pandas 2.2 fails with "'NoneType' object has no attribute 'startswith'"."""
    with pd.HDFStore(deeplabcut.write_hdf(track, tmp_path / "a.h5"), "r") as file:
        assert file.get_storer("df_with_missing").attrs.pandas_version == "0.15.2"


def test_one_point_is_taken_as_deeplabcut_takes_it(track, tmp_path):
    found = pd.read_hdf(deeplabcut.write_hdf(track, tmp_path / "a.h5"))
    scorer = found.columns.get_level_values(0)[0]
    assert np.array_equal(found[scorer]["brow_1"][["x", "y"]].to_numpy(), track.points[:, 1])


def test_a_likelihood_that_nobody_knows_is_left_out(track, tmp_path):
    found = pd.read_hdf(deeplabcut.write_hdf(track, tmp_path / "a.h5"))
    assert set(found.columns.get_level_values("coords")) == {"x", "y"}


@pytest.mark.parametrize("room", [1000, 40_000, 100_000])
def test_hdf_on_a_full_disk_is_told_and_leaves_no_torn_file(track, tmp_path, small_disk, room):
    with (
        pytest.raises(CaptureError, match=r"a\.h5: can't be read back after it was written .* disk is most likely full"),
        small_disk(room),
    ):
        deeplabcut.write_hdf(track, tmp_path / "a.h5")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["csv", "h5"])
def test_likelihood_is_the_visibility(seen_track, kind, tmp_path):
    if kind == "csv":
        found = pd.read_csv(deeplabcut.write_csv(seen_track, tmp_path / "a.csv"), header=[0, 1, 2], index_col=0)
    else:
        found = pd.read_hdf(deeplabcut.write_hdf(seen_track, tmp_path / "a.h5"))
    assert [name for _, _, name in found.columns[:3]] == ["x", "y", "likelihood"]
    likelihood = found.xs("likelihood", axis=1, level="coords").to_numpy()
    np.testing.assert_allclose(likelihood, seen_track.visibility, atol=0.51e-4 if kind == "csv" else 0, rtol=0)
