"""The simple baselines do what their names say."""

import numpy as np

from glmk_lib.baselines.simple import lucas_kanade, mean_shape, static_template
from glmk_lib.template import Line, Template

START = np.array([[-0.2, 0.0], [0.1, 0.3]])


def test_the_static_template_never_moves():
    template = Template(np.array([[0.0, 0.1], [0.5, 0.2]], dtype=np.float32), (Line("l", (0, 1)),))
    tracks = static_template(template, 5)
    assert tracks.shape == (5, 2, 2) and np.ptp(tracks, axis=0).max() == 0


def test_the_mean_shape_is_the_mean():
    truth = np.random.default_rng(0).normal(size=(7, 3, 2))
    np.testing.assert_allclose(mean_shape(truth, 2)[1], truth.mean(0), rtol=1e-5)


def moving_texture(frames=12, size=64, step=0.7):
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] + 0.5
    waves = rng.uniform(0.1, 0.6, (12, 2)), rng.uniform(0, 6, 12)

    def at(t):
        value = sum(np.sin(a * (x - step * t) + b * y + c) for (a, b), c in zip(*waves, strict=True))
        return np.repeat((127 + 10 * value).clip(0, 255).astype(np.uint8)[..., None], 3, 2)

    return np.stack([at(t) for t in range(frames)]), step * 2 / size


def test_lucas_kanade_follows_a_moving_texture():
    frames, step = moving_texture()
    truth = np.stack([START + np.array([step * t, 0.0]) for t in range(len(frames))])
    np.testing.assert_allclose(lucas_kanade(frames, truth), truth, atol=0.5 * 2 / 64)


def test_lucas_kanade_starts_afresh_where_a_new_piece_begins():
    frames, _ = moving_texture()
    start = np.zeros((len(frames), 1, 2))
    start[6] = 0.5
    assert np.allclose(lucas_kanade(frames, start, restarts=[6])[6], 0.5)
