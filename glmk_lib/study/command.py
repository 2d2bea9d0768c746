"""`python -m glmk_lib study`: from its arguments to cells, summaries and a table."""

import sys

from glmk_lib.errors import TrainingError
from glmk_lib.presets import Preset
from glmk_lib.study import cells, rows, runner, tables
from glmk_lib.study.summary import summarise, write


def run(name: str, preset: Preset, captures, seeds, only, minutes: int | None, jobs: int) -> None:
    """Measure what the study lacks, write the summaries, and print the table of what is there and what is stale.

    Args:
        captures, only: names of captures and of rows; None is the study's own, all of them.
        minutes: when to stop, at a checkpoint; None is at the end.
        jobs: how many processes share the work.

    Raises:
        PresetError: an unknown study, row or capture.
        TrainingError: some cells could not be measured; the others were.
    """
    runner.stop_on_sigterm()
    study = rows.get(name, preset)
    captures = captures or list(study.captures)
    todo = runner.order(study, captures, seeds, only)
    if jobs > 1:
        outcome = runner.run_side_by_side(todo, minutes, jobs)
    else:
        outcome = runner.run(todo, minutes, progress=sys.stdout.isatty())
    for capture in captures:
        write(study, capture)
    print(table(study, captures))
    print(_left(todo, outcome))
    if outcome.failed:
        raise TrainingError(f"{len(outcome.failed)} of the cells could not be measured; what is said above names them.")


def table(study: rows.Study, captures) -> str:
    """What is stored of the study on these captures, as lines of text."""
    summaries = {capture: summarise(study, capture) for capture in captures}
    if study.name == "accuracy":
        return str(tables.accuracy_table(summaries))
    if study.name == "footage":
        return str(tables.footage_table(study, summaries))
    own = {"springs": tables.springs_table, "channel": tables.channel_table, "personalization": tables.tracking_table}
    shown = own.get(study.name, tables.ingredients_table)
    return "\n\n".join(f"{capture}: {study.length}\n{shown(study, s)}" for capture, s in summaries.items())


def _left(todo: list, outcome: runner.Outcome) -> str:
    stale = [stored for cell in todo if (stored := cells.load(cell)) and stored.stale]
    said = f"{len(todo) - outcome.left} of {len(todo)} cells are measured"
    said += f", {len(stale)} of them stale: delete their files to have them measured again" if stale else ""
    return f"{said}; run the same command to go on." if outcome.left else f"{said}."
