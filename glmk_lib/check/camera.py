"""What the camera did to a take: how many frames, how regular, how sharp, in what light; and whether both takes agree."""

import numpy as np

from glmk_lib.capture.quality import FEWEST_FRAMES
from glmk_lib.check.findings import Finding, Limit, graded
from glmk_lib.check.takes import Take

# The tests see training at the preset smoke learn, whose takes have 400 frames; fewer were not tried.
FRAMES = Limit(amber=400, red=FEWEST_FRAMES, low=True)
# The studio's takes of the published results have 6.25 frames a second; fewer were not tried.
RATE = Limit(amber=6, low=True)
DROPPED = Limit(amber=0.02)  # a recording without faults has none; one in fifty is a stutter that one sees
REPEATED = Limit(amber=0.1)  # a tenth of the take is not what it seems; the studio's takes have none
CUTS = Limit(amber=1)
# Tenths of a take by the studio, whose light wanders on purpose, differ by up to 0.20 stops; amber is twice that. At 1.7 stops
# the chroma key no longer counts paint in the dark as paint that was measured in the light (`chroma.unmix`).
LIGHT = Limit(amber=0.4, red=1.74)
# The same for chroma, up to 0.10; at 0.45 a paint is too near the skin's hue to be told apart (`measure_paint`).
COLOUR = Limit(amber=0.2, red=0.45)
# Grey levels that a fifth of the picture exceeds. Below 26, a tenth of the scale, `measure_paint` reads no skin; twice that is
# noisy in any phone's video.
DARK = Limit(amber=52, red=26, low=True)
CLIPPED = Limit(amber=0.05, red=0.33)  # the studio's takes have none; a third of the picture without colour hides any line
# The blur effect (Crété et al., 2007) of the studio's takes is 0.44 to 0.62; 0.8 once they are blurred until no paint is found.
BLUR = Limit(amber=0.7, red=0.85)
ENLARGED = Limit(amber=1.01, red=2.0)  # above 1 pixels are made up; at 2 a line of two pixels was one in the video
OUTSIDE = Limit(amber=0.1)  # share of the crop that lies outside the frame, where its border is repeated
_PARTS = 10  # of a take, over whose medians drift is measured: motion averages out, slow change stays
_REPEATS = 0.2  # of the upper quartile of change from frame to frame: the studio's pauses come down to 0.39 of the median
_SAME = 0.1  # grey levels: as in `quality`
_SPIKE = 1.8  # a cut is a change so many times each of those around it: the studio's quick moves reach 1.5, its cuts 2.2


def findings(take: Take) -> list[Finding]:
    """What can be said of one take by itself."""
    repeated = _repeated(take)
    distinct = round(len(take) * (1 - repeated))
    jumps = cuts(take)
    light, colour = drift(take.light), drift(take.colour)
    return [
        _of(take, "frames", distinct, "", FRAMES, f"there are {distinct} frames that differ from the one before; expected "
            f"{FRAMES.amber:g} or more, and at least {FRAMES.red:g}.", "film a longer take, of more variety.", "{:,.0f}"),
        _of(take, "frame rate", take.rate, "/s", RATE, f"there are {take.rate:.2g} frames a second; expected {RATE.amber:g} or "
            "more: a slow camera has a slow shutter, too.", "set the camera to 25 frames a second or more.", "{:.3g}"),
        _of(take, "dropped frames", _dropped(take), "", DROPPED, "frames are missing between the times that the video states.",
            "record to a faster disk or at a lower resolution; don't record a stream or a screen.", "{:.1%}"),
        _of(take, "repeated frames", repeated, "", REPEATED, "frames repeat the one before, so there are fewer than it seems.",
            "record at the camera's own rate; export without changing the rate.", "{:.1%}"),
        _of(take, "cuts", len(jumps), "", CUTS, f"the picture jumps at frame {', '.join(map(str, jumps[:5]))}.",
            "film each take in one piece, or see that nothing else changed at the cut.", "{:.0f}"),
        _of(take, "exposure drift", light, "stops", LIGHT, f"the brightness wanders by {light:.1f} stops; expected "
            f"less than {LIGHT.amber:g}.", "fix exposure, gain and the light by hand before the take."),
        _of(take, "white-balance drift", colour, "", COLOUR, f"the colour wanders by {colour:.2f} in chroma; expected less "
            f"than {COLOUR.amber:g}.", "fix the white balance by hand before the take."),
        _of(take, "too bright", take.clipped.mean(), "", CLIPPED, "pixels are at the top of the scale, where colour is lost.",
            "lower the exposure until the brightest skin keeps its colour.", "{:.1%}"),
        _of(take, "darkness", brightness(take), "levels", DARK, "four fifths of the picture are darker than "
            f"{brightness(take):.0f} of 255 grey levels; expected {DARK.amber:g} or more.", "more light.", "{:.0f}"),
        _of(take, "blur", np.median(take.blur), "", BLUR, f"half of the frames have a blur effect above "
            f"{np.median(take.blur):.2f}; expected less than {BLUR.amber:g}.",
            "focus by hand on the skin, use a shutter of 1/100 s or faster, clean the lens."),
        _of(take, "enlargement", enlarged(take), "x", ENLARGED, "the crop has fewer pixels than training wants.",
            "film the subject larger or in a higher resolution, or crop a larger box."),
        _of(take, "crop outside the frame", outside(take), "", OUTSIDE, "part of the crop lies outside the frame.",
            "move the crop's box into the frame, or film with more room around the subject.", "{:.0%}"),
    ]  # fmt: skip


def between(marked: Take, unmarked: Take) -> list[Finding]:
    """What must agree in two takes."""
    sizes = [(take.width, take.height) for take in (marked, unmarked)]
    texts = [f"{width} x {height}" for width, height in sizes]
    light = abs(float(np.median(marked.light) - np.median(unmarked.light)))
    colour = float(np.linalg.norm(np.median(marked.colour, axis=0) - np.median(unmarked.colour, axis=0)))
    remedy = "film both takes in one place and light, one after the other, with everything fixed by hand."
    same = sizes[0] == sizes[1]
    return [
        Finding("resolution", "both", None, "px", " and ".join(dict.fromkeys(texts)), "ok" if same else "red",
            "both takes have frames of one size." if same else f"the marked take's frames have {texts[0]} pixels, the "
            f"unmarked take's {texts[1]}; expected one size.", "" if same else "film both with the same camera and settings."),
        graded("light of both takes", "both", light, "stops", LIGHT, f"one take is {light:.1f} stops brighter than the other; "
            f"expected less than {LIGHT.amber:g}.", remedy),
        graded("colour of both takes", "both", colour, "", COLOUR, f"the takes differ by {colour:.2f} in chroma; expected less "
            f"than {COLOUR.amber:g}.", remedy),
    ]  # fmt: skip


def brightness(take: Take) -> float:
    """The grey level that a fifth of the picture exceeds, the median over frames."""
    return float(2 ** np.median(take.light))


def drift(values: np.ndarray) -> float:
    """The largest difference between the medians of a take's tenths, of values (N,) or (N, 2)."""
    medians = np.array([np.median(part, axis=0) for part in np.array_split(values, min(_PARTS, len(values)))])
    medians = medians.reshape(len(medians), -1)
    return float(np.linalg.norm(medians[:, None] - medians[None], axis=-1).max())


def cuts(take: Take) -> list[int]:
    """Frames that differ from the one before so many times more than the frames around them do, some before and some after."""
    change, found = take.change, []
    for i in range(3, len(change) - 2):
        around = max(change[max(1, i - 3) : i].max(), change[i + 1 : i + 4].max(), 1.0)  # grey levels: a still picture's noise
        if change[i] > _SPIKE * around:
            found.append(i)
    return found


def enlarged(take: Take) -> float:
    """Pixels of a side of the kept frames for each pixel of the crop in the video; the median over frames."""
    return float(take.frames.shape[1] / np.median(take.box[:, 2:].min(1)))


def outside(take: Take) -> float:
    """Share of the crop that lies outside the frame, the mean over frames."""
    corner, far = take.box[:, :2], take.box[:, :2] + take.box[:, 2:]
    inside = (np.minimum(far, (take.width, take.height)) - np.maximum(corner, 0)).clip(0).prod(1)
    return float(1 - (inside / take.box[:, 2:].prod(1)).mean())


def _of(take: Take, name: str, value: float, *how) -> Finding:
    return graded(name, take.name, float(value), *how)


def _dropped(take: Take) -> float:
    """Share of the frames that should be there, by the commonest interval, and are not."""
    gaps = np.diff(take.seconds)
    if not len(gaps):
        return 0.0
    missing = (np.rint(gaps / np.median(gaps)) - 1).clip(0).sum()
    return float(missing / (len(take) + missing))


def _repeated(take: Take) -> float:
    """Share of the frames that repeat the one before."""
    change = take.change[1:]
    return float((change < max(_SAME, _REPEATS * np.quantile(change, 0.75))).mean()) if len(change) else 0.0
