"""The dots that are drawn lie where the file says, in the frame and at the time that it says."""

import cv2
import numpy as np
import pytest

from glmk_lib.capture.video import VideoWriter, probe, read_frames
from glmk_lib.errors import CaptureError
from glmk_lib.landmarks import overlay
from glmk_lib.template import Line

GRID = np.stack(np.meshgrid([20, 50, 80], [20, 50]), -1).reshape(-1, 2)
CHAIN = (Line("chain", (0, 1, 2, 5, 4, 3)),)


def film(path, count, width, height, seconds=None):
    """A grey video whose frames brighten a little, one after the other."""
    with VideoWriter(path, width, height, 25, timed=seconds is not None) as writer:
        for i in range(count):
            frame = np.full((height, width, 3), 90 + i % 50, np.uint8)
            writer.write(frame, *([] if seconds is None else [seconds[i]]))
    return path


def dots(frame):
    """Centres (K, 2) of the white dots in a frame, in pixels from its edge, weighted by how white they are."""
    light = frame.astype(float).mean(-1)
    found = []
    count, labels = cv2.connectedComponents((light > 190).astype(np.uint8))
    for k in range(1, count):
        rows, columns = np.nonzero(cv2.dilate((labels == k).astype(np.uint8), np.ones((3, 3))))
        weights = (light[rows, columns] - 60).clip(0)  # dark ring, and skin in between
        found.append(np.average(np.stack([columns, rows], -1) + 0.5, axis=0, weights=weights))
    return np.array(found)


def nearest(found, expected):
    """How far each expected point is from the dot next to it."""
    return np.linalg.norm(found[None] - expected[:, None], axis=-1).min(1)


@pytest.mark.parametrize(("width", "height"), [(100, 72), (101, 73)])  # 4:2:0 needs even sizes
def test_dots_lie_where_the_file_says_to_half_a_pixel(tmp_path, width, height, make_track):
    track = make_track(GRID + np.random.default_rng(0).uniform(-5, 5, (12, 6, 2)), lines=CHAIN, size=(width, height))
    path = overlay.write_overlay(
        track, film(tmp_path / "a.mp4", 12, width, height), tmp_path / "o.mp4", tmp_path, progress=False
    )
    frames = [frame for _, _, frame in read_frames(path)]
    assert len(frames) == 12
    for frame, points in zip(frames, track.points, strict=True):
        found = dots(frame)
        assert len(found) == 6
        assert nearest(found, points).max() < 0.5


def test_a_frame_is_shown_when_the_source_shows_it(tmp_path, monkeypatch, make_track):
    monkeypatch.setattr(overlay, "PART", 16)
    seconds = np.random.default_rng(1).uniform(0.01, 0.1, 40).cumsum()
    seconds -= seconds[0]
    track = make_track(np.tile(GRID, (40, 1, 1)), seconds, CHAIN, (100, 72))
    source = film(tmp_path / "a.mp4", 40, 100, 72, seconds)
    path = overlay.write_overlay(track, source, tmp_path / "o.mp4", tmp_path, progress=False)
    found = [(when, frame[2, 2].mean()) for _, when, frame in read_frames(path)]
    np.testing.assert_allclose([when for when, _ in found], seconds, atol=1e-4)
    np.testing.assert_allclose([light for _, light in found], 90 + np.arange(40), atol=2)
    assert probe(path).width == 100


def test_an_overlay_goes_on_where_it_was_stopped(tmp_path, monkeypatch, make_track):
    monkeypatch.setattr(overlay, "PART", 16)
    track = make_track(np.tile(GRID, (40, 1, 1)), lines=CHAIN, size=(100, 72))
    source, draw, drawn = film(tmp_path / "a.mp4", 40, 100, 72), overlay.draw, []
    whole = overlay.write_overlay(track, source, tmp_path / "whole.mp4", tmp_path / "w", progress=False).read_bytes()

    def stop(*arguments):
        drawn.append(1)
        if len(drawn) == 38:
            raise KeyboardInterrupt
        draw(*arguments)

    monkeypatch.setattr(overlay, "draw", stop)
    with pytest.raises(KeyboardInterrupt):
        overlay.write_overlay(track, source, tmp_path / "o.mp4", tmp_path / "parts", progress=False)
    assert not (tmp_path / "o.mp4").exists()
    again = overlay.write_overlay(track, source, tmp_path / "o.mp4", tmp_path / "parts", progress=False)
    assert len(drawn) == 38 + 8  # the two finished parts are not drawn again
    assert again.read_bytes() == whole and not list((tmp_path / "parts").iterdir())


def test_points_outside_the_frame_are_no_trouble(make_track):
    frame = np.full((72, 100, 3), 90, np.uint8)
    track = make_track([np.add(GRID, (70, -45))], lines=CHAIN)
    overlay.draw(frame, track.points[0], track.template, ["#0072B2"], 2)
    assert len(dots(frame)) == 1


def test_a_video_of_another_length_is_named(tmp_path, make_track):
    track = make_track(np.tile(GRID, (9, 1, 1)), lines=CHAIN, size=(100, 72))
    with pytest.raises(CaptureError, match=r"a\.mp4: has 7 frames; expected 9"):
        overlay.write_overlay(track, film(tmp_path / "a.mp4", 7, 100, 72), tmp_path / "o.mp4", tmp_path, progress=False)


def test_hidden_points_are_hollow(tmp_path, make_track):
    """The grey of the frame is seen in the middle of a hidden point, and white in that of a visible one."""
    seen = np.array([True, False, True, False, True, False])
    known = {
        "visibility": np.tile(np.where(seen, 0.9, 0.1), (3, 1)).astype(np.float32),
        "uncertainty": np.ones((3, 6), np.float32),
    }
    apart = (Line("a", (0, 1)), Line("b", (2, 3)), Line("c", (4, 5)))
    big = 6 * GRID  # so that a dot is several pixels wide
    track = make_track(np.tile(big, (3, 1, 1)), lines=apart, size=(600, 432), **known)
    path = overlay.write_overlay(track, film(tmp_path / "a.mp4", 3, 600, 432), tmp_path / "o.mp4", tmp_path, progress=False)
    for _, _, frame in read_frames(path):
        beside = np.array([frame[y - 1, x + 1].mean() for x, y in big])  # off the line itself
        assert (beside[seen] > 200).all() and (beside[~seen] < 200).all()
