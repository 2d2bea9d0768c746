"""Simulated paint: lines laid on a photograph, with soft edges, uneven wear, and the light of the skin under them."""

from itertools import pairwise

import cv2
import numpy as np

from glmk_lib.template import Line, rgb

LIGHT = 0.25  # sigma, in widths of a line, over which the light on the skin is averaged; more would let the background in
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601, as everywhere in the library


def luminance(frame: np.ndarray, sigma: float) -> np.ndarray:
    """Blurred luma of a uint8 RGB frame (H, W, 3): float32 (H, W) in [0, 1], `sigma` in pixels."""
    return cv2.GaussianBlur(frame @ (_LUMA / 255), (0, 0), max(sigma, 0.5), borderType=cv2.BORDER_REFLECT)


class Brush:
    """Paints the same lines, with the same wear, on frame after frame.

    Args:
        lines: a template's lines, each of one colour.
        width: of a line in pixels, full width at half of its opacity.
        reference: luma of the skin at which the paint has exactly its stated colour.
        opacity: where the paint is whole.
        seed: of the wear, which belongs to the skin: it moves with the points.
    """

    def __init__(self, lines: tuple[Line, ...], width: float, reference: float, opacity: float = 0.85, seed: int = 0):
        self.lines, self.width, self.reference, self.opacity = lines, width, reference, opacity
        self._super = 1 if width >= 6 else 3  # samples across a pixel: wide lines have edges soft enough for one
        self.colors = [np.array(rgb(line.color), np.float32) for line in lines]
        rng = np.random.default_rng(seed)
        self._wear = [_noise(rng, len(line.points) + 1, 0.22) for line in lines]  # share of the opacity that is lost
        self._spread = [_noise(rng, len(line.points) + 1, 0.09) for line in lines]  # the line is wider or narrower

    def paint(self, frame: np.ndarray, points: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """A painted copy of a frame.

        Args:
            frame: uint8 (H, W, 3) RGB.
            points: (P, 2) in pixels, pixel i covering [i, i + 1].
            seen: (P,) in [0, 1]: how much of the paint shows at each point.
        """
        image = frame.astype(np.float32)
        shade = np.clip(luminance(frame, LIGHT * self.width) / self.reference, 0.15, 1.6)
        for k in range(len(self.lines)):  # later lines cover earlier ones
            patch, alpha = self._cover(k, points, seen, frame.shape[:2])
            if alpha is not None:
                image[patch] += alpha[..., None] * (self.colors[k] * shade[patch][..., None] - image[patch])
        return np.clip(np.rint(image), 0, 255).astype(np.uint8)

    def _cover(self, k: int, points, seen, size):
        """The part of the frame that line k touches, as slices, and its opacity there."""
        order = list(self.lines[k].points)
        order += order[:1] if self.lines[k].closed else []
        ends, seen = points[order].astype(np.float32), seen[order].astype(np.float32)
        low = np.maximum(np.floor(ends.min(0) - self.width), 0).astype(int)
        high = np.minimum(np.ceil(ends.max(0) + self.width), size[::-1]).astype(int)
        patch = (slice(low[1], high[1]), slice(low[0], high[0]))
        if (high <= low).any() or not seen.any():
            return patch, None
        x, y = (low[i] + (np.arange((high[i] - low[i]) * self._super, dtype=np.float32) + 0.5) / self._super for i in (0, 1))
        nearest = np.full((len(y), len(x)), np.inf, np.float32)
        place, shows = np.zeros_like(nearest), np.zeros_like(nearest)
        for i, (start, end) in enumerate(pairwise(ends)):
            along, dx, dy = end - start, x - start[0], (y - start[1])[:, None]
            t = np.clip((dx * along[0] + dy * along[1]) / max(along @ along, 1e-6), 0, 1)
            distance = np.hypot(dx - t * along[0], dy - t * along[1])
            closer = distance < nearest
            np.copyto(nearest, distance, where=closer)
            np.copyto(place, i + t, where=closer)
            np.copyto(shows, seen[i] + t * (seen[i + 1] - seen[i]), where=closer)
        half = 0.5 * self.width * (1 + _look_up(self._spread[k], place))
        edge = 0.25 * self.width
        t = np.clip((half + edge - nearest) / (2 * edge), 0, 1)
        alpha = t * t * (3 - 2 * t) * shows * self.opacity * (1 - np.abs(_look_up(self._wear[k], place)))
        blocks = alpha.reshape(high[1] - low[1], self._super, high[0] - low[0], self._super)
        return patch, blocks.mean((1, 3))


def _noise(rng, segments: int, size: float) -> np.ndarray:
    """Smooth noise along a line, 8 values a segment, standard deviation about half of `size`, bounded by it."""
    rough = rng.standard_normal(8 * segments + 9)
    return size * np.tanh(1.2 * np.convolve(rough, np.hanning(9) / np.linalg.norm(np.hanning(9)), "same"))[4:]


def _look_up(noise: np.ndarray, place: np.ndarray) -> np.ndarray:
    at = 8 * place
    i = at.astype(int)
    return noise[i] + (at - i) * (noise[i + 1] - noise[i])
