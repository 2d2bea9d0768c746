"""The paper's command, rehearsed at a tiny size: stopped and killed on the way, it publishes what it would have at once."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from glmk_lib import checkpoint, export, paper, paths, presets
from glmk_lib.deadline import Deadline
from glmk_lib.errors import GlmkError, ManifestError, PresetError
from glmk_lib.predict import Landmarker

NAME = "studio_hand"
TINY = presets.get("smoke").with_(
    studio_frames=60, heldout_frames=50, heldout_marked=50, steps=4, refine_steps=20, supervised_steps=40, evaluate_every=2,
    checkpoint_every=2, generator_width=8, generator_blocks=1, deformation_width=8, batch=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One capture for all; what is learned from it and published lies elsewhere for each test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "CAPTURES", tmp_path_factory.mktemp("captures"))
        yield


@pytest.fixture
def elsewhere(project, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(paths, "RESULTS", tmp_path / "results")
    return tmp_path / "results" / "smoke" / NAME


@pytest.fixture(scope="module")
def whole(project, tmp_path_factory):
    """The folder that a call which was never stopped leaves."""
    root = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "RUNS", root / "runs")
        patch.setattr(paths, "RESULTS", root / "results")
        assert paper.make(TINY, [NAME], progress=False)
    return root / "results" / "smoke" / NAME


def numbers(folder: Path) -> dict:
    """All that was measured, but the time it took and what made it."""
    varies = ("seconds", "train_seconds", "bytes_safetensors", "bytes_onnx", "onnx_difference")  # files hold dates

    def flat(value, key):
        if isinstance(value, dict | list):
            for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
                if name not in varies:
                    yield from flat(inner, f"{key}.{name}")
        elif not isinstance(value, str):
            yield key, value

    found = {}
    for path in folder.glob("*.json"):
        body = json.loads(path.read_text())
        del body["provenance"]
        found |= flat(body, path.stem)
    return found


def test_everything_is_published(whole):
    made = {path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file()}
    assert made == {
        "03_training.json",
        "models.json",
        "models/README.md",
        "models/landmarks-slim.onnx",
        "models/landmarks-slim.safetensors",
        f"{NAME}_curves.png",
        f"{NAME}_landmarks.png",
    }


def test_the_numbers_are_those_of_the_published_network(whole):
    from glmk_lib import evaluation
    from glmk_lib.capture.dataset import open_capture

    capture = open_capture(paths.capture_dir(NAME, "smoke"))
    held, slim = capture.heldout_unmarked, json.loads((whole / "models.json").read_text())["slim"]
    points = export.OnnxLandmarker(whole / "models" / "landmarks-slim.onnx").track(held)
    again = evaluation.score(points, held, capture.template)
    assert again["mean_px"] == pytest.approx(slim["mean_px"], abs=1e-3)
    trained = json.loads((whole / "03_training.json").read_text())
    assert slim["over_large"] == pytest.approx(slim["mean_px"] / trained["ours"]["mean_px"])
    assert slim["onnx_difference"] <= export.EXACT
    small = json.loads((whole / "models.json").read_text())["large_8bit"]
    assert small["over_large"] == pytest.approx(small["mean_px"] / trained["ours"]["mean_px"])
    assert abs(small["over_large"] - 1) < 0.2
    assert slim["bytes_onnx"] == (whole / "models" / "landmarks-slim.onnx").stat().st_size


def test_the_card_states_the_published_networks_error(whole):
    slim = json.loads((whole / "models.json").read_text())["slim"]
    assert f"| this model | {slim['mean_px']:.3g} |" in (whole / "models" / "README.md").read_text()


def test_stopped_and_killed_again_and_again_it_publishes_the_same(elsewhere, whole, monkeypatch, capsys):
    """Its time is over at every checkpoint, it is killed at the second and the fourth, and once before the last two files."""
    saves, save, write, cards = [], checkpoint.save, checkpoint.write_atomic, []

    def dies_after_it(*args, **kwargs):
        save(*args, **kwargs)
        saves.append(args[0])
        if len(saves) in (2, 4):
            raise KeyboardInterrupt

    def dies_at_the_card(path, data):
        if Path(path).name == "README.md" and not cards:
            cards.append(path)
            raise KeyboardInterrupt
        return write(path, data)

    monkeypatch.setattr(Deadline, "is_near", lambda self: self.at is not None)
    monkeypatch.setattr(checkpoint, "save", dies_after_it)
    monkeypatch.setattr(checkpoint, "write_atomic", dies_at_the_card)
    told = 0
    for _ in range(10):
        try:
            if paper.make(TINY, [NAME], minutes=60, progress=False):
                break
            told += "The time is over; run the same command to go on." in capsys.readouterr().out
        except KeyboardInterrupt:
            assert not (elsewhere / "models.json").exists()
    folders = [path.parent.name for path in saves]
    assert folders == ["full-seed0"] * (len(saves) - 2) + ["supervised-seed0", "slim-seed0"]
    assert told >= 2 and len(cards) == 1
    assert numbers(elsewhere) == pytest.approx(numbers(whole), rel=1e-6)  # where arrays lie in memory moves the last digits
    ours, theirs = (Landmarker.load(f / "models" / "landmarks-slim.safetensors").state_dict() for f in (elsewhere, whole))
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_what_is_published_is_not_made_again_unless_it_is_another(whole, monkeypatch, capsys):
    monkeypatch.setattr(paths, "RESULTS", whole.parents[1])
    monkeypatch.setattr(paper, "_make_one", lambda *_: pytest.fail("made again"))
    assert paper.make(TINY, [NAME])
    assert f"{NAME}: done, in results/smoke/{NAME}" in capsys.readouterr().out
    assert not paper.is_published(whole, TINY, seed=1)
    assert not paper.is_published(whole, TINY.with_(spring=2.0), seed=0)
    assert not paper.is_published(whole.with_name("studio_foot"), TINY, seed=0)


def test_a_capture_that_fails_does_not_keep_the_others_from_being_made(elsewhere, monkeypatch, capsys):
    made = []

    def make_one(entry, *_):
        if entry.name == "face_a":
            raise GlmkError("the footage is not there.")
        made.append(entry.name)

    monkeypatch.setattr(paper, "_make_one", make_one)
    with pytest.raises(GlmkError, match="face_a: not made, for the reasons above"):
        paper.make(TINY, ["studio_face", "face_a", "hand_a"])
    assert made == ["studio_face", "hand_a"]
    assert "face_a: the footage is not there." in capsys.readouterr().out


def test_time_that_is_over_stops_before_the_next_piece_of_work(elsewhere, monkeypatch, capsys):
    monkeypatch.setattr(paper, "prepare", lambda *_, **__: pytest.fail("began"))
    assert not paper.make(TINY, [NAME], minutes=0)
    assert "stopped before preparing the capture" in capsys.readouterr().out


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_the_papers_scale_without_a_gpu_is_told_in_a_sentence(elsewhere):
    with pytest.raises(
        PresetError, match=r"needs a CUDA device .* \*not measured\*; rehearse it with `make paper PRESET=smoke`"
    ):
        paper.make(presets.get("paper"))
    assert not elsewhere.exists()


def test_an_unknown_capture_is_told_before_anything_is_made(elsewhere):
    with pytest.raises(ManifestError, match="foot_z"):
        paper.make(TINY, [NAME, "foot_z"])


def test_figures_show_no_frame_of_footage(whole, elsewhere, monkeypatch):
    from dataclasses import replace

    from glmk_lib.capture.dataset import open_capture
    from glmk_lib.runs import Run

    capture = open_capture(paths.capture_dir(NAME, "smoke"))
    footage = replace(capture, name="hand_a", info={**capture.info, "truth": "pseudo"})
    history = json.loads((whole / "03_training.json").read_text())["history"]
    scores = {"static": {"mean_px": 1.0}, "supervised": {"mean_px": 1.0}}
    points = np.zeros((len(capture.heldout_unmarked), *capture.template.points.shape))
    paper._figures(elsewhere, footage, Run(Path(), None, history, 1.0), points, scores)
    assert [path.name for path in elsewhere.iterdir()] == ["hand_a_curves.png"]
