import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.studio import camera
from glmk_lib.studio.raster import project

NOSE, CROWN = torch.tensor([[[0.0, 0.0, -1.0]]]), torch.tensor([[[0.0, -1.0, 0.0]]])


def seen(point, rigid):
    return project(camera.place(point, rigid), camera.FOCAL, 100)[0, 0]


def test_a_body_unit_at_rest_is_four_tenths_of_the_width(rigid):
    np.testing.assert_allclose(seen(torch.tensor([[[1.0, 0.0, 0.0]]]), rigid()), [90, 50], atol=1e-4)


def test_yaw_turns_the_front_right_pitch_down_and_roll_the_crown_right(rigid):
    assert seen(NOSE, rigid(yaw=0.3))[0] > 60
    assert seen(NOSE, rigid(pitch=0.3))[1] > 60
    assert seen(CROWN, rigid(roll=0.3))[0] > 60


@settings(max_examples=40)
@given(*[st.floats(-1, 1) for _ in range(6)])
def test_placing_keeps_the_shape(yaw, pitch, roll, x, y, z):
    points = torch.tensor([[[x, y, z], [0.0, 0, 0], [1, 0, 0]]])
    moved = camera.place(points, torch.tensor([[yaw, pitch, roll, 0.1, 0.2, 1.1]]))
    np.testing.assert_allclose(torch.cdist(moved, moved), torch.cdist(points, points), atol=2e-3)


def test_what_comes_nearer_looks_larger_by_its_scale(rigid):
    edge = torch.tensor([[[0.5, 0.0, 0.0]]])
    near, rest = (seen(edge, rigid(scale=s))[0] - 50 for s in (1.2, 1.0))
    assert (near / rest).item() == pytest.approx(1.2, rel=1e-4)


def test_motion_blur_spreads_along_the_way_and_keeps_the_middle():
    layer = torch.zeros(1, 6, 32, 32)
    layer[:, :4, 15:17, 15:17] = 1
    layer[:, 4, 15:17, 15:17] = 8 / 32  # moves 8 px a frame to the right
    blurred = camera.blur_moving(layer)[0, 3]
    x = (blurred.sum(0) * (torch.arange(32) + 0.5)).sum() / blurred.sum()
    assert x.item() == pytest.approx(16, abs=0.05)
    assert (blurred.sum(0) > 0.01).sum() > 4 and (blurred.sum(1) > 0.01).sum() <= 3


def test_what_stands_still_is_not_blurred():
    layer = torch.rand(1, 6, 16, 16)
    layer[:, 4:] = 0
    np.testing.assert_allclose(camera.blur_moving(layer), layer[:, :4], atol=1e-5)


def test_defocus_keeps_the_light_and_spreads_it_as_far_as_asked():
    dot = torch.zeros(2, 1, 33, 33)
    dot[:, :, 16, 16] = 1
    spread = camera.defocus(dot, torch.tensor([0.5, 1.2]))
    offsets = torch.arange(33.0) - 16
    variance = (spread.sum((1, 2)) * offsets**2).sum(1)
    np.testing.assert_allclose(spread.sum((1, 2, 3)), 1, atol=1e-5)
    np.testing.assert_allclose(variance, [0.25, 1.44], atol=0.06)


def test_noise_is_of_the_frame_alone_and_grows_with_the_light():
    grey = torch.full((2, 3, 64, 64), 0.5)
    noisy = camera.sense(grey, [7, 8])
    assert torch.equal(noisy[1:], camera.sense(grey[1:], [8])) and not torch.equal(noisy[0], noisy[1])
    assert noisy.mean().item() == pytest.approx(0.5, abs=2e-3)
    assert noisy.std() > 2 * camera.sense(0.01 * grey, [7, 8]).std()


def test_warm_light_is_redder_and_exposure_scales_it():
    grey = torch.full((1, 3, 2, 2), 0.4)
    warm = camera.expose(grey, torch.ones(1), torch.ones(1))[0, :, 0, 0]
    assert warm[0] > warm[1] > warm[2]
    np.testing.assert_allclose(camera.expose(grey, torch.full((1,), 1.5), torch.zeros(1)), 0.6, atol=1e-6)


def test_the_developed_picture_rises_with_the_light_and_stays_in_range():
    values = camera.develop(torch.linspace(0, 20, 2000))
    assert values.min() >= 0 and values.max() <= 1 + 1e-6 and (values.diff() >= 0).all()
