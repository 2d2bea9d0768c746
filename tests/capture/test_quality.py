"""What must be true of two takes before anything is trained on them."""

from pathlib import Path

import pytest

from glmk_lib.capture.ingest import ingest
from glmk_lib.capture.quality import check_count, check_sizes, check_takes, duplicates
from glmk_lib.capture.video import VideoInfo, probe
from glmk_lib.errors import CaptureError


def info(name, width=640, height=480):
    return VideoInfo(Path(name), width, height, 25.0, 100, 4.0)


def test_videos_of_one_size_pass():
    check_sizes({"marked": info("a.mp4"), "unmarked": info("b.mp4")})


@pytest.mark.parametrize("size", [(641, 480), (640, 360), (480, 640)])
def test_videos_of_two_sizes_are_both_named(size):
    with pytest.raises(CaptureError, match=rf"^b\.mp4: its frames have {size[0]}x{size[1]} .* those of a\.mp4 640x480"):
        check_sizes({"marked": info("a.mp4"), "unmarked": info("b.mp4", *size)})


def test_fifty_frames_are_enough():
    check_count("a.mp4", 50)


def test_fewer_than_fifty_frames_are_refused():
    with pytest.raises(CaptureError, match=r"^a\.mp4: has 49 frames; expected at least 50"):
        check_count("a.mp4", 49)


@pytest.fixture
def prepared(studio, tmp_path):
    """Takes by name, cropped: (probes, stores)."""

    def prepare(**takes):
        videos = {name: studio.film(name, **how)[0] for name, how in takes.items()}
        stores = {name: ingest(video, tmp_path / name, 64, studio.crop, progress=False) for name, video in videos.items()}
        return {name: probe(video) for name, video in videos.items()}, stores

    return prepare


def test_report_says_what_the_takes_are(studio, prepared):
    videos, stores = prepared(marked={"painted": True, "count": 20}, unmarked={"seed": 1, "count": 12, "freeze": 2})
    report = check_takes(videos, stores["marked"], stores["unmarked"], studio.template)
    assert report["marked"] == {"resolution": [96, 80], "fps": 25.0, "frames": 20, "duplicates": 0.0, "paint": 1.0}
    assert report["unmarked"] == {"resolution": [96, 80], "fps": 25.0, "frames": 12, "duplicates": 0.545, "paint": 0.0}


def test_unmarked_take_that_is_painted_is_refused(studio, prepared):
    videos, stores = prepared(marked={"painted": True, "count": 20}, unmarked={"painted": True, "seed": 1, "count": 20})
    with pytest.raises(CaptureError, match=r"unmarked\.mkv: the stated paint is seen in 100% of its frames"):
        check_takes(videos, stores["marked"], stores["unmarked"], studio.template)


@pytest.mark.parametrize(("freeze", "share"), [(1, 0), (2, 10 / 19), (20, 1)])
def test_duplicates_are_counted(prepared, freeze, share):
    _, stores = prepared(marked={"count": 20, "freeze": freeze})
    assert duplicates(stores["marked"]) == pytest.approx(share)
