"""Writing so that nothing half-made is ever left, and nothing made before is lost."""

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from glmk_lib.errors import CaptureError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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


def temporary_beside(path: Path) -> Path:
    """A new, empty, hidden folder in the same parent as `path`, so that a rename onto it is atomic."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))


def replace_folder(made: Path, path: Path) -> None:
    """Rename `made` to `path`. A folder already there is set aside first, and put back if the rename fails."""
    if not path.exists():
        os.replace(made, path)
        return
    aside = temporary_beside(path)
    os.replace(path, aside / "old")
    try:
        os.replace(made, path)
    except OSError:
        os.replace(aside / "old", path)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


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
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    with explain_full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path, needed: int | None = None):
    """Yields a temporary folder that becomes `path` when the block ends well, and vanishes when it does not."""
    path = Path(path)
    with explain_full_disk(path, needed):
        made = temporary_beside(path)
        try:
            yield made
            made.chmod(0o755)  # mkdtemp makes it private
            replace_folder(made, path)
        except CaptureError as error:
            if str(made) not in str(error):
                raise
            raise CaptureError(str(error).replace(str(made), str(path))) from error  # name what the user knows
        finally:
            shutil.rmtree(made, ignore_errors=True)
