"""What filming leaves: the video, its truth, and an entry that says how both were made."""

import json
from dataclasses import dataclass
from pathlib import Path

from glmk_lib.capture.manifest import sha256
from glmk_lib.capture.storage import atomic_file

SCHEMA = "glmk-take/1"


@dataclass(frozen=True)
class Take:
    """The video, its truth (an npz, see `filming.film`), how both were made, and the JSON that says so beside them."""

    video: Path
    truth: Path
    info: dict
    entry: Path


def describe(video: Path, truth: Path, info: dict) -> Take:
    """Write the take's manifest entry, `info` with each file's SHA-256 and size in bytes, atomically beside the video.

    Raises:
        CaptureError: a full disk, or a folder that can't be written.
    """
    files = {path.name: {"sha256": sha256(path), "size": path.stat().st_size} for path in (video, truth)}
    body = {"schema": SCHEMA, **info, "licence": "MIT", "consent": "not needed: nobody is shown", "files": files}
    path = video.with_suffix(".json")
    with atomic_file(path) as made:
        made.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    return Take(video, truth, info, path)
