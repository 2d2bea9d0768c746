"""From a detector's landmarks to the lines that a user would paint: which points, joined how, smoothed, and which can be seen.

Depth z is MediaPipe's: pixels, smaller is nearer to the camera, from an origin of the subject's own.
"""

from dataclasses import dataclass

import numpy as np

from glmk_lib.template import Line

WINDOW = 7  # frames
BLUE, GREEN = "#1e5ad6", "#14a03c"

# Landmarks of MediaPipe's face mesh (468 points). The jaw is the ring just inside the silhouette: points on the silhouette
# slide over the skin when the head turns.
FACE = {
    "brow_right": (70, 63, 105, 66, 107),
    "brow_left": (336, 296, 334, 293, 300),
    "nose_bridge": (168, 197, 5, 4),
    "nose_base": (98, 97, 2, 326, 327),
    "mouth": (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),
    "jaw": (213, 138, 169, 140, 175, 369, 394, 367, 433),
}
# Landmarks of MediaPipe's hand (21 points); a pair stands for the middle between two. One colour for all would confuse fingers
# with one another, so each has its own: hues as far apart, seen from skin's, as six can be without red, which skin has too.
HAND = {
    "palm": ((0, 5, 9, 13, 17), "#6e1edc"),
    "thumb": ((1, 2, (2, 3), 3, 4), "#e6c80a"),
    "index": ((5, (5, 6), 6, 7, 8), "#c81eb4"),
    "middle": ((9, (9, 10), 10, 11, 12), "#0fa05a"),
    "ring": ((13, (13, 14), 14, 15, 16), "#1450dc"),
    "pinky": ((17, (17, 18), 18, 19, 20), "#6ec814"),
}
CLOSED = ("mouth", "palm")
_BONES = [(0, 5), (0, 9), (0, 13), (0, 17)] + [(j, j + 1) for base in (1, 5, 9, 13, 17) for j in range(base, base + 3)]


@dataclass(frozen=True)
class SkinLines:
    """`pairs` (P, 2) int: template point i lies midway between two landmarks, often the same one; `lines` over the points."""

    pairs: np.ndarray
    lines: tuple[Line, ...]

    def select(self, landmarks: np.ndarray) -> np.ndarray:
        """Template points (N, P, D) of landmarks (N, M, D)."""
        return (landmarks[:, self.pairs[:, 0]] + landmarks[:, self.pairs[:, 1]]) / 2


def skin_lines(region: str, color: str = BLUE) -> SkinLines:
    """The lines for a "face" (40 points, all in `color`) or a "hand" (26 points, a colour for each line)."""
    stated = {name: (marks, color) for name, marks in FACE.items()} if region == "face" else HAND
    pairs, lines = {}, []
    for name, (marks, paint) in stated.items():
        order = [pairs.setdefault(m if isinstance(m, tuple) else (m, m), len(pairs)) for m in marks]
        lines.append(Line(name, tuple(order), name in CLOSED, paint))
    return SkinLines(np.array(list(pairs)), tuple(lines))


def smooth(values: np.ndarray, runs: list[np.ndarray], window: int = WINDOW) -> np.ndarray:
    """Zero-phase smoothing over time within each run of consecutive frames; other frames are returned as they are.

    Savitzky and Golay 1964: a parabola fitted over `window` (odd) frames. Runs are continued by point reflection at their ends.

    Args:
        values: (N, ...) float.
        runs: frame indices, each run consecutive.
    """
    half = window // 2
    offsets = np.arange(-half, half + 1)
    kernel = np.linalg.pinv(np.vander(offsets.astype(float), 3, increasing=True))[0]  # value of the parabola at its middle
    out = values.copy()
    for run in runs:
        if len(run) <= half:
            continue
        part = values[run].astype(np.float64)
        before, after = 2 * part[:1] - part[half:0:-1], 2 * part[-1:] - part[-2 : -half - 2 : -1]
        padded = np.concatenate([before, part, after])
        out[run] = sum(k * padded[j : j + len(part)] for j, k in enumerate(kernel))
    return out


def seen_on_face(mesh: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """How well each template point faces the camera, (N, P) in [0, 1]: 0 where the surface turns away, fading in between.

    Args:
        mesh: (N, 468, 3), x, y and z in pixels.
        pairs: of `SkinLines`; on a face both landmarks of a pair are the same.

    The normal is that of the plane fitted to a landmark's 12 nearest neighbours on the clip's mean mesh.
    """
    marks = pairs[:, 0]
    centred = mesh - mesh.mean(1, keepdims=True)
    mean = (centred / np.linalg.norm(centred, axis=(1, 2), keepdims=True)).mean(0)
    near = np.argsort(np.linalg.norm(mean[marks, None] - mean[None], axis=-1), axis=1)[:, :13]
    around = mesh[:, near]  # (N, P, 13, 3)
    around = around - around.mean(2, keepdims=True)
    normal = np.linalg.eigh(np.einsum("npki,npkj->npij", around, around))[1][..., 0]  # of the smallest eigenvalue
    inside = mesh.mean(1)
    inside[:, 2] += 0.5 * np.ptp(mesh[..., 2])  # a point within the head: normals look away from it
    outward = np.sign(np.einsum("npi,npi->np", normal, mesh[:, marks] - inside[:, None]))
    return np.clip((-normal[..., 2] * outward - 0.15) / 0.2, 0, 1)


def seen_on_hand(joints: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """How visible each template point is past the bones before it, (N, P) in [0, 1].

    Args:
        joints: (N, 21, 3), x, y and z in pixels.
        pairs: of `SkinLines`.

    A bone hides a point when it passes within a finger's half width of it in the picture and lies a half width nearer. Bones
    that share a joint with the point hide nothing. The depth is the detector's guess, so this is a simple test, not truth.
    """
    points = (joints[:, pairs[:, 0]] + joints[:, pairs[:, 1]]) / 2
    radius = (
        0.1 * np.linalg.norm(joints[:, 9] - joints[:, 0], axis=-1)[:, None]
    )  # a finger is about a fifth of the palm's length
    hidden = np.zeros(points.shape[:2])
    for a, b in _BONES:
        start, along = joints[:, None, a], (joints[:, b] - joints[:, a])[:, None]
        t = np.clip(((points - start)[..., :2] * along[..., :2]).sum(-1) / ((along[..., :2] ** 2).sum(-1) + 1e-6), 0, 1)
        gap = points - (start + t[..., None] * along)
        beside = np.clip((1.2 - np.linalg.norm(gap[..., :2], axis=-1) / radius) / 0.4, 0, 1)
        behind = np.clip((gap[..., 2] / radius - 0.5) / 0.7, 0, 1)
        own = np.isin(pairs, (a, b)).any(1)
        hidden = np.maximum(hidden, beside * behind * ~own)
    return 1 - hidden
