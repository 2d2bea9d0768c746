"""A video becomes a track: what the network says, in source pixels, whatever the video and wherever it was stopped."""

import json
import subprocess
import sys
import time
import weakref
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
import torch

from glmk_lib import landmarks, streaming, tracking
from glmk_lib.capture.ingest import checksum, cut, from_crop, ingest
from glmk_lib.capture.storage import alone
from glmk_lib.capture.video import VideoWriter, probe, read_frames
from glmk_lib.checkpoint import load_tensors, write_tensors
from glmk_lib.errors import CaptureError, CheckpointError, PresetError
from glmk_lib.networks import DeformationNet
from glmk_lib.paths import ROOT
from glmk_lib.predict import Landmarker
from glmk_lib.smoothing import SMOOTHERS
from glmk_lib.template import Line, Template
from glmk_lib.tracking import track_video
from glmk_lib.visibility.network import FILE, LEVELS, Observer, VisibilityNet

FILES = {"landmarks.parquet", "landmarks.csv", "landmarks.deeplabcut.csv", "landmarks.deeplabcut.h5", "landmarks.coco.json"}


def make_model(path, seed=0, points=4, poison=None):
    template = Template(np.linspace(-0.6, 0.6, 2 * points).reshape(points, 2), (Line("line", tuple(range(points))),))
    torch.manual_seed(seed)
    net = DeformationNet(points, 32, 4, 0.3)
    torch.nn.init.normal_(net.head[-1].weight, std=0.5)
    if poison is not None:
        net.features[0].weight.data[:] = poison
    return Landmarker(net, template, 0.8).save(path)


def film(path, count=20, width=64, height=48, **options):
    """Coarse noise, another one in each frame."""
    rng = np.random.default_rng(count)
    with VideoWriter(path, width, height, 25, **options) as writer:
        for i in range(count):
            coarse = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
            frame = coarse.repeat(8, 0).repeat(8, 1)[:height, :width]
            writer.write(frame, *([i**1.2 / 25] if options.get("timed") else []))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("model") / "landmarks.safetensors")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return film(tmp_path_factory.mktemp("video") / "a take.mp4")


@pytest.fixture
def short_parts(monkeypatch):
    """Parts of 8 frames, in batches of 4."""
    monkeypatch.setattr(streaming, "BATCH", 4)
    monkeypatch.setattr(streaming, "PART", 8)


def run(video, model, out, **options):
    return track_video(video, model, out, progress=False, **options)


def contents(folder):
    """Bytes by name of all that a user may read, but for when it was made. HDF5 keeps dates: of it, the table."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and path.name not in (tracking.LOCK, tracking.STATE, "README.md"):
            name = path.relative_to(folder).as_posix()
            found[name] = pd.read_hdf(path).to_csv() if path.suffix == ".h5" else path.read_bytes()
    return found


# What is found, and where.


@pytest.mark.parametrize("crop", [None, "7.5,3,30,41", "csv"])
def test_points_are_the_networks_in_pixels_of_the_source(video, model, tmp_path, crop):
    boxes = np.tile([8.0, 0, 48, 48], (20, 1)) if crop is None else np.tile([7.5, 3, 30, 41], (20, 1))
    if crop == "csv":
        boxes = np.column_stack([np.linspace(-5, 20, 20), np.linspace(0, 9.5, 20), np.full(20, 33.0), np.full(20, 29.5)])
        crop = tmp_path / "crop.csv"
        rows = [f"{i}," + ",".join(map(repr, box)) for i, box in enumerate(boxes.tolist())]
        crop.write_text("frame,x,y,w,h\n" + "\n".join(rows))
    track = run(video, model, tmp_path / "out", crop=crop)
    landmarker = Landmarker.load(model)
    for i, seconds, frame in read_frames(video):
        image = torch.from_numpy(cut(frame, boxes[i], 32)).permute(2, 0, 1)[None] / 255
        expected = from_crop(landmarker(image)[0].detach().numpy(), boxes[i])
        np.testing.assert_allclose(track.points[i], expected, atol=1e-3)
        assert track.seconds[i] == seconds
    assert np.ptp(track.points, axis=0).min() > 0.5  # the points move, or nothing was tested


def test_a_track_is_what_the_frame_store_of_training_gives(video, model, tmp_path):
    store = ingest(video, tmp_path / "store", 32, progress=False)
    expected = Landmarker.load(model).track(store)
    track = run(video, model, tmp_path / "out")
    np.testing.assert_allclose(track.points, from_crop(expected, (8, 0, 48, 48)), atol=1e-4)


def test_every_file_is_there_and_says_the_same(video, model, tmp_path):
    track = run(video, model, tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES | {
        "overlay.mp4", "README.md", "parts", tracking.STATE, tracking.LOCK
    }  # fmt: skip
    table = pd.read_parquet(tmp_path / "out/landmarks.parquet")
    assert np.array_equal(table[["x", "y"]].to_numpy().reshape(20, 4, 2), track.points)
    assert len(list(read_frames(tmp_path / "out/overlay.mp4"))) == 20


def test_the_readme_says_what_made_the_track(video, model, tmp_path):
    run(video, model, tmp_path / "out", crop="7.5,3,30,41")
    text, made = (tmp_path / "out/README.md").read_text(), json.loads((tmp_path / "out/track.json").read_text())
    for said in ("a take.mp4", made["video"], made["model"], made["about"]["date"], "7.5, 3, 30, 41", "20 frames", "64×48"):
        assert said in text


@pytest.mark.parametrize("name", SMOOTHERS)
def test_a_smoothed_track_lies_beside_the_raw_one(video, model, tmp_path, name):
    run(video, model, tmp_path / "out")
    raw = contents(tmp_path / "out")
    track = run(video, model, tmp_path / "out", smooth=name)  # later, without reading the video again
    after = contents(tmp_path / "out")
    assert {key: after[key] for key in raw} == raw
    assert set(after) - set(raw) == {f"{name}/{file}" for file in FILES}
    table = pd.read_parquet(tmp_path / "out" / name / "landmarks.parquet")
    expected = SMOOTHERS[name](track.points, track.seconds)
    assert np.array_equal(table[["x", "y"]].to_numpy().reshape(20, 4, 2), expected)


# What is known of visibility.


@pytest.fixture
def observed(model, tmp_path):
    """The model again, with what tells visibility beside it."""
    again = tmp_path / "run" / "landmarks.safetensors"
    again.parent.mkdir()
    again.write_bytes(model.read_bytes())
    torch.manual_seed(3)
    net = VisibilityNet(4, 32)
    torch.nn.init.normal_(net.bias)
    Observer(net, 0.8, checksum(again), [level * 2 for level in LEVELS]).save(again.with_name(FILE))
    return again


def test_visibility_and_uncertainty_are_the_observers_in_pixels_of_the_source(video, observed, tmp_path):
    track = run(video, observed, tmp_path / "out", crop="7.5,3,32,18")
    landmarker, observer = Landmarker.load(observed), Observer.load(observed.with_name(FILE))
    for i, _, frame in read_frames(video):
        image = torch.from_numpy(cut(frame, (7.5, 3, 32, 18), 32)).permute(2, 0, 1)[None] / 255
        visibility, bound = observer(image, landmarker(image).detach())
        np.testing.assert_allclose(track.visibility[i], visibility[0].numpy(), atol=1e-5)
        np.testing.assert_allclose(track.uncertainty[i], bound[0].numpy() * 24 / 2, rtol=1e-4)  # a square of the box's area
    table = pd.read_parquet(tmp_path / "out/landmarks.parquet")
    assert np.array_equal(table["visibility"].to_numpy().reshape(20, 4), track.visibility)
    assert "70 % of seen points" in (tmp_path / "out/README.md").read_text()


def test_points_are_the_same_with_and_without_it(video, model, observed, tmp_path):
    bare, known = run(video, model, tmp_path / "bare"), run(video, observed, tmp_path / "known")
    assert np.array_equal(bare.points, known.points) and bare.visibility is None
    text = (tmp_path / "bare/README.md").read_text()
    assert "`visibility` and `uncertainty` are empty" in text
    assert pd.read_csv(tmp_path / "bare/landmarks.csv")["visibility"].isna().all()


def test_visibility_goes_on_from_a_torn_part(video, observed, tmp_path, short_parts):
    run(video, observed, tmp_path / "out")
    before = contents(tmp_path / "out")
    part = tmp_path / "out/parts/track-00000008.safetensors"
    write_tensors(part, {key: value for key, value in load_tensors(part).items() if key != "uncertainty"})
    for name in FILES:
        (tmp_path / "out" / name).unlink()
    run(video, observed, tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_a_folder_tracked_without_it_is_not_mixed_with_it(video, model, observed, tmp_path):
    run(video, model, tmp_path / "out")
    with pytest.raises(CheckpointError, match="out: made with another visibility; choose another folder"):
        run(video, observed, tmp_path / "out")


def test_a_track_of_an_older_version_is_taken_up(video, model, tmp_path):
    run(video, model, tmp_path / "out")
    state = tmp_path / "out" / tracking.STATE
    made = json.loads(state.read_text())
    del made["visibility"]
    state.write_text(json.dumps(made))
    assert len(run(video, model, tmp_path / "out")) == 20


# Videos as they come.


def test_a_rate_that_varies_is_kept(model, tmp_path):
    track = run(film(tmp_path / "a.mp4", timed=True), model, tmp_path / "out")
    np.testing.assert_allclose(track.seconds, np.arange(20) ** 1.2 / 25, atol=1e-4)
    shown = [seconds for _, seconds, _ in read_frames(tmp_path / "out/overlay.mp4")]
    np.testing.assert_allclose(shown, track.seconds, atol=1e-4)


@pytest.mark.parametrize("count", [1, 2])
def test_very_short_videos(model, tmp_path, count):
    assert len(run(film(tmp_path / "a.mp4", count), model, tmp_path / "out", smooth="rts")) == count


def test_odd_sizes(model, tmp_path):
    assert run(film(tmp_path / "a.mp4", width=61, height=47), model, tmp_path / "out").size == (61, 47)
    assert next(read_frames(tmp_path / "out/overlay.mp4"))[2].shape == (47, 61, 3)


@pytest.mark.parametrize(("rotation", "size"), [(90, (48, 64)), (180, (64, 48))])
def test_a_rotated_phone_video_is_tracked_upright(model, video, tmp_path, rotation, size):
    path = tmp_path / "phone.mp4"
    with av.open(str(video)) as source, av.open(str(path), "w") as turned:
        stream = turned.add_stream("libx264", 25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.set_display_rotation(rotation)
        for frame in source.decode(video=0):
            turned.mux(stream.encode(av.VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24"), format="rgb24")))
        turned.mux(stream.encode(None))
    track = run(path, model, tmp_path / "out")
    assert track.size == size
    assert next(read_frames(tmp_path / "out/overlay.mp4"))[2].shape == (size[1], size[0], 3)


def test_alpha_is_left_out(model, tmp_path):
    with av.open(str(tmp_path / "a.mov"), "w") as made:
        stream = made.add_stream("png", 25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgba"
        for i in range(5):
            picture = np.random.default_rng(i).integers(0, 256, (48, 64, 4), dtype=np.uint8)
            made.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgba")))
        made.mux(stream.encode(None))
    assert len(run(tmp_path / "a.mov", model, tmp_path / "out")) == 5


# Stopped, and gone on.


def test_a_killed_run_goes_on_and_gives_the_same(model, tmp_path, short_parts):
    """SIGKILL, as when a machine goes down: nothing is tidied up."""
    video, out = film(tmp_path / "a.mp4", 160), tmp_path / "out"
    run(video, model, tmp_path / "whole")
    code = (
        "import sys, time; from glmk_lib import streaming, tracking; streaming.BATCH, streaming.PART = 4, 8\n"
        "cut = streaming.cut; streaming.cut = lambda *given: (time.sleep(0.02), cut(*given))[1]\n"
        "tracking.track_video(*sys.argv[1:], progress=False)"
    )
    started, begin = subprocess.Popen([sys.executable, "-c", code, video, model, out], cwd=ROOT), time.monotonic()
    while not (out / "parts/track-00000016.safetensors").exists() and time.monotonic() < begin + 60:
        time.sleep(0.01)
    started.kill()
    started.wait()
    assert 3 <= len(list((out / "parts").glob("track-*"))) < 20 and not (out / "landmarks.csv").exists()
    (out / f".landmarks.{started.pid}.csv").write_text("half")  # as if it had been killed a little later
    run(video, model, out)
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize("last", [3, 9, 17, 20])
def test_the_same_bytes_wherever_it_was_stopped(video, model, tmp_path, monkeypatch, short_parts, last):
    run(video, model, tmp_path / "whole")
    taken = []

    def read(path, first=0):
        for frame in read_frames(path, first):
            taken.append(frame[0])
            if len(taken) > last:
                raise KeyboardInterrupt
            yield frame
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(streaming, "read_frames", read)
        run(video, model, tmp_path / "out")
    taken.clear()
    reading = []
    monkeypatch.setattr(streaming, "read_frames", lambda path, first=0: reading.append(first) or read_frames(path, first))
    run(video, model, tmp_path / "out")
    assert reading == [last // 8 * 8]
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_finished_track_is_not_read_again(video, model, tmp_path, monkeypatch):
    run(video, model, tmp_path / "out")
    before = contents(tmp_path / "out")
    monkeypatch.setattr(streaming, "read_frames", None)
    run(video, model, tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_a_torn_part_is_found_anew(video, model, tmp_path, short_parts):
    run(video, model, tmp_path / "out")
    before = contents(tmp_path / "out")
    part = tmp_path / "out/parts/track-00000008.safetensors"
    part.write_bytes(part.read_bytes()[:-50])
    run(video, model, tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_what_a_user_changed_is_left_alone(video, model, tmp_path):
    run(video, model, tmp_path / "out")
    (tmp_path / "out/README.md").write_text("mine")
    (tmp_path / "out/landmarks.coco.json").unlink()
    run(video, model, tmp_path / "out")
    assert (tmp_path / "out/README.md").read_text() == "mine" and (tmp_path / "out/landmarks.coco.json").exists()


def test_no_frame_is_kept(model, tmp_path, monkeypatch):
    """Of a video's frames, two are alive at a time: the one that is cut and the one that is read."""
    alive, most = weakref.WeakSet(), []

    class Frame(np.ndarray):
        __hash__ = object.__hash__
        __eq__ = object.__eq__

    def read(path, first=0):
        for i, seconds, frame in read_frames(path, first):
            frame = frame.view(Frame)
            alive.add(frame)
            most.append(len(alive))
            yield i, seconds, frame

    video = film(tmp_path / "a.mp4", 150)
    monkeypatch.setattr(streaming, "read_frames", read)
    run(video, model, tmp_path / "out")
    assert len(most) == 150 and max(most) <= 2


# What can't be used is said in a sentence, and nothing is lost.


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"video": "gone.mp4"}, r"gone\.mp4: no such file"),
        ({"model": "gone.safetensors"}, r"gone\.safetensors: no such file"),
        ({"crop": "1,2,3"}, 'crop "1,2,3"'),
        ({"crop": "900,0,20,20"}, "lies outside the frame of 64x48"),
        ({"smooth": "kalman"}, "smoother is 'kalman'; expected one of"),
    ],
    ids=lambda value: next(iter(value.items())) if isinstance(value, dict) else "",
)
def test_a_wrong_argument_is_told_and_makes_nothing(video, model, tmp_path, change, said):
    given = {"video": video, "model": model, "out": tmp_path / "out"} | {
        key: tmp_path / value if key in ("video", "model") else value for key, value in change.items()
    }
    with pytest.raises((CaptureError, CheckpointError, PresetError), match=said):
        track_video(**given, progress=False)
    assert not (tmp_path / "out").exists()


def test_a_box_that_lacks_is_told_before_anything_is_tracked(video, model, tmp_path):
    (tmp_path / "crop.csv").write_text("frame,x,y,w,h\n" + "\n".join(f"{i},0,0,48,48" for i in range(19)))
    with pytest.raises(CaptureError, match=r"crop\.csv: has no box for frame 19"):
        run(video, model, tmp_path / "out", crop=tmp_path / "crop.csv")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("hidden", ["before", "sound"])
def test_boxes_for_all_frames_that_are_shown_are_enough_whatever_the_header_states(model, tmp_path, hidden):
    path = misstated(tmp_path, hidden)
    shown = sum(1 for _ in read_frames(path))
    assert streaming.stated_frames(probe(path)) > shown == streaming.count_frames(path)
    crop = tmp_path / "crop.csv"
    rows = [f"{i},0,0,48,48" for i in range(shown)]
    crop.write_text("frame,x,y,w,h\n" + "\n".join(rows))
    assert len(run(path, model, tmp_path / "out", crop=crop)) == shown
    crop.write_text("frame,x,y,w,h\n" + "\n".join(rows[:-1]))
    with pytest.raises(CaptureError, match=rf"crop\.csv: has no box for frame {shown - 1}"):
        run(path, model, tmp_path / "again", crop=crop)


def misstated(folder, hidden):
    """A video whose header states more frames than are shown: cut without encoding, or with sound that goes on."""
    whole, path = folder / "whole.mp4", folder / ("a.mp4" if hidden == "before" else "a.mkv")
    with av.open(str(whole if hidden == "before" else path), "w") as container:
        stream = container.add_stream("libx264", 30)
        stream.width, stream.height, stream.pix_fmt, stream.options = 64, 48, "yuv420p", {"g": "30"}
        sound = container.add_stream("aac", 48000, layout="mono") if hidden == "sound" else None
        for frame in np.random.default_rng(0).integers(0, 256, (60, 48, 64, 3), dtype=np.uint8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
        for k in range(0, 120_000 if sound else 0, 1024):
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            samples.sample_rate, samples.pts, samples.time_base = 48000, k, Fraction(1, 48000)
            container.mux(sound.encode(samples))
        if sound:
            container.mux(sound.encode(None))
    if hidden == "before":  # half a second, as `ffmpeg -ss 0.5 -i whole.mp4 -c copy a.mp4` does
        with av.open(str(whole)) as source, av.open(str(path), "w") as container:
            taken = source.streams.video[0]
            stream, cut = container.add_stream_from_template(taken), int(0.5 / taken.time_base)
            for packet in source.demux(taken):
                if packet.dts is not None:
                    packet.pts, packet.dts, packet.stream = packet.pts - cut, packet.dts - cut, stream
                    container.mux(packet)
    return path


def test_weights_for_another_template_are_refused(video, tmp_path):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    four, five = make_model(tmp_path / "4.safetensors"), make_model(tmp_path / "5.safetensors", points=5)
    with safe_open(five, "pt") as file:
        card = file.metadata()
    save_file(load_file(four), tmp_path / "mixed.safetensors", metadata=card)
    with pytest.raises(CheckpointError, match=r"mixed\.safetensors: not a landmarker of this library"):
        run(video, tmp_path / "mixed.safetensors", tmp_path / "out")


def test_damaged_weights_name_the_frame(video, tmp_path, short_parts):
    broken = make_model(tmp_path / "broken.safetensors", poison=float("nan"))
    with pytest.raises(CheckpointError, match=r"a take\.mp4: the model's points in frame 0 are not finite"):
        run(video, broken, tmp_path / "out")
    assert not (tmp_path / "out/landmarks.csv").exists()


@pytest.mark.parametrize("what", ["video", "model", "crop", "video and model"])
def test_a_folder_of_something_else_is_refused(video, model, tmp_path, what):
    run(video, model, tmp_path / "out")
    before = contents(tmp_path / "out")
    other_video = film(tmp_path / "b.mp4", 7) if "video" in what else video
    other_model = make_model(tmp_path / "m.safetensors", seed=1) if "model" in what else model
    crop = "0,0,40,40" if "crop" in what else None
    with pytest.raises(CheckpointError, match=f"out: made with another {what}; choose another folder"):
        run(other_video, other_model, tmp_path / "out", crop=crop)
    assert contents(tmp_path / "out") == before


def test_a_folder_of_the_users_is_refused(video, model, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/README.md").write_text("mine")
    with pytest.raises(CaptureError, match=r"out: holds 'README\.md', and no track; expected a folder, new or empty"):
        run(video, model, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["README.md"]


def test_a_file_is_no_folder(video, model, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(CaptureError, match="out: this is a file"):
        run(video, model, tmp_path / "out")


def test_two_runs_do_not_write_to_one_folder(video, model, tmp_path):
    with alone(tmp_path / "out" / tracking.LOCK), pytest.raises(CaptureError, match="another run is writing to this folder"):
        run(video, model, tmp_path / "out")


def test_an_unreadable_state_is_named(video, model, tmp_path):
    run(video, model, tmp_path / "out")
    (tmp_path / "out/track.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"track\.json: can't be read"):
        run(video, model, tmp_path / "out")


def test_a_video_that_is_cut_off_keeps_its_parts(model, tmp_path, short_parts):
    video = film(tmp_path / "a.mkv", 120)
    video.write_bytes(video.read_bytes()[: int(video.stat().st_size * 0.7)])
    with pytest.raises(CaptureError, match=r"a\.mkv: (cut off|damaged)"):
        run(video, model, tmp_path / "out")
    assert len(list((tmp_path / "out/parts").iterdir())) > 3
    assert not (tmp_path / "out/landmarks.csv").exists()


def meddling(monkeypatch, module, meddle):
    """Have `meddle` called when the 5th frame is read there."""

    def read(path, first=0):
        for i, frame in enumerate(read_frames(path, first)):
            if i == 5:
                meddle()
            yield frame

    monkeypatch.setattr(module, "read_frames", read)


@pytest.mark.parametrize("module", [streaming, landmarks.overlay], ids=["points", "overlay"])
@pytest.mark.parametrize(("gone", "says"), [(True, "disappeared while it was read"), (False, "was changed while it was read")])
def test_a_video_that_changes_while_it_is_read_is_told_and_its_track_not_kept(
    model, tmp_path, monkeypatch, short_parts, module, gone, says
):
    video, out = film(tmp_path / "a.mkv", 24), tmp_path / "out"
    sound, other = video.read_bytes(), film(tmp_path / "b.mkv", 23).read_bytes()
    run(video, model, tmp_path / "whole")
    with monkeypatch.context() as patch, pytest.raises(CaptureError, match=rf"a\.mkv: {says}"):
        meddling(patch, module, video.unlink if gone else lambda: (video.unlink(), video.write_bytes(other)))
        run(video, model, out)
    assert not (out / "overlay.mp4").exists()
    video.write_bytes(sound)
    run(video, model, out)
    assert contents(out) == contents(tmp_path / "whole")


def test_a_video_that_is_only_touched_has_not_changed(model, tmp_path, monkeypatch, short_parts):
    video = film(tmp_path / "a.mkv", 24)
    meddling(monkeypatch, streaming, video.touch)
    run(video, model, tmp_path / "out")
    assert (tmp_path / "out/overlay.mp4").exists()
