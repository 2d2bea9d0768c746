"""A cell of the channel study: G and L_delta trained together, and whether L_delta lives on a trace that G hides."""

from pathlib import Path

from glmk_lib import traces, unpaint
from glmk_lib.capture.dataset import Capture
from glmk_lib.errors import TrainingError
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.study.measure import measure_method
from glmk_lib.study.scoring import finite

# Mean errors in px on G's frames and on the same instants filmed bare, one for each of `traces.NOISES`.
FAKE, BARE = (tuple(f"{frames}_px_{i}" for i in range(len(traces.NOISES))) for frames in ("fake", "bare"))
MEASURES = ("left_painted", "left_elsewhere", *FAKE, *BARE)


def measure_channel(
    capture: Capture, preset: Preset, takes_seed: int, folder: Path, seed: int, deadline: float | None, progress: bool
) -> dict:
    """Train without a second phase, which would have L_delta learn anew from inpainted frames; returns what
    `measure.measure_method` does, and in "scores" `MEASURES` of `traces.measure` too, but where the training diverged.
    `takes_seed` is that of the capture's films.

    Raises:
        OutOfTime: stopped for the `deadline` (`time.monotonic()`); the next call goes on.
        TrainingError: the capture's painted take can't be filmed bare.
    """
    if reason := traces.available(capture):
        raise TrainingError(f"{capture.root}: {reason}; use a studio capture of one person.")
    measured = measure_method(capture, preset, folder, seed, False, deadline, progress)
    if measured["diverged"]:
        return measured
    landmarker, generator = Landmarker.load(folder / "landmarks.safetensors"), unpaint.load_generator(folder, preset)
    bare = traces.film_bare(capture, preset, takes_seed, progress)
    found = traces.measure(landmarker, generator, capture, preset, bare)
    errors = zip((*FAKE, *BARE), (e for values in found["errors"].values() for e in values), strict=True)
    measured["scores"] |= finite(
        {"left_painted": found["left_painted"], "left_elsewhere": found["left_elsewhere"], **dict(errors)}
    )
    return measured
