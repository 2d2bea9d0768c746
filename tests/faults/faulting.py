"""Faults that a process brings upon itself, as the environment variable FAULT (JSON) asks of it.

    {"write": {"under": FOLDER, "at": 3, "errno": 28, "log": FILE}}   its write number 3 to the folder fails, and all after it
    {"write": {"under": FOLDER, "at": 3, "signals": [2, 2], "log": FILE}}   at its write number 3 it is sent these, one by one
    {"clock": 86400}                                                  the wall clock jumps by so many seconds, to and fro

A write is what changes a folder through Python: a file opened to be written, a folder made, a name given. `log` gets a line for
each, so that a run without a fault counts them. What libraries write past Python fails on a disk that is really full.
"""

import json
import os
import signal
import sys
import threading
import time

_WRITING = os.O_WRONLY | os.O_RDWR
_NAMING = {"os.mkdir": 0, "os.rename": 1, "tempfile.mkdtemp": 0}  # the argument that is the new name


def arrange() -> None:
    """Let the faults come that FAULT names."""
    asked = json.loads(os.environ.get("FAULT", "{}"))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs, and all that they start, ignore it
    if "write" in asked:
        sys.addaudithook(_Writes(**asked["write"]))
    if "clock" in asked:
        _jump(asked["clock"])


class _Writes:
    """Counts writes under a folder. From the one number `at` on (from 1; 0: none) they fail, or at it `signals` come."""

    def __init__(self, under: str, at: int, log: str, errno: int = 0, signals=()):
        self.under, self.at, self.errno, self.signals, self.count = os.path.realpath(under), at, errno, signals, 0
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def __call__(self, event: str, arguments: tuple) -> None:
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, str | bytes) or not isinstance(flags, int) or not flags & _WRITING:
                return
        elif event in _NAMING:
            path = arguments[_NAMING[event]]
        else:
            return
        path = os.path.abspath(os.fsdecode(path))
        if os.path.commonpath([path, self.under]) != self.under or path == self.under:
            return
        self.count += 1
        os.write(self.log, f"{event} {path}\n".encode())
        if self.signals and self.count == self.at:
            threading.Thread(target=_send, args=[self.signals]).start()
        elif self.errno and self.at and self.count >= self.at:
            raise OSError(self.errno, os.strerror(self.errno), path)


def _send(signals) -> None:
    for each in signals:
        os.kill(os.getpid(), each)
        time.sleep(0.02)


def _jump(seconds: float) -> None:
    real, calls = time.time, [0]

    def jumping() -> float:
        calls[0] += 1
        return real() + (seconds if calls[0] % 2 else -seconds)

    time.time = jumping
