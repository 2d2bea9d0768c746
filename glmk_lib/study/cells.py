"""The cells of a study: one row, one capture, one seed each, stored as a JSON of its own as soon as it is measured.

A cell lies in results/{preset}/{capture}/study/{study}/{row}-seed{n}.json, with what it was made with: preset, capture, seed,
code, machine. Made with other ones than now, it is *stale*: it stays and is shown as such. Delete its file to have it measured
again. At the preset `smoke`, which claims nothing, cells go to the build folder.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from glmk_lib import paths
from glmk_lib.publish.notebook import read_json
from glmk_lib.study.code import code_hash
from glmk_lib.study.rows import ANNOTATED, OF_PERSONS, SUPERVISED, TRAINED_ON, UNTRAINED, Row, Study

TAKES_SEED = 0  # every seed of training sees the same films: intervals are over seeds of training
# What the training of the bound depends on, of the preset and of its terms: a new term of the objective leaves it as it is.
_FILMED = ("size", "studio_frames", "studio_every", "heldout_frames")
_BOUND = (*_FILMED, "batch", "deformation_width", "supervised_steps")
_BOUND += ("lr_deformation", "decay_from", "ema")
_BOUND_TERMS = ("augment", "shift", "scale", "rotate")


@dataclass(frozen=True)
class Cell:
    """One row of a study on one capture with one seed of training."""

    study: Study
    row: Row
    capture: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.row.name}-seed{self.seed}"

    @property
    def path(self) -> Path:
        """Where its numbers are kept."""
        return folder_of(self.study, self.capture) / self.study.name / f"{self.name}.json"

    @property
    def run_folder(self) -> Path:
        """Where it trains."""
        return paths.RUNS / f"{self.capture}-{self.study.base.name}" / "study" / self.study.name / self.name

    def config(self, capture_key: str | None) -> dict:
        """What it is made with, as JSON gives it back; `capture_key` is None where the capture isn't at hand."""
        preset = self.study.preset(self.row).to_dict()
        if self.row.learner in (SUPERVISED, ANNOTATED):
            terms = {name: preset["terms"][name] for name in _BOUND_TERMS}
            preset = {name: preset[name] for name in _BOUND} | {"terms": terms}
        elif self.row.learner == UNTRAINED:
            preset = {name: preset[name] for name in _FILMED}
        made_with = {
            "preset": preset,
            "learner": self.row.learner,
            "guessed_paint": self.row.guessed,
            "capture": capture_key,
            "takes_seed": TAKES_SEED,
            "seed": self.seed,
        }
        if self.row.labelled:
            made_with["labelled"] = self.row.labelled
        if self.row.exact:
            made_with["exact"] = True
        if self.row.learner == OF_PERSONS:
            made_with["trained_on"] = TRAINED_ON[self.capture][self.row.name]
        return json.loads(json.dumps(made_with))

    @property
    def code(self) -> str:
        """The hash of the code that measures it, as it is now."""
        return code_hash(self.row.measured_by)

    def clear_run(self, config: dict) -> None:
        """Delete a half-finished run of another configuration or of older code: no cell is a mixture of two."""
        marker, made_with = self.run_folder / "cell.json", {"config": config, "code": self.code}
        if self.run_folder.exists() and read_json(marker) != made_with:
            shutil.rmtree(self.run_folder)
        self.run_folder.mkdir(parents=True, exist_ok=True)
        marker.write_text(json.dumps(made_with))


@dataclass(frozen=True)
class Stored:
    """A cell's file, read."""

    cell: Cell
    body: dict
    stale: str  # why, or "" when it was made with what is there now

    @property
    def is_of_another_configuration(self) -> bool:
        return self.stale not in ("", OLDER)

    @property
    def diverged(self) -> dict | None:
        return self.body["diverged"]

    def score(self, measure: str) -> float | None:
        value = self.body["scores"].get(measure)
        return self.body.get(measure) if value is None else value


OLDER = "made by older code"


def folder_of(study: Study, capture: str) -> Path:
    """The folder of the studies of a capture: their cells in folders, and their summaries."""
    results = paths.BUILD / "studies" if study.base.name == "smoke" else paths.RESULTS
    return results / study.base.name / capture / "study"


def load(cell: Cell) -> Stored | None:
    """The stored cell; None where it was not measured, or its file is damaged."""
    body = read_json(cell.path)
    if body is None or not {"scores", "diverged", "config", "code"} <= set(body):
        return None
    return Stored(cell, body, _staleness(cell, body))


def load_all(study: Study, capture: str) -> list[Stored]:
    """Every stored cell of the study's rows on that capture, by row and seed."""
    found = []
    for row in study.rows:
        seeds = (
            path.stem.rpartition("-seed")[2] for path in (folder_of(study, capture) / study.name).glob(f"{row.name}-seed*.json")
        )
        cells = (Cell(study, row, capture, int(seed)) for seed in sorted(seeds, key=int))
        found += [stored for cell in cells if (stored := load(cell))]
    return found


def capture_key(capture: str, preset: str) -> str | None:
    """What tells the capture's frames from others', if it is at hand: what was filmed, or which files were read."""
    body = read_json(paths.capture_dir(capture, preset, TAKES_SEED) / "capture.json")
    info = (body or {}).get("info", {})
    return info.get("inputs") or info.get("key")


def _staleness(cell: Cell, body: dict) -> str:
    key = capture_key(cell.capture, cell.study.base.name)
    expected = cell.config(key or body["config"].get("capture"))
    if different := differences(body["config"], expected):
        return f"made with another {', '.join(different)}"
    return "" if body["code"] == cell.code else OLDER


def differences(found: dict, expected: dict, within: str = "") -> list[str]:
    """The dotted names under which two nested dicts differ."""
    names = []
    for key in dict.fromkeys((*found, *expected)):
        a, b = found.get(key), expected.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            names += differences(a, b, f"{within}{key}.")
        elif a != b:
            names.append(f"{within}{key}")
    return names
