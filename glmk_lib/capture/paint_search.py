"""Where is the paint? Looks for pixels of about the stated hue that form thin shapes, whatever the light.

A camera shows paint in another hue than the one stated, by white balance and light, so the hue is searched around it. Walls,
clothes and tools may have that hue too, but paint is thin, which a morphological top-hat keeps, and has skin around it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from glmk_lib.capture.chroma import chroma_of
from glmk_lib.template import Template

HUE_WINDOW = np.deg2rad(40)  # how far the seen hue may be from the stated one, around skin
_CONE = np.deg2rad(14)  # spread of one paint around its own hue
_LEAST = 0.28  # least strength of paint, relative to the stated colour: eyes and teeth reach 0.25 for blue
_LEAST_OWN = 0.66  # the same for a colour of skin's own hue, red: flushed skin and lips reach 0.6
_LEAST_PIXELS = 0.45  # least count of paint's pixels in a frame, for each pixel of the lines' length


@dataclass(frozen=True)
class Found:
    """What the search saw. `skin` (3,) RGB; for each colour: `core` (F, H, W) bool, its surest pixels; `strength`, how far
    from skin towards the stated colour they are; `present` (F,) bool, the frames with enough of them."""

    skin: np.ndarray
    core: list[np.ndarray]
    strength: list[float]
    present: list[np.ndarray]


def search(images: np.ndarray, template: Template, stated: np.ndarray, segment_color) -> Found:
    """Look for paint of the stated colours.

    Args:
        images: (F, H, W, 3) float32 RGB in [0, 1].
        stated: (C, 3) RGB in [0, 1]. segment_color: (S,) which of them each segment has.
    """
    size = images.shape[1]
    pieces = [template.segments[np.equal(segment_color, i), :2] for i in range(len(stated))]
    near = [distance_to(template, each, size) for each in pieces]
    skin = _typical_skin(images[:, np.min(near, axis=0) < 0.3])
    chromas, brightness = chroma_of(images), images.mean(-1)
    alike = np.linalg.norm(chromas - chroma_of(skin), axis=-1) < 0.2
    window = (2 * round(size * 0.07) + 1,) * 2
    on_skin = np.stack([cv2.blur(a.astype(np.float32), window) > 0.2 for a in alike])
    for _ in range(2):  # once to find the paint, once more with the skin seen around it
        around = chroma_of(skin)
        offset, toward = chromas - around, chroma_of(stated) - around
        hue, reach = np.arctan2(offset[..., 1], offset[..., 0]), np.linalg.norm(offset, axis=-1)
        aims, lengths = np.arctan2(toward[:, 1], toward[:, 0]), np.linalg.norm(toward, axis=1)
        usable = on_skin & (brightness > 0.12 * skin.mean())
        cores, strengths, painted = [], [], np.zeros(images.shape[:3], bool)
        for i in range(len(stated)):
            gaps = np.abs(_wrap(np.delete(aims, i) - aims[i])) / 2
            limit = min([HUE_WINDOW, *gaps])
            away = _wrap(hue - aims[i])
            along = reach * np.cos(away).clip(0) * (np.abs(away) < limit)
            thin = _thin(along, size) * usable
            seen = thin > 0.15 * lengths[i]
            nearness = np.exp(-0.5 * (near[i] / 0.3) ** 2) + 0.05
            weight = thin**2 * nearness * seen
            seen &= np.abs(away - _peak(away, weight, limit)) < _CONE
            top = _quantile(along[seen], weight[seen], 0.7)
            cores.append(seen & (along > 0.6 * top))
            strengths.append(float(top / lengths[i]))
            painted |= seen & (along > 0.25 * top)
        skin = _skin_around(images, painted, alike, skin)
    least = np.interp(np.abs(_wrap(aims - np.arctan2(around[1], around[0]))), np.deg2rad([45, 65]), [_LEAST_OWN, _LEAST])
    present = [
        (core.sum((1, 2)) > _LEAST_PIXELS * length_of(template, pieces[i], size)) & (strengths[i] >= least[i])
        for i, core in enumerate(cores)
    ]
    return Found(skin, cores, strengths, present)


def distance_to(template: Template, segments: np.ndarray, size: int) -> np.ndarray:
    """Distance (size, size) of each pixel to these segments (K, 2) of the template, in units of [-1, 1]."""
    canvas = np.full((size, size), 255, np.uint8)
    pixels = np.rint(((template.points + 1) / 2 * size - 0.5) * 16).astype(int)  # OpenCV counts sixteenths of a pixel
    for a, b in segments:
        cv2.line(canvas, pixels[a].tolist(), pixels[b].tolist(), 0, 1, cv2.LINE_8, 4)
    return cv2.distanceTransform(canvas, cv2.DIST_L2, 5) * (2 / size)


def length_of(template: Template, segments: np.ndarray, size: int) -> float:
    """Length of these segments (K, 2) of the template together, in pixels."""
    ends = template.points[segments]  # (K, 2, 2)
    return float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=-1).sum() * size / 2)


def _wrap(angle):
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _thin(maps: np.ndarray, size: int) -> np.ndarray:
    """What of the maps (F, H, W) is narrower than about a seventh of the frame, and stands clear of anything broader."""
    pad = 2 * round(size * 0.07) + 1
    broad, rim = (cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (k, k)) for k in (pad, 2 * max(1, size // 48) + 1))
    thin = []
    for m in maps.astype(np.float32):
        m = cv2.copyMakeBorder(m, pad, pad, pad, pad, cv2.BORDER_REPLICATE)  # a strip along the frame's edge is no line
        wide = cv2.dilate(cv2.morphologyEx(m, cv2.MORPH_OPEN, broad), rim)
        thin.append((m - wide).clip(0)[pad:-pad, pad:-pad])
    return np.stack(thin)


def _peak(hue: np.ndarray, weight: np.ndarray, window: float) -> float:
    """The commonest hue in ±window, by weight, after smoothing over 3 degrees."""
    counts, edges = np.histogram(hue, 81, (-window, window), weights=weight)
    step = edges[1] - edges[0]
    counts = cv2.GaussianBlur(counts[None].astype(np.float32), (0, 0), max(1.0, np.deg2rad(3) / step))[0]
    return edges[counts.argmax()] + step / 2 if counts.any() else 0.0


def _quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    if not len(values):
        return 0.0
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, share * total[-1])])


def _typical_skin(colors: np.ndarray) -> np.ndarray:
    """Median of those colours (..., 3) that have skin's hue, which is much the same for all people; else of all."""
    colors = colors.reshape(-1, 3)
    mean = colors.mean(-1)
    red, green, blue = (colors / np.maximum(mean, 1e-3)[:, None]).T
    alike = (mean > 0.08) & (red - green > 0.12) & (green - blue > -0.12) & (red - blue > 0.15) & (red - blue < 1.6)
    return np.median(colors[alike] if alike.mean() > 0.01 else colors, axis=0)


def _skin_around(images, painted, alike, skin):
    """Median colour in a ring two to four pixels (of 64) away from the paint, of pixels not unlike the skin known so far."""
    kernel, step = np.ones((3, 3), np.uint8), 2 * max(1, images.shape[1] // 64)
    inner = np.stack([cv2.dilate(p.astype(np.uint8), kernel, iterations=step) for p in painted])
    outer = np.stack([cv2.dilate(p, kernel, iterations=step) for p in inner])
    ring = (outer > inner) & alike & (images.mean(-1) > 0.1)
    return np.median(images[ring], axis=0) if ring.sum() > 100 else skin
