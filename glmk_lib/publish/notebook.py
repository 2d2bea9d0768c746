"""How a notebook of the book begins and ends.

Its first code cell is tagged `parameters` and holds nothing but

    preset = None  # None: $GLMK_PRESET, or "laptop"
    capture = "studio_face"
    seed = 0

papermill writes the values that it is given into a cell after it. The next cell checks them all and opens the chapter, and the
last one writes what was measured; the pages and `make report` read numbers from there alone:

    from glmk_lib.publish import notebook
    chapter = notebook.begin(globals(), "03_training")
    ...
    chapter.save({"ours": {"mean_px": error}, "train_seconds": seconds})

`chapter.preset` is the Preset, `chapter.capture` a name and `chapter.seed` a whole number; `chapter.load("03_training")` gives
another chapter's numbers of the same capture and preset.
"""

import json
import math
import numbers
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glmk_lib import paths, presets
from glmk_lib.capture.storage import beside
from glmk_lib.errors import PresetError
from glmk_lib.publish import BookError

PARAMETERS = frozenset({"preset", "capture", "seed"})
PROVENANCE = "provenance"  # the one key of a results file that is not a number that a chapter measured
MARK = "NBVAL_CHECK_OUTPUT"  # in a comment of its own: nbval compares this cell's output with the one that is kept
_BEGUN = "_glmk_begun"
_HISTORY = frozenset({"In", "Out"})  # IPython's own, the only public ones of its names that hold plain values
_PLAIN = (str, bool, int, float, list, tuple, dict, type(None))  # what papermill can inject


@dataclass(frozen=True)
class Chapter:
    """One notebook's run: which chapter it is, and what it was asked for."""

    name: str
    capture: str
    preset: presets.Preset
    seed: int

    def save(self, measured: dict, name: str | None = None) -> None:
        """Write this chapter's numbers, and print where; see `save_results`. Under another `name` go those that not every
        machine can measure, so that a run without them leaves what an earlier one found."""
        path = save_results(self.capture, self.preset.name, name or self.name, measured, seed=self.seed)
        print(f"Saved to results/{path.relative_to(paths.RESULTS).as_posix()}")

    def save_of_seed(self, name: str, measured: dict) -> None:
        """As `save`, in a file of this seed's own, which `of_seeds` reads with those of the others."""
        self.save(measured, _of_seed(name, self.seed))

    def load(self, name: str) -> dict:
        """The numbers of chapter `name`, of the same capture and preset; see `load_results`."""
        return load_results(self.capture, self.preset.name, name)


def begin(namespace: dict, name: str, takes=PARAMETERS) -> Chapter:
    """Check the parameters in `namespace` (a notebook's `globals()`) and return its Chapter.

    `takes` are the names that the parameters cell assigns. Running the cell again later in the same kernel checks values only,
    since the namespace then also holds what the notebook itself made.

    Raises:
        PresetError: a name that the notebook does not take, an unknown preset or capture, or a seed that is no whole number.
    """
    if not namespace.get(_BEGUN):
        check_parameters(namespace, takes)
        namespace[_BEGUN] = True
    preset = namespace.get("preset")
    preset = presets.get(os.environ.get("GLMK_PRESET", "laptop") if preset is None else preset)
    return Chapter(name, check_capture(namespace.get("capture")), preset, check_seed(namespace.get("seed")))


def check_parameters(namespace: dict, allowed) -> None:
    """Raise PresetError if `namespace` holds a plain value under a public name that is not in `allowed`, or lacks one that is.

    Modules, functions, classes and IPython's own names are no parameters, so imports may stand before the check.
    """
    public = {n for n, v in namespace.items() if not n.startswith("_") and n not in _HISTORY and isinstance(v, _PLAIN)}
    takes = ", ".join(sorted(allowed))
    unknown = sorted(public - set(allowed))
    if unknown:
        raise PresetError(f"unknown parameter {unknown[0]!r}; this notebook takes {takes}.")
    missing = sorted(set(allowed) - public)
    if missing:
        raise PresetError(f"parameter {missing[0]!r} has no value; the cell tagged 'parameters' must assign {takes}.")


def check_capture(name) -> str:
    """`name`, if the manifest has a capture of that name. Raises PresetError."""
    known = sorted(path.stem for path in paths.MANIFEST.glob("*.yaml"))
    if name not in known:
        raise PresetError(f"unknown capture {name!r}; expected one of {', '.join(known)}.")
    return name


def check_seed(seed) -> int:
    """`seed`, if it is a whole number of at least 0. Raises PresetError."""
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise PresetError(f"seed is {seed!r}; expected a whole number of at least 0.")
    return seed


def save_results(capture: str, preset: str, chapter: str, measured: dict, provenance=True, **extra) -> Path:
    """Write results/{preset}/{capture}/{chapter}.json, atomically, and return its path.

    Args:
        measured: names to finite numbers, texts, or lists and dicts of them, nested as deep as needed. "ours": {"mean_px": 1.2}
            is read as "ours.mean_px". What was not measured is left out.
        provenance: whether to add what made them (code, pins, machine), with `extra`, under "provenance".

    Raises:
        BookError: a value is not finite, or of another kind.
    """
    path = paths.results_file(capture, preset, chapter)
    if PROVENANCE in measured:
        raise BookError(f"{path}: '{PROVENANCE}' is the name of what made the numbers; give the number another name.")
    body = _plain(measured, path, "")
    if provenance:
        from glmk_lib.provenance import provenance as made_by

        body[PROVENANCE] = made_by(capture=capture, preset=preset, **extra)
    write_json(path, body)
    return path


def load_results(capture: str, preset: str, chapter: str) -> dict:
    """The numbers that `chapter` wrote, with "provenance". Raises BookError if it has not run yet, or the file is damaged."""
    path = paths.results_file(capture, preset, chapter)
    found = read_json(path)
    if found is None:
        raise BookError(f"{path}: missing or damaged; run notebook {chapter} at preset {preset} on {capture} first.")
    return found


def of_seeds(capture: str, preset: str, name: str) -> dict[int, dict]:
    """What `Chapter.save_of_seed` wrote as `name`, by seed, in their order; empty where nothing was."""
    folder = paths.results_file(capture, preset, name).parent
    named = [path.stem.removeprefix(f"{name}-seed") for path in folder.glob(f"{name}-seed*.json")]
    seeds = sorted({0, *(int(seed) for seed in named if seed.isdecimal())})
    found = {seed: read_json(paths.results_file(capture, preset, _of_seed(name, seed))) for seed in seeds}
    return {seed: body for seed, body in found.items() if body is not None}


def _of_seed(name, seed):
    return f"{name}-seed{seed}" if seed else name


def read_json(path: Path) -> dict | None:
    """The object in `path`; None where there is none, or something else."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return body if isinstance(body, dict) else None


def write_json(path: Path, body: dict) -> None:
    """Write `body` to `path`, atomically."""
    write_bytes(path, (json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, atomically."""
    with beside(path) as folder:
        made = folder / "made"  # not a page's name, which Sphinx would find there if this process were killed
        made.write_bytes(content)
        os.replace(made, path)


def look_up(measured, key: str):
    """The value under the dotted `key` ("ours.mean_px", "seeds.0"); None where there is none."""
    for part in key.split("."):
        if isinstance(measured, dict):
            measured = measured.get(part)
        elif isinstance(measured, list) and part.isdecimal() and int(part) < len(measured):
            measured = measured[int(part)]
        else:
            return None
    return measured


def _plain(value, path, key):
    """`value` as JSON holds it: NumPy's and torch's scalars and arrays become Python's."""
    if hasattr(value, "tolist"):  # before the numbers: numpy.float64 is a float, and an array of one is not
        value = value.tolist()
    if isinstance(value, str | bool):
        return value
    if isinstance(value, Mapping):
        names = [name for name in value if not isinstance(name, str) or not name or "." in name]
        if names:
            raise BookError(f"{path}: {names[0]!r} can't name a number; expected a text without dots.")
        return {name: _plain(v, path, f"{key}.{name}" if key else name) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, path, f"{key}.{i}") for i, v in enumerate(value)]
    if isinstance(value, numbers.Real) and math.isfinite(value):
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    raise BookError(f"{path}: '{key}' is {value!r}; expected a finite number: leave out what was not measured.")
