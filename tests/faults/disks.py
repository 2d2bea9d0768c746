"""A disk that is full, or may not be written, at one of a program's writes; then there is room, and the program runs again.

`try_full` gives the program a disk of its own that is really full: a tmpfs of so many bytes or so many files, mounted where no
other process sees it. That needs Linux with user namespaces (`can_mount`). `try_write` lets the program's write number n, and
all after it, fail with whatever error, anywhere; writes that libraries do past Python are not among those that it sees.

    unshare --map-root-user --mount python disks.py NAME INPUTS MOUNTED bytes|files LIMIT
"""

import errno
import json
import random
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from kills import Whole, contents, run
from programs import before

MENDABLE = 2  # the exit code for what the user can mend
ENDED_WELL = 0
_ALONE = ["unshare", "--map-root-user", "--mount"]
_ROOMY = {"bytes": "size=4g", "files": "nr_inodes=100k"}


@dataclass(frozen=True)
class Fault:
    """A program that met a fault, and was run again without it.

    Attributes:
        kind: "bytes" or "files" of a full disk, "denied" for a write that is not permitted.
        limit: of bytes or files; the number of the write.
        code, said: how the program ended that met the fault.
        lost: files that the second run's result lacks, or that differ from an undisturbed one's.
    """

    kind: str
    limit: int
    code: int
    said: str
    lost: list[str]

    @property
    def told(self) -> bool:
        """Whether the fault was met with one sentence (or not met at all), and no traceback."""
        return self.code == ENDED_WELL or (self.code == MENDABLE and "Traceback" not in self.said)

    @property
    def survived(self) -> bool:
        return self.told and not self.lost

    def to_dict(self) -> dict:
        return asdict(self)


def can_mount() -> bool:
    """Whether this system lets a process mount a disk of its own."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_ALONE, "true"], capture_output=True).returncode == 0


def try_full(whole: Whole, seed: int, inputs: Path, out: Path) -> Fault:
    """A disk on which less has room than the program leaves: bytes or, for odd seeds, files. OUT is where it is mounted."""
    drawn = random.Random(f"full {whole.name} {seed}")
    kind = "files" if seed % 2 else "bytes"
    limit = int(drawn.uniform(0.02, 1) * whole.size) if kind == "bytes" else drawn.randint(3, len(whole.contents) + 4)
    out.mkdir(parents=True, exist_ok=True)
    arguments = [sys.executable, str(Path(__file__).resolve()), whole.name, str(inputs), str(out), kind, str(limit)]
    done = subprocess.run([*_ALONE, *arguments], capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError(f"{whole.name} on a full disk: {done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    return Fault(kind, limit, told["code"], told["said"], _lost(whole, told["contents"]))


def try_write(whole: Whole, number: int, inputs: Path, out: Path, error: int = errno.EACCES, kind: str = "denied") -> Fault:
    """The program's write of this number (from 1) fails, and all after it; OUT is deleted again."""
    before(whole.name, inputs, out)
    fault = {"under": str(out), "at": number, "errno": error, "log": str(out.with_suffix(".log"))}
    code, _, said = run(whole.name, inputs, out, write=fault)
    again, _, more = run(whole.name, inputs, out)
    lost = _lost(whole, contents(out)) + ([] if again == ENDED_WELL else [more[-400:]])
    shutil.rmtree(out)
    return Fault(kind, number, code, _end(said), lost)


def count_writes(name: str, inputs: Path, out: Path) -> int:
    """How many writes a program does in an undisturbed run; OUT is deleted again."""
    before(name, inputs, out)
    log = out.with_suffix(".log")
    run(name, inputs, out, write={"under": str(out), "at": 0, "errno": 0, "log": str(log)})
    shutil.rmtree(out)
    count = len(log.read_text().splitlines())
    log.unlink()
    return count


def _lost(whole: Whole, found: dict) -> list[str]:
    return sorted(path for path in whole.contents.keys() | found.keys() if whole.contents.get(path) != found.get(path))


def _end(said: str) -> str:
    """The sentence at the end of what a program said, or its traceback."""
    lines = [line for line in said.splitlines() if line.strip()]
    start = next((i for i, line in enumerate(lines) if line.startswith("Traceback")), len(lines) - 1)
    return "\n".join(lines[start:])[-1500:]


def _work(name: str, inputs: Path, mounted: Path, kind: str, limit: str) -> None:
    tight = {"bytes": f"size={limit}", "files": f"nr_inodes={limit}"}[kind]
    subprocess.run(["mount", "-t", "tmpfs", "-o", tight, "none", mounted], check=True)
    out = mounted / "out"
    try:
        before(name, inputs, out)
        code, _, said = run(name, inputs, out)
    except OSError as error:  # what was to be there already has no room
        code, said = MENDABLE, str(error)
        shutil.rmtree(out, ignore_errors=True)
    subprocess.run(["mount", "-o", f"remount,{_ROOMY[kind]}", mounted], check=True)
    if not out.exists():
        before(name, inputs, out)
    again, _, more = run(name, inputs, out)
    found = contents(out) | ({} if again == ENDED_WELL else {more[-400:]: ""})
    print(json.dumps({"code": code, "said": _end(said), "contents": found}))


if __name__ == "__main__":
    _work(sys.argv[1], *map(Path, sys.argv[2:4]), *sys.argv[4:])
