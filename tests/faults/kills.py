"""Kill a program at a random moment, run it again, and compare what it leaves with what an uninterrupted run leaves.

The moment is drawn, by a seed that is kept, from the stretch between the end of the program's imports and its end. SIGKILL can
be neither caught nor tidied up after: what a crash of the machine would leave in files, it leaves too, but for what the system
had not yet written to the disk.
"""

import hashlib
import io
import json
import random
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from programs import BEGUN, before, command, environment

ATTEMPTS = 6  # to kill a program before its end
PATIENCE = 300  # seconds: who takes longer hangs
# Of when and by whom a file was made, not of what was found.
_MADE = {"provenance", "seconds", "date", "about", "notebooks", "notebooks_seconds", "papermill", "execution", "id"}
_MADE |= {"results"}  # the checksum of a file with a date
# A date stands in the one, the time of every page in the other; the third says how long a run from nothing took, and one that
# goes on is none.
_UNCOMPARED = {"README.md", "build.log", "book.json"}
_WORK = {"work"}  # Sphinx's own


@dataclass(frozen=True)
class Whole:
    """An uninterrupted run: seconds from the end of its imports, what it left, its hidden files, and the bytes of all."""

    name: str
    seconds: float
    contents: dict
    size: int
    hidden: frozenset


@dataclass(frozen=True)
class Trial:
    """One program killed once or twice and then left to end.

    Attributes:
        moments: shares of the program's length at which it was killed.
        code: the exit code of the last run.
        lost: files that the result lacks, or that differ from the uninterrupted run's.
        strays: hidden files that an uninterrupted run does not leave.
        seconds: of the last run, from the end of its imports.
    """

    seed: int
    moments: list[float]
    code: int
    lost: list[str]
    strays: list[str]
    seconds: float
    said: str = ""

    @property
    def survived(self) -> bool:
        return self.code == 0 and not self.lost

    def to_dict(self) -> dict:
        return asdict(self)


def run_whole(name: str, inputs: Path, out: Path) -> Whole:
    """Run a program to its end, undisturbed. Raises RuntimeError with what it said where it fails."""
    before(name, inputs, out)
    code, seconds, said = run(name, inputs, out)
    if code:
        raise RuntimeError(f"{name} ends with code {code}: {said}")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return Whole(name, seconds, contents(out), size, hidden(out))


def try_kill(whole: Whole, seed: int, inputs: Path, out: Path) -> Trial:
    """Kill the program at the moments that `seed` draws, once or twice, and let it end then; OUT is deleted again."""
    drawn = random.Random(f"{whole.name} {seed}")
    before(whole.name, inputs, out)
    moments, length, twice = [], whole.seconds, drawn.random() < 0.3
    for _ in range(ATTEMPTS):
        share = drawn.random()
        code, seconds, _ = run(whole.name, inputs, out, kill_after=share * length)
        if code == -signal.SIGKILL:
            moments.append(round(share, 4))
            if len(moments) > twice:
                break
        elif not moments:  # it came to its end before: the machine is less busy now
            length = min(length, seconds)
            shutil.rmtree(out)
            before(whole.name, inputs, out)
        else:
            break
    code, seconds, said = run(whole.name, inputs, out)
    found = contents(out)
    lost = sorted(path for path in whole.contents.keys() | found.keys() if whole.contents.get(path) != found.get(path))
    strays = sorted(hidden(out) - whole.hidden)
    shutil.rmtree(out)
    return Trial(seed, moments, code, lost, strays, round(seconds, 2), said[-400:] if code or lost else "")


def run(name: str, inputs: Path, out: Path, kill_after: float | None = None, **fault):
    """Run a program, and kill it so many seconds after its imports, where it is to be killed.

    Returns:
        Its exit code (negative: the signal that ended it), seconds from the end of its imports, and what it said.
    """
    made = environment(inputs, out, **({"FAULT": json.dumps(fault)} if fault else {}))
    process = subprocess.Popen(
        command(name, inputs, out),
        env=made,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    begin, lines, watchdog = time.monotonic(), [], threading.Timer(PATIENCE, process.kill)
    killer = None
    watchdog.start()
    try:
        for line in process.stdout:
            if line.strip() == json.dumps(BEGUN):
                begin = time.monotonic()
                if kill_after is not None:
                    killer = threading.Timer(kill_after, process.kill)
                    killer.start()
            lines.append(line)
        code = process.wait()
    finally:
        watchdog.cancel()
        if killer:
            killer.cancel()
        if process.poll() is None:
            process.kill()
    return code, time.monotonic() - begin, "".join(lines)


def contents(out: Path) -> dict[str, str]:
    """What a reader of the folder finds: SHA-256 of every file by its name, without dates, seconds and the like."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out)
        if not path.is_file() or path.name in _UNCOMPARED or _WORK & set(name.parts):
            continue
        if not any(part.startswith(".") for part in name.parts):
            found[name.as_posix()] = hashlib.sha256(_comparable(path)).hexdigest()
    return found


def hidden(out: Path) -> frozenset:
    """The names of the hidden files and folders that lie under OUT."""
    paths = (path.relative_to(out) for path in out.rglob(".*"))
    return frozenset(path.as_posix() for path in paths if not _WORK & set(path.parts))


def _comparable(path: Path) -> bytes:
    try:
        return _read(path)
    except Exception as error:  # torn, in whatever way
        return f"can't be read: {error}".encode()


def _read(path: Path) -> bytes:
    if path.suffix in (".json", ".ipynb"):
        return json.dumps(_without_made(json.loads(path.read_text(encoding="utf-8"))), sort_keys=True).encode()
    if path.suffix == ".h5":  # HDF5 keeps dates: of it, the table
        import pandas as pd

        text = io.StringIO()
        pd.read_hdf(path).to_csv(text)
        return text.getvalue().encode()
    return path.read_bytes()


def _without_made(value):
    if isinstance(value, dict):
        return {key: _without_made(inner) for key, inner in value.items() if key not in _MADE}
    return [_without_made(inner) for inner in value] if isinstance(value, list) else value
