"""A capture is built whole or not at all, once for the same inputs, and its held-out frames are never trained on."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmk_lib.capture import dataset
from glmk_lib.capture.dataset import BLOCK, GAP, TAKES, build_capture, held_out, open_capture
from glmk_lib.capture.video import read_frames
from glmk_lib.errors import CaptureError


@pytest.fixture(scope="module")
def first(shared_studio, tmp_path_factory):
    """Two little takes, and the capture built of them."""
    takes = {"marked": shared_studio.film("marked", painted=True), "unmarked": shared_studio.film("unmarked", seed=1)}
    root = tmp_path_factory.mktemp("built") / "capture"
    build_capture(root, "own", "hand", shared_studio.template, takes, 64, shared_studio.crop, progress=False)
    return takes, root


@pytest.fixture
def build(first, shared_studio, tmp_path):
    """`build()` opens the capture built of the two takes; what differs from that is given by name, and built over it."""
    takes, root = first
    shutil.copytree(root, tmp_path / "capture")

    def make(**changes):
        how = dict(root=tmp_path / "capture", name="own", region="hand", template=shared_studio.template, takes=takes, size=64)
        return build_capture(**{**how, "crop": shared_studio.crop, "progress": False, **changes})

    make.takes = takes
    return make


def snapshot(folder):
    return {p.relative_to(folder): (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder.rglob("*") if p.is_file()}


def test_capture_holds_all_that_training_reads(build, studio):
    capture = build(info={"title": "Own hand", "truth": "exact"})
    assert (capture.name, capture.region) == ("own", "hand") and np.array_equal(capture.template.points, studio.template.points)
    assert [len(getattr(capture, take)) for take in TAKES] == [52 - 5 - GAP, 52 - 5 - GAP, 5, 5]
    assert capture.marked.truth.shape == (44, 10, 2) and capture.marked.frames.shape == (44, 64, 64, 3)
    assert capture.info["title"] == "Own hand" and capture.info["truth"] == "exact" and capture.info["note"] == ""
    assert len(capture.info["key"]) == 64 and capture.info["quality"]["marked"]["paint"] == 1
    assert len(capture.paint.colors) == 1 and capture.paint.segment_color.tolist() == [0] * len(capture.template.segments)
    assert 1.5 < capture.paint.width[0] * 32 < 3, "pixels of 64, drawn 2 pixels of 80 wide, with soft edges"


def test_capture_opens_as_it_was_built(build):
    built, opened = build(), open_capture(build().root)
    assert opened.info == built.info and opened.paint.to_json() == built.paint.to_json()
    assert all(np.array_equal(getattr(opened, take).frames, getattr(built, take).frames) for take in TAKES)


def test_held_out_frames_are_no_training_frames(build):
    capture = build()
    for take in ("marked", "unmarked"):
        trained, held = (set(getattr(capture, t).timestamps) for t in (take, "heldout_" + take))
        assert not trained & held and min(held) - max(trained) == pytest.approx((GAP + 1) / 25, abs=1e-6)


def test_held_out_takes_that_are_given_are_used_whole(build, studio):
    held = {"heldout_marked": studio.film("hm", 7, True, 2), "heldout_unmarked": studio.film("hu", 9, False, 3)}
    capture = build(takes={**build.takes, **held})
    assert [len(getattr(capture, take)) for take in TAKES] == [52, 52, 7, 9]


def test_each_take_may_have_its_own_crop(build, studio):
    capture = build(crop={"marked": studio.crop, "unmarked": "6,2,78,78"})
    assert capture.marked.box[0].tolist() == [8, 0, 80, 80] and capture.heldout_unmarked.box[0].tolist() == [6, 2, 78, 78]


@given(st.integers(50, 3000))
def test_held_out_share_is_about_a_tenth_in_whole_blocks(count):
    part = held_out(count)
    assert 0.05 < (part == 1).mean() < 0.11 and (part == 0).mean() > 0.8
    if count >= 400:
        assert np.array_equal(np.flatnonzero(part == 1) // BLOCK % 10, np.full((part == 1).sum(), 9))
    held, trained = np.flatnonzero(part == 1), np.flatnonzero(part == 0)
    assert np.abs(held[:, None] - trained).min() == GAP + 1


def test_same_inputs_are_not_built_again(build):
    before = snapshot(build().root)
    assert snapshot(build().root) == before


class Building(Exception):
    """Raised in place of reading a video."""


def builds_anew(build, monkeypatch, **changes):
    monkeypatch.setattr(dataset, "ingest", lambda *_, **__: (_ for _ in ()).throw(Building))
    build()
    with pytest.raises(Building):
        build(**changes)


@pytest.mark.parametrize("change", [{"size": 48}, {"crop": "8,0,80,79"}, {"name": "other"}, {"info": {"note": "new"}}])
def test_any_changed_input_builds_anew(build, monkeypatch, change):
    builds_anew(build, monkeypatch, **change)


def test_changed_template_builds_anew(build, studio, monkeypatch):
    builds_anew(build, monkeypatch, template=studio.template.with_points(studio.template.points * 0.99))


def test_changed_video_builds_anew(build, studio, monkeypatch):
    builds_anew(build, monkeypatch, takes={**build.takes, "unmarked": studio.film("unmarked", seed=5)})


def test_absent_truth_builds_anew(build, monkeypatch):
    video, _ = build.takes["unmarked"]
    builds_anew(build, monkeypatch, takes={**build.takes, "unmarked": (video, None)})


def test_video_that_only_moved_is_not_built_again(build, tmp_path):
    before = snapshot(build().root)
    video, truth = build.takes["marked"]
    shutil.copy(video, tmp_path / "elsewhere.mkv")
    assert snapshot(build(takes={**build.takes, "marked": (tmp_path / "elsewhere.mkv", truth)}).root) == before


def test_damaged_capture_is_built_anew(build):
    root = build().root
    (root / "unmarked" / "frames.npy").write_bytes(b"torn")
    assert len(build().unmarked) == 44


def refused(build, match, **changes):
    """Refused in one sentence, with the older capture as it was and nothing half-made beside it."""
    root = build().root
    before = snapshot(root)
    with pytest.raises(CaptureError, match=match) as caught:
        build(**changes)
    assert snapshot(root) == before and [p.name for p in root.parent.iterdir() if p.name.startswith(".")] == []
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_short_video_is_refused(build, studio):
    refused(build, r"short\.mkv: has 49 frames", takes={**build.takes, "unmarked": studio.film("short", 49)})


def test_videos_of_two_sizes_are_refused(build, studio):
    refused(build, r"wide\.mkv: its frames have 98x80", takes={**build.takes, "unmarked": studio.film("wide", width=98)})


def test_marked_take_without_paint_is_refused(build):
    refused(
        build, r"unmarked\.mkv: paint of the stated colour #1e5ad6", takes={take: build.takes["unmarked"] for take in TAKES[:2]}
    )


def test_unmarked_take_with_paint_is_refused(build):
    refused(build, r"marked\.mkv: the stated paint is seen", takes={take: build.takes["marked"] for take in TAKES[:2]})


def test_missing_video_is_refused(build, tmp_path):
    refused(build, r"gone\.mp4: no such file", takes={**build.takes, "marked": (tmp_path / "gone.mp4", None)})


def test_missing_truth_is_refused(build, tmp_path):
    refused(
        build, r"gone\.npz: can't be read", takes={**build.takes, "marked": (build.takes["marked"][0], tmp_path / "gone.npz")}
    )


def test_truth_of_another_template_is_refused(build, studio, tmp_path):
    np.savez(tmp_path / "t.npz", points=np.zeros((52, 11, 2)))
    refused(
        build,
        r"t\.npz: has 11 points a frame; expected 10",
        takes={**build.takes, "marked": (build.takes["marked"][0], tmp_path / "t.npz")},
    )


def test_one_held_out_take_alone_is_refused(build):
    refused(build, "both held-out takes or neither", takes={**build.takes, "heldout_marked": build.takes["marked"]})


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_truncated_video_is_refused(build, tmp_path, share):
    whole = build.takes["unmarked"][0].read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: int(len(whole) * share)])
    refused(build, r"cut\.mkv", takes={**build.takes, "unmarked": (tmp_path / "cut.mkv", None)})


def test_full_disk_names_the_capture_itself(build, small_disk):
    with small_disk(400_000):
        refused(build, r"/capture/marked: can't be written because the disk is full; expected about \d", size=65)


@pytest.mark.parametrize("name", ["capture.json", "template.json", "paint.json", "marked"])
def test_capture_without_one_of_its_parts_is_refused(build, name):
    root = build().root
    shutil.rmtree(root / name) if (root / name).is_dir() else (root / name).unlink()
    with pytest.raises(CaptureError, match="capture"):
        open_capture(root)


def test_capture_of_another_version_is_refused(build):
    root = build().root
    about = json.loads((root / "capture.json").read_text())
    (root / "capture.json").write_text(json.dumps({**about, "schema": "glmk-capture/9"}))
    with pytest.raises(CaptureError, match="schema is 'glmk-capture/9'"):
        open_capture(root)


def test_stored_frames_are_those_of_the_video(build):
    """The box is 80 pixels and so is this store: nothing is resampled."""
    capture = build(size=80)
    frame = next(image for i, _, image in read_frames(build.takes["marked"][0]) if i == 17)
    assert np.array_equal(capture.marked.frames[17], frame[:, 8:88])
