"""`check` and the check that comes before training."""

import json

import pytest

from glmk_lib import cli
from glmk_lib.capture import prepare
from glmk_lib.check import capture, mistakes


@pytest.fixture(scope="module")
def videos(films, tmp_path_factory):
    """Arguments for two short captures: a good one and one without paint."""
    folder = tmp_path_factory.mktemp("videos")
    films.template.save(folder / "t.json")

    def arguments(name, shot):
        marked, unmarked = mistakes.write(shot, folder / name)
        return ["--marked", str(marked), "--unmarked", str(unmarked), "--template", str(folder / "t.json"), "--preset", "smoke"]

    bad = mistakes.MISTAKES["no_paint"].make(films)
    return {"good": arguments("good", mistakes.good(films)), "bad": arguments("bad", bad)}


class _Reached(Exception):
    """Training got as far as preparing the capture."""


@pytest.fixture
def training(monkeypatch):
    def reached(*_, **__):
        raise _Reached

    monkeypatch.setattr(prepare, "from_videos", reached)


def test_a_good_capture_is_told_and_kept(videos, tmp_path, capsys):
    assert cli.main(["check", *videos["good"], "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "pose overlap" in said and "no red" in said
    assert {path.name for path in tmp_path.iterdir()} == {"check.json", "check.txt", "check.png"}
    assert (tmp_path / "check.txt").read_text() in said
    assert (tmp_path / "check.png").read_bytes().startswith(b"\x89PNG")


def test_red_findings_end_with_an_error_after_the_table(videos, tmp_path, capsys):
    assert cli.main(["check", *videos["bad"], "--out", str(tmp_path)]) == cli.MENDABLE
    said = capsys.readouterr()
    assert "paint found" in said.out and "red" in said.err
    levels = {f["name"]: f["level"] for f in json.loads((tmp_path / "check.json").read_text())["findings"]}
    assert levels["paint found"] == "red"


def test_training_stops_at_red_findings_and_says_how_to_go_on(videos, training, tmp_path, capsys):
    assert cli.main(["train", *videos["bad"], "--out", str(tmp_path / "run")]) == cli.MENDABLE
    said = capsys.readouterr().err
    assert "paint found" in said and "Remedy:" in said and "CHECK=off" in said


def test_training_goes_on_where_the_check_is_off(videos, training, tmp_path):
    with pytest.raises(_Reached):
        cli.main(["train", *videos["bad"], "--out", str(tmp_path / "run"), "--check", "off"])
    assert not (tmp_path / "run" / "check").exists()


def test_training_checks_the_same_capture_once(videos, training, tmp_path, monkeypatch, capsys):
    train = ["train", *videos["good"], "--out", str(tmp_path / "run")]
    with pytest.raises(_Reached):
        cli.main(train)
    assert "check: frames" in capsys.readouterr().out  # amber: told, and gone on
    monkeypatch.setattr(capture, "check_videos", lambda *_: pytest.fail("checked again"))
    with pytest.raises(_Reached):
        cli.main(train)


def test_without_a_template_whatever_was_painted_is_looked_for(videos, tmp_path, capsys):
    marked_and_unmarked = videos["good"][:4]
    assert cli.main(["check", *marked_and_unmarked, "--preset", "smoke", "--out", str(tmp_path)]) == 0
    assert "of pixels" in capsys.readouterr().out


def test_a_missing_video_is_told(videos, tmp_path, capsys):
    arguments = ["check", *videos["good"], "--marked", str(tmp_path / "a.mp4"), "--out", str(tmp_path / "out")]
    assert cli.main(arguments) == cli.MENDABLE
    assert "a.mp4: can't be read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
