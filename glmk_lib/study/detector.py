"""The detector on the held-out bare frames of a real clip: a row of the footage study.

It is shown the whole clip as it was filmed, and the held-out frames are taken from its track. They are blocks of the clip, and
a detector that goes on from frame to frame would be charged with what it loses where one ends and the next begins.
"""

import numpy as np

from glmk_lib import paths
from glmk_lib.baselines import mediapipe_peer
from glmk_lib.capture import blocks, manifest, skin_lines
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.ingest import parse_crop, to_crop
from glmk_lib.capture.simulated_paint import film_real
from glmk_lib.errors import CaptureError
from glmk_lib.study.footage import label_free
from glmk_lib.study.scoring import finite, score_track


def measure_detector(capture: Capture, progress: bool) -> dict:
    """Returns what `footage.measure_on_footage` does, and raises what `detected` does."""
    points = detected(capture, progress)
    scores = finite(score_track(points, capture)) | label_free(points, capture.heldout_unmarked)
    return {"scores": scores, "seconds": None, "steps": 0, "history": [], "diverged": None}


def detected(capture: Capture, progress: bool) -> np.ndarray:
    """Those of the detector's landmarks that the template's points are, unsmoothed: (T, N, 2) float32 in [-1, 1] of the crop.

    Raises:
        CaptureError: it loses the subject in a held-out frame.
        GlmkError: see `film_real`.
    """
    film = film_real(capture.name, paths.DATA / "films" / capture.name, progress)
    found = mediapipe_peer.track(
        manifest.fetch(capture.name), "face" if capture.region == "face" else "hands", progress=progress
    )
    with np.load(film.takes["heldout_unmarked"][1], allow_pickle=False) as known:
        frames, filmed = known["frame"], known["points"]
    if lost := int((~found["detected"][frames]).sum()):
        raise CaptureError(f"{capture.name}: the detector finds nothing in {lost} of {len(frames)} held-out frames.")
    chosen = skin_lines.skin_lines(capture.region).select
    # Where the film's window lies in the source, in whole pixels: the pseudo-truth, which is known in both, says so.
    marks = np.concatenate([found["points"], found["z"][..., None]], -1)
    smooth = skin_lines.smooth(marks, blocks.runs(found["detected"], found["clip"]))
    corners = np.median(chosen(smooth[..., :2])[frames] - filmed, axis=1, keepdims=True).round()
    return to_crop(chosen(found["points"])[frames] - corners, parse_crop(film.crop).fixed).astype(np.float32)
