"""Reading and writing videos: exact round trips, and an honest sentence for every file that can't be used."""

import wave

import av
import numpy as np
import pytest

from glmk_lib.capture import video
from glmk_lib.capture.video import VideoWriter, probe, read_frames
from glmk_lib.errors import CaptureError


def noise(count, height=24, width=32, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def write(path, frames, fps=25, lossless=True):
    with VideoWriter(path, frames.shape[2], frames.shape[1], fps, lossless) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def encode(path, frames, codec, pix_fmt="yuv420p", rotation=None, options=None, audio=False):
    """A video as other programs write it."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, 25)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], pix_fmt
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def decode(path):
    return np.stack([frame for _, _, frame in read_frames(path)])


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write(tmp_path_factory.mktemp("clip") / "clip.mp4", noise(40, 48, 64))


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_lossless_video_returns_every_value(tmp_path, ending):
    frames = noise(7, 23, 31)
    assert np.array_equal(decode(write(tmp_path / f"a.{ending}", frames)), frames)


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_the_same_frames_make_the_same_file(tmp_path, ending):
    one, other = (write(tmp_path / f"{name}.{ending}", noise(3)) for name in "ab")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("size", [(24, 32), (23, 31)])
def test_ordinary_video_returns_nearly_every_value(tmp_path, size):
    ramp = np.linspace(20, 230, size[1]).astype(np.uint8)
    frames = np.broadcast_to(ramp[None, None, :, None], (5, *size, 3)).copy()
    found = decode(write(tmp_path / "a.mp4", frames, lossless=False))
    assert found.shape == frames.shape and np.abs(found.astype(int) - frames).max() <= 6


def test_timestamps_follow_the_frame_rate(tmp_path):
    path = write(tmp_path / "a.mp4", noise(6), fps=12.5)
    assert [s for _, s, _ in read_frames(path)] == pytest.approx(np.arange(6) / 12.5, abs=1e-3)


def test_reading_begins_where_it_is_asked_to(clip):
    whole, rest = list(read_frames(clip)), list(read_frames(clip, first=33))
    assert [i for i, _, _ in whole] == list(range(len(whole)))
    assert [(i, s) for i, s, _ in rest] == [(i, s) for i, s, _ in whole[33:]]
    assert all(np.array_equal(a[2], b[2]) for a, b in zip(whole[33:], rest, strict=True))


def test_frames_are_shown_when_they_are_said_to_be(tmp_path):
    seconds = [0, 0.04, 0.2, 0.2, 0.31]  # a frame of no duration is shown a tick later
    with VideoWriter(tmp_path / "a.mp4", 32, 24, 25, timed=True) as writer:
        for frame, when in zip(noise(5), seconds, strict=True):
            writer.write(frame, when)
    assert [s for _, s, _ in read_frames(tmp_path / "a.mp4")] == pytest.approx(seconds, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mpg", "mpeg1video"), ("a.avi", "mpeg4"), ("a.ts", "mpeg2video"), ("a.webm", "libvpx-vp9")]
)
def test_common_containers_are_read_whole(tmp_path, name, codec):
    path = encode(tmp_path / name, np.repeat(noise(1, 48, 64), 30, 0), codec)
    assert decode(path).shape == (30, 48, 64, 3)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotated_phone_video_comes_upright(tmp_path, degrees):
    frames = np.zeros((3, 48, 64, 3), np.uint8)
    frames[:, :24, :32] = 255  # bright corner at the top left, as stored
    path = encode(tmp_path / "a.mp4", frames, "libx264", rotation=degrees)
    upright = np.rot90(frames[0], degrees // 90)
    found = decode(path)[0]
    assert found.shape == upright.shape and np.abs(found.astype(int) - upright).mean() < 8
    assert (probe(path).height, probe(path).width) == upright.shape[:2]


def test_probe_reads_what_the_header_states(clip):
    info = probe(clip)
    assert (info.width, info.height, info.fps, info.frames, info.duration) == (64, 48, 25.0, 40, pytest.approx(1.6))


def test_probe_does_not_decode_the_whole_video(clip, monkeypatch):
    turned, upright = [], video._Upright.__call__
    monkeypatch.setattr(video._Upright, "__call__", lambda self, frame: turned.append(frame) or upright(self, frame))
    probe(clip)
    assert len(turned) == 1


def sentence(path):
    """What the reader says about an unusable file: one sentence that names it."""
    with pytest.raises(CaptureError) as caught:
        for _ in read_frames(path):
            pass
    message = str(caught.value)
    assert path.name in message and "expected" in message and "\n" not in message and message.endswith(".")
    return message


def test_missing_file_is_named(tmp_path):
    assert "no such file" in sentence(tmp_path / "gone.mp4")


def test_folder_is_no_video(tmp_path):
    assert "folder" in sentence(tmp_path)


def test_empty_file_is_no_video(tmp_path):
    (tmp_path / "a.mp4").touch()
    assert "0 bytes" in sentence(tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["a.txt", "a.mp4", "a.ans", "a.m3u8"])
def test_text_is_no_video(tmp_path, name):
    (tmp_path / name).write_text("#EXTM3U\n#EXTINF:1,\nother.ts\n" if name.endswith("m3u8") else "not a video\n" * 50)
    sentence(tmp_path / name)


def test_sound_alone_is_no_video(tmp_path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(8000)
        file.writeframes(bytes(16000))
    assert "sound but no picture" in sentence(tmp_path / "a.wav")


def test_frame_of_another_size_is_named(tmp_path):
    parts = [encode(tmp_path / f"{i}.ts", noise(12, *size), "mpeg2video") for i, size in enumerate([(48, 64), (64, 80)])]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(p.read_bytes() for p in parts))
    assert "is 80x64 pixels, those before it 64x48" in sentence(both)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", ["front.mp4", "back.mp4", "a.mkv", "a.avi"])
def test_truncated_video_is_refused(tmp_path, name, share):
    codec, options = (
        ("mpeg4", {}) if name.endswith("avi") else ("libx264", {"movflags": "faststart"} if "front" in name else {})
    )
    whole = encode(tmp_path / name, noise(40, 48, 64), codec, options=options).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
    sentence(tmp_path / name)


def test_overwritten_middle_names_the_last_good_frame(tmp_path):
    path = encode(tmp_path / "a.mp4", noise(40, 48, 64), "libx264", options={"movflags": "faststart"})
    body = bytearray(path.read_bytes())
    middle = slice(len(body) // 2, len(body) // 2 + len(body) // 10)
    body[middle] = bytes(middle.stop - middle.start)
    path.write_bytes(body)
    assert "last good frame is" in sentence(path)


def test_failed_writing_leaves_nothing_and_keeps_the_older_video(tmp_path):
    path = write(tmp_path / "a.mp4", noise(5))
    before = path.read_bytes()
    with pytest.raises(CaptureError, match="frame 1 is uint8"), VideoWriter(path, 32, 24, 25) as writer:
        writer.write(noise(1)[0])
        writer.write(noise(1, 10, 10)[0])
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_full_disk_while_writing_is_one_sentence(tmp_path, small_disk):
    with pytest.raises(CaptureError, match=r"a\.mp4.*disk is full"), small_disk(20_000):
        write(tmp_path / "a.mp4", noise(30, 48, 64))
    assert not list(tmp_path.iterdir())


def test_unknown_ending_is_refused(tmp_path):
    with pytest.raises(CaptureError, match="video format"):
        VideoWriter(tmp_path / "a.nonsense", 32, 24, 25)
