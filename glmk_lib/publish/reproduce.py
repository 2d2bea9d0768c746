"""`make reproduce`: the chapters run twice, each time from nothing, and every number of their results is compared.

On a CPU both must be the same to the last digit: no GPU is used. Each run has build and results folders of its own under
build/reproduce/, which are deleted when all is the same. Stopped, the same command goes on. What was found is written to
results/reproduced.json. Stored studies, which other commands measure, are copied
into both: the chapters that show them are computed from the same cells.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from glmk_lib import paths, presets
from glmk_lib.provenance import library_hash, provenance
from glmk_lib.publish import BookError
from glmk_lib.publish.notebook import PROVENANCE, check_capture, read_json, write_json

FILE = "reproduced.json"  # under results/
RUNS = ("first", "second")
PRESETS = ("smoke", "laptop")
# Of when, where and how fast a result was made. Everything else is compared.
UNCOMPARED = frozenset({PROVENANCE, "date", "seconds", "train_seconds", "cpu_ms", "notebooks", "notebooks_seconds"})
ABSENT = "nothing"
_CHAPTERS = """
import sys
from glmk_lib.publish.execute import execute_all
from glmk_lib.telling import told

sys.exit(told(lambda: execute_all(*sys.argv[1:])))
"""


@dataclass(frozen=True)
class Difference:
    """A value that the two runs don't share: the results file, its dotted key there, and what each run found."""

    file: str
    key: str
    first: object
    second: object

    def __str__(self):
        return f"{self.file}, {self.key}: {self.first} and then {self.second}"


@dataclass(frozen=True)
class Comparison:
    """How many values were compared, and those that differ."""

    values: int
    differences: tuple[Difference, ...]


def reproduce(capture: str, names=PRESETS) -> dict[str, Comparison]:
    """Run the chapters of each preset of `names` twice, and compare. Returns the comparisons by preset.

    Raises:
        PresetError: an unknown preset or capture.
        BookError: a chapter fails, or a number differs (names the first; results/reproduced.json has them all).
    """
    check_capture(capture)
    names = [presets.get(name).name for name in names]
    found = {}
    for name in names:
        folder = _begun(paths.BUILD / "reproduce" / f"{capture}-{name}")
        for each in RUNS:
            print(f"the chapters at preset {name}, {each} run")
            _run(folder / each, capture, name)
        found[name] = compare(*(folder / each / "results" / name / capture for each in RUNS))
        _store(capture, name, found[name])
        if found[name].differences:
            first, count = found[name].differences[0], len(found[name].differences)
            raise BookError(
                f"{first.file}: {count} of {found[name].values} numbers at preset {name} differ between two runs; expected"
                f" none. {first}. All are in {paths.RESULTS / FILE}; both runs are kept in {folder}."
            )
        shutil.rmtree(folder)
        print(f"{found[name].values} numbers at preset {name}: the same twice")
    return found


def compare(first: Path, second: Path) -> Comparison:
    """Every value of the results files in two folders, but for the keys UNCOMPARED, wherever they stand; studies are no part.

    Raises BookError: no results in the one or the other, or a file that can't be read.
    """
    one, other = _values(first), _values(second)
    keys = [*one, *(key for key in other if key not in one)]
    pairs = ((key, one.get(key, ABSENT), other.get(key, ABSENT)) for key in keys)
    # 1 and 1.0, or 0 and false, are equal to Python, and not the same result.
    differences = tuple(Difference(*key, a, b) for key, a, b in pairs if a != b or type(a) is not type(b))
    return Comparison(len(keys), differences)


def _values(folder: Path) -> dict[tuple[str, str], object]:
    """The values of a folder's results files by (file, dotted key), in order."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise BookError(f"{folder}: holds no results; expected those of the chapters.")
    found = {}
    for file in files:
        body = read_json(file)
        if body is None:
            raise BookError(f"{file}: can't be read; expected the results of a chapter.")
        found |= {(file.name, key): value for key, value in _leaves(body)}
    return found


def _leaves(value, key: str = ""):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if not inner:
        yield key, value
        return
    for name, each in inner:
        if name not in UNCOMPARED:
            yield from _leaves(each, f"{key}.{name}" if key else str(name))


def _begun(folder: Path) -> Path:
    """The folder of both runs, emptied of what other code has left there."""
    stamp, code = folder / "code.json", {"library": library_hash()}
    if read_json(stamp) != code:
        shutil.rmtree(folder, ignore_errors=True)
        write_json(stamp, code)
    return folder


def _run(folder: Path, capture: str, preset: str) -> None:
    results = folder / "results"
    for study in sorted((paths.RESULTS / preset).glob("*/study")):
        shutil.copytree(study, results / study.relative_to(paths.RESULTS), dirs_exist_ok=True)
    made = {"GLMK_BUILD": str(folder / "build"), "GLMK_RESULTS": str(results), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([sys.executable, "-c", _CHAPTERS, capture, preset], env={**os.environ, **made})
    if done.returncode:
        raise BookError(f"{folder}: the chapters end with code {done.returncode}; expected 0: see above.")


def _store(capture: str, preset: str, found: Comparison) -> None:
    body = read_json(paths.RESULTS / FILE) or {}
    cell = {"values": found.values, "differences": [asdict(each) for each in found.differences]}
    body.setdefault(capture, {})[preset] = cell | {"uncompared": sorted(UNCOMPARED - {PROVENANCE}), PROVENANCE: provenance()}
    write_json(paths.RESULTS / FILE, body)
