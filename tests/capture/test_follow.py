"""A box is followed through a video as far as the subject can be seen, and its crop leads back to the full frame exactly."""

import numpy as np
import pytest

from glmk_lib import cli
from glmk_lib.capture.follow import follow, write_boxes
from glmk_lib.capture.ingest import from_crop, ingest, parse_crop, to_crop
from glmk_lib.capture.video import VideoWriter, read_frames
from glmk_lib.errors import CaptureError


def middles(boxes):
    return boxes[:, :2] + boxes[:, 2:] / 2


def text(box):
    return ",".join(f"{value:.1f}" for value in box)


@pytest.fixture(scope="module")
def truth(mug_take):
    return np.load(mug_take.truth, allow_pickle=False)


@pytest.fixture(scope="module")
def boxes(mug_take, truth):
    return follow(mug_take.video, text(truth["boxes"][0]), progress=False)


def test_the_box_stays_on_a_mug_that_wanders_about(boxes, truth):
    true = truth["boxes"]
    moved = np.linalg.norm(middles(true) - middles(true)[0], axis=1)
    away = np.linalg.norm(middles(boxes) - middles(true), axis=1) / true[:, 2:].mean()  # in sides of the true box
    assert moved.max() > 0.5 * true[:, 2:].mean()  # or staying where it was would do
    assert away.mean() < 0.08 and away.max() < 0.15  # the true box also changes its form as the mug turns


def test_the_box_stays_on_a_face_that_is_carried_through_a_larger_frame(capture, tmp_path):
    frames = capture.heldout_unmarked.frames
    rng, size = np.random.default_rng(0), frames.shape[1]
    room = np.repeat(np.repeat(rng.integers(90, 160, (30, 40, 3), dtype=np.uint8), 4, 0), 4, 1)  # 120x160
    turn = np.linspace(0, 2 * np.pi, len(frames))
    corners = np.rint(np.stack([48 - 44 * np.cos(turn), 28 - 26 * np.sin(turn)], 1)).astype(int)
    with VideoWriter(tmp_path / "carried.mkv", 160, 120, 25, lossless=True) as writer:
        for frame, (x, y) in zip(frames, corners, strict=True):
            picture = room.copy()
            picture[y : y + size, x : x + size] = frame
            writer.write(picture)
    head = (capture.heldout_unmarked.truth + 1) * size / 2 + corners[:, None]  # (T, N, 2) pixels of the larger frame
    low, high = head[0].min(0), head[0].max(0)
    found = follow(tmp_path / "carried.mkv", text((*low, *(high - low))), progress=False)
    away = np.linalg.norm(middles(found) - middles(found)[0] - (head.mean(1) - head[0].mean(0)), axis=1)
    assert away.mean() < 0.04 * size and away.max() < 0.08 * size


def test_the_box_keeps_its_size_and_does_not_tremble(boxes, truth):
    assert (boxes[:, 2:] == boxes[0, 2:]).all()
    bend = np.abs(np.diff(middles(boxes), 2, axis=0)).mean()
    assert bend <= 1.5 * np.abs(np.diff(middles(truth["boxes"]), 2, axis=0)).mean()


def test_the_crop_reads_what_was_written_bit_for_bit(boxes, tmp_path):
    crop = parse_crop(write_boxes(boxes, tmp_path / "boxes.csv"))
    assert crop.each == dict(enumerate(map(tuple, boxes.tolist())))


@pytest.mark.parametrize("kind", ["centred", "fixed", "followed", "given"])
def test_points_in_a_crop_lead_back_to_the_full_frame(kind, mug_take, truth, boxes, tmp_path):
    """The truth goes into the crop with the frames; what comes back from there is where it was."""
    other = np.column_stack([np.linspace(-5, 60, 64), np.linspace(9.5, 0, 64), np.full(64, 33.0), np.full(64, 29.5)])
    each = {"followed": boxes, "given": other}.get(kind)
    crop = {"centred": None, "fixed": "7.5,3,90,81"}.get(kind) if each is None else write_boxes(each, tmp_path / "boxes.csv")
    store = ingest(mug_take.video, tmp_path / "store", 32, crop, mug_take.truth, progress=False)
    if each is not None:
        np.testing.assert_allclose(store.box, each, rtol=1e-6)
    back = np.stack([from_crop(points, box) for points, box in zip(store.truth, store.box, strict=True)])
    np.testing.assert_allclose(back, truth["points"], atol=1e-4)  # the store keeps float32
    box = store.box[7]
    np.testing.assert_allclose(from_crop(to_crop(truth["points"][7], box), box), truth["points"][7], atol=1e-12)


def test_a_subject_that_vanishes_is_lost_at_that_frame(mug_take, truth, tmp_path):
    with VideoWriter(tmp_path / "gone.mkv", 128, 128, 12.5, lossless=True) as writer:
        for i, _, frame in read_frames(mug_take.video):
            writer.write(frame if i < 9 else np.full_like(frame, 120))
            if i == 12:
                break
    with pytest.raises(CaptureError, match=r"gone\.mkv: the subject in the box was lost at frame 9: .* cut the video"):
        follow(tmp_path / "gone.mkv", text(truth["boxes"][0]), progress=False)


def test_a_subject_that_leaves_the_picture_is_lost(tmp_path):
    patch = np.kron(np.random.default_rng(1).integers(0, 256, (8, 8, 1)), np.ones((5, 5, 3))).astype(np.uint8)
    with VideoWriter(tmp_path / "leaves.mkv", 96, 64, 25, lossless=True) as writer:
        for i in range(24):
            frame = np.full((64, 160, 3), 128, np.uint8)
            frame[12:52, 40 + 3 * i : 80 + 3 * i] = patch[:, : 160 - 40 - 3 * i]
            writer.write(np.ascontiguousarray(frame[:, :96]))
    with pytest.raises(CaptureError, match="lost at frame 1"):
        follow(tmp_path / "leaves.mkv", "40,12,40,40", progress=False)


def test_a_box_without_anything_to_follow_is_refused(tmp_path):
    with VideoWriter(tmp_path / "plain.mkv", 64, 48, 25, lossless=True) as writer:
        writer.write(np.full((48, 64, 3), 128, np.uint8))
    with pytest.raises(CaptureError, match="frame 0 has 0 corners to follow; expected 6 or more"):
        follow(tmp_path / "plain.mkv", "8,8,30,30", progress=False)


@pytest.mark.parametrize("box", [None, "boxes.csv"])
def test_only_one_box_can_be_followed(box, mug_take, boxes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_boxes(boxes, "boxes.csv")
    with pytest.raises(CaptureError, match="expected x,y,w,h in pixels"):
        follow(mug_take.video, box, progress=False)


def test_the_command_writes_the_boxes(mug_take, truth, boxes, tmp_path, capsys):
    asked = ["follow", "--video", str(mug_take.video), "--crop", text(truth["boxes"][0])]
    assert cli.main([*asked, "--out", str(tmp_path / "boxes.txt")]) == cli.MENDABLE
    assert "ends in .csv" in capsys.readouterr().err
    assert cli.main([*asked, "--out", str(tmp_path / "boxes.csv")]) == 0
    assert parse_crop(tmp_path / "boxes.csv").key() == parse_crop(write_boxes(boxes, tmp_path / "same.csv")).key()
