"""The frame store: what goes in comes out, in little memory, and damage is noticed when it is opened."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from glmk_lib.capture.frames import FrameStore, FrameStoreWriter
from glmk_lib.errors import CaptureError


def frames(count=12, size=16, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def fill(path, images, truth=True):
    points = np.random.default_rng(1).uniform(-1, 1, (len(images), 5, 2)).astype(np.float32)
    visible = points[..., 0] > 0
    with FrameStoreWriter(path, images.shape[1], source="a.mp4", sha256="00", about={"fps": 25.0}) as writer:
        for i, image in enumerate(images):
            writer.write(image, i / 25, (1, 2, 30, 30), *((points[i], visible[i]) if truth else ()))
    return points, visible


def test_store_returns_what_was_written(tmp_path):
    points, visible = fill(tmp_path / "s", frames())
    store = FrameStore.open(tmp_path / "s")
    assert len(store) == 12 and np.array_equal(store.frames, frames())
    assert np.array_equal(store.truth, points) and np.array_equal(store.visible, visible)
    assert np.array_equal(store.timestamps, np.arange(12) / 25) and np.array_equal(store.box, [[1, 2, 30, 30]] * 12)
    assert store.meta["source"] == "a.mp4" and store.meta["fps"] == 25 and store.meta["n"] == 12


def test_store_without_truth_has_none(tmp_path):
    fill(tmp_path / "s", frames(), truth=False)
    store = FrameStore.open(tmp_path / "s")
    assert store.truth is None and store.visible is None


def test_batch_is_channels_first_in_unit_range(tmp_path):
    fill(tmp_path / "s", frames())
    batch = FrameStore.open(tmp_path / "s").batch([3, 0])
    assert batch.dtype == torch.float32 and batch.shape == (2, 3, 16, 16)
    assert torch.equal((batch * 255).round().byte().permute(0, 2, 3, 1), torch.from_numpy(frames()[[3, 0]]))


def test_writing_into_a_batch_leaves_the_store_alone(tmp_path):
    fill(tmp_path / "s", frames())
    store = FrameStore.open(tmp_path / "s")
    store.batch([0]).zero_()
    assert np.array_equal(store.frames[0], frames()[0])


def test_frames_on_disk_are_a_plain_npy_file(tmp_path):
    fill(tmp_path / "s", frames(count=11))
    assert np.array_equal(np.load(tmp_path / "s" / "frames.npy", allow_pickle=False), frames(count=11))


def test_long_store_needs_little_memory(tmp_path):
    """18,000 frames of 128 px would be 885 MB in memory: writing and opening them must take a small share of that."""
    program = """
import sys, resource, numpy as np
from glmk_lib.capture.frames import FrameStore, FrameStoreWriter
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
start, frame = peak(), np.zeros((128, 128, 3), np.uint8)
with FrameStoreWriter(sys.argv[1], 128) as writer:
    for i in range(2000):
        writer.write(frame, i, (0, 0, 1, 1))
wrote = peak() - start
print(wrote)
"""
    run = subprocess.run([sys.executable, "-c", program, tmp_path / "s"], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 30, "MB beyond what importing takes, for 98 MB of frames"


def break_file(path, name, change):
    file = path / name
    file.write_bytes(change(file.read_bytes()))


@pytest.mark.parametrize("name", ["frames.npy", "timestamps.npy", "box.npy", "truth.npz"])
@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_truncated_file_is_named(tmp_path, name, share):
    fill(tmp_path / "s", frames())
    break_file(tmp_path / "s", name, lambda b: b[: int(len(b) * share)])
    with pytest.raises(CaptureError, match=rf"{name}: has \d+ bytes; expected \d+"):
        FrameStore.open(tmp_path / "s")


def test_one_changed_byte_is_noticed(tmp_path):
    fill(tmp_path / "s", frames())
    break_file(tmp_path / "s", "frames.npy", lambda b: b[:-7] + bytes([b[-7] ^ 1]) + b[-6:])
    with pytest.raises(CaptureError, match=r"frames\.npy: its checksum"):
        FrameStore.open(tmp_path / "s")


def test_missing_file_is_named(tmp_path):
    fill(tmp_path / "s", frames())
    (tmp_path / "s" / "box.npy").unlink()
    with pytest.raises(CaptureError, match=r"box\.npy: missing"):
        FrameStore.open(tmp_path / "s")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"schema": "glmk-frames/1"}', '{"schema": "other/9"}'])
def test_unusable_meta_is_named(tmp_path, text):
    fill(tmp_path / "s", frames())
    (tmp_path / "s" / "meta.json").write_text(text)
    with pytest.raises(CaptureError, match=r"meta\.json: can't be used"):
        FrameStore.open(tmp_path / "s")


def test_meta_that_points_outside_the_folder_is_refused(tmp_path):
    fill(tmp_path / "s", frames())
    meta = json.loads((tmp_path / "s" / "meta.json").read_text())
    meta["files"]["../secret"] = {"bytes": 0, "crc32": 0}
    (tmp_path / "s" / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(CaptureError, match="outside the folder"):
        FrameStore.open(tmp_path / "s")


def test_absent_store_is_named(tmp_path):
    with pytest.raises(CaptureError, match="gone: no such frame store"):
        FrameStore.open(tmp_path / "gone")


def test_failed_writing_keeps_the_older_store(tmp_path):
    fill(tmp_path / "s", frames())
    with pytest.raises(RuntimeError), FrameStoreWriter(tmp_path / "s", 16) as writer:
        writer.write(frames()[0], 0, (0, 0, 1, 1))
        raise RuntimeError
    assert len(FrameStore.open(tmp_path / "s")) == 12 and [p.name for p in tmp_path.iterdir()] == ["s"]


def test_new_store_replaces_the_older_one(tmp_path):
    fill(tmp_path / "s", frames())
    fill(tmp_path / "s", frames(count=3))
    assert len(FrameStore.open(tmp_path / "s")) == 3 and [p.name for p in tmp_path.iterdir()] == ["s"]


@pytest.mark.parametrize("room", [100, 5000, 9300])
def test_full_disk_names_the_store_and_the_space_it_needs(tmp_path, small_disk, room):
    images = frames(count=12)
    with (
        pytest.raises(CaptureError, match=r"s: can't be written because the disk is full; expected about 0\.0 MB free"),
        small_disk(room),
        FrameStoreWriter(tmp_path / "s", 16, expected=12) as writer,
    ):
        for image in images:
            writer.write(image, 0, (0, 0, 1, 1))
    assert not list(tmp_path.iterdir())


def test_frame_of_another_shape_is_refused(tmp_path):
    with pytest.raises(CaptureError, match=r"frame 0 is uint8 \(8, 8, 3\)"), FrameStoreWriter(tmp_path / "s", 16) as writer:
        writer.write(frames(size=8)[0], 0, (0, 0, 1, 1))


def test_truth_in_some_frames_only_is_refused(tmp_path):
    with pytest.raises(CaptureError, match="expected all or none"), FrameStoreWriter(tmp_path / "s", 16) as writer:
        writer.write(frames()[0], 0, (0, 0, 1, 1), np.zeros((2, 2)))
        writer.write(frames()[1], 0, (0, 0, 1, 1))


def test_store_without_frames_is_not_made(tmp_path):
    with pytest.raises(CaptureError, match="no frames were written"), FrameStoreWriter(tmp_path / "s", 16):
        pass
    assert not list(tmp_path.iterdir())
