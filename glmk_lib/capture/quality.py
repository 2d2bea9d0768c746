"""Is this capture usable? The checks that must pass before any training, and a short report."""

import numpy as np

from glmk_lib.capture.frames import FrameStore
from glmk_lib.capture.paint import paint_shares
from glmk_lib.capture.video import VideoInfo
from glmk_lib.errors import CaptureError
from glmk_lib.template import Template

FEWEST_FRAMES = 50
_MOST_LEFTOVER = 0.5  # share of the unmarked frames with every colour of paint from which they count as painted
_SAME = 0.1  # mean difference in grey levels below which a frame repeats the one before


def check_sizes(videos: dict[str, VideoInfo]) -> None:
    """Raise CaptureError unless all videos have frames of one size: another camera or zoom would tell the two sets apart."""
    first, *others = videos.values()
    for other in others:
        if (other.width, other.height) != (first.width, first.height):
            raise CaptureError(
                f"{other.path}: its frames have {other.width}x{other.height} pixels, those of {first.path} "
                f"{first.width}x{first.height}; expected one size: film both with the same camera and settings."
            )


def check_count(video, frames: int) -> None:
    """Raise CaptureError for a take of fewer than 50 frames."""
    if frames < FEWEST_FRAMES:
        raise CaptureError(f"{video}: has {frames} frames; expected at least {FEWEST_FRAMES}: film a longer take.")


def check_takes(videos: dict[str, VideoInfo], marked: FrameStore, unmarked: FrameStore, template: Template) -> dict:
    """Look for what would make training fail, and report.

    `measure_paint` has refused a marked take without paint before; here an unmarked one that bears it is refused.

    Args:
        videos: what the takes' files state, with keys "marked" and "unmarked".
        marked, unmarked: the frames for training.

    Returns:
        JSON values for each take: `resolution` (full frame, before the crop), `fps`, `frames`, `duplicates` (share of frames
        that repeat the one before), and `paint` (share of frames in which every stated colour is seen).

    Raises:
        CaptureError: the unmarked take shows the stated paint in half of its frames or more.
    """
    report = {}
    for name, store in {"marked": marked, "unmarked": unmarked}.items():
        report[name] = {
            "resolution": [videos[name].width, videos[name].height],
            "fps": round(videos[name].fps, 3),
            "frames": len(store),
            "duplicates": round(duplicates(store), 3),
            "paint": round(float(paint_shares(store.frames, template).min()), 3),
        }
    leftover = report["unmarked"]["paint"]
    if leftover >= _MOST_LEFTOVER:
        raise CaptureError(
            f"{videos['unmarked'].path}: the stated paint is seen in {leftover:.0%} of its frames; expected bare skin: check "
            "that it is not the marked video, clean the skin, or paint in a colour that the scene doesn't have."
        )
    return report


def duplicates(store: FrameStore) -> float:
    """Share of about 500 frames that repeat the frame before them."""
    if len(store) < 2:
        return 0.0
    later = np.unique(np.linspace(1, len(store) - 1, 500).astype(int))
    change = [np.abs(store.frames[i].astype(np.int16) - store.frames[i - 1]).mean() for i in later]
    return float((np.array(change) < _SAME).mean())
