"""The whole check of a capture: both takes read once, and everything that can be said of them before training."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from glmk_lib import paths
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.ingest import checksum, parse_crop
from glmk_lib.check import camera, guess, paint, pose, takes
from glmk_lib.check.findings import LEVELS, SCHEMA, Finding, Report
from glmk_lib.check.takes import Take
from glmk_lib.errors import CaptureError
from glmk_lib.presets import Preset
from glmk_lib.template import Template

# What follows a region in the name of the studio's capture whose takes overlap in pose as well as a finding's level says. At
# the preset `laptop` the face's overlap by 100 %, by 54 and 72 %, and by 5 and 8 %.
_OVERLAPS = {"ok": "", "amber": "_half", "red": "_apart"}


def check_videos(
    marked, unmarked, template: Template | None, preset: Preset, crop_marked=None, crop_unmarked=None, progress: bool = True
) -> tuple[Report, list[Take]]:
    """Check two videos as `make train` would take them, and return the takes as they were seen, too.

    Args:
        marked, unmarked: videos with and without paint on the skin.
        template: the painted lines, in the marked video's crop; without one less is said of the paint.
        crop_marked, crop_unmarked: see `parse_crop`.

    Raises CaptureError: a video or a crop that can't be read at all.
    """
    seen = [
        takes.of_video(name, video, preset.size, crop, progress)
        for name, video, crop in (("marked", marked, crop_marked), ("unmarked", unmarked, crop_unmarked))
    ]
    inputs = key(marked, unmarked, template, preset, crop_marked, crop_unmarked)
    return check_takes(*seen, template, preset.name, inputs), seen


def check_capture(capture: Capture, preset: Preset) -> tuple[Report, list[Take]]:
    """The same of a capture that is prepared: its frames for training."""
    seen = [takes.of_store(name, getattr(capture, name)) for name in ("marked", "unmarked")]
    return check_takes(*seen, capture.template, preset.name), seen


def check_takes(marked: Take, unmarked: Take, template: Template | None, preset: str, inputs: str = "") -> Report:
    """All findings on two takes."""
    found = [finding for part in parts(marked, unmarked, template) for finding in part]
    poses = max((finding.level for finding in found if finding.name == "pose overlap"), key=LEVELS.index)
    found.append(expected_accuracy(template and template.region, preset, poses))
    about = {
        take.name: {"source": Path(take.source).name, "frames": len(take), "rate": take.rate, "size": [take.width, take.height]}
        for take in (marked, unmarked)
    }
    return Report(tuple(found), inputs, about)


def parts(marked: Take, unmarked: Take, template: Template | None) -> Iterator[list[Finding]]:
    """The findings part by part, the quick ones first: on the camera, on the paint, on the poses."""
    yield [*camera.between(marked, unmarked), *camera.findings(marked), *camera.findings(unmarked)]
    of_paint, touched = guess.findings(marked, unmarked) if template is None else paint.findings(marked, unmarked, template)
    yield of_paint
    yield pose.findings(marked, unmarked, touched)


def expected_accuracy(region: str | None, preset: str, poses: str) -> Finding:
    """What error may be expected: that of the studio's capture of that region whose takes' poses overlap as well.

    Nothing else that was found goes into it, for nobody has measured what that does; and nothing is said where the studio's
    capture has not been trained and measured.

    Args:
        region: of the template; None without one. preset: its name. poses: the worse level of the findings on pose overlap.
    """
    capture = f"studio_{region}{_OVERLAPS[poses]}"
    try:
        study = json.loads((paths.RESULTS / preset / capture / "study" / "accuracy.json").read_text(encoding="utf-8"))
        pixels, size = float(study["rows"]["full"]["mean_px"]["mean"]), study["size"]
    except (OSError, ValueError, KeyError, TypeError):
        said = (
            f"no capture of the studio that overlaps as this one does was measured at preset {preset}, and nothing else tells."
        )
        return Finding("expected accuracy", "both", None, "px", "not estimated", "ok", said)
    said = (
        f"so much, in pixels of {size}, is the mean error on the studio's {region} where takes overlap in pose as these do; "
        "nobody measured what the other findings, or a real camera, add to it."
    )
    return Finding("expected accuracy", "both", pixels, "px", f"about {pixels:.2f} px, by pose overlap alone", "ok", said)


def key(marked, unmarked, template: Template | None, preset: Preset, crop_marked=None, crop_unmarked=None) -> str:
    """SHA-256 over all that a check depends on, the code of this package and what the studio's captures came to included.

    Raises CaptureError: a file or a crop that can't be read.
    """
    code = "".join(file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.py")))
    try:
        files = [checksum(video) for video in (marked, unmarked)]
    except OSError as error:
        raise CaptureError(f"{error.filename}: can't be read ({error.strerror}); expected a video.") from None
    crops = [parse_crop(crop).key() for crop in (crop_marked, crop_unmarked)]
    expected = [expected_accuracy(template and template.region, preset.name, level).value for level in LEVELS]
    inputs = [SCHEMA, code, files, crops, template and template.to_json(), preset.name, preset.size, expected]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
