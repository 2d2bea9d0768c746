"""A long take of the studio, filmed in parts: by several processes, and over several sittings."""

import json
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from glmk_lib import studio
from glmk_lib.capture.storage import atomic_file
from glmk_lib.capture.video import VideoWriter, read_frames
from glmk_lib.deadline import Deadline
from glmk_lib.errors import OutOfTime
from glmk_lib.studio.take import Take, describe

_DESCRIBED = ("schema", "licence", "consent", "files")  # what `describe` adds of its own
PART = 400  # frames: under a minute of one processor at 128 px, and a multiple of the studio's batch


def film_take(
    out: Path, name: str, frames: int, jobs: int = 1, deadline: float | None = None, progress: bool = True, **how
) -> Take:
    """The take `out`/`name`, as `studio.film` films it; what of it lies there already is not filmed again.

    A take of one part is filmed at once. A longer one is the same frames bit for bit, whatever the number of processes.

    Args:
        frames: how many.
        jobs: processes that film parts side by side, of one thread each; 1 films here.
        deadline: `time.monotonic()` by which to stop.
        how: the other arguments of `studio.film`, in its lossless codec.

    Raises:
        OutOfTime: stopped between two parts; the same call goes on.
        CaptureError, PresetError: as `studio.film`.
    """
    out = Path(out)
    if (done := open_take(out / f"{name}.json")) is not None:
        return done
    starts = range(0, frames, PART)
    if len(starts) == 1:
        return studio.film(frames=frames, name=name, out=out, progress=progress, **how)
    folder, until = out / f"{name}-parts", Deadline(deadline)
    missing = [first for first in starts if open_take(_entry(folder, first)) is None]
    calls = [
        {**how, "frames": min(PART, frames - first), "first": first, "out": folder, "name": _entry(folder, first).stem}
        for first in missing
    ]
    bar = tqdm(total=len(starts), initial=len(starts) - len(missing), desc=f"filming {name}", unit="part", disable=not progress)
    with bar, _Crew(min(jobs, len(missing))) as crew:
        while calls:
            some, calls = calls[: crew.size], calls[crew.size :]
            crew.film(some)
            bar.update(len(some))
            if calls and until.is_near():
                raise OutOfTime(f"{out / name}: {len(calls)} of {len(starts)} parts are left to film.")
    whole = join([open_take(_entry(folder, first)) for first in starts], out / f"{name}.mkv", frames)
    shutil.rmtree(folder)
    return whole


def open_take(entry: Path) -> Take | None:
    """The take that `studio.film` described in the file `entry`, which it writes last; None if there is none."""
    if not entry.is_file():
        return None
    body = json.loads(entry.read_text(encoding="utf-8"))
    return Take(entry.with_suffix(".mkv"), entry.with_suffix(".npz"), body, entry)


class _Crew:
    """So many processes that film parts side by side; one alone is this process."""

    def __init__(self, size: int):
        # Spawned, not forked: a fork of a process in which torch has threads hangs.
        self.size, context = max(1, size), multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(size, mp_context=context) if size > 1 else None

    def __enter__(self):
        return self

    def film(self, calls: list[dict]) -> None:
        list((self._pool.map if self._pool else map)(_film, calls))

    def __exit__(self, *_):
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


def _film(call: dict) -> None:
    studio.film(**call, progress=False)


def _entry(folder: Path, first: int) -> Path:
    return folder / f"{first:06d}.json"


def join(parts: list[Take], video: Path, frames: int, **told) -> Take:
    """One take of consecutive ones, in the file `video`; `told` is said of it beside what the first part says of itself."""
    info, truth = {key: value for key, value in parts[0].info.items() if key not in _DESCRIBED}, video.with_suffix(".npz")
    with VideoWriter(video, info["size"], info["size"], info["fps"], lossless=True) as writer:
        for part in parts:
            for _, _, frame in read_frames(part.video):
                writer.write(frame)
    arrays = [dict(np.load(part.truth, allow_pickle=False)) for part in parts]
    with atomic_file(truth) as made:
        np.savez_compressed(made, **{key: np.concatenate([each[key] for each in arrays]) for key in arrays[0]})
    return describe(video, truth, {**info, "frames": frames, **told})
