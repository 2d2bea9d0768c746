"""The picture of the first page: drawn from a finished run, and never without one."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from glmk_lib import paths
from glmk_lib.errors import CheckpointError
from glmk_lib.publish import picture
from glmk_lib.template import Template


def test_without_a_run_there_is_no_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    with pytest.raises(CheckpointError, match="run `make train` or notebook 03 first"):
        picture.draw(out=tmp_path / "landmarks.png")
    assert not (tmp_path / "landmarks.png").exists()


def test_the_picture_shows_held_out_frames_in_rows_of_six(tmp_path, monkeypatch):
    template = Template.ready("face")
    frames = np.full((30, 64, 64, 3), 120, np.uint8)
    tracked = np.broadcast_to(template.points, (30, *template.points.shape))
    store = type("Store", (), {"frames": frames, "__len__": lambda self: len(frames)})()
    data = SimpleNamespace(heldout_unmarked=store, template=template)
    run = SimpleNamespace(landmarker=SimpleNamespace(track=lambda store: tracked))
    monkeypatch.setattr(picture.runs, "open_run", lambda folder: run)
    monkeypatch.setattr(picture, "prepare", lambda *arguments: data)
    image = cv2.imread(str(picture.draw(out=tmp_path / "landmarks.png")))
    height, width = image.shape[:2]
    assert 0.3 < height / width < 0.36  # two rows of six square frames
