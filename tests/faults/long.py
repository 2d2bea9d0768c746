"""`make faults`: the long form of these tests, into results/reliability.json, which the book's page on reliability shows.

Every program is killed, starved of disk and refused its writes at moments that follow from kept seeds; thousands of damaged
files are read. What one trial came to is stored when it is done. Stopped, the same command goes on; what another version of the
code came to is not kept.
"""

import functools
import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import disks
import kills
import mutants
import programs
from readers import KINDS, VIDEOS
from tqdm import tqdm

from glmk_lib import paths
from glmk_lib.provenance import library_hash, provenance
from glmk_lib.publish.notebook import read_json, write_json
from glmk_lib.publish.reliability import FILE

KILLS = 20  # random moments for each program
STARVED = ("train", "film", "ingest", "predict")
FULL = 6  # full disks for each of these
WRITES = 6  # of their writes, spread through all, that are not permitted
MUTANTS, OTHERS, CHUNK = 2000, 1000, 250  # of each container; of each other kind of file; read at a time


class Long:
    """All trials, and what has become of them so far: the body of results/reliability.json."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.code = _code()
        self.made = provenance(code=self.code)  # of the code that this process began with
        self.file = paths.RESULTS / FILE
        self.body = read_json(self.file) or {}
        self.wholes = {}

    def cell(self, section: str, name: str) -> dict:
        """What is known of one program or kind of file; empty where it is of other code."""
        found = self.body.setdefault(section, {}).get(name)
        if found is None or found["provenance"].get("code") != self.code:
            found = self.body[section][name] = {"trials": [], "provenance": self.made}
        return found

    def store(self) -> None:
        """Write what is known so far, without the folder of this machine that it was tried in."""
        write_json(self.file, json.loads(json.dumps(self.body).replace(f"{self.folder}/", "")))

    def whole(self, name: str) -> kills.Whole:
        """The program's uninterrupted run, made once for all its trials."""
        if name not in self.wholes:
            self.wholes[name] = kills.run_whole(name, self.inputs(), self.fresh("whole"))
        return self.wholes[name]

    @functools.cache  # noqa: B019 (there is one)
    def inputs(self) -> Path:
        return programs.make_inputs(self.folder / "inputs")

    def fresh(self, name: str) -> Path:
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.folder / name

    def todo(self) -> list[tuple[str, str, int, Callable[[dict], None]]]:
        """Every trial that is not there yet: section, name, number, and what does it."""
        found = []
        for kind in KINDS:
            count = MUTANTS if kind in VIDEOS else OTHERS
            cell = self.cell("inputs", kind)
            found += [("inputs", kind, first, self._read) for first in range(cell.get("tried", 0), count, CHUNK)]
        for number in range(KILLS):  # some of each program first, so that a short run tells a little of everything
            found += [("kills", name, number, self._kill) for name in programs.PROGRAMS]
            if number < FULL and disks.can_mount():
                found += [("full", name, number, self._fill) for name in STARVED]
            if number < WRITES:
                found += [("denied", name, number, self._deny) for name in STARVED]
        return [each for each in found if each[0] == "inputs" or each[2] >= len(self.cell(*each[:2])["trials"])]

    def _read(self, kind: str, first: int, cell: dict) -> None:
        known = {key: cell[key] for key in mutants.Tally().to_dict() if key in cell}
        cell |= mutants.read_mutants(kind, range(first, first + CHUNK), mutants.Tally(**known)).to_dict()
        cell |= {"memory": mutants.MEMORY, "time_out": mutants.TIME_OUT}

    def _kill(self, name: str, seed: int, cell: dict) -> None:
        whole = self.whole(name)
        cell["seconds"] = round(whole.seconds, 2)
        cell["trials"].append(kills.try_kill(whole, seed, self.inputs(), self.fresh("killed")).to_dict())

    def _fill(self, name: str, seed: int, cell: dict) -> None:
        cell["trials"].append(disks.try_full(self.whole(name), seed, self.inputs(), self.fresh("full")).to_dict())

    def _deny(self, name: str, number: int, cell: dict) -> None:
        if "writes" not in cell:
            cell["writes"] = disks.count_writes(name, self.inputs(), self.fresh("counted"))
        share = (number + random.Random(f"{name} {number}").random()) / WRITES
        at = 1 + int(share * cell["writes"])
        cell["trials"].append(disks.try_write(self.whole(name), at, self.inputs(), self.fresh("denied")).to_dict())


def _code() -> str:
    """SHA-256 over the library and these tests."""
    digest = hashlib.sha256(library_hash().encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="glmk-faults-") as folder:
        long = Long(Path(folder))
        todo = long.todo()
        with tqdm(todo, unit="trial", smoothing=0.05) as bar:
            for section, name, number, do in bar:
                bar.set_description(f"{section} {name}")
                do(name, number, long.cell(section, name))
                long.store()
    print(f"All is in {long.file}")


if __name__ == "__main__":
    main()
