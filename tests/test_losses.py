"""Each term: zero where it should be, its gradient against numerical ones, and what it is for."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib import losses
from glmk_lib.renderer import sample_lines

EDGES = torch.tensor([[0, 1], [1, 2], [2, 3]])
TEMPLATE = torch.tensor([[-0.5, 0.0], [-0.1, 0.2], [0.3, 0.1], [0.6, -0.4]], dtype=torch.float64)


def rotated(angle, shift):
    matrix = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], dtype=torch.float64)
    return (TEMPLATE @ matrix.T + torch.tensor(shift, dtype=torch.float64) - TEMPLATE)[None]


@settings(max_examples=50, deadline=None)
@given(st.floats(-3, 3), st.floats(-1, 1), st.floats(-1, 1))
def test_spring_is_zero_under_rigid_motion(angle, x, y):
    assert losses.spring(rotated(angle, (x, y)), TEMPLATE, EDGES) < 1e-10


def test_the_vector_form_of_the_spring_resists_rotation():
    assert losses.spring(rotated(0.5, (0, 0)), TEMPLATE, EDGES, "vector") > 0.1


def test_spring_of_a_doubled_template_is_one():
    torch.testing.assert_close(losses.spring(TEMPLATE[None], TEMPLATE, EDGES).item(), 1.0, atol=1e-6, rtol=0)


@pytest.mark.parametrize("form", ["length", "vector"])
def test_either_form_of_the_spring_takes_an_edge_s_change_over_its_length(form):
    template, edge = torch.tensor([[0.0, 0.0], [0.4, 0.0]]), EDGES[:1]
    drawn = torch.tensor([[[0.0, 0.0], [0.1, 0.0]]])  # along the edge, by a quarter of it
    assert losses.spring(drawn, template, edge, form).item() == pytest.approx(0.0625, abs=1e-6)


def test_an_unknown_form_of_the_spring_is_refused():
    with pytest.raises(ValueError, match="expected 'length' or 'vector'"):
        losses.spring(TEMPLATE[None], TEMPLATE, EDGES, "springy")


@pytest.mark.parametrize("form", ["length", "vector"])
def test_gradcheck_of_the_spring(form):
    deltas = 0.1 * torch.randn(2, 4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(lambda d: losses.spring(d, TEMPLATE, EDGES, form), (deltas.requires_grad_(),))


def test_gradcheck_of_the_adversarial_terms_and_the_cycle():
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(1, 3, 9, 9, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(losses.adversarial, (a,))
    assert torch.autograd.gradcheck(losses.discriminator, (a, b))
    assert torch.autograd.gradcheck(losses.cycle, (a, b))
    assert torch.autograd.gradcheck(lambda x, y: losses.multiscale_cycle(x, y, (0.0, 1.0)), (a, b))


def test_gradcheck_of_the_chamfer():
    generator = torch.Generator().manual_seed(0)
    ends = torch.rand(2, 3, 2, dtype=torch.float64, generator=generator) - 0.5
    mask = (torch.rand(2, 8, 8, dtype=torch.float64, generator=generator) > 0.7).double()
    segments = torch.tensor([[0, 1], [1, 2]])
    lengths = sample_lines(ends, segments, 3)[1]  # weights only: shrinking a line must not pay

    def distance(points):
        return losses.chamfer(sample_lines(points, segments, 3)[0], lengths, *losses.strokes(mask)).mean()

    assert torch.autograd.gradcheck(distance, (ends.requires_grad_(),))


def test_the_shape_term_is_zero_for_every_affine_image_of_the_template():
    residual = losses.affine_residual(TEMPLATE)
    matrix = torch.tensor([[1.3, 0.4], [-0.2, 0.7]], dtype=torch.float64)
    assert losses.shape((TEMPLATE @ matrix + 0.3)[None], residual) < 1e-20


def test_gradcheck_of_the_shape_term():
    points = torch.randn(2, 4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: losses.shape(p, losses.affine_residual(TEMPLATE)), (points,))


def test_g_may_change_paint_and_nothing_else():
    marked, mask = torch.full((1, 3, 16, 16), 0.5), torch.zeros(1, 1, 16, 16)
    mask[..., 8, 8] = 1
    on_paint, elsewhere = marked.clone(), marked.clone()
    on_paint[..., 7:10, 7:10] = 0.9
    elsewhere[..., 2, 2] = 0.9
    assert losses.keep(on_paint, marked, mask) == 0
    assert losses.keep(elsewhere, marked, mask) > 0


def test_paint_frees_its_own_rows_and_columns_alone():
    """A stroke along the top, the change at the bottom: it costs all the same."""
    marked, masks = torch.zeros(1, 3, 16, 16), torch.zeros(1, 2, 16, 16)
    masks[:, 1, 1] = 1.0
    changed = marked.clone()
    changed[..., 12, :] = 0.5
    assert losses.keep(changed, marked, masks).item() == pytest.approx(0.5 / 16)
    assert losses.keep(changed.mT, marked, masks.mT).item() == pytest.approx(0.5 / 16)


def test_a_cycle_costs_the_mean_absolute_difference():
    cycled, original = torch.tensor([0.5, 0.2]), torch.tensor([0.1, 0.5])
    assert losses.cycle(cycled, original).item() == pytest.approx(0.35)


def test_a_perfect_discriminator_has_no_loss():
    assert losses.discriminator(torch.ones(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)) == 0


def test_where_paint_is_faint_g_is_held_by_what_three_times_the_key_leaves():
    marked, mask = torch.full((1, 3, 16, 16), 0.5), torch.zeros(1, 1, 16, 16)
    mask[..., 8, 8] = 0.2
    changed = marked.clone()
    changed[..., 8, 8] = 0.9
    torch.testing.assert_close(losses.keep(changed, marked, mask).item(), 0.4 * (1 - 3 * 0.2) / 256)


def test_a_discriminator_that_is_always_wrong_loses_one():
    assert losses.discriminator(torch.zeros(2, 1, 4, 4), torch.ones(2, 1, 4, 4)) == 1


def test_a_perfect_fake_has_no_adversarial_loss():
    assert losses.adversarial(torch.ones(2, 1, 4, 4)) == 0


def bar(column, size=64):
    image = torch.zeros(1, 1, size, size)
    image[..., 10:54, column : column + 2] = 1
    return image


def test_a_blurred_cycle_slopes_towards_a_line_that_a_plain_one_cannot_see():
    target, near, far = bar(20), bar(26), bar(30)
    plain = [losses.multiscale_cycle(x, target, (0.0,)).item() for x in (near, far)]
    wide = [losses.multiscale_cycle(x, target, (0.0, 2.0, 4.0, 8.0)).item() for x in (near, far)]
    assert plain[0] == pytest.approx(plain[1], rel=1e-6)
    assert wide[0] < 0.95 * wide[1]


def test_blur_keeps_the_mean_of_a_periodic_image():
    image = torch.ones(1, 3, 32, 32) * 0.4
    torch.testing.assert_close(losses.gaussian_blur(image, 3.0), image)


def test_a_blur_first_used_for_reading_can_be_trained_through():
    with torch.inference_mode():
        losses.gaussian_blur(torch.rand(1, 1, 24, 24), 0.9)
    image = torch.rand(1, 1, 24, 24, requires_grad=True)
    losses.gaussian_blur(image, 0.9).sum().backward()
    torch.testing.assert_close(image.grad.sum(), torch.tensor(24.0 * 24))


@pytest.mark.parametrize("sigma", [0.5, 3.0])
def test_blur_spreads_light_as_far_as_asked_and_loses_none(sigma):
    dot = torch.zeros(1, 1, 41, 41, dtype=torch.float64)
    dot[..., 20, 20] = 1
    spread = losses.gaussian_blur(dot, sigma)[0, 0]
    assert spread.sum().item() == pytest.approx(1)
    wide = (spread.sum(0) * (torch.arange(41) - 20).square()).sum().sqrt()
    assert 0.85 * sigma < wide < sigma  # the Gaussian is cut off at 2.5 sigma


def test_what_l_delta_reads_carries_no_gradient_back():
    image = torch.rand(1, 3, 16, 16, requires_grad=True)
    assert not losses.degrade(image, 0.8, 0.05, torch.Generator().manual_seed(0)).requires_grad


def test_what_l_delta_reads_has_the_noise_asked_for_and_no_other():
    images = torch.full((4, 3, 32, 32), 0.5)
    torch.testing.assert_close(losses.degrade(images, 0.0, 0.0), images)
    noised = losses.degrade(images, 0.0, 0.1, torch.Generator().manual_seed(0))
    assert noised.std().item() == pytest.approx(0.1, rel=0.05)


def test_reading_destroys_a_faint_high_frequency_signal():
    checker = 0.01 * ((torch.arange(64)[:, None] + torch.arange(64)) % 2 * 2 - 1).float().expand(1, 3, 64, 64)
    base = torch.full((1, 3, 64, 64), 0.5)
    read = losses.degrade(base + checker, 0.8, 0.0) - losses.degrade(base, 0.8, 0.0)
    assert read[..., 8:-8, 8:-8].abs().max() < 0.15 * 0.01


def line_on_mask(offset):
    mask = torch.zeros(1, 64, 64)
    mask[0, 32, 16:48] = 1
    y = (32 + 0.5) / 64 * 2 - 1 + offset
    points = torch.tensor([[[-0.5 + 1 / 64, y], [0.5 - 1 / 64, y]]])
    return losses.chamfer(*sample_lines(points, torch.tensor([[0, 1]]), 64), *losses.strokes(mask)).mean()


def test_mean_residual_knows_no_affine_map_and_finds_what_slides():
    random = torch.Generator().manual_seed(0)
    template = torch.rand(9, 2, generator=random) - 0.5
    maps = torch.eye(2) + 0.3 * torch.randn(6, 2, 2, generator=random)
    residual = losses.affine_residual(template)
    moved = template @ maps + 0.1 * torch.randn(6, 1, 2, generator=random)
    assert losses.mean_residual(moved, template, residual).abs().max() < 1e-5
    slid = residual @ (0.05 * torch.randn(9, 2, generator=random))  # the same in every frame's own frame of reference
    found = losses.mean_residual((template + slid) @ maps, template, residual)
    assert torch.allclose(found, slid, atol=1e-4)
    flat = template * torch.tensor([1.0, 0.0])  # collapsed: has no frame of its own
    assert torch.equal(losses.mean_residual(flat.expand(2, -1, -1), template, residual), torch.zeros(9, 2))


def test_frames_that_collapsed_to_a_line_or_a_point_count_nothing():
    residual = losses.affine_residual(TEMPLATE)
    sound, flat = TEMPLATE + 0.1 * torch.eye(4, 2, dtype=torch.float64), TEMPLATE * torch.tensor([1.0, 0.0])
    alone = losses.mean_residual(sound[None], TEMPLATE, residual)
    together = losses.mean_residual(torch.stack([sound, flat, torch.zeros(4, 2)]), TEMPLATE, residual)
    assert alone.abs().max() > 0.01
    torch.testing.assert_close(together, alone / 3)


def test_gradcheck_of_the_mean_residual():
    template = torch.rand(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) - 0.5
    residual = losses.affine_residual(template)
    points = (template + 0.1 * torch.rand(3, 6, 2, dtype=torch.float64)).requires_grad_()
    # The maps are undone without gradient, so they are held fixed here too: residuals alone move with the points.
    shift = residual @ torch.rand(3, 6, 2, dtype=torch.float64)
    scale = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s: losses.mean_residual(points.detach() + s * shift, template, residual), scale)


def test_a_hidden_part_weighs_less_than_seen_paint():
    mask = torch.zeros(1, 32, 32)
    mask[:, 15:17, 2:16] = 1.0  # paint on the left half only
    whole = torch.tensor([[[-0.85, 0.0], [0.85, 0.0]]])
    segments = torch.tensor([[0, 1]])
    full, less = (losses.chamfer(*sample_lines(whole, segments, 32), *losses.strokes(mask), hidden=h) for h in (1.0, 0.3))
    nothing = losses.chamfer(*sample_lines(whole, segments, 32), *losses.strokes(mask), hidden=0.0)
    assert nothing < 0.05 < less < full
    assert torch.isclose(less, nothing + 0.3 * (full - nothing))


def test_chamfer_is_almost_zero_on_the_paint():
    assert line_on_mask(0.0) < 0.02  # within half a pixel, both ways


def test_chamfer_measures_the_distance_both_ways():
    torch.testing.assert_close(line_on_mask(0.2).item(), 0.4, atol=0.02, rtol=0)


def test_the_nearest_paint_is_the_nearest_in_both_directions():
    """Two ridge points in one column: a line beside the lower one is measured against that, not against the first."""
    positions, lengths = torch.tensor([[[0.0, 0.5]]]), torch.ones(1, 1)
    places = torch.tensor([[[0.0, -0.5], [0.0, 0.6]]])
    found = losses.chamfer(positions, lengths, places, torch.tensor([[1.0, 1.0]]))
    assert found.item() == pytest.approx((1.0 + 0.1) / 2 + 0.1, abs=1e-3)


def test_a_distance_counts_as_welschs_robust_loss_of_it():
    mask = torch.zeros(1, 64, 64)
    mask[0, 32, 16:48] = 1
    y = (32 + 0.5) / 64 * 2 - 1 + 0.2
    points = torch.tensor([[[-0.5 + 1 / 64, y], [0.5 - 1 / 64, y]]])
    found = losses.chamfer(*sample_lines(points, torch.tensor([[0, 1]]), 64), *losses.strokes(mask), reach=0.3)
    assert found.item() == pytest.approx(2 * 0.3 * (1 - math.exp(-0.2 / 0.3)), abs=0.01)


def test_paint_beyond_reach_hardly_attracts_a_line():
    def pull(offset):
        mask = torch.zeros(1, 64, 64)
        mask[0, 32, 16:48] = 1
        points = torch.tensor([[[-0.5, offset], [0.5, offset]]], requires_grad=True)
        losses.chamfer(*sample_lines(points, torch.tensor([[0, 1]]), 16), *losses.strokes(mask), reach=0.1).mean().backward()
        return points.grad[..., 1].abs().sum()

    assert pull(0.8) < 0.01 * pull(0.1)


def test_chamfer_of_frames_without_paint_is_zero_with_finite_gradient():
    points = torch.rand(2, 2, 2, requires_grad=True)
    loss = losses.chamfer(*sample_lines(points, torch.tensor([[0, 1]]), 4), *losses.strokes(torch.zeros(2, 16, 16))).mean()
    loss.backward()
    assert loss == 0 and torch.isfinite(points.grad).all()


def stroke(slope, height=20.3, size=48, width=1.3):
    """A key (1, S, S) of a straight stroke y = height + slope x in pixel centres, and that line's y at each x."""
    y, x = torch.meshgrid(torch.arange(size) + 0.5, torch.arange(size) + 0.5, indexing="ij")
    away = (y - height - slope * x) / math.hypot(1, slope)
    return torch.exp(-0.5 * (away / width) ** 2)[None]


@pytest.mark.parametrize(("slope", "height"), [(0.0, 20.3), (0.3, 20.3), (-0.2, 20.3), (0.5, 10.3)])
def test_ridge_points_lie_in_the_middle_of_a_stroke_to_a_twentieth_of_a_pixel(slope, height):
    places, sharpness = losses.ridge(stroke(slope, height))
    x, y = ((places[0] + 1) / 2 * 48)[sharpness[0] > 0].T
    inside = (x > 3) & (x < 45)
    assert inside.sum() >= 42  # one a column at least
    assert ((y - height - slope * x) / math.hypot(1, slope))[inside].abs().max() < 0.05


def test_a_stroke_and_its_transpose_have_transposed_ridge_points():
    mask = stroke(0.3)
    places, sharpness = losses.ridge(mask)
    other, turned = losses.ridge(mask.transpose(1, 2))
    assert torch.allclose(sharpness.view(48, 48), turned.view(48, 48).T, atol=1e-6)
    on = sharpness.view(48, 48) > 0
    assert torch.allclose(places.view(48, 48, 2)[on], other.view(48, 48, 2).transpose(0, 1)[on].flip(-1), atol=1e-5)


def test_an_even_key_has_no_ridge():
    assert losses.ridge(torch.full((1, 16, 16), 0.7))[1].max() == 0


def test_a_zigzag_through_a_wide_stroke_is_farther_from_it_than_its_middle():
    mask = stroke(0.0, height=24.0, width=2.5)
    x = torch.linspace(-0.9, 0.9, 13)
    straight = torch.stack([x, torch.zeros(13)], -1)[None]
    zigzag = straight + torch.tensor([0.0, 0.06]) * (-1.0) ** torch.arange(13)[None, :, None]
    segments = torch.stack([torch.arange(12), torch.arange(1, 13)], -1)
    near, far = (
        losses.chamfer(*sample_lines(points, segments, 4), *losses.strokes(mask)).mean() for points in (straight, zigzag)
    )
    assert near < 0.5 * far
