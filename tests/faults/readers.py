"""The kinds of files that users hand over: a sound one of each, and how the library reads it.

A reader returns where the file can be used, and raises a GlmkError of one sentence where it can't.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

CLIPS = Path(__file__).resolve().parent.parent / "fixtures" / "videos"
VIDEOS = ("mp4", "mkv", "mpg", "webm")


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name, what makes a sound one (bytes), and what reads the file at a path."""

    file: str
    sound: Callable[[], bytes]
    read: Callable[[Path], object]


@cache
def sound(name: str) -> bytes:
    """The bytes of a sound file of a kind."""
    return KINDS[name].sound()


def _made(write: Callable[[Path], object], name: str) -> Callable[[], bytes]:
    """The bytes of the file `name` that `write` makes in a folder."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder))
            return (Path(folder) / name).read_bytes()

    return make


def _read_video(path: Path) -> None:
    from glmk_lib.capture.video import probe, read_frames

    probe(path)
    for _ in read_frames(path):
        pass


def _read_template(path: Path) -> None:
    from glmk_lib.template import Template

    template = Template.load(path)
    template.edges, template.names, template.segment_colors, template.to_json()


def _read_manifest(path: Path) -> None:
    from glmk_lib.capture import manifest

    manifest.entries(path.parent)


def _read_crop(path: Path) -> None:
    from glmk_lib.capture.ingest import parse_crop

    crop = parse_crop(str(path))
    for frame in range(3):
        crop.box(frame, 64, 48)


def _read_truth(path: Path) -> None:
    from glmk_lib.capture.ingest import load_truth

    load_truth(path)


def _read_landmarks(path: Path) -> None:
    from glmk_lib.predict import Landmarker

    Landmarker.load(path)


def _read_checkpoint(path: Path) -> None:
    from glmk_lib import checkpoint

    checkpoint.load_latest(path.parent, say=lambda text: None)


def _read_paint(path: Path) -> None:
    from glmk_lib.capture.paint import Paint

    Paint.from_json(path.read_text(encoding="utf-8", errors="replace"), str(path))


def _write_truth(folder: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(folder / "truth.npz", points=rng.uniform(0, 64, (6, 5, 2)), visible=np.ones((6, 5), bool))


def _write_crop(folder: Path) -> None:
    rows = [f"{i},{2 * i},1.5,40,{30 + i}" for i in range(4)]
    (folder / "crop.csv").write_text("frame,x,y,w,h\n" + "\n".join(rows) + "\n")


def _write_landmarks(folder: Path) -> None:
    import torch

    from glmk_lib.networks import DeformationNet
    from glmk_lib.predict import Landmarker
    from glmk_lib.template import Line, Template

    torch.manual_seed(0)
    template = Template(np.linspace(-0.6, 0.6, 8).reshape(4, 2), (Line("line", (0, 1, 2, 3)),))
    Landmarker(DeformationNet(4, 16, 2, 0.3), template, 0.8).save(folder / "landmarks.safetensors")


def _write_checkpoint(folder: Path) -> None:
    import torch

    from glmk_lib import checkpoint

    checkpoint.save(folder, 1, {"a": torch.arange(64.0), "b": torch.ones(3, 4)}, {"seed": 0}, [{"step": 1}], 1.5)


def _write_paint(folder: Path) -> None:
    from glmk_lib.capture.paint import Paint

    paint = Paint(np.full((1, 3), 0.4), np.full(1, 0.8), np.full(1, 0.05), 0.5, [0, 0, 0], np.full(3, 0.6))
    (folder / "paint.json").write_text(paint.to_json())


def _project(*parts: str) -> Callable[[], bytes]:
    return lambda: Path(__file__).resolve().parents[2].joinpath(*parts).read_bytes()


def _clip(container: str) -> Callable[[], bytes]:
    return lambda: (CLIPS / f"clip.{container}").read_bytes()


KINDS = {container: Kind(f"mutant.{container}", _clip(container), _read_video) for container in VIDEOS}
KINDS |= {
    "template": Kind("mutant.json", _project("glmk_lib", "templates", "face.json"), _read_template),
    "manifest": Kind("hand_a.yaml", _project("data_manifest", "hand_a.yaml"), _read_manifest),
    "crop": Kind("crop.csv", _made(_write_crop, "crop.csv"), _read_crop),
    "truth": Kind("truth.npz", _made(_write_truth, "truth.npz"), _read_truth),
    "landmarks": Kind("landmarks.safetensors", _made(_write_landmarks, "landmarks.safetensors"), _read_landmarks),
    "checkpoint": Kind("step-000001.json", _made(_write_checkpoint, "step-000001.json"), _read_checkpoint),
    "paint": Kind("paint.json", _made(_write_paint, "paint.json"), _read_paint),
}
