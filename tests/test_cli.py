import errno
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from glmk_lib import cli
from glmk_lib.errors import CaptureError
from glmk_lib.studio import film

COMMANDS = {"book", "figure", "check", "train", "predict", "follow", "film", "prepare", "paper", "report", "reproduce"}


@pytest.fixture
def failing(monkeypatch):
    """Make the command `report` raise what it is given."""

    def arrange(error):
        def _report(args):
            raise error

        monkeypatch.setattr(cli, "_report", _report)

    return arrange


def sentence(captured):
    """What was said on stderr, which must be one line, and nothing else."""
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("glmk: ")
    return line


def test_help_lists_the_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ")} >= COMMANDS


def test_help_imports_nothing_heavy():
    code = "import sys, glmk_lib.cli as c; c.build_parser(); print([m for m in ('torch', 'numpy', 'cv2') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "required: command"),
        (["bok"], "invalid choice: 'bok'"),
        (["train", "--marked", "a.mp4"], "required: --unmarked, --template, --out"),
        (["predict", "--video", "a.mp4"], "required: --model, --out"),
        (["film", "--out", "x", "--frames", "many"], "found 'many', expected a whole number of at least 1"),
        (["film", "--out", "x", "--frames", "0"], "found '0', expected a whole number of at least 1"),
        (["film", "--out", "x", "--every", "0"], "found '0', expected a whole number of at least 1"),
        (["film", "--out", "x", "--size", "-64"], "found '-64', expected a whole number of at least 16"),
        (["book", "--seed", "-1"], "found '-1', expected a whole number of at least 0"),
        (["book", "--presets", "laptop"], "unrecognized arguments: --presets"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_arguments_are_told_in_a_sentence(arguments, said, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == cli.MENDABLE
    assert said in sentence(capsys.readouterr())


@pytest.mark.parametrize("command", [["book"], ["figure", "jitter_scatter"], ["prepare", "studio_face"]], ids=lambda c: c[0])
def test_an_unknown_preset_is_told_before_anything_is_made(command, capsys):
    assert cli.main([*command, "--preset", "hughe"]) == cli.MENDABLE
    assert "hughe" in sentence(capsys.readouterr())


def test_an_unknown_capture_is_told(capsys):
    assert cli.main(["prepare", "studio_fase", "--preset", "smoke"]) == cli.MENDABLE
    assert "studio_fase" in sentence(capsys.readouterr())


@pytest.mark.parametrize(
    ("option", "value"),
    [("--region", "knee"), ("--mismatch", "2"), ("--codec", "gif"), ("--device", "gpu"), ("--colors", "blue")],
)
def test_a_film_that_can_not_be_made_is_told(option, value, tmp_path, capsys):
    assert cli.main(["film", "--region", "hand", option, value, "--out", str(tmp_path / "take")]) == cli.MENDABLE
    said = sentence(capsys.readouterr())
    assert option.lstrip("-") in said and value in said and "expected" in said
    assert not (tmp_path / "take").exists()


def test_every_option_of_film_reaches_the_studio(tmp_path, monkeypatch, capsys):
    from glmk_lib import studio

    asked = {}
    monkeypatch.setattr(studio, "film", lambda **given: asked.update(given) or studio.Take("v", "t", {}, "e"))
    assert cli.main(["film", "--region", "foot", "--frames", "7", "--every", "4", "--marked", "--out", str(tmp_path)]) == 0
    assert (asked["region"], asked["frames"], asked["every"], asked["marked"]) == ("foot", 7, 4, True)
    assert capsys.readouterr().out.split() == ["v", "t", "e"]
    assert asked.keys() == inspect.signature(film).parameters.keys() - {"name", "progress"}


def test_a_missing_template_is_told(tmp_path, capsys):
    template = tmp_path / "t.json"
    arguments = [
        "train",
        "--marked",
        "a.mp4",
        "--unmarked",
        "b.mp4",
        "--template",
        str(template),
        "--out",
        str(tmp_path / "run"),
    ]
    assert cli.main(arguments) == cli.MENDABLE
    assert str(template) in sentence(capsys.readouterr())
    assert not (tmp_path / "run").exists()


def test_a_missing_video_is_told(tmp_path, capsys):
    from glmk_lib.template import Template

    template = Template.ready("face").save(tmp_path / "t.json")
    video = tmp_path / "a.mp4"
    arguments = ["train", "--preset", "smoke", "--marked", str(video), "--unmarked", str(video), "--template", str(template)]
    assert cli.main([*arguments, "--out", str(tmp_path / "run")]) == cli.MENDABLE
    assert str(video) in sentence(capsys.readouterr())


def test_a_mendable_error_is_one_line_whatever_its_text(failing, capsys):
    failing(CaptureError("a.mp4: cut off;\n  copy it again."))
    assert cli.main(["report"]) == cli.MENDABLE
    assert sentence(capsys.readouterr()) == "glmk: a.mp4: cut off; copy it again."


def _with_cause(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "run/step.bin"),
        OSError(errno.EDQUOT, "Disk quota exceeded", "run/step.bin"),
        OSError("1000 requested and 24 written"),  # numpy.ndarray.tofile
        ValueError("Error while serializing: I/O error: No space left on device (os error 28)"),  # safetensors
        _with_cause(RuntimeError("the worker failed"), OSError(errno.ENOSPC, "No space left on device")),
    ],
    ids=["errno", "quota", "numpy", "safetensors", "cause"],
)
def test_a_full_disk_is_told(error, failing, capsys):
    failing(error)
    assert cli.main(["report"]) == cli.MENDABLE
    said = sentence(capsys.readouterr())
    assert "the disk is full; free space and run again" in said
    assert (getattr(error, "filename", None) or os.environ["GLMK_BUILD"]) in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_really_full_device_is_told(failing, monkeypatch, capsys):
    def _report(args):
        Path("/dev/full").write_bytes(b"x")

    monkeypatch.setattr(cli, "_report", _report)
    assert cli.main(["report"]) == cli.MENDABLE
    assert "the disk is full" in sentence(capsys.readouterr())


def test_a_folder_that_cannot_be_written_is_told(failing, capsys):
    failing(PermissionError(errno.EACCES, "Permission denied", "run/x"))
    assert cli.main(["report"]) == cli.MENDABLE
    assert "run/x: Permission denied" in sentence(capsys.readouterr())


def test_a_fault_of_ours_keeps_its_traceback(failing):
    failing(ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError):
        cli.main(["report"])


def test_the_exit_code_reaches_the_shell():
    done = subprocess.run([sys.executable, "-m", "glmk_lib", "nope"], capture_output=True, text=True)
    assert done.returncode == cli.MENDABLE and done.stdout == "" and done.stderr.startswith("glmk: ")


def test_a_video_to_track_reaches_the_tracker_as_it_was_asked_for(tmp_path, monkeypatch, capsys):
    from glmk_lib import tracking

    asked = []
    monkeypatch.setattr(tracking, "track_video", lambda *given, **named: asked.append((given, named)))
    arguments = ["predict", "--video", "a.mp4", "--model", "m.safetensors", "--out", str(tmp_path)]
    assert cli.main([*arguments, "--crop", "1,2,30,40", "--smooth", "rts"]) == 0
    assert cli.main(arguments) == 0
    given = ("a.mp4", "m.safetensors", tmp_path)
    assert asked == [(given, {"crop": "1,2,30,40", "smooth": "rts"}), (given, {"crop": None, "smooth": None})]
    assert str(tmp_path) in capsys.readouterr().out


def test_a_missing_model_is_told(tmp_path, capsys):
    arguments = ["predict", "--video", str(tmp_path / "a.mp4"), "--model", str(tmp_path / "m.safetensors")]
    assert cli.main([*arguments, "--out", str(tmp_path / "track")]) == cli.MENDABLE
    assert "m.safetensors: no such file" in sentence(capsys.readouterr())
    assert not (tmp_path / "track").exists()


@pytest.mark.parametrize(("given", "expected"), [([], "CAPTURES"), (["--capture", "hand_a, face_b"], ["hand_a", "face_b"])])
def test_what_is_published_is_asked_for(given, expected, monkeypatch, capsys):
    from glmk_lib import paper

    asked = []
    monkeypatch.setattr(paper, "make", lambda *arguments: asked.extend(arguments) or False)
    assert cli.main(["paper", "--preset", "smoke", "--minutes", "9", *given]) == 0
    assert (asked[0].name, *asked[1:]) == ("smoke", paper.CAPTURES if expected == "CAPTURES" else expected, 9, 0)
    assert capsys.readouterr().out == ""


def test_a_figure_is_asked_for_by_name_and_its_files_are_printed(monkeypatch, capsys):
    from glmk_lib.publish import figure

    asked = []
    monkeypatch.setattr(
        figure, "make", lambda *arguments: asked.extend(arguments) or [Path("build/figures/jitter_scatter.png")]
    )
    assert cli.main(["figure", "jitter_scatter", "--capture", "studio_hand", "--preset", "smoke", "--seed", "2"]) == 0
    assert asked == ["jitter_scatter", "studio_hand", "smoke", 2, None]
    assert capsys.readouterr().out == "build/figures/jitter_scatter.png\n"


def test_an_unknown_figure_is_told_with_those_that_there_are(capsys):
    assert cli.main(["figure", "giraffe", "--preset", "smoke"]) == cli.MENDABLE
    said = sentence(capsys.readouterr())
    assert "giraffe" in said and "jitter" in said and "05_temporal_jitter" in said
