"""Paint of which nobody said the colour: what hues has the marked take that the unmarked one lacks?"""

import cv2
import numpy as np

from glmk_lib.capture.chroma import chroma_of
from glmk_lib.check.findings import Finding, Limit, graded
from glmk_lib.check.takes import Take

# Share of the marked take's pixels: 1.5 % and more in the studio's captures, less than 0.05 % where both takes are bare.
OWN = Limit(amber=0.006, red=0.002, low=True)
_REACH, _BINS = 2.5, 64  # chroma is counted in squares of that many a side, up to so far from grey
_TIMES = 8  # a hue belongs to the paint where the marked take has so many times as much of it
_NEAR = 5  # squares a side around a hue, 0.4 of chroma, in which other light shows what has it
_DARK = 25  # grey levels below which a pixel's hue is noise


def findings(marked: Take, unmarked: Take) -> tuple[list[Finding], dict[str, np.ndarray]]:
    """Whether anything was painted, and for each take (K, S, S) bool, the pixels of hues that only the marked one has."""
    bins = {take.name: _bins(take.frames) for take in (marked, unmarked)}
    counts = {name: np.bincount(each.ravel(), minlength=_BINS**2 + 1) / each.size for name, each in bins.items()}
    near = cv2.dilate(counts["unmarked"][:-1].reshape(_BINS, _BINS), np.ones((_NEAR, _NEAR))).ravel()
    own = np.append((counts["marked"][:-1] > _TIMES * near) & (counts["marked"][:-1] > 1e-6), False)  # the last has no hue
    masks = {name: own[each] for name, each in bins.items()}
    share = float(masks["marked"].mean())
    colours = marked.frames[masks["marked"]]
    text = "#" + "".join(f"{round(part):02x}" for part in np.median(colours, axis=0)) if len(colours) else "none"
    sentence = f"{share:.1%} of the marked take has hues that the unmarked one lacks; expected {OWN.amber:.1%} or more."
    remedy = (
        "check that the marked video is painted and the unmarked one is not, in that order, and that no other thing in the "
        "picture has the paint's colour; with TEMPLATE more is said."
    )
    told = f"the median of these hues is {text}; with TEMPLATE each paint is measured."
    return [
        graded("paint found", "marked", share, "", OWN, sentence, remedy, "{:.1%} of pixels"),
        Finding("paint colour", "marked", None, "", text, "ok", told),
    ], masks


def _bins(frames: np.ndarray) -> np.ndarray:
    """The square of chroma of each pixel, (K, S, S) int; one number more for those too dark to have any."""
    places = ((chroma_of(frames / np.float32(255)) / _REACH + 1) / 2 * _BINS).clip(0, _BINS - 1).astype(int)
    return np.where(frames.max(-1) < _DARK, _BINS**2, places[..., 0] * _BINS + places[..., 1])
