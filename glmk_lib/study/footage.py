"""A cell of the footage study: a method on the held-out bare frames of a real clip, whose truth nobody knows.

The detector's own landmarks, smoothed over time, are the pseudo-truth there, so what is measured against it says how like the
detector a method is. Two measures need no truth: the acceleration of the points, which holds the subject's own, and how far
their motion is from that of the picture under them (`metrics.flow`). They are taken of the raw track, and behind each smoother.
"""

from pathlib import Path

import numpy as np
import torch

from glmk_lib import metrics, paths, training
from glmk_lib.baselines import mediapipe_peer, simple
from glmk_lib.baselines.supervised import train_supervised
from glmk_lib.capture import skin_lines
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.ingest import parse_crop, to_crop
from glmk_lib.capture.simulated_paint import film_real
from glmk_lib.errors import CaptureError
from glmk_lib.metrics.flow import flow_disagreement
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.smoothing import SMOOTHERS
from glmk_lib.study.measure import measure_method, measure_supervised
from glmk_lib.study.scoring import finite, score_track

UNTAUGHT = ("static", "mean_shape", "lucas_kanade", "mediapipe")


def measure_on_footage(
    capture: Capture, name: str, preset: Preset, folder: Path, seed: int, deadline: float | None, progress: bool
) -> dict:
    """The row `name` of the footage study: "paper_only", "full" (ours), "supervised" (by pseudo-truth), or one of `UNTAUGHT`.

    Returns and raises what `measure.measure_method` does; "scores" hold those of `label_free` too.
    """
    if name in UNTAUGHT:
        points = _untaught(capture, name, progress)
        measured = {"scores": finite(score_track(points, capture)), "seconds": None, "steps": 0}
        measured |= {"history": [], "diverged": None}
    elif name == "supervised":
        measured = measure_supervised(capture, preset, folder, seed, deadline, progress)
        points = _track(train_supervised(capture, preset, folder, seed, progress), capture)
    else:
        measured = measure_method(capture, preset, folder, seed, False, deadline, progress)
        diverged = measured["diverged"] is not None
        trained = training.last_good(folder, capture, preset) if diverged else Landmarker.load(folder / "landmarks.safetensors")
        points = _track(trained, capture)
    measured["scores"] |= label_free(points, capture.heldout_unmarked)
    return measured


def label_free(points: np.ndarray, store) -> dict[str, float]:
    """What can be said of points (T, N, 2) in [-1, 1] of a store's frames without truth.

    Returns:
        acceleration_px (pixels / frame^2) and flow_disagreement_px (pixels / frame), in pixels of the store's frames; and both
        behind each smoother, as "acceleration_px_rts" and so on.
    """
    size, pieces = store.frames.shape[1], metrics.segments_from_timestamps(store.timestamps)
    tracks = {"": points} | {f"_{name}": smoother(points, store.timestamps) for name, smoother in SMOOTHERS.items()}
    scores = {}
    for name, track in tracks.items():
        pixels = metrics.to_pixels(track, size)
        scores[f"acceleration_px{name}"] = metrics.acceleration_norm(pixels, segments=pieces)
        scores[f"flow_disagreement_px{name}"] = flow_disagreement(pixels, store.frames, pieces)
    return finite(scores)


def _track(landmarker: Landmarker, capture: Capture) -> np.ndarray:
    return landmarker.to("cuda" if torch.cuda.is_available() else "cpu").track(capture.heldout_unmarked)


def _untaught(capture: Capture, name: str, progress: bool) -> np.ndarray:
    """Points (T, N, 2) in [-1, 1] on the held-out bare frames."""
    held = capture.heldout_unmarked
    if name == "static":
        return simple.static_template(capture.template, len(held))
    if name == "mean_shape":
        return simple.mean_shape(capture.unmarked.truth, len(held))
    if name == "mediapipe":
        return _detected(capture, progress)
    begins = np.flatnonzero(np.diff(metrics.segments_from_timestamps(held.timestamps))) + 1
    return simple.lucas_kanade(held.frames, held.truth, begins)


# No longer called by a study: `detector` measures that row on the uncut clip. It goes with the next change to this module,
# whose code the stored cells of the other rows are told apart by.
def _detected(capture: Capture, progress: bool) -> np.ndarray:
    """What the detector finds, unsmoothed, in the bare take at the size it was filmed in: those of its landmarks that the
    template's points are. Raises CaptureError where it loses the subject."""
    film = film_real(capture.name, paths.DATA / "films" / capture.name, progress)
    video, _ = film.takes["heldout_unmarked"]
    found = mediapipe_peer.track(video, "face" if capture.region == "face" else "hands", progress=progress)
    if lost := int((~found["detected"]).sum()):
        raise CaptureError(f"{video}: the detector finds nothing in {lost} of its {len(found['detected'])} frames.")
    points = skin_lines.skin_lines(capture.region).select(found["points"])
    return to_crop(points, parse_crop(film.crop).fixed).astype(np.float32)
