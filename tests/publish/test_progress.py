import io
import re

import pytest

from glmk_lib.publish import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def seen(terminal: Terminal) -> list[str]:
    """What remains on the screen: each line after its last redrawing."""
    return [line.split("\x1b[K")[-1] for line in terminal.getvalue().split("\n")]


def test_a_terminal_shows_cell_time_and_the_kernels_bar_in_one_line():
    terminal = Terminal()
    shown = progress.Progress("[1/2] 03_training", 14, expected=475, stream=terminal)
    shown.cell(cell_index=6)
    shown.write("\r 10%|#  | loss 0.51")
    shown.write("\r 20%|## | loss 0.43")
    (line,) = seen(terminal)
    assert re.fullmatch(r"\[1/2\] 03_training  cell 7/14  0:00 of about 7:55   20%\|## \| loss 0\.43", line)


def test_a_line_that_the_kernel_prints_stays_above_the_status_line():
    terminal = Terminal()
    shown = progress.Progress("[1/2] 03_training", 14, stream=terminal)
    shown.write("filmed 240 frames\n")
    shown.close("0:03")
    assert seen(terminal) == ["    filmed 240 frames", "[1/2] 03_training  14 cells  0:03", ""]


def test_a_line_arriving_in_pieces_is_one_line():
    file = io.StringIO()
    shown = progress.Progress("x", 1, stream=file)
    shown.write("filmed ")
    shown.write("240 frames\n")
    assert file.getvalue().splitlines()[1:] == ["    filmed 240 frames"]


def test_a_file_gets_a_bar_now_and_then_and_no_control_characters(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    file = io.StringIO()
    shown = progress.Progress("x", 1, stream=file)
    for step in range(100):
        now[0] = float(step)
        shown.write(f"\r\x1b[32mstep {step}\x1b[0m")
    assert file.getvalue().splitlines()[1:] == ["    step 31", "    step 62", "    step 93"]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (475, "7:55"), (3725, "1:02:05")])
def test_clock(seconds, text):
    assert progress.clock(seconds) == text
