"""How a command ends: with what it made, or with one sentence on stderr that says what the user can mend."""

import errno
import signal
import sys
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from glmk_lib.errors import GlmkError

MENDABLE, STOPPED = 2, 130  # exit codes; 130 is the shell's own for Ctrl-C


def told(run: Callable[[], None], out: Path | None = None) -> int:
    """Call `run`, and tell in one sentence on stderr what the user can mend. After Ctrl-C the process is expected to end.

    Args:
        out: the folder to name where an error names none.

    Returns:
        The exit code: 0; 2 for what the user can mend; 130 when stopped by Ctrl-C.
    """
    try:
        run()
    except GlmkError as error:
        return _say(error)
    except KeyboardInterrupt:
        return _say_stopped()
    except Exception as error:
        if disk_is_full(error):
            place = getattr(error, "filename", None) or out or _build()
            return _say(f"{place}: the disk is full; free space and run again, nothing finished was lost.")
        if memory_is_short(error):
            return _say(
                f"{out or _build()}: memory ran out; close other programs and run again, or choose another folder and a "
                "smaller batch (from Python: preset.with_(batch=4)) or preset; nothing finished was lost."
            )
        if isinstance(error, BrokenProcessPool):
            return _say(
                f"{out or _build()}: a process that helped was killed, most often for want of memory; free some and run again, "
                "nothing finished was lost."
            )
        if isinstance(error, OSError) and error.filename:
            return _say(f"{error.filename}: {error.strerror or error}; expected a path that can be read and written.")
        raise
    return 0


def memory_is_short(error: BaseException | None) -> bool:
    """Whether `error`, or what caused it, says that there is no memory left: Python, NumPy, PyTorch on a CPU or on a GPU."""
    while error is not None:
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's, which is not imported here
            return True
        if isinstance(error, RuntimeError) and "can't allocate memory" in str(error):  # torch on a CPU
            return True
        error = error.__cause__ or error.__context__
    return False


def disk_is_full(error: BaseException | None) -> bool:
    """Whether `error`, or what caused it, says that a disk or a quota is full.

    NumPy ("requested and ... written") and safetensors (text alone) report it without an errno.
    """
    while error is not None:
        text = str(error)
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in text:
            return True
        if isinstance(error, OSError) and "requested and" in text and text.endswith("written"):
            return True
        error = error.__cause__ or error.__context__
    return False


def _build() -> Path:
    from glmk_lib.paths import BUILD

    return BUILD


def _say_stopped() -> int:
    """Tell that Ctrl-C stopped the run. From here on the process ends: another one, of an impatient finger, changes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return _say("stopped; run the same command to go on.", STOPPED)


def _say(message, code: int = MENDABLE) -> int:
    print(f"glmk: {' '.join(str(message).split())}", file=sys.stderr)
    return code
