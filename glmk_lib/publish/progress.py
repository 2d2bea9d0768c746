"""What the terminal shows while a notebook runs: one line with cell, time and the kernel's own progress bar."""

import re
import shutil
import sys
import time

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PATIENCE = 30.0  # seconds between two reports of a progress bar where the output is a file, not a terminal


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Progress:
    """A status line for one notebook. Also the file to which the kernel's stdout and stderr go.

    On a terminal the line is redrawn in place, with the latest state of the kernel's progress bar at its end, and whole lines
    from the kernel scroll past above it. In a file, whole lines are written as they come, and a bar now and then.
    """

    def __init__(self, label: str, cells: int, expected: float | None = None, stream=None):
        """`label` begins the line; `cells` is the notebook's number of cells; `expected` its seconds in an earlier run."""
        self.label, self.cells, self.expected = label, cells, expected
        self.stream = stream or sys.stdout
        self.is_terminal = self.stream.isatty()
        self.start = self.reported = time.monotonic()
        self.at = 0
        self.rest = ""  # text after the last newline: the kernel's progress bar, or the beginning of a line
        if not self.is_terminal:
            self._emit(f"{label}  {cells} cells" + (f", about {clock(expected)}" if expected else "") + "\n")

    def cell(self, cell=None, cell_index: int = 0, **_):
        """nbclient's hook: a cell starts."""
        self.at = min(cell_index + 1, self.cells)
        self.rest = ""
        self._draw()

    def write(self, text: str) -> int:
        """Take output from the kernel."""
        *lines, rest = (self.rest + _ESCAPES.sub("", text)).split("\n")
        for line in lines:
            line = _latest(line)
            if line:
                self._emit(("\r\x1b[K" if self.is_terminal else "") + f"    {line}\n")
        self.rest = "\r".join(rest.split("\r")[-2:])  # the part before is still on the screen if the last one is empty
        if self.is_terminal:
            self._draw()
        elif _latest(self.rest) and time.monotonic() - self.reported > _PATIENCE:
            self.reported = time.monotonic()
            self._emit(f"    {_latest(self.rest)}\n")
        return len(text)

    def flush(self):
        self.stream.flush()

    def close(self, outcome: str):
        """Leave the line as it ends: `outcome` is a time, or "stopped"."""
        self._emit(("\r\x1b[K" if self.is_terminal else "") + f"{self.label}  {self.cells} cells  {outcome}\n")

    def _draw(self):
        if not self.is_terminal:
            return
        passed = clock(time.monotonic() - self.start) + (f" of about {clock(self.expected)}" if self.expected else "")
        line = f"{self.label}  cell {self.at}/{self.cells}  {passed}" + (f"  {bar}" if (bar := _latest(self.rest)) else "")
        self._emit("\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1])

    def _emit(self, text: str):
        self.stream.write(text)
        self.stream.flush()


def _latest(line: str) -> str:
    """What a terminal would show of a line that carriage returns have rewritten."""
    return next((part.rstrip() for part in reversed(line.split("\r")) if part.strip()), "")
