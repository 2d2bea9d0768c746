"""Studies: many trainings that answer one question, each cell of the table kept as soon as it is measured.

`get` names a study's rows, `run` measures what is not there yet, `summarise` gives means and intervals over seeds. For a
chapter of the book, `read` gives what is kept.
"""

from glmk_lib.presets import Preset
from glmk_lib.study.cells import load
from glmk_lib.study.rows import FULL, REAL, SPRING_CONSTANTS, STUDIO, SUPERVISED, WAYS, Row, Study, get
from glmk_lib.study.runner import Outcome, order, run
from glmk_lib.study.scoring import score_track
from glmk_lib.study.springs import chosen, spring_rows
from glmk_lib.study.summary import summarise, write
from glmk_lib.study.tables import (
    accuracy_rows,
    accuracy_table,
    channel_gaps,
    channel_rows,
    channel_table,
    dispensable,
    footage_table,
    how_to_measure,
    ingredients_rows,
    ingredients_table,
    means,
    scores_table,
    springs_table,
    tracking_rows,
    tracking_table,
    ways_rows,
    ways_table,
)

_TINY = {
    "accuracy": (FULL, SUPERVISED),
    "ingredients": ("paper_only", FULL),
    "springs": ("length_0", "length_1"),
    "personalization": ("own", "other"),
    "channel": ("closed", "open"),
    "footage": (),  # it would need the footage and its detector
}

__all__ = [
    "FULL",
    "REAL",
    "SPRING_CONSTANTS",
    "STUDIO",
    "SUPERVISED",
    "WAYS",
    "Outcome",
    "Row",
    "Study",
    "accuracy_rows",
    "accuracy_table",
    "channel_gaps",
    "channel_rows",
    "channel_table",
    "chosen",
    "dispensable",
    "footage_table",
    "get",
    "how_to_measure",
    "ingredients_rows",
    "ingredients_table",
    "means",
    "order",
    "read",
    "run",
    "score_track",
    "scores_table",
    "spring_rows",
    "springs_table",
    "summarise",
    "tracking_rows",
    "tracking_table",
    "ways_rows",
    "ways_table",
    "write",
]


def read(name: str, preset: Preset, captures) -> dict[str, dict]:
    """The summaries of the study `name` on each capture, from the cells that are kept with the project.

    At the preset `smoke`, which has no such cells, two rows, if any, are measured first, for one seed, into the build folder.
    """
    study = get(name, preset)
    if preset.name == "smoke":
        todo = order(study, captures, seeds=(0,), rows=_TINY[name])
        for cell in todo:
            if (stored := load(cell)) and stored.stale:
                cell.path.unlink()
        run(todo)
    return {capture: summarise(study, capture) for capture in captures}
