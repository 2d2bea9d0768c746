"""Writing so that nothing half-made is ever left, and nothing made before is lost."""

import errno
import os
import re
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from glmk_lib.errors import CaptureError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SUFFIX, _OLD = ".part", "old"  # how the names of unfinished folders end; what one holds of the state before
_PART = re.compile(r"\.(.+)\.[a-z0-9_]{8}" + re.escape(_SUFFIX))
_BY_PID = re.compile(r"\.(.+)\.(\d+)(\.\w+)?")


def gigabytes(count: float) -> str:
    """Bytes as text, for messages."""
    return f"{count / 1e9:.2f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


@contextmanager
def explain_full_disk(path: Path, needed: int | None = None):
    """Turn a disk that is full, or can't be written, into a CaptureError naming `path` and the space `needed` (bytes)."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            want = f"about {gigabytes(needed)}" if needed else "room for it"
            raise CaptureError(
                f"{path}: can't be written because the disk is full; expected {want} free: free some space and run again."
            ) from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise CaptureError(f"{path}: can't be written ({error.strerror}); choose a folder you may write to.") from error
        raise


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove the hidden, unfinished files and folders in `folder`, of all or of one `name`, whose maker was killed.

    A folder of `beside` is a living maker's while its lock is held; a file `.name.PID`, or `.stem.PID.suffix`, as long as this
    machine has a process of that number. A folder's older state, set aside by a maker that never put the new one in its place,
    goes back there.
    """
    for found in sorted(Path(folder).glob(".*.*")):
        if made := _PART.fullmatch(found.name):
            if name in (None, made[1]):
                _remove_left(found, found.with_name(made[1]))
        elif made := _BY_PID.fullmatch(found.name):  # `.state.json.12` is of state.json, `.track.12.mkv` of track.mkv
            is_meant = name in (None, made[1] + (made[3] or ""))
            if is_meant and not _lives(int(made[2])) and not found.is_dir():
                with suppress(OSError):  # another user's, or another process was quicker
                    found.unlink()


@contextmanager
def beside(path: Path):
    """Yields a new, empty, hidden folder in the same parent as `path`, so that a rename from it is atomic; then it is deleted.

    What killed makers of `path` left there is removed first. Other processes see from a lock that this one lives.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, path.name)
    made, lock = _locked_folder(path)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(lock)


def _locked_folder(path: Path) -> tuple[Path, int]:
    """A hidden folder beside `path`, and the descriptor that locks it. One swept before it had its lock is made again."""
    while True:
        made = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent))
        try:
            lock = os.open(made, os.O_RDONLY)
        except FileNotFoundError:
            continue
        _lock(lock, wait=True)
        if made.exists():
            return made, lock
        os.close(lock)


def _remove_left(found: Path, path: Path) -> None:
    """Delete a folder of `beside` if its maker is gone; what it had set aside of `path` goes back if there is nothing there."""
    try:
        lock = os.open(found, os.O_RDONLY)
    except OSError:  # its maker has just deleted it, or it is another user's
        return
    try:
        if _lock(lock, wait=False):
            if (found / _OLD).exists() and not path.exists():
                os.replace(found / _OLD, path)
            shutil.rmtree(found, ignore_errors=True)
    finally:
        os.close(lock)


def _lock(descriptor: int, wait: bool) -> bool:
    """Whether the lock could be had. Where the file system has none, it never can: then nothing is removed."""
    import fcntl  # not on every system, and only needed here

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # sends nothing
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # another user's; no number of a process, so no file of this library
        pass
    return True


def replace_folder(made: Path, path: Path) -> None:
    """Rename `made` to `path`. A folder already there is set aside first, and put back if the rename fails."""
    if not path.exists():
        os.replace(made, path)
        return
    aside, lock = _locked_folder(path)
    try:
        os.replace(path, aside / _OLD)
        try:
            os.replace(made, path)
        except OSError:
            os.replace(aside / _OLD, path)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        os.close(lock)


def identity(path: Path) -> tuple[int, int, int] | None:
    """What tells a file from one that replaced or changed it, and costs nothing to ask: inode, bytes, ns; None without one."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def alone(lock: Path, wait: bool = True):
    """Of all processes that enter with the same file `lock`, one at a time holds it: yields True where it can be had.

    Others wait for their turn or, without `wait`, get False at once.
    """
    import fcntl  # not on every system, and only needed here

    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def atomic_file(path: Path):
    """Yields a path to write to, of the same suffix, that becomes `path` when the block ends well and vanishes otherwise.

    Raises CaptureError: a full disk, or a folder that can't be written.
    """
    with explain_full_disk(path), beside(path) as folder:
        yield folder / path.name
        os.replace(folder / path.name, path)


@contextmanager
def atomic_folder(path, needed: int | None = None):
    """Yields a temporary folder that becomes `path` when the block ends well, and vanishes when it does not."""
    path = Path(path)
    with explain_full_disk(path, needed), beside(path) as made:
        try:
            yield made
            made.chmod(0o755)  # mkdtemp makes it private
            replace_folder(made, path)
        except CaptureError as error:
            if str(made) not in str(error):
                raise
            raise CaptureError(str(error).replace(str(made), str(path))) from error  # name what the user knows
