"""Damaged files of every kind that users hand over, each read to its end or refused in a sentence.

    python mutants.py KIND FIRST END

reads the mutants FIRST to END of a sound file (see `readers.py`) and prints a line of JSON after each. `read_mutants` runs that
with a limit on memory, and kills it where one mutant takes too long. A mutant follows from the sound file and its seed, so that
whatever fails can be made again: `mutant(kind, seed)`.
"""

import json
import os
import resource
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mutations import mutate
from readers import KINDS, VIDEOS, sound

TIME_OUT = 20.0  # seconds for one mutant of a file that takes some hundredths
MEMORY = 2 << 30  # bytes that a worker may take beyond what it has when everything is imported
READ, REFUSED = "read", "refused"  # all else is a failure


@dataclass
class Tally:
    """What became of the mutants of one kind.

    Attributes:
        failures: seed to what happened: another error, a sentence that lacks something, a crash, a hang.
        slowest: seconds of the slowest mutant. peak: the most memory that a worker held beyond its imports, bytes.
    """

    tried: int = 0
    read: int = 0
    refused: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0
    peak: int = 0

    def to_dict(self) -> dict:
        return asdict(self)


def mutant(kind: str, seed: int) -> bytes:
    """Mutant number `seed` of a kind."""
    others = [sound(name) for name in VIDEOS] if kind in VIDEOS else [sound(kind)]
    return mutate(sound(kind), f"{kind} {seed}", others)


def read_mutants(kind: str, seeds: range, tally: Tally | None = None) -> Tally:
    """Read the mutants of these seeds, many in one process, and add to the tally what became of them."""
    tally, at = tally or Tally(), seeds.start
    while at < seeds.stop:
        at = _read_some(kind, at, seeds.stop, tally)
    return tally


def _read_some(kind: str, first: int, end: int, tally: Tally) -> int:
    """Read mutants until all are done or the process ends; gives the seed that is next."""
    arguments = [sys.executable, str(Path(__file__).resolve()), kind, str(first), str(end)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    worker = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    seed, hung = first, False
    with selectors.DefaultSelector() as ready:
        ready.register(worker.stdout, selectors.EVENT_READ)
        while seed < end:
            hung = not ready.select(TIME_OUT * (10 if seed == first else 1))  # imports come before the first mutant
            line = b"" if hung else worker.stdout.readline()
            if not line:
                break
            told = json.loads(line)
            tally.tried += 1
            tally.slowest, tally.peak = max(tally.slowest, told["seconds"]), max(tally.peak, told["peak"])
            if told["outcome"] == READ:
                tally.read += 1
            elif told["outcome"] == REFUSED:
                tally.refused += 1
            else:
                tally.failures[str(seed)] = told["outcome"]
            seed += 1
    if hung:
        worker.kill()
    code = worker.wait()
    worker.stdout.close()
    if seed == end:
        return end
    tally.tried += 1
    tally.failures[str(seed)] = f"took over {TIME_OUT:.0f} s" if hung else f"its process ended with code {code}"
    return seed + 1


def outcome(kind: str, path: Path) -> str:
    """What reading a file comes to: READ, REFUSED, or what is wrong with how it was refused."""
    from glmk_lib.errors import GlmkError

    try:
        KINDS[kind].read(path)
    except GlmkError as error:
        text = str(error)
        named = path.name in text or str(path.parent) in text
        sentence = named and "\n" not in text and text.endswith(".")
        return REFUSED if sentence else f"no sentence that names the file: {text.replace(f'{path.parent}/', '')[:200]}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return READ


def _work(kind: str, first: int, end: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / KINDS[kind].file
        path.write_bytes(sound(kind))
        if outcome(kind, path) not in (READ, REFUSED):  # imports all that reading needs
            raise SystemExit(f"{kind}: the sound file can't be read: {outcome(kind, path)}")
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = held + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        before = _peak()
        for seed in range(first, end):
            path.write_bytes(mutant(kind, seed))
            begin = time.monotonic()
            found = outcome(kind, path)
            seconds = round(time.monotonic() - begin, 3)
            print(json.dumps({"outcome": found, "seconds": seconds, "peak": _peak() - before}), flush=True)


def _peak() -> int:
    """The most memory that this process has held, bytes; `getrusage` would count its parent's too."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024


if __name__ == "__main__":
    _work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
