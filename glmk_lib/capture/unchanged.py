"""Whether a video is still the file that its reading began with."""

import shutil
from pathlib import Path

from glmk_lib.capture.ingest import checksum
from glmk_lib.capture.storage import identity
from glmk_lib.errors import CaptureError


def check_unchanged(video: Path, before, digest: str, made: list[Path]) -> None:
    """Raise CaptureError where the video is not what it was, and delete what was `made` of it: of which frames is not known.

    Args:
        before: its `identity` when its checksum `digest` was taken. Where that differs, the checksum decides.
    """
    now = identity(video)
    if now == before or (now is not None and checksum(video) == digest):
        return
    for path in made:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    what = "was changed" if now else "disappeared"
    raise CaptureError(f"{video}: {what} while it was read; expected one file throughout: put it back, and run again.")
