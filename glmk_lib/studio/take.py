"""What filming leaves: the video, its truth, and an entry that says how both were made."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from glmk_lib.capture.storage import explain_full_disk

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
    files = {path.name: {"sha256": _sha256(path), "size": path.stat().st_size} for path in (video, truth)}
    body = {"schema": SCHEMA, **info, "licence": "MIT", "consent": "not needed: nobody is shown", "files": files}
    path = video.with_suffix(".json")
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.json")
    with explain_full_disk(path):
        try:
            temporary.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    return Take(video, truth, info, path)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
