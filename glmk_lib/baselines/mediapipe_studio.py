"""MediaPipe on the studio's held-out video, at the template points that it has a landmark for.

The same take is filmed once more, larger than L_delta sees it: a detector for phones expects more pixels. Which of its
landmarks is which point of the template is found on frames of the training take: the one whose place beside the point varies
least. What usually lies between them, in the subject's own axes, is taken off, since where exactly a "lip" is to be drawn is a
convention. Points whose landmark lies farther than `NEAR`, or wanders by more than `WANDERS` of the extent, have no
counterpart.
"""

import dataclasses
from pathlib import Path

import numpy as np

from glmk_lib import metrics, paths
from glmk_lib.baselines import mediapipe_peer
from glmk_lib.capture.dataset import TAKES, Capture
from glmk_lib.capture.reel import film_take
from glmk_lib.errors import CaptureError
from glmk_lib.metrics import ratios
from glmk_lib.metrics.accuracy import extent
from glmk_lib.smoothing import SMOOTHERS

KINDS = {"face": "face", "hand": "hands"}  # it knows no feet
SIZE = 256  # pixels, what it is shown
MAPPED = 120  # frames of the training take that say which landmark is which point
NEAR = 0.15  # of the extent: how far a landmark usually lies from its point at most
WANDERS = 0.04  # of the extent, median: beyond, a landmark and a point are not the same place


@dataclasses.dataclass(frozen=True)
class Peer:
    """What MediaPipe saw. Points are in the order of `points`.

    Attributes:
        track: (T, K, 2) in [-1, 1]; NaN where nothing was detected. detected: (T,) bool.
        points: (K,) which points of the template have a counterpart; none where nothing is ever detected.
        landmarks: (K,) which of MediaPipe's that is.
    """

    track: np.ndarray
    detected: np.ndarray
    points: np.ndarray
    landmarks: np.ndarray


def available(capture: Capture) -> str:
    """Why MediaPipe can't be measured on this capture; "" where it can."""
    if capture.region not in KINDS:
        return f"MediaPipe has no landmarks for a {capture.region}"
    if not capture.name.startswith("studio_"):
        return "MediaPipe made the pseudo-truth of real clips, so it can't be judged by it"
    return "" if paths.PEERS_PYTHON.is_file() else "MediaPipe is not installed: run `make peers`, and build the book again"


def measure(capture: Capture, seed: int, every: int, progress: bool = True) -> Peer:
    """MediaPipe's track over the held-out unmarked take of a studio capture.

    Args:
        seed: of the capture's films. every: of the training take one frame in so many was kept.

    Raises:
        CaptureError: the film made anew has another truth than the capture.
        GlmkError: see `mediapipe_peer.track`.
    """
    number = {take: seed * len(TAKES) + i for i, take in enumerate(TAKES)}
    kind, folder = KINDS[capture.region], paths.DATA / "mediapipe" / f"{capture.name}-seed{seed}"
    held = len(capture.heldout_unmarked)
    mapped, true, _ = _seen(capture.region, kind, folder, "mapping", number["unmarked"], MAPPED, every, progress)
    points, landmarks, beside = correspond(mapped, true)
    if not len(points):
        return Peer(np.zeros((held, 0, 2)), np.zeros(held, dtype=bool), points, landmarks)
    seen, true, detected = _seen(capture.region, kind, folder, "heldout", number["heldout_unmarked"], held, 1, progress)
    if np.abs(true - capture.heldout_unmarked.truth).max() > 2 / SIZE:
        raise CaptureError(f"{folder}: the film made anew differs from that of {capture.root}; delete both, and run again.")
    back = _axes(seen, _reference(mapped)).transpose(0, 2, 1)  # out of the subject's axes
    beside = np.einsum("tij,kj->tki", back, beside) * extent(seen)[:, None, None]
    return Peer(seen[:, landmarks] - beside, detected, points, landmarks)


def compare(peer: Peer, ours: np.ndarray, store) -> dict:
    """Both on the points that have a counterpart, in the frames in which MediaPipe detects.

    Args:
        ours: (T, N, 2) in [-1, 1]. store: the held-out unmarked frames, with their truth.

    Returns:
        "ours" and "MediaPipe", each with mean_px, nmj (of the box of these points alone), acceleration_error_px, retention and
        retention_correlation; "nmj_ratio" and "nme_ratio" of ours over MediaPipe's, each (mean, low, high) over blocks of
        frames; the same behind each smoother, as "nmj_rts" and "nmj_ratio_rts"; "points" and "detected", how many and in which
        share.
    """
    size, times, ids = store.frames.shape[1], store.timestamps, peer.points
    true, visible = metrics.to_pixels(store.truth[:, ids], size), store.visible[:, ids] & peer.detected[:, None]
    raw = {"ours": ours[:, ids], "MediaPipe": peer.track}
    found = {name: {} for name in raw} | {"points": len(ids), "detected": float(peer.detected.mean())}
    for suffix, smoother in {"": None, **{f"_{name}": smoother for name, smoother in SMOOTHERS.items()}}.items():
        tracks = {name: metrics.to_pixels(_behind(smoother, track, peer.detected, times), size) for name, track in raw.items()}
        for name, track in tracks.items():
            found[name] |= {f"{key}{suffix}": value for key, value in _measured(track, true, visible, times).items()}
        jitter = [ratios.squared_jitter(track, true, visible, times) for track in tracks.values()]
        errors = [visible.sum(1) * metrics.frame_nme(track, true, visible) for track in tracks.values()]
        found[f"nmj_ratio{suffix}"] = list(ratios.bootstrap_ratio(*jitter, power=2))
        found[f"nme_ratio{suffix}"] = list(ratios.bootstrap_ratio(*errors))
    return found


def _behind(smoother, track: np.ndarray, detected: np.ndarray, times: np.ndarray) -> np.ndarray:
    """A track (T, K, 2) behind a smoother, or raw without one; of frames with a detection alone, NaN in the others."""
    if smoother is None or not detected.any():
        return track
    smoothed = np.full(track.shape, np.nan)
    smoothed[detected] = smoother(track[detected], times[detected])
    return smoothed


def _measured(track: np.ndarray, true: np.ndarray, visible: np.ndarray, times: np.ndarray) -> dict[str, float]:
    pieces = metrics.segments_from_timestamps(times)
    motion = metrics.motion_retention(track, true, visible, segments=pieces)
    return {
        "mean_px": metrics.mean_error(track, true, visible),
        "nmj": metrics.nmj(track, true, visible, segments=pieces),
        "acceleration_error_px": metrics.acceleration_error(track, true, visible, segments=pieces),
        "retention": motion.slope,
        "retention_correlation": motion.correlation,
    }


def correspond(seen: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which landmark is which point, from frames in which both are known.

    Args:
        seen: (M, P, 2) landmarks, NaN where not detected. true: (M, N, 2) points, in the same unit.

    Returns:
        points (K,), landmarks (K,), and where the landmark sits beside its point, (K, 2), in the subject's axes and extents.
    """
    known = np.isfinite(seen).all((1, 2))
    if not known.any():
        none = np.zeros(0, dtype=int)
        return none, none, np.zeros((0, 2))
    seen, true = seen[known], true[known]
    scale, axes = extent(seen)[:, None, None], _axes(seen, _reference(seen))
    chosen, found, beside = [], [], []
    for i in range(true.shape[1]):
        apart = np.einsum("mij,mpj->mpi", axes, (seen - true[:, i, None]) / scale)  # (M, P, 2)
        usual = np.median(apart, axis=0)  # medians: the detector takes one finger for another now and then
        wander = np.median(np.linalg.norm(apart - usual, axis=-1), axis=0)  # (P,)
        wander[np.linalg.norm(usual, axis=-1) > NEAR] = np.inf  # what moves alike elsewhere is another place
        p = int(wander.argmin())
        if wander[p] <= WANDERS:
            chosen.append(i)
            found.append(p)
            beside.append(usual[p])
    return np.array(chosen, dtype=int), np.array(found, dtype=int), np.array(beside).reshape(-1, 2)


def _reference(seen: np.ndarray) -> np.ndarray:
    """The landmarks (P, 2) of the first frame with any, about their middle."""
    first = seen[np.flatnonzero(np.isfinite(seen).all((1, 2)))[0]]
    return first - first.mean(0)


def _axes(seen: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Rotations (M, 2, 2) that turn each frame's landmarks as `reference` is turned (least squares)."""
    centred = seen - seen.mean(1, keepdims=True)
    cross = np.einsum("mpi,pj->mij", centred, reference)
    angle = np.arctan2(cross[:, 0, 1] - cross[:, 1, 0], cross[:, 0, 0] + cross[:, 1, 1])
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], 1)


def _seen(region, kind, folder: Path, name, seed, frames, every, progress):
    """Landmarks (T, P, 2) and true points (T, N, 2) in [-1, 1], and where anything was detected (T,)."""
    how = {"region": region, "seed": seed, "size": SIZE, "every": every}
    take = film_take(folder, name, frames, progress=progress, **how)
    found = mediapipe_peer.track(take.video, kind, progress=progress)
    with np.load(take.truth, allow_pickle=False) as truth:
        true = truth["points"]
    return found["points"] / SIZE * 2 - 1, true / SIZE * 2 - 1, found["detected"]
