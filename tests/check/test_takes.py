"""One pass over a take."""

import numpy as np
import pytest

from glmk_lib.capture.ingest import ingest
from glmk_lib.capture.video import VideoWriter
from glmk_lib.check import camera, takes
from glmk_lib.errors import CaptureError


@pytest.fixture
def video(tmp_path):
    """A take of 40 frames, 48x32 pixels, each of one grey that grows by two levels a frame."""
    path = tmp_path / "a.mkv"
    with VideoWriter(path, 48, 32, 10, lossless=True) as writer:
        for i in range(40):
            writer.write(np.full((32, 48, 3), 100 + 2 * i, np.uint8))
    return path


def test_every_frame_is_seen_in_its_crop(video):
    take = takes.of_video("marked", video, 16, "8,0,32,32", progress=False)
    assert (len(take), take.width, take.height, take.rate) == (40, 48, 32, pytest.approx(10))
    assert take.frames.shape == (40, 16, 16, 3)
    np.testing.assert_array_equal(take.box, np.tile([8, 0, 32, 32], (40, 1)))
    np.testing.assert_allclose(take.change, [0, *[2] * 39])
    np.testing.assert_allclose(2**take.light, 100 + 2 * np.arange(40), rtol=1e-4)


def test_a_long_take_is_sampled_to_its_end(video, monkeypatch):
    monkeypatch.setattr(takes, "SAMPLE", 6)
    take = takes.of_video("marked", video, 16, progress=False)
    assert len(take) == 40
    assert len(take.frames) == 6 and take.numbers[0] == 0 and take.numbers[-1] >= 32
    np.testing.assert_array_equal(take.frames[:, 0, 0, 0], 100 + 2 * take.numbers)


def test_a_prepared_take_is_seen_as_its_video_is(video, tmp_path):
    store = ingest(video, tmp_path / "store", 16, "8,0,32,32", progress=False)
    whole, cropped = takes.of_video("marked", video, 16, "8,0,32,32", progress=False), takes.of_store("marked", store)
    assert (cropped.width, cropped.height) == (48, 32)
    for name in ("seconds", "box", "light", "colour", "change", "frames", "blur"):
        np.testing.assert_allclose(getattr(cropped, name), getattr(whole, name), atol=1e-5)


def test_drift_is_between_tenths_of_the_take(video):
    take = takes.of_video("marked", video, 16, progress=False)
    assert camera.drift(take.light) == pytest.approx(np.log2(175 / 103), abs=0.01)  # medians of the first and the last four


def test_a_crop_outside_the_frame_is_measured(video):
    take = takes.of_video("marked", video, 16, "32,0,32,32", progress=False)
    assert camera.outside(take) == pytest.approx(0.5)


def test_a_small_crop_is_enlarged(video):
    assert camera.enlarged(takes.of_video("marked", video, 16, "8,0,8,8", progress=False)) == pytest.approx(2)


def test_a_missing_video_is_named(tmp_path):
    with pytest.raises(CaptureError, match=r"a\.mp4"):
        takes.of_video("marked", tmp_path / "a.mp4", 16, progress=False)
