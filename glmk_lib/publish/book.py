"""The whole book at once, and how long it takes."""

import time
from pathlib import Path

from glmk_lib import paths
from glmk_lib.publish import execute, site
from glmk_lib.publish.notebook import read_json, write_json


def make(capture: str, preset: str, seed: int = 0, kernel: str | None = None) -> Path:
    """Execute what changed and build the pages; returns the path of index.html. Raises as `execute_all` and `site.build` do.

    The wall seconds of a run from nothing (`total_seconds`), and of the first one after it with nothing to do
    (`again_seconds`), are added to results/{preset}/{capture}/book.json. The pages show them, so they are then brought up to
    date.
    """
    start = time.monotonic()  # the wall clock may be set meanwhile
    since = time.time() - 0.1  # a file system's clock runs in ticks, behind this one
    executed = execute.execute_all(capture, preset, seed, kernel)
    index = site.build(capture, preset)
    seconds = time.monotonic() - start
    path = paths.results_file(capture, preset, execute.TIMES)
    times = read_json(path)
    if times is None:
        return index
    if path.stat().st_mtime >= since:
        times["total_seconds"] = seconds
    elif "again_seconds" not in times and max(p.stat().st_mtime for p in [*executed, index]) < since:
        times["again_seconds"] = seconds
    else:
        return index
    write_json(path, times)
    return site.build(capture, preset)
