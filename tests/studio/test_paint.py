"""The paint of a marked film lies where the truth says."""

import cv2
import numpy as np
import pytest

from glmk_lib.studio import face_template
from glmk_lib.studio.filming import make_scene
from glmk_lib.studio.head import face_lines
from glmk_lib.studio.motion import motion
from glmk_lib.studio.render import render
from glmk_lib.studio.surface import truth

SEED, COUNT = 5, 24


@pytest.fixture(scope="module")
def takes():
    """Paint's share of every pixel (COUNT, 64, 64), from films with and without it, and the truth."""
    painted, bare = make_scene(0, 64, marked=True), make_scene(0, 64)
    poses = motion(SEED, 25 * COUNT)[::25]
    shares = []
    for i in range(COUNT):
        with_paint, without = (render(scene, poses.frame(i), i)[..., 0].astype(np.float32) for scene in (painted, bare))
        shares.append(np.clip((without - with_paint) / np.maximum(without, 25), 0, 1))  # blue paint takes red away
    return np.stack(shares), *truth(bare.identity, bare.skin.height, face_lines()[0], poses, 64)


def test_painted_pixels_lie_within_half_a_pixel_of_the_painted_width_around_a_line(takes):
    shares, points, _ = takes
    distances = np.concatenate([to_lines(np.argwhere(s > 0.3)[:, ::-1] + 0.5, p) for s, p in zip(shares, points, strict=True)])
    assert len(distances) > 1000
    assert distances.max() < 1.1 * 1.2 + 0.5  # half the width, on a head that came 20 % nearer, and half a pixel


def test_the_middle_of_the_paint_lies_on_the_line_between_visible_points(takes):
    offsets = np.array(
        [offset for share, points, visible in zip(*takes, strict=True) for offset in across(share, points, visible)]
    )
    assert len(offsets) > 100
    assert np.abs(offsets).mean() < 0.15
    assert np.percentile(np.abs(offsets), 97) < 0.5
    assert abs(offsets.mean()) < 0.1


def to_lines(at, points):
    nearest = np.full(len(at), np.inf)
    for a, b, _ in face_template().segments:
        nearest = np.minimum(nearest, to_segment(at, points[a].astype(float), points[b].astype(float)))
    return nearest


def to_segment(at, p, q):
    along = np.clip((at - p) @ (q - p) / ((q - p) ** 2).sum(), 0, 1)
    return np.linalg.norm(at - p - along[:, None] * (q - p), axis=1)


def across(share, points, visible):
    """Offsets (px) of the paint's centre of mass from the line, across it, where no other line's paint is near."""
    steps = np.linspace(-2.6, 2.6, 53)
    segments = face_template().segments
    for a, b, _ in segments:
        p, q = points[a].astype(float), points[b].astype(float)
        length = np.linalg.norm(q - p)
        if not (visible[a] and visible[b]) or length < 1:
            continue
        middle = (p + q) / 2
        others = [(c, d) for c, d, _ in segments if not {a, b} & {c, d}]
        if min(to_segment(middle[None], points[c].astype(float), points[d].astype(float))[0] for c, d in others) < 4.2:
            continue
        normal = np.array([p[1] - q[1], q[0] - p[0]]) / length
        x, y = (middle + steps[:, None] * normal - 0.5).astype(np.float32).T
        profile = cv2.remap(share, x[None], y[None], cv2.INTER_LINEAR)[0]
        if profile.max() > 0.2:
            yield float((profile * steps).sum() / profile.sum())
