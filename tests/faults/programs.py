"""What is killed, starved and cut off here: the project's own commands at toy size, each a process of its own.

    python programs.py NAME INPUTS OUT

runs one of `PROGRAMS` in the folder OUT, as often as one likes: each goes on from what an earlier call left there. INPUTS is
what `make_inputs` made. A program prints BEGUN once its imports are done, and ends with the exit code of the command line.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

BEGUN = "begun"
HERE = Path(__file__).resolve().parent
TINY = {
    "studio_frames": 56, "studio_every": 1, "heldout_frames": 16, "heldout_marked": 16, "batch": 2, "steps": 3,
    "refine_steps": 20, "evaluate_every": 1, "checkpoint_every": 1, "inpaint_steps": 4, "fit_steps": 4, "fit_rounds": 2,
    "generator_width": 8, "generator_blocks": 1,
}  # fmt: skip
CAPTURE, PRESET = "studio_foot", "smoke"  # at the sizes of TINY
PAGE = """# A small book

The error is {{ 01_first:ours.mean_px | .2f px }}. {eq}`spring` is an equation, and {{ code losses.spring }} its code.

$$ E = (l - r)^2 $$ (spring)
"""
CELL = "from glmk_lib.publish import notebook\nchapter = notebook.begin(globals(), {name!r})"


def train(inputs: Path, out: Path) -> None:
    """On two videos of one's own: ingest, both phases, checkpoints."""
    videos = ["--marked", str(inputs / "marked.mkv"), "--unmarked", str(inputs / "unmarked.mkv")]
    _call("train", *videos, "--template", str(inputs / "t.json"), "--preset", PRESET, "--out", str(out), "--check", "off")


def film(inputs: Path, out: Path) -> None:
    """A capture of the studio, in takes of several parts."""
    _call("prepare", CAPTURE, "--preset", PRESET)


def ingest(inputs: Path, out: Path) -> None:
    """Two videos into the capture that training reads."""
    from glmk_lib import presets
    from glmk_lib.capture.prepare import from_videos
    from glmk_lib.template import Template

    videos, template = [inputs / f"{take}.mkv" for take in ("marked", "unmarked")], Template.load(inputs / "t.json")
    from_videos(*videos, template, presets.get(PRESET), out / "capture", progress=False)


def predict(inputs: Path, out: Path) -> None:
    """A video to its track and to every file of it."""
    arguments = ["--video", str(inputs / "unmarked.mkv"), "--model", str(inputs / "model.safetensors"), "--smooth", "rts"]
    _call("predict", *arguments, "--out", str(out / "track"))


def notebooks(inputs: Path, out: Path) -> None:
    """The notebooks of a small book, executed by papermill."""
    from glmk_lib.publish import execute

    execute.execute_all("studio_face", PRESET)


def book(inputs: Path, out: Path) -> None:
    """The pages of a small book, of notebooks that have been executed."""
    from glmk_lib.publish import assets, site

    script = inputs / "script.js"  # no page of it needs a real one
    assets.files = lambda: dict.fromkeys((assets.MATHJAX, assets.REQUIRE, assets.WIDGETS), script)
    site.build("studio_face", PRESET)


PROGRAMS = {program.__name__: program for program in (train, film, ingest, predict, notebooks, book)}


def environment(inputs: Path, out: Path, **more: str) -> dict[str, str]:
    """The environment of a program: all that it makes goes to OUT, and sums have one order, whatever the machine's cores."""
    folders = {"GLMK_ROOT": inputs / "root", "GLMK_BUILD": out / "build", "GLMK_RESULTS": out / "results"}
    return {**os.environ, **{name: str(path) for name, path in folders.items()}, "OMP_NUM_THREADS": "1", **more}


def command(name: str, inputs: Path, out: Path) -> list[str]:
    """The arguments of a program's process."""
    return [sys.executable, str(HERE / "programs.py"), name, str(inputs), str(out)]


def before(name: str, inputs: Path, out: Path) -> None:
    """Put what a program expects to be there already into its folder OUT."""
    out.mkdir(parents=True)
    if name == "book":
        shutil.copytree(inputs / "executed", out, dirs_exist_ok=True)


def make_inputs(inputs: Path, executed: bool = True) -> Path:
    """Make what the programs need in the folder INPUTS: videos, a model, a small book and, for "book", its notebooks
    `executed`."""
    if not (inputs / "root").exists():
        inputs.mkdir(parents=True, exist_ok=True)
        _run("inputs", inputs, inputs)
        (inputs / "script.js").touch()
        _write_book(inputs / "making")
        (inputs / "making").rename(inputs / "root")
    if executed and not (inputs / "executed").exists():
        _run("notebooks", inputs, inputs / "executing")
        (inputs / "executing").rename(inputs / "executed")
    return inputs


def _run(name: str, inputs: Path, out: Path) -> None:
    subprocess.run(command(name, inputs, out), env=environment(inputs, out), check=True, capture_output=True)


def _make_media(inputs: Path, _: Path) -> None:
    import numpy as np
    import torch

    from glmk_lib import studio
    from glmk_lib.networks import DeformationNet
    from glmk_lib.predict import Landmarker
    from glmk_lib.template import Line, Template

    for seed, take in enumerate(("marked", "unmarked")):
        studio.film("hand", frames=56, seed=seed, marked=take == "marked", name=take, out=inputs, progress=False)
    Template.ready("hand").save(inputs / "t.json")
    torch.manual_seed(0)
    net = DeformationNet(4, 32, 4, 0.3)
    torch.nn.init.normal_(net.head[-1].weight, std=0.5)
    points = np.linspace(-0.6, 0.6, 8).reshape(4, 2)
    Landmarker(net, Template(points, (Line("line", (0, 1, 2, 3)),)), 0.8).save(inputs / "model.safetensors")


def _write_book(root: Path) -> None:
    """A checkout with two small notebooks, a page, and the project's own settings, manifest and targets."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    project = HERE.parent.parent
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(project / "book", root / "book", ignore=shutil.ignore_patterns("*.md"))
    shutil.copytree(project / "data_manifest", root / "data_manifest")
    for name in ("targets.yaml", "constraints.txt", "CITATION.cff"):
        shutil.copy(project / name, root / name)
    (root / "book" / "index.md").write_text(PAGE)
    listed = "[{glob: notebooks/*}, {file: claims}, {file: scales}, {file: reliability}]"
    (root / "book" / "_toc.yml").write_text(
        f"format: jb-book\nroot: index\nparts: [{{caption: Notebooks, chapters: {listed}}}]"
    )
    (root / "claims.yaml").write_text("claims: []\n")
    (root / "notebooks").mkdir()
    for name, measured in (("01_first", '{"ours": {"mean_px": 1.25}}'), ("02_second", '{"seed": chapter.seed}')):
        first = new_code_cell('preset = None\ncapture = "studio_face"\nseed = 0', metadata={"tags": ["parameters"]})
        cells = [new_markdown_cell(f"# {name}"), first, new_code_cell(CELL.format(name=name))]
        cells += [new_code_cell(f"print({name!r})"), new_code_cell(f"chapter.save({measured})")]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(new_notebook(cells=cells, metadata=kernel), root / "notebooks" / f"{name}.ipynb")


def _call(*arguments: str) -> None:
    """A command as `python -m glmk_lib` runs it; what goes wrong is told by `main`."""
    from glmk_lib import cli

    args = cli.build_parser().parse_args(arguments)
    args.run(args)


def _shrink() -> None:
    """Everything small, so that a run of seconds has many moments worth being killed in."""
    from glmk_lib import presets, streaming
    from glmk_lib.capture import reel
    from glmk_lib.landmarks import overlay

    presets.PRESETS[PRESET] = presets.get(PRESET).with_(**TINY)
    streaming.BATCH, streaming.PART, overlay.PART, reel.PART = 4, 8, 8, 16


def main(name: str, inputs: str, out: str) -> int:
    from glmk_lib.telling import told

    _shrink()
    program = {**PROGRAMS, "inputs": _make_media}[name]
    print(json.dumps(BEGUN), flush=True)
    return told(lambda: program(Path(inputs), Path(out)), Path(out))


if __name__ == "__main__":
    from faulting import arrange

    arrange()
    sys.exit(main(*sys.argv[1:]))
