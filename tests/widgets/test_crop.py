"""The crop chooser's controls, used without a browser: what they show, and the text that CROP takes."""

import cv2
import numpy as np
import pytest

from glmk_lib.capture.follow import follow
from glmk_lib.capture.ingest import cut, parse_crop
from glmk_lib.capture.video import VideoWriter, read_frames
from glmk_lib.errors import CaptureError
from glmk_lib.widgets import CropChooser
from glmk_lib.widgets.crop import SHOWN


@pytest.fixture(scope="module")
def box(mug_take):
    return [float(value) for value in np.load(mug_take.truth, allow_pickle=False)["boxes"][0].round()]


@pytest.fixture
def chooser(mug_take, tmp_path):
    return CropChooser(mug_take.video, size=32, path=str(tmp_path / "boxes.csv"))


def picture(image):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(image.value, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def put(chooser, box):
    for slider, value in zip(chooser.sides.values(), box, strict=True):
        slider.value = value


def test_it_begins_with_the_centred_square(chooser):
    assert chooser.crop == "0,0,128,128" and parse_crop(chooser.crop).fixed == (0, 0, 128, 128)


def test_sliders_and_numbers_say_the_same(chooser):
    put(chooser, (10, 20, 50, 40))
    assert chooser.crop == chooser.numbers.value == "10,20,50,40"
    chooser.numbers.value = "12.5, 8, 40, 60"
    assert [slider.value for slider in chooser.sides.values()] == [12, 8, 40, 60]
    assert chooser.crop == "12.5,8,40,60"  # what was typed, not what the sliders can show


def test_the_preview_is_the_square_that_the_network_will_see(chooser, mug_take, box):
    put(chooser, box)
    shown = cv2.resize(picture(chooser.preview), (32, 32), interpolation=cv2.INTER_AREA).astype(float)
    frame = next(read_frames(mug_take.video))[2]
    assert np.abs(shown - cut(frame, box, 32)).mean() < 4  # JPEG twice


def test_the_frame_slider_goes_through_the_whole_video(chooser):
    numbers = list(chooser.frame.options)
    assert numbers[0] == 0 and len(numbers) <= SHOWN and 64 - numbers[-1] <= numbers[1]
    before = chooser.picture.value
    chooser.frame.value = numbers[-1]
    assert chooser.picture.value != before


def test_a_box_is_followed_and_shown_where_it_went(chooser, mug_take, box):
    put(chooser, box)
    chooser.kind.value = "followed"
    with pytest.raises(CaptureError, match=r"no boxes yet.*press Follow"):
        _ = chooser.crop
    chooser.buttons["Follow"].click()
    followed = parse_crop(chooser.crop)
    assert followed.each == dict(enumerate(map(tuple, follow(mug_take.video, ",".join(map(str, box)), False).tolist())))
    assert f"CROP={chooser.path.value}" in chooser.status.value
    chooser.frame.value = chooser.frame.options[-1]
    frame = list(read_frames(mug_take.video))[chooser.frame.value][2]
    shown = cv2.resize(picture(chooser.preview), (32, 32), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(shown - cut(frame, followed.each[chooser.frame.value], 32)).mean() < 4
    chooser.sides["x"].value += 1
    with pytest.raises(CaptureError, match="no boxes yet"):  # those were of another box
        _ = chooser.crop


def test_a_csv_is_read_and_what_is_wrong_with_it_is_said(chooser, tmp_path):
    chooser.kind.value = "CSV"
    chooser.buttons["Read"].click()
    assert "can't be read" in chooser.status.value
    (tmp_path / "boxes.csv").write_text("frame,x,y,w,h\n" + "\n".join(f"{i},{i},2,50,40" for i in range(64)))
    chooser.buttons["Read"].click()
    assert chooser.crop == str(tmp_path / "boxes.csv") and "64 frames" in chooser.status.value
    assert chooser.sides["x"].disabled
    (tmp_path / "boxes.csv").write_text("frame,x,y,w,h\n1,1,2,50,40\n")
    chooser.buttons["Read"].click()
    assert "has no box for frame 0" in chooser.status.value


def test_a_slider_moves_one_side_of_a_box_that_reaches_beyond_the_frame(chooser):
    chooser.numbers.value = "-20,10.5,100,100"
    chooser.sides["w"].value = 90
    assert chooser.crop == "-20,10.5,90,100"
    chooser.sides["x"].value = 3
    assert chooser.crop == "3,10.5,90,100"


def test_boxes_of_two_videos_go_to_two_files(mug_take, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.mkv").symlink_to(mug_take.video)
    choosers = [CropChooser(video, "40,40,60,60") for video in (mug_take.video, "other.mkv")]
    for chooser in choosers:
        chooser.kind.value = "followed"
        chooser.buttons["Follow"].click()
    assert [chooser.crop for chooser in choosers] == [str(tmp_path / f"{name}.csv") for name in (mug_take.video.stem, "other")]


@pytest.mark.parametrize(
    ("typed", "said"), [("1,2,3", "found"), ("900,0,20,20", "lies outside"), ("boxes.csv", "can't be read")]
)
def test_wrong_numbers_are_told_and_change_nothing(chooser, typed, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chooser.numbers.value = typed
    assert said in chooser.status.value and chooser.crop == chooser.numbers.value == "0,0,128,128"


def test_a_lost_subject_is_told(tmp_path):
    with VideoWriter(tmp_path / "plain.mkv", 64, 48, 25, lossless=True) as writer:
        writer.write(np.full((48, 64, 3), 128, np.uint8))
    chooser = CropChooser(tmp_path / "plain.mkv", "8,8,30,30", path=str(tmp_path / "boxes.csv"))
    chooser.kind.value = "followed"
    chooser.buttons["Follow"].click()
    assert "0 corners" in chooser.status.value and not (tmp_path / "boxes.csv").exists()
