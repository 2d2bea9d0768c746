"""`make mutants`: what tests and notebooks notice, into results/mutants.json and results/planted.json.

The one says what share of small changes to the code its unit tests notice, the other which cell of a notebook notices each of
the regressions in planted.py.

A mutant is one operator, number, comparison or the like replaced by another (see generate.py); it is *killed* where a test
fails or takes far too long. Mutants of the parts on which all else rests are drawn with a kept seed, and tried in copies of the
library. Some that survive change nothing that can be seen; they count as survivors all the same.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import checked
import planted
from tqdm import tqdm

from glmk_lib import paths
from glmk_lib.provenance import library_hash, provenance
from glmk_lib.publish.notebook import read_json, write_json
from glmk_lib.publish.reliability import MUTANTS, PLANTED

HERE = Path(__file__).resolve().parent
GENERATOR = paths.ROOT / ".venv-mutants" / "bin" / "python"
SEED = 0
CHUNK = 10  # tried in one process, then stored
LIMIT = 120  # seconds for the tests of one mutant; they take a few
CHAPTERS = [paths.NOTEBOOKS / f"{name}.ipynb" for name in ("02_template_definition", "03_training")]
# For each part its files, and the files of tests that are to notice.
PARTS = {
    "losses": (["losses.py"], ["test_losses.py"]),
    "renderer": (["renderer.py", "splat.py"], ["test_renderer.py", "test_splat.py"]),
    "metrics": (
        [f"metrics/{name}.py" for name in ("accuracy", "lines", "temporal", "intervals", "flow", "ratios")],
        ["test_metrics.py", "test_metrics_flow.py", "test_metrics_ratios.py"],
    ),
    "crop geometry": (["capture/ingest.py"], ["capture/test_ingest.py"]),
}


def generate(files: list[str], count: int) -> list[dict]:
    """`count` mutants of files of the library."""
    asked = json.dumps({"files": [str(paths.PACKAGE / file) for file in files], "count": count, "seed": SEED})
    made = subprocess.run([GENERATOR, "-P", HERE / "generate.py"], input=asked, capture_output=True, text=True, check=True)
    found = json.loads(made.stdout)
    for mutant in found:
        mutant["file"] = Path(mutant["file"]).relative_to(paths.PACKAGE).as_posix()
    return found


def attempt(mutants: list[dict], tests: list[str]) -> list[dict]:
    """The mutants without their source, and whether the tests killed each."""
    files = [f"tests/{name}" for name in tests]
    with tempfile.TemporaryDirectory() as folder:
        jobs = []
        for number, mutant in enumerate(mutants):
            copy = planted.copy(Path(folder) / str(number))
            (copy / "glmk_lib" / mutant["file"]).write_text(mutant["source"], encoding="utf-8")
            jobs.append((copy, files, ""))
        codes = [code for code, _ in planted.run(jobs, LIMIT)]
    return [
        {key: value for key, value in mutant.items() if key != "source"} | {"killed": code != planted.PASSED}
        for mutant, code in zip(mutants, codes, strict=True)
    ]


def notice(regression: planted.Planted, folder: Path) -> dict:
    """Whether a regression's unit test fails with it, and the first cell that fails: its notebook, its place among the code."""
    library = planted.copy(folder / "library", regression)
    ((unit, said),) = planted.run([(library, [regression.tests], regression.keyword)])
    if unit not in (planted.PASSED, planted.FAILED):
        sys.exit(f"{regression.name}: its tests can't be run: {said[-2000:]}")
    found = _check(library, folder)
    return {"module": regression.module, "unit": unit == planted.FAILED, "cell": found.cell and list(found.cell)}


def _check(library: Path, folder: Path) -> checked.Checked:
    """The chapters on templates and on training at preset smoke, from nothing."""
    found = checked.check(library, folder / "build", folder / "results", CHAPTERS, first=True)
    if found.code not in (planted.PASSED, planted.FAILED) or bool(found.code) != bool(found.cell):
        sys.exit(f"{library}: nbval ends with {found.code}; expected it to pass, or to name a cell: {found.said}")
    return found


def try_regressions() -> None:
    """Every regression that was not tried on this code yet, into results/planted.json."""
    texts = [path.read_text(encoding="utf-8") for path in (*CHAPTERS, *sorted(HERE.glob("*.py")))]
    code = hashlib.sha256("".join([library_hash(), *texts]).encode()).hexdigest()
    file, made = paths.RESULTS / PLANTED, provenance(seed=SEED, code=code)
    body = {name: cell for name, cell in (read_json(file) or {}).items() if cell["provenance"]["code"] == code}
    rest = [each for each in planted.PLANTED if each.name not in body]
    if rest:
        with tempfile.TemporaryDirectory() as folder:
            if (found := _check(paths.PACKAGE.parent, Path(folder))).cell:
                sys.exit(f"{found.cell}: fails on the library as it is; expected it to pass: {found.said}")
    for regression in tqdm(rest, desc="regressions"):
        with tempfile.TemporaryDirectory() as folder:
            body[regression.name] = notice(regression, Path(folder)) | {"provenance": made}
        write_json(file, body)
    for name, cell in body.items():
        print(f"{name}: {cell['cell'] or 'no cell notices it'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100, help="mutants of each part (default: %(default)s)")
    count = parser.parse_args().count
    try_regressions()
    file, made = paths.RESULTS / MUTANTS, provenance(seed=SEED)
    body = read_json(file) or {}
    for part, (files, tests) in PARTS.items():
        mutants = generate(files, count)
        read = [paths.PACKAGE / name for name in files] + [paths.ROOT / "tests" / name for name in tests]
        texts = [path.read_text(encoding="utf-8") for path in (*read, HERE / "generate.py")]
        key = hashlib.sha256("".join(texts).encode()).hexdigest()
        unchanged = {"file": files[0], "source": (paths.PACKAGE / files[0]).read_text(encoding="utf-8")}
        if attempt([unchanged], tests)[0]["killed"]:
            sys.exit(f"{part}: its tests fail on the library as it is; expected them to pass: run {', '.join(tests)}.")
        cell = body.get(part)
        if cell is None or cell["key"] != key:
            cell = body[part] = {"key": key, "tried": [], "provenance": made}
        with tqdm(total=len(mutants), initial=len(cell["tried"]), desc=part, unit="mutant") as bar:
            while rest := mutants[len(cell["tried"]) :][:CHUNK]:
                cell["tried"] += attempt(rest, tests)
                write_json(file, body)
                bar.update(len(rest))
        survived = [mutant for mutant in cell["tried"] if not mutant["killed"]]
        print(f"{part}: {len(cell['tried']) - len(survived)} of {len(cell['tried'])} killed")
        for mutant in survived:
            print(f"  {mutant['file']}:{mutant['line']} {mutant['operator']}\n    {mutant['was']}\n    {mutant['now']}")


if __name__ == "__main__":
    main()
