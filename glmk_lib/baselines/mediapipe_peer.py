"""MediaPipe's face mesh and hands, as a peer: run as a process of its own Python, since it can't share the library's NumPy.

Kartynnik et al., "Real-time facial surface geometry from monocular video on mobile GPUs", 2019 (468 points); Zhang et al.,
"MediaPipe Hands: on-device real-time hand tracking", 2020 (21 points). Both run in tracking mode, as on a video.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from glmk_lib import paths
from glmk_lib.capture.storage import explain_full_disk
from glmk_lib.capture.video import probe, read_frames
from glmk_lib.errors import CaptureError, GlmkError

WORKER = Path(__file__).with_name("_mediapipe_worker.py")
POINTS = {"face": 468, "hands": 21}


def track(video, kind: str = "face", cache=None, progress: bool = True) -> dict[str, np.ndarray]:
    """MediaPipe's landmarks in every frame of a video.

    Args:
        video: its path, or several of them, of one frame size, that follow one another; tracking starts anew at each.
        kind: "face" (P = 468) or "hands" (P = 21, of one hand).
        cache: folder that keeps results, by the content of the videos; `paths.DATA / "tracks"` when not given.
        progress: show a progress bar.

    Returns:
        points (N, P, 2) float32, full-frame pixels with pixel i covering [i, i + 1], NaN where nothing was found; z (N, P)
        float32, depth in the same pixels, smaller is nearer, from an origin that is the subject's own; detected (N,) bool;
        clip (N,) int64, which of the videos the frame is of.

    Raises:
        CaptureError: a video can't be read, or differs in size from the first.
        GlmkError: unknown kind, the peers' environment is missing or broken, or the process failed (with what it said last).
    """
    if kind not in POINTS:
        raise GlmkError(f"unknown kind of landmarks '{kind}'; expected one of {', '.join(POINTS)}.")
    videos = [Path(video)] if isinstance(video, str | os.PathLike) else [Path(v) for v in video]
    cached = Path(cache or paths.DATA / "tracks") / f"{_key(videos, kind)}.npz"
    if not cached.is_file():
        with explain_full_disk(cached):
            cached.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".track.", dir=cached.parent) as scratch:
                clip = _run(videos, kind, Path(scratch), progress)
                _finish(Path(scratch), clip, kind, cached)
    with np.load(cached, allow_pickle=False) as found:
        return {name: found[name] for name in ("points", "z", "detected", "clip")}


def _key(videos: list[Path], kind: str) -> str:
    """SHA-256 over the kind, the worker's text and the videos' bytes. Missing files raise CaptureError."""
    digest = hashlib.sha256(kind.encode() + WORKER.read_bytes())
    for path in videos:
        if not path.is_file():
            raise CaptureError(f"{path}: no such file; expected a video to track.")
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{kind}-{digest.hexdigest()[:32]}"


def _run(videos: list[Path], kind: str, scratch: Path, progress: bool) -> list[int]:
    """Send every frame to the worker, which leaves `track.npz` in `scratch`; returns the clip of each frame."""
    if not paths.PEERS_PYTHON.is_file():
        raise GlmkError(f"{paths.PEERS_PYTHON}: not there, and MediaPipe is needed to track footage: run `make peers`.")
    infos = [probe(path) for path in videos]
    width, height = infos[0].width, infos[0].height
    command = [str(paths.PEERS_PYTHON), str(WORKER), kind, str(width), str(height), str(scratch / "track.npz")]
    total = sum(info.frames or 0 for info in infos) if all(info.frames for info in infos) else None
    bar = tqdm(total=total, desc=f"MediaPipe {kind}", unit="frame", disable=not progress, file=sys.stderr)
    clip: list[int] = []
    # Its log goes to a file: a pipe that nobody reads would fill up and stop it.
    with open(scratch / "log", "w+b") as log, bar:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=_surroundings())
        try:
            for number, path in enumerate(videos):
                for index, _, frame in read_frames(path):
                    if frame.shape != (height, width, 3):
                        found = f"{frame.shape[1]}x{frame.shape[0]}"
                        raise CaptureError(f"{path}: frames are {found} pixels; expected {width}x{height}, as in {videos[0]}.")
                    process.stdin.write(bytes([index == 0]) + frame.tobytes())
                    clip.append(number)
                    bar.update()
            process.stdin.close()
        except BrokenPipeError:  # the worker died; its log says why
            pass
        except BaseException:
            process.kill()
            raise
        finally:
            failed = process.wait()
        if failed:
            log.seek(0)
            said = log.read().decode(errors="replace").strip().splitlines() or ["nothing"]
            raise GlmkError(
                f"MediaPipe stopped after {len(clip)} frames of {videos[0]} (exit code {failed}), saying: {said[-1]}; "
                "run `make peers` again, and check that the video plays."
            )
    return clip


def _surroundings() -> dict[str, str]:
    """The environment of another Python: without what a notebook's kernel sets for its own modules and matplotlib."""
    return {name: value for name, value in os.environ.items() if name != "MPLBACKEND" and not name.startswith("PYTHON")}


def _finish(scratch: Path, clip: list[int], kind: str, cached: Path) -> None:
    """Check what the worker left, and keep it atomically as `cached`."""
    with np.load(scratch / "track.npz", allow_pickle=False) as made:
        found = made["track"]
    if found.shape != (len(clip), POINTS[kind], 3):
        raise GlmkError(f"MediaPipe returned landmarks of shape {found.shape}; expected {(len(clip), POINTS[kind], 3)}.")
    detected = np.isfinite(found).all((1, 2))
    done = scratch / "done.npz"
    np.savez_compressed(done, points=found[..., :2], z=found[..., 2], detected=detected, clip=np.array(clip, np.int64))
    os.replace(done, cached)
