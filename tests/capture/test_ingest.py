"""From video to frame store: crops, resampling and truth agree to a fraction of a pixel."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.capture.ingest import Crop, cut, from_crop, ingest, parse_crop, to_crop
from glmk_lib.capture.video import VideoWriter
from glmk_lib.errors import CaptureError


def write(path, frames):
    with VideoWriter(path, frames[0].shape[1], frames[0].shape[0], 25, lossless=True) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def dots(points, height=120, width=160, sigma=3.0):
    """A soft bright dot on black in each frame, its centre at points (N, 2) in pixels counted from the edge."""
    yy, xx = np.mgrid[:height, :width] + 0.5
    frames = [np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * sigma**2)) for x, y in points]
    return [np.repeat((250 * f + 0.5).astype(np.uint8)[..., None], 3, -1) for f in frames]


def centroid(image):
    """(x, y) in [-1, 1] of the light in an image (S, S, 3)."""
    light = image[..., 0].astype(float)
    at = (np.arange(len(light)) + 0.5) / len(light) * 2 - 1
    return np.array([(light.sum(0) * at).sum(), (light.sum(1) * at).sum()]) / light.sum()


@pytest.fixture
def clip(tmp_path):
    points = np.random.default_rng(0).uniform((60, 50), (100, 80), (30, 2))
    np.savez(tmp_path / "truth.npz", points=points[:, None], visible=np.ones((30, 1), bool))
    return write(tmp_path / "clip.mkv", dots(points)), tmp_path / "truth.npz", points


boxes = st.tuples(*[st.floats(-200, 500)] * 2, *[st.floats(0.5, 1000)] * 2)


@given(boxes, st.lists(st.tuples(st.floats(-1000, 1000), st.floats(-1000, 1000)), min_size=1, max_size=5))
def test_mapping_points_there_and_back_changes_nothing(box, points):
    assert from_crop(to_crop(points, box), box) == pytest.approx(np.array(points), abs=1e-6)


@given(boxes)
def test_corners_of_the_box_are_corners_of_the_crop(box):
    x, y, w, h = box
    assert to_crop([(x, y), (x + w, y + h)], box) == pytest.approx(np.array([(-1, -1), (1, 1)]), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(5, 70), st.floats(-20, 60), st.floats(-20, 50), st.floats(20, 120), st.floats(0.7, 1.4), st.integers(0, 2**31)
)
def test_linear_picture_is_cut_exactly(size, x, y, side, aspect, seed):
    """A picture whose colours are linear in place keeps them, averaged or interpolated, wherever the box lies inside."""
    w, h = side, side * aspect
    height, width = 240, 260
    x, y = x + 30, y + 30  # keeps the box inside
    slope = np.random.default_rng(seed).uniform(-0.4, 0.4, (3, 2))
    yy, xx = np.mgrid[:height, :width] + 0.5
    picture = np.stack([128 + a * (xx - x - w / 2) + b * (yy - y - h / 2) for a, b in slope], -1)
    found = cut(np.rint(picture).clip(0, 255).astype(np.uint8), (x, y, w, h), size)
    at = (np.arange(size) + 0.5) / size - 0.5
    expected = np.stack([128 + a * w * at[None, :] + b * h * at[:, None] for a, b in slope], -1)
    assert np.abs(found - expected).max() <= 1.01


@pytest.mark.parametrize(("side", "size"), [(120, 60), (120, 40), (100, 64), (96, 64)])
def test_shrinking_averages_areas_as_opencv_does(side, size):
    picture = np.random.default_rng(0).integers(0, 256, (130, 140, 3), dtype=np.uint8)
    expected = cv2.resize(picture[5 : 5 + side, 7 : 7 + side], (size, size), interpolation=cv2.INTER_AREA)
    assert np.abs(cut(picture, (7, 5, side, side), size).astype(int) - expected).max() <= 1


def test_box_of_the_stores_size_is_copied():
    picture = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    assert np.array_equal(cut(picture, (11, 3, 64, 64), 64), picture[3:67, 11:75])


@pytest.mark.parametrize("box", [(-20, -10, 64, 64), (60, 50, 64, 64), (-5.5, 10.2, 100, 90.7)])
def test_border_is_repeated_beyond_the_frame(box):
    picture = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    framed = cv2.copyMakeBorder(picture, 50, 50, 50, 50, cv2.BORDER_REPLICATE)
    x, y, w, h = box
    assert np.array_equal(cut(picture, box, 48), cut(framed, (x + 50, y + 50, w, h), 48))


@pytest.mark.parametrize("box", ["40,30,80,80", "20.3,10.7,120.4,109.9", "46.5,37.3,66.4,55.1", None])
def test_dot_lies_where_the_mapped_truth_says(tmp_path, clip, box):
    video, truth, _ = clip
    store = ingest(video, tmp_path / "s", 64, box, truth, progress=False)
    found = np.stack([centroid(frame) for frame in store.frames])
    assert np.abs(found - store.truth[:, 0]).max() * 32 < 0.05, "pixels"


def test_dot_stays_with_its_truth_under_a_moving_box(tmp_path, clip):
    video, truth, points = clip
    rng = np.random.default_rng(1)
    rows = [
        f"{i},{x - 40 + dx},{y - 35 + dy},80,70"
        for i, ((x, y), (dx, dy)) in enumerate(zip(points, rng.uniform(-4, 4, (30, 2)), strict=True))
    ]
    (tmp_path / "boxes.csv").write_text("frame,x,y,w,h\n" + "\n".join(rows))
    store = ingest(video, tmp_path / "s", 64, tmp_path / "boxes.csv", truth, progress=False)
    found = np.stack([centroid(frame) for frame in store.frames])
    assert np.abs(found - store.truth[:, 0]).max() * 32 < 0.05, "pixels"
    assert from_crop(store.truth[7], store.box[7]) == pytest.approx(points[7][None], abs=1e-3)


def test_store_keeps_where_its_frames_come_from(tmp_path, clip):
    store = ingest(clip[0], tmp_path / "s", 32, progress=False)
    assert store.meta["source"] == "clip.mkv" and len(store.meta["sha256"]) == 64 and store.meta["fps"] == 25
    assert np.array_equal(store.box, np.tile([20, 0, 120, 120], (30, 1))) and store.truth is None
    assert store.timestamps == pytest.approx(np.arange(30) / 25, abs=1e-3)


def test_chosen_frames_alone_are_kept(tmp_path, clip):
    video, truth, _ = clip
    whole = ingest(video, tmp_path / "whole", 32, None, truth, progress=False)
    some = ingest(video, tmp_path / "some", 32, None, truth, frames=[20, 3, 7], progress=False)
    for name in ("frames", "timestamps", "truth", "box"):
        assert np.array_equal(getattr(some, name), getattr(whole, name)[[3, 7, 20]])


def refused(tmp_path, clip, match, **options):
    with pytest.raises(CaptureError, match=match):
        ingest(clip[0], tmp_path / "s", 32, progress=False, **options)
    assert not (tmp_path / "s").exists()


def test_frame_beyond_the_end_is_refused(tmp_path, clip):
    refused(tmp_path, clip, "has frames 0 to 29; expected frame 30", frames=[3, 30])


@pytest.mark.parametrize("box", ["160,0,10,10", "0,-50,20,50", "-30,0,30,30"])
def test_box_beside_the_frame_is_refused(tmp_path, clip, box):
    refused(tmp_path, clip, rf'crop "{box}": the box .* lies outside the frame of 160x120 pixels', crop=box)


@pytest.mark.parametrize("box", [(159.5, 0, 10, 10), (0, -49.5, 20, 50), (-29.5, 0, 30, 30), (0, 119.5, 10, 0.5)])
def test_box_that_reaches_the_frame_by_half_a_pixel_is_one(box):
    assert parse_crop(",".join(map(str, box))).box(0, 160, 120) == box


def test_enormous_box_is_refused(tmp_path, clip):
    refused(tmp_path, clip, "over 4 times the frame", crop="-1000000,-1000000,1e9,1e9")


@pytest.mark.parametrize("count", [29, 31])
def test_truth_of_another_length_is_refused(tmp_path, clip, count):
    np.savez(tmp_path / "t.npz", points=np.zeros((count, 1, 2)))
    refused(tmp_path, clip, rf"t\.npz: has points for {count} frames; expected 30", truth=tmp_path / "t.npz")


def test_missing_truth_is_named(tmp_path, clip):
    refused(tmp_path, clip, r"gone\.npz: no such file", truth=tmp_path / "gone.npz")


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_truncated_truth_is_named(tmp_path, clip, share):
    whole = clip[1].read_bytes()
    (tmp_path / "t.npz").write_bytes(whole[: int(len(whole) * share)])
    refused(tmp_path, clip, r"t\.npz: can't be read", truth=tmp_path / "t.npz")


def test_pickled_truth_is_not_read(tmp_path, clip):
    np.savez(tmp_path / "t.npz", points=np.array([{}], dtype=object))
    refused(tmp_path, clip, r"t\.npz: can't be read", truth=tmp_path / "t.npz")


@pytest.mark.parametrize("shape", [(30, 2), (30, 5, 3)])
def test_truth_of_another_shape_is_refused(tmp_path, clip, shape):
    np.savez(tmp_path / "t.npz", points=np.zeros(shape))
    refused(tmp_path, clip, r"t\.npz: has points", truth=tmp_path / "t.npz")


def test_visible_point_that_is_not_finite_is_named(tmp_path, clip):
    points = np.zeros((30, 2, 2))
    points[11, 1] = np.nan
    np.savez(tmp_path / "t.npz", points=points)
    refused(tmp_path, clip, "frame 11 has a visible point that is not finite", truth=tmp_path / "t.npz")


def test_visible_point_that_lacks_one_coordinate_is_named(tmp_path, clip):
    points = np.zeros((30, 3, 2))
    points[7, 2, 0] = np.inf
    np.savez(tmp_path / "t.npz", points=points)
    refused(tmp_path, clip, "frame 7 has a visible point that is not finite", truth=tmp_path / "t.npz")


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,0,4", "1,2,3,-4", "nan,0,1,1", "0,0,inf,1"])
def test_malformed_box_is_refused(text):
    with pytest.raises(CaptureError, match="expected x,y,w,h in pixels"):
        parse_crop(text)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "has no rows"),
        ("frame,x,y,w,h\n", "has no rows"),
        ("frame,x,y,w\n0,1,2,3\n", "line 2: found .* expected the columns frame,x,y,w,h"),
        ("frame,x,y,w,h\n0,1,2,3\n", "line 2: found"),
        ("frame,x,y,w,h\n-1,1,2,3,4\n", "line 2: found"),
        ("frame,x,y,w,h\n0,1,2,3,4\n0,1,2,3,4\n", "line 3: frame 0 has a box already"),
        ("frame,x,y,w,h\n0,1,2,3,zero\n", 'line 2: found "1,2,3,zero"'),
    ],
)
def test_malformed_csv_names_the_line(tmp_path, text, match):
    (tmp_path / "boxes.csv").write_text(text)
    with pytest.raises(CaptureError, match=match):
        parse_crop(tmp_path / "boxes.csv")


def test_missing_csv_is_named():
    with pytest.raises(CaptureError, match=r"gone\.csv: can't be read"):
        parse_crop("gone.csv")


def test_frame_without_a_row_is_named(tmp_path, clip):
    (tmp_path / "boxes.csv").write_text("frame,x,y,w,h\n0,1,2,30,40\n1,1,2,30,40\n")
    refused(tmp_path, clip, r"boxes\.csv: has no box for frame 2", crop=tmp_path / "boxes.csv")


def test_spreadsheets_csv_is_read(tmp_path):
    """Spreadsheets write a byte-order mark, spaces, extra columns and their own order."""
    (tmp_path / "boxes.csv").write_bytes("\ufeffh, w, y, x, frame, note\r\n40, 30, 2, 1, 0, start\r\n".encode())
    assert parse_crop(tmp_path / "boxes.csv").each == {0: (1, 2, 30, 40)}


def test_crop_is_the_centred_square_if_not_given():
    assert parse_crop(None).box(0, 160, 120) == (20, 0, 120, 120)
    assert parse_crop(None).box(0, 100, 350) == (0, 125, 100, 100)


def test_crops_of_the_same_box_can_stand_for_one_another():
    assert len({parse_crop("1,2,3,4"), parse_crop("1,2,3,4"), Crop(None, {0: (1, 2, 3, 4)}, "a.csv")}) == 2


def test_key_of_a_crop_changes_with_its_boxes():
    keys = {Crop().key(), parse_crop("1,2,3,4").key(), parse_crop("1,2,3,5").key(), Crop(None, {0: (1.0, 2.0, 3.0, 4.0)}).key()}
    assert len(keys) == 4 and parse_crop("1,2,3,4").key() == parse_crop("1, 2, 3, 4.0").key()


def test_damaged_video_leaves_no_store(tmp_path, clip):
    whole = clip[0].read_bytes()
    clip[0].write_bytes(whole[: len(whole) * 2 // 3])
    refused(tmp_path, clip, r"clip\.mkv")


def test_full_disk_names_the_store(tmp_path, clip, small_disk):
    with pytest.raises(CaptureError, match="s: can't be written because the disk is full"), small_disk(50_000):
        ingest(clip[0], tmp_path / "s", 64, progress=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.mkv", "truth.npz"]
