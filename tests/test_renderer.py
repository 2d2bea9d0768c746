"""R against PyTorch3D's own numbers, against numerical gradients, and against what paint looks like."""

import math
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from glmk_lib.capture.paint import Paint
from glmk_lib.renderer import (
    PaintRenderer,
    disc_coverage,
    local_brightness,
    luminance,
    pixel_centres,
    pytorch3d_coverage,
    sample_lines,
    splat_coverage,
)
from glmk_lib.template import Line, Template

FIXTURE = np.load(Path(__file__).parent / "fixtures" / "pytorch3d_points_0.7.9.npz")


def paint(colors=((0.1, 0.2, 0.8),), segments=(0, 0), width=4 / 64):
    count = len(colors)
    return Paint(
        colors=np.array(colors, dtype=np.float32),
        opacity=np.full(count, 0.85, dtype=np.float32),
        width=np.full(count, width, dtype=np.float32),
        brightness=0.5,
        segment_color=np.array(segments),
    )


def one_line(points=((-0.5, 0.2), (0.1, -0.3), (0.6, 0.4))):
    return Template(np.array(points, dtype=np.float32), (Line("line", tuple(range(len(points)))),))


@pytest.mark.parametrize("name", ["apart", "line", "crowd"])
def test_discs_reproduce_the_images_of_pytorch3d(name):
    points = torch.as_tensor(FIXTURE[f"{name}_points"])
    expected = FIXTURE[f"{name}_coverage"]
    coverage = disc_coverage(points, float(FIXTURE[f"{name}_radius"]), expected.shape[-1])
    np.testing.assert_allclose(coverage.numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("name", ["apart", "line", "crowd"])
def test_discs_reproduce_the_gradients_of_pytorch3d(name):
    points = torch.as_tensor(FIXTURE[f"{name}_points"]).requires_grad_()
    size = FIXTURE[f"{name}_coverage"].shape[-1]
    coverage = disc_coverage(points, float(FIXTURE[f"{name}_radius"]), size)
    weights = torch.sin(0.37 * torch.arange(size * size, dtype=torch.float32)).view(size, size)
    (coverage * weights).sum().backward()
    np.testing.assert_allclose(points.grad.numpy(), FIXTURE[f"{name}_grad"], atol=1e-4)


def test_discs_of_asymmetric_points_land_right_and_down():
    coverage = disc_coverage(torch.tensor([[[0.5, 0.75]]]), 0.2, 64)[0]
    row, column = divmod(int(coverage.argmax()), 64)
    assert row in (55, 56) and column in (47, 48)


def test_gradcheck_of_the_painted_image_in_points_and_image():
    renderer = PaintRenderer(one_line(), paint(width=0.3), 16).double()
    generator = torch.Generator().manual_seed(0)
    points = torch.as_tensor(one_line().points.copy()).double()[None] + 0.05 * torch.randn(
        2, 3, 2, generator=generator, dtype=torch.float64
    )
    image = 0.3 + 0.3 * torch.rand(2, 3, 16, 16, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(renderer, (points.requires_grad_(), image.requires_grad_()))


def test_gradcheck_of_discs():
    points = torch.tensor([[[0.11, -0.23], [0.31, 0.4], [0.0, 0.05]]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: disc_coverage(p, 0.37, 12), (points,))


@pytest.mark.parametrize(
    "points",
    [
        pytest.param([[1 / 64, 1 / 64], [3 / 64, 1 / 64], [5 / 64, 1 / 64]], id="on pixel centres"),
        pytest.param([[-3.0, 5.0], [40.0, -7.0], [2.0, 2.0]], id="outside the frame"),
        pytest.param([[0.2, 0.2], [0.2, 0.2], [0.2, 0.2]], id="coincident"),
    ],
)
def test_gradients_are_finite_for_points(points):
    points = torch.tensor([points], requires_grad=True)
    renderer = PaintRenderer(one_line(), paint(), 64)
    renderer(points, torch.rand(1, 3, 64, 64)).square().sum().backward()
    assert torch.isfinite(points.grad).all()


def test_a_line_has_the_stated_width_at_half_maximum():
    size, width = 256, 0.1
    ends = torch.tensor([[[-0.9, 0.0], [0.9, 0.0]]])
    positions, lengths = sample_lines(ends, torch.tensor([[0, 1]]), 60)
    profile = splat_coverage(positions, lengths, width, size)[0, :, size // 2]
    above = (profile > profile.max() / 2).sum().item() * 2 / size
    assert above == pytest.approx(width, abs=2.1 / size)


def across(width, size):
    """Coverage across a long horizontal line in the middle of the frame."""
    positions, lengths = sample_lines(torch.tensor([[[-0.9, 0.0], [0.9, 0.0]]]), torch.tensor([[0, 1]]), 200)
    return splat_coverage(positions, lengths, width, size)[0, :, size // 2]


def test_the_middle_of_a_line_lets_a_fiftieth_through():
    assert across(0.2, 256).max().item() == pytest.approx(1 - math.exp(-4), abs=1e-3)


def test_a_line_narrower_than_a_pixel_covers_less_and_below_half_of_one_no_less():
    half, narrow, one = (across(pixels * 2 / 64, 64).sum() for pixels in (0.5, 0.8, 1.0))
    assert half < 0.7 * one and narrow < 0.9 * one
    torch.testing.assert_close(across(0.1 * 2 / 64, 64).sum(), half)


def test_coverage_does_not_depend_on_how_densely_a_line_is_sampled():
    ends = torch.tensor([[[-0.6, 0.0], [0.6, 0.0]]])
    coarse, fine = (splat_coverage(*sample_lines(ends, torch.tensor([[0, 1]]), samples), 0.1, 64) for samples in (40, 400))
    difference = (coarse - fine).abs()[0]
    assert difference[:, 20:44].max() < 1e-3  # away from the ends
    assert difference.max() < 0.05


def test_the_gradient_pulls_a_line_towards_paint_beside_it():
    renderer = PaintRenderer(one_line(), paint(width=0.2), 32)
    there = torch.as_tensor(one_line().points.copy())[None]
    target = renderer.coverage(there + torch.tensor([0.1, 0.0]))
    here = there.clone().requires_grad_()
    (renderer.coverage(here) - target).square().sum().backward()
    assert (here.grad[0, :, 0].sum() < 0).item()


def test_paint_is_darker_where_the_skin_is():
    renderer = PaintRenderer(one_line(((-0.8, 0.0), (0.8, 0.0))), paint(segments=(0,)), 64)
    points = torch.tensor([[[-0.8, 0.0], [0.8, 0.0]]])
    image = torch.cat([torch.full((1, 3, 64, 32), 0.2), torch.full((1, 3, 64, 32), 0.6)], 3)
    painted = renderer(points, image)[0, 2, 31]  # blue, along the line
    assert painted[12] < painted[52]


def test_frames_are_unchanged_far_from_the_lines():
    image = torch.rand(1, 3, 64, 64)
    painted = PaintRenderer(one_line(((-0.9, -0.9), (-0.6, -0.9))), paint(segments=(0,)), 64)(
        torch.tensor([[[-0.9, -0.9], [-0.6, -0.9]]]), image
    )
    torch.testing.assert_close(painted[..., 32:, 32:], image[..., 32:, 32:])


def test_each_line_is_painted_in_its_own_colour():
    template = Template(
        np.array([[-0.8, -0.5], [0.8, -0.5], [-0.8, 0.5], [0.8, 0.5]], dtype=np.float32),
        (Line("red", (0, 1), color="#ff0000"), Line("green", (2, 3), color="#00ff00")),
    )
    renderer = PaintRenderer(template, paint(((0.9, 0, 0), (0, 0.9, 0)), (0, 1)), 64)
    painted = renderer(torch.as_tensor(template.points.copy())[None], torch.full((1, 3, 64, 64), 0.5))[0]
    assert painted[0, 16, 32] > painted[1, 16, 32] and painted[1, 48, 32] > painted[0, 48, 32]


@pytest.mark.parametrize("segments", [(0, 1), (1, 0)])
def test_the_colour_of_a_banded_line_changes_at_its_point_whichever_colour_comes_first(segments):
    template = one_line(((-0.7, 0.0), (0.013, 0.0), (0.8, 0.0)))
    renderer = PaintRenderer(template, paint(((1.0, 0, 0), (0, 1.0, 0)), segments), 64)
    painted = renderer(torch.as_tensor(template.points.copy())[None], torch.full((1, 3, 64, 64), 0.5))[0]
    change = painted[segments[0], 31] - painted[segments[1], 31]  # above zero where the first segment's colour prevails
    after = int((change[16:48] < 0).nonzero()[0]) + 16
    place = pixel_centres(64, change)[after] - 2 / 64 * change[after] / (change[after] - change[after - 1])
    assert place.item() == pytest.approx(0.013, abs=0.05 * 2 / 64)


def test_a_line_is_as_opaque_where_its_colour_changes_as_elsewhere():
    template = one_line(((-0.7, 0.0), (0.0, 0.0), (0.8, 0.0)))
    points, grey = torch.as_tensor(template.points.copy())[None], torch.full((1, 3, 64, 64), 0.5)
    plain, bands = (PaintRenderer(template, paint(((0.2, 0.2, 0.2),) * 2, s), 64)(points, grey) for s in ((0, 0), (0, 1)))
    torch.testing.assert_close(bands, plain, atol=2e-3, rtol=0)


def test_paint_of_another_number_of_segments_is_refused():
    with pytest.raises(ValueError, match="has 3 segments; expected the template's 2"):
        PaintRenderer(one_line(), paint(segments=(0, 0, 0)), 64)


def test_pixel_centres_are_those_of_grid_sample():
    centres = pixel_centres(8, torch.zeros(1))
    grid = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), -1)[None]
    image = torch.rand(1, 1, 8, 8)
    torch.testing.assert_close(torch.nn.functional.grid_sample(image, grid, align_corners=False), image)


def test_a_wrong_shape_of_points_is_named():
    with pytest.raises(ValueError, match=r"points have shape \(3, 2\); expected \(B, N, 2\)"):
        PaintRenderer(one_line(), paint(), 64)(torch.zeros(3, 2), torch.zeros(1, 3, 64, 64))


def test_the_pytorch3d_back_end_names_its_install_command_when_missing():
    try:
        import pytorch3d  # noqa: F401
    except ImportError:
        renderer = PaintRenderer(one_line(), paint(), 64, backend="pytorch3d")
        with pytest.raises(ImportError, match=r"conda env create -f environment\.yml"):
            renderer(torch.zeros(1, 3, 2), torch.zeros(1, 3, 64, 64))
    else:
        pytest.skip("PyTorch3D is installed; the parity test below covers it")


@pytest.fixture
def stand_in(monkeypatch):
    """The two functions of PyTorch3D that the back end calls, as its documentation has them: where it is absent, too."""

    class Pointclouds:
        def __init__(self, points):
            self.points = torch.stack(points)  # (B, K, 3), x to the left and y up, equally many in each cloud

    def rasterize_points(clouds, size, radius, points_per_pixel):
        """Of each pixel the points within `radius`: index over all clouds, depth, squared distance; else -1."""
        batch, count, _ = clouds.points.shape
        centres = -pixel_centres(size, clouds.points)  # both axes run against ours
        x, y = ((clouds.points[..., k, None] - centres).square() for k in (0, 1))  # (B, K, size)
        away = x[:, :, None] + y[..., None]
        squared, index = away.permute(0, 2, 3, 1).sort(dim=-1, stable=True)  # (B, size, size, K)
        squared, index = squared[..., :points_per_pixel], index[..., :points_per_pixel]
        index = torch.where(squared < radius**2, index + count * torch.arange(batch)[:, None, None, None], -1)
        return index.int(), torch.where(index < 0, -1.0, 1.0), torch.where(index < 0, -1.0, squared)

    def alpha_composite(index, alphas, features):
        """Features (C, all points) over one another, nearest first: (B, C, size, size)."""
        assert index.shape == alphas.shape and features.shape[1] > int(index.max())
        left, total = torch.ones_like(alphas[:, :1]), 0.0
        for k in range(index.shape[1]):
            alpha = torch.where(index[:, k : k + 1] < 0, 0.0, alphas[:, k : k + 1])
            total = total + left * alpha * features[:, index[:, k].clamp(min=0)].transpose(0, 1)
            left = left * (1 - alpha)
        return total

    for name, content in {
        "pytorch3d": {},
        "pytorch3d.renderer": {},
        "pytorch3d.renderer.points": {},
        "pytorch3d.renderer.compositing": {"alpha_composite": alpha_composite},
        "pytorch3d.renderer.points.rasterize_points": {"rasterize_points": rasterize_points},
        "pytorch3d.structures": {"Pointclouds": Pointclouds},
    }.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize("name", ["apart", "line", "crowd"])
def test_the_pytorch3d_back_end_asks_pytorch3d_for_its_own_images(stand_in, name):
    points, expected = torch.as_tensor(FIXTURE[f"{name}_points"]), FIXTURE[f"{name}_coverage"]
    found = pytorch3d_coverage(points, float(FIXTURE[f"{name}_radius"]), expected.shape[-1], points_per_pixel=points.shape[1])
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)


def test_the_pytorch3d_back_end_paints_each_colour_with_discs_as_wide_as_its_lines(stand_in):
    """A disc has half its cover at radius / √2 from its middle."""
    template = one_line(((-0.7, 0.1), (0.0, -0.2), (0.8, 0.0)))
    renderer = PaintRenderer(template, paint(((0.2,) * 3, (0.4,) * 3), (0, 1), width=0.25), 24, backend="pytorch3d")
    points = torch.as_tensor(template.points.copy())[None]
    positions, _ = sample_lines(points, torch.tensor([[0, 1], [1, 2]]), renderer.samples)
    discs = [disc_coverage(part, 0.25 / 2**0.5, 24) for part in positions.split(renderer.samples, 1)]
    torch.testing.assert_close(renderer.coverage(points), torch.stack(discs, 1), atol=2e-4, rtol=0)


def test_samples_lie_a_third_of_a_width_apart_on_the_longest_segment_stretched_by_half():
    renderer = PaintRenderer(one_line(((-0.8, -0.6), (0.8, 0.6), (0.8, 0.5))), paint(width=0.06), 64)
    assert 1.5 * 2.0 / renderer.samples == pytest.approx(0.06 / 3, rel=0.01)


def test_luma_is_that_of_rec_601():
    colours = torch.tensor([[1.0, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])[..., None, None]
    assert luminance(colours).flatten().tolist() == pytest.approx([1.0, 0.299, 0.587, 0.114])


def test_the_light_on_paint_is_the_mean_luma_of_the_pixels_around_it():
    images = torch.rand(2, 3, 20, 20)
    expected = torch.nn.functional.avg_pool2d(luminance(images), 5, stride=1, padding=2, count_include_pad=False)
    torch.testing.assert_close(local_brightness(images, 2), expected)


def test_paint_in_bright_light_is_no_brighter_than_white():
    renderer = PaintRenderer(one_line(((-0.8, 0.0), (0.8, 0.0))), paint(((0.9,) * 3,), (0,)), 64)
    assert renderer(torch.tensor([[[-0.8, 0.0], [0.8, 0.0]]]), torch.ones(1, 3, 64, 64)).max() <= 1 + 1e-6


def test_a_renderer_has_nothing_to_keep_with_a_networks_weights():
    assert PaintRenderer(one_line(), paint(), 64).state_dict() == {}


def test_the_pytorch3d_back_end_agrees_with_our_discs():
    pytest.importorskip("pytorch3d")
    points = torch.as_tensor(FIXTURE["apart_points"])
    radius, size = float(FIXTURE["apart_radius"]), FIXTURE["apart_coverage"].shape[-1]
    torch.testing.assert_close(pytorch3d_coverage(points, radius, size), disc_coverage(points, radius, size), atol=1e-4, rtol=0)
