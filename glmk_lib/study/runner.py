"""Run the cells of a study that are not there yet, for as long as it is given, alone or beside other runners.

The order gives whole tables early: the first seed of every row on every capture, then the second, and so on. A cell trains on
one thread of the CPU, however many run side by side: the number of threads changes the order of float sums, and with it, by
and by, a result. On two cores two cells on a thread each are done sooner than two after one another on both. Runners share the
work through lock files, which the system lets go of when a process ends in whatever way.
"""

import multiprocessing
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

import torch

from glmk_lib import paths
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.prepare import prepare
from glmk_lib.capture.storage import alone
from glmk_lib.errors import GlmkError, OutOfTime, TrainingError
from glmk_lib.provenance import provenance
from glmk_lib.publish.notebook import PROVENANCE, check_capture, write_json
from glmk_lib.studio.scene import one_thread
from glmk_lib.study import cells, channel, detector, footage, measure, peers, persons, refits, summary
from glmk_lib.study.cells import TAKES_SEED, Cell
from glmk_lib.study.code import ROOTS, code_hash
from glmk_lib.study.rows import (
    ANNOTATED,
    HIDDEN,
    MEDIAPIPE,
    METHOD,
    OF_PERSONS,
    REFIT,
    SUPERVISED,
    TRAINED_ON,
    UNTRAINED,
    Study,
)

STOPPED = 130  # the exit code of a process that Ctrl-C stopped


@dataclass
class Outcome:
    """What one call of `run` came to."""

    measured: list[Cell] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)  # cell: the sentence
    left: int = 0  # cells that are still not there


def order(study: Study, captures, seeds, rows=None) -> list[Cell]:
    """The cells asked for, the first seed of all first. Raises PresetError for an unknown capture or row."""
    chosen = study.rows if rows is None else [study.row(name) for name in rows]
    captures = [check_capture(name) for name in captures]
    return [
        Cell(study, row, capture, seed)
        for seed in seeds
        for capture in captures
        for row in chosen
        if row.learner != UNTRAINED or seed == seeds[0]  # what isn't trained has no seed
    ]


def run(todo: list[Cell], minutes: float | None = None, progress: bool = False, say=print) -> Outcome:
    """Measure the cells of `todo` that have no file yet and that no other runner is at, one after another.

    Each is stored when it is done, and the summary of its study and capture with it. When the time is over, training stores a
    checkpoint and stops; the next call goes on from there. What one cell's failure says is kept, and the others go on.

    Args:
        minutes: how long to go on; None is to the end.
        say: is given a line for each cell.
    """
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    outcome = Outcome()
    _made_by()
    with one_thread():
        for cell in todo:
            if deadline is not None and time.monotonic() >= deadline:
                break
            if cells.load(cell):
                continue
            with alone(cell.run_folder.with_suffix(".lock"), wait=False) as free:
                if not free or cells.load(cell):  # another runner is at it, or has just finished it
                    continue
                try:
                    body = _measure(cell, deadline, progress)
                except OutOfTime:
                    break
                except GlmkError as error:
                    outcome.failed[f"{cell.capture} {cell.name}"] = str(error)
                    say(f"{cell.capture} {cell.name}: {error}")
                    continue
                write_json(cell.path, body)
            summary.write(cell.study, cell.capture)
            outcome.measured.append(cell)
            say(line(cell, body))
    outcome.left = sum(not cells.load(cell) for cell in todo)
    return outcome


def _measure(cell: Cell, deadline: float | None, progress: bool) -> dict:
    """Train and score one cell: what its file holds."""
    study, preset = cell.study, cell.study.preset(cell.row)
    capture = _prepared(cell.capture, study, progress)
    config = cell.config(cells.capture_key(cell.capture, study.base.name))
    cell.clear_run(config)
    row, where = cell.row, cell.run_folder
    if row.real and row.name == MEDIAPIPE:
        measured = detector.measure_detector(capture, progress)
    elif row.real:
        measured = footage.measure_on_footage(capture, row.name, preset, where, cell.seed, deadline, progress)
    elif row.learner == SUPERVISED:
        measured = measure.measure_supervised(capture, preset, where, cell.seed, deadline, progress)
    elif row.learner == ANNOTATED:
        measured = peers.measure_annotated(capture, preset, where, cell.seed, row.labelled, row.exact, deadline, progress)
    elif row.learner == HIDDEN:
        measured = channel.measure_channel(capture, preset, TAKES_SEED, where, cell.seed, deadline, progress)
    elif row.learner == UNTRAINED:
        measured = peers.measure_untrained(capture, row.name)
    elif row.learner == REFIT:
        measured = refits.measure_refit(capture, preset, study.base, where, cell.seed, deadline, progress)
    elif row.learner == OF_PERSONS:
        name = TRAINED_ON[cell.capture][row.name]
        place = paths.RUNS / f"{name}-{study.base.name}" / "study" / study.name
        measured = persons.measure_persons(
            capture, _prepared(name, study, progress), preset, place, cell.seed, deadline, progress
        )
    else:
        measured = measure.measure_method(capture, preset, where, cell.seed, row.guessed, deadline, progress)
    if row.learner in (METHOD, HIDDEN) and not measured["diverged"]:
        # A finished run needs none of its checkpoints, which are large.
        shutil.rmtree(where / "checkpoints", ignore_errors=True)
    made_by = _made_by() | {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "capture": cell.capture,
        "preset": study.base.name,
        "seed": cell.seed,
        "threads": torch.get_num_threads(),
    }
    return {
        "study": study.name,
        "row": cell.row.name,
        "title": cell.row.title,
        "truth": capture.info["truth"],
        **measured,
        "config": config,
        "code": cell.code,
        PROVENANCE: made_by,
    }


def _prepared(name: str, study: Study, progress: bool) -> Capture:
    """The capture, at the size of the study's preset."""
    place = paths.capture_dir(name, study.base.name, TAKES_SEED)
    with alone(place.with_name(f".{place.name}.lock")):  # two runners must not film the same takes
        return prepare(name, study.base, TAKES_SEED, progress)


@lru_cache(maxsize=1)
def _made_by() -> dict:
    """The code and the machine as they were when this process began: files may change while it runs, what it runs does not."""
    for root in ROOTS:
        code_hash(root)
    return provenance()


def line(cell: Cell, body: dict) -> str:
    """A measured cell in one line."""
    scores, wrong = body["scores"], body["diverged"]
    errors = f"{scores['mean_px']:.2f} px, {scores['line_px']:.2f} across the line" if "mean_px" in scores else "no truth"
    end = f", diverged at step {wrong['step']}: {wrong['what']}" if wrong else ""
    time_taken = f", {body['seconds']:.0f} s" if body["seconds"] else ""
    return f"{cell.capture} {cell.name}: {errors}{time_taken}{end}"


def run_side_by_side(todo: list[Cell], minutes: float | None, jobs: int) -> Outcome:
    """`run` in so many processes that share the cells, until all have ended.

    Raises:
        KeyboardInterrupt: this process, or one of them, was stopped; then all are.
        TrainingError: one of them could not measure its cells; it has said why.
    """
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_work, args=(todo, minutes)) for _ in range(jobs)]
    for process in running:
        process.start()
    try:
        for process in running:
            process.join()
    except BaseException:
        for process in running:
            process.terminate()
        for process in running:
            process.join()
        raise
    codes = [process.exitcode for process in running]
    if STOPPED in codes:
        raise KeyboardInterrupt
    if any(codes):
        raise TrainingError("not every cell could be measured; what is said above names them: mend it and run the same again.")
    return Outcome(left=sum(not cells.load(cell) for cell in todo))


def _work(todo: list[Cell], minutes: float | None) -> None:
    stop_on_sigterm()
    try:
        outcome = run(todo, minutes)
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    sys.exit(1 if outcome.failed else 0)


def stop_on_sigterm() -> None:
    """Take SIGTERM as Ctrl-C: a run goes on from its last checkpoint."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
