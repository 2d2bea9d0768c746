"""What there is of the paint: where it should be, and where it should not."""

import numpy as np
import torch

from glmk_lib.capture.chroma import chroma_of
from glmk_lib.capture.paint import FEWEST, Paint, chroma_key, measure_paint
from glmk_lib.capture.paint_search import Found, search
from glmk_lib.check import camera
from glmk_lib.check.findings import Finding, Limit, graded
from glmk_lib.check.takes import Take
from glmk_lib.errors import CaptureError
from glmk_lib.template import Template, rgb

# The studio's hand, whose fingers hide one another, has 0.54, and 0.48 in a take of 96 frames.
SEEN = Limit(amber=0.4, red=FEWEST, low=True)
# Pixels. Lines of the studio's hand are 1.4 to 1.7 wide, the thinnest on which results were measured; below one pixel a line
# is a chain of faint dots. Wider than four hides where its middle is.
THIN, THICK = Limit(amber=1.3, red=1.0, low=True), Limit(amber=4.0)
OPACITY = Limit(amber=0.45, red=0.15, low=True)  # the studio's paint, worn and smudged, has 0.52 and more
# Strong key in bare frames over that in painted ones: the studio's captures have up to 0.06 for one colour.
CONFUSED = Limit(amber=0.15, red=0.6)
LEFTOVER = Limit(amber=0.3, red=0.5)  # lips and eyes of the studio's bare faces reach 0.16; preparing a capture refuses 0.5
# The studio's paint spreads over 0.8 to 1.0 of the template's size; at 0.5 hardly any of the face's is found.
SMALL, LARGE = Limit(amber=0.7, red=0.55, low=True), Limit(amber=1.5)
PLACE = Limit(amber=0.35)  # half widths of the crop: the studio's paint is 0.1 off, and still found at 0.7
BORDER = Limit(amber=0.4)  # the studio's foot comes near: 0.27 of its frames
_STRONG = 0.5  # key: the edge of a line
_TOUCHED = 0.15  # key: where paint may show at all
_SURE = 0.5  # strength of the search's surest paint: 0.4 on bare faces of the studio, 0.6 and more on painted ones
_FEW = 10  # such pixels below which a frame says nothing about where the paint is


def findings(marked: Take, unmarked: Take, template: Template) -> tuple[list[Finding], dict[str, np.ndarray]]:
    """What the paint is like, and whether it is where it should be.

    Returns:
        The findings, and for each take (K, S, S) bool, the pixels that paint may have touched.
    """
    untouched = {take.name: np.zeros(take.frames.shape[:3], bool) for take in (marked, unmarked)}
    if camera.DARK.level(camera.brightness(marked)) == "red":
        return [_red("paint found", "not looked for", "the marked take is too dark.", "more light.")], untouched
    names = list(dict.fromkeys(template.segment_colors))
    searched = {take.name: _search(take, template, names) for take in (marked, unmarked)}
    shares = {take: np.array([seen.mean() for seen in each.present]) for take, each in searched.items()}
    found = _seen(*shares.values(), names) + _lies(searched["marked"], template)
    try:
        paint = measure_paint(marked.frames, template, marked.source)
    except CaptureError as error:
        if not any(finding.level == "red" for finding in found):
            reason = str(error).removeprefix(f"{marked.source}: ")
            found.append(_red("paint", "not measured", reason, "choose another paint, or film in more light."))
        return found, untouched
    keys = {take.name: _key(take, paint) for take in (marked, unmarked)}
    found += _looks(paint, names, marked.frames.shape[1]) + _elsewhere(keys, names, shares["unmarked"])
    return found, {take: key.max(1) > _TOUCHED for take, key in keys.items()}


def _search(take: Take, template: Template, names: list[str]) -> Found:
    stated = np.array([rgb(name) for name in names], np.float32) / 255
    return search(take.frames.astype(np.float32) / 255, template, stated, [names.index(c) for c in template.segment_colors])


def _key(take: Take, paint: Paint) -> np.ndarray:
    """(K, C, S, S) in [0, 1]."""
    images = torch.from_numpy(take.frames).permute(0, 3, 1, 2).float() / 255
    return torch.cat([chroma_key(part, paint) for part in images.split(64)]).numpy()  # in parts: it takes memory


def _red(name: str, text: str, sentence: str, remedy: str) -> Finding:
    return Finding(name, "marked", None, "", text, "red", sentence, remedy)


def _seen(there: np.ndarray, left: np.ndarray, names: list[str]) -> list[Finding]:
    """Whether each colour is seen in the marked take (shares (C,)), and whether the takes were given in the wrong order."""
    if there.min() < SEEN.red and left.min() >= LEFTOVER.red:
        sentence = f"the paint is seen in {left.min():.0%} of the unmarked frames and in {there.min():.0%} of the marked ones."
        remedy = "give the painted video as MARKED and the bare one as UNMARKED."
        return [Finding("order of the takes", "both", None, "", "swapped", "red", sentence, remedy)]
    worst = int(there.argmin())
    sentence = f"paint of the stated colour {names[worst]} is seen in {there[worst]:.0%} of the frames; "
    sentence += f"expected {SEEN.amber:.0%} or more."
    remedy = (
        "state in the template the colour that was used; paint wider and more opaque lines, in blue, green or violet; "
        "crop closer; and check that this is the marked video."
    )
    return [graded("paint found", "marked", there[worst], "", SEEN, sentence, remedy, "{:.0%}")]


def _looks(paint: Paint, names: list[str], size: int) -> list[Finding]:
    """Width, opacity and colour of the paint."""
    width = paint.width * size / 2
    thin, thick, faint = int(width.argmin()), int(width.argmax()), int(paint.opacity.argmin())
    away = np.linalg.norm(chroma_of(paint.core) - chroma_of(paint.skin), axis=1)
    seen = ", ".join("#" + "".join(f"{round(255 * float(part)):02x}" for part in color) for color in paint.colors)
    told = f"the middle of a line is {away.min():.2f} or more away from skin in chroma."
    return [
        Finding("paint colour", "marked", float(away.min()), "", seen, "ok", told),
        graded("thinnest paint", "marked", width[thin], "px", THIN, f"lines in {names[thin]} are {width[thin]:.1f} pixels wide "
            f"after cropping; expected {THIN.amber:g} to {THICK.amber:g}.", "paint wider lines, or crop closer."),
        graded("thickest paint", "marked", width[thick], "px", THICK, f"lines in {names[thick]} are {width[thick]:.1f} pixels "
            f"wide after cropping; expected {THIN.amber:g} to {THICK.amber:g}.", "paint thinner lines."),
        graded("paint opacity", "marked", paint.opacity[faint], "", OPACITY, f"lines in {names[faint]} hide "
            f"{paint.opacity[faint]:.0%} of the skin; expected {OPACITY.amber:.0%} or more.", "paint thicker, or wider."),
    ]  # fmt: skip


def _elsewhere(keys: dict[str, np.ndarray], names: list[str], shares: np.ndarray) -> list[Finding]:
    """Paint's colour in the unmarked take: things that look like paint, and paint that was left."""
    strong = {take: (key > _STRONG).mean((0, 2, 3)) for take, key in keys.items()}
    ratio = strong["unmarked"] / np.maximum(strong["marked"], 1e-6)
    alike, left = int(ratio.argmax()), int(shares.argmax())
    share = float(shares[left])
    return [
        graded("confusion with paint", "unmarked", ratio[alike], "", CONFUSED, f"the unmarked take has {ratio[alike]:.0%} as "
            f"much of the colour {names[alike]} as the marked one; expected less than {CONFUSED.amber:.0%}.",
            "take away what has the paint's colour (clothes, wall, screen), or choose another paint.", "{:.0%}"),
        graded("leftover paint", "unmarked", share, "", LEFTOVER, f"lines of the colour {names[left]} are seen on the skin in "
            f"{share:.0%} of the frames; expected bare skin.",
            "clean the skin, or film the unmarked take first; check that this is not the marked video.", "{:.0%}"),
    ]  # fmt: skip


def _lies(found: Found, template: Template) -> list[Finding]:
    """Where the paint lies in the crop, beside the template; nothing where the search was not sure of any."""
    core = np.any(found.core, axis=0)
    enough = core[core.sum((1, 2)) >= _FEW]
    if max(found.strength) < _SURE or len(enough) < len(core) / 2:
        return []
    places = [(np.argwhere(each)[:, ::-1] + 0.5) / core.shape[1] * 2 - 1 for each in enough]
    middle = template.points.mean(0)
    size = float(np.median([_reach(place) for place in places]) / _reach(template.points))
    off = float(np.linalg.norm(np.median([place.mean(0) for place in places], axis=0) - middle))
    edge = np.ones(core.shape[1:], bool)
    edge[1:-1, 1:-1] = False
    remedy = "set CROP_MARKED so that the subject fills the crop as it does in the template's frame."
    return [
        graded("subject size", "marked", size, "x", SMALL if size < 1 else LARGE, f"the paint spreads over {size:.2f} times "
            f"the template's own size; expected {SMALL.amber:g} to {LARGE.amber:g}.", remedy),
        graded("subject place", "marked", off, "", PLACE, f"the paint's middle is {off:.2f} away from the template's, in half "
            f"widths of the crop; expected less than {PLACE.amber:g}.", remedy),
        graded("paint at the border", "marked", (enough & edge).any((1, 2)).mean(), "", BORDER, "the crop cuts lines off.",
            "crop a larger box.", "{:.0%}"),
    ]  # fmt: skip


def _reach(points: np.ndarray) -> float:
    """Root mean square distance of points (N, 2) from their middle."""
    return float(np.sqrt(((points - points.mean(0)) ** 2).sum(1).mean()))
