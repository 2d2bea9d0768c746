"""Shapes, ranges, starting points, and parameter counts against hand computation."""

import pytest
import torch

from glmk_lib.networks import DeformationNet, Generator, PatchDiscriminator, count_parameters


def conv(a, b, k):
    return a * b * k * k + b


def linear(a, b):
    return a * b + b


def test_deformation_net_has_the_parameters_counted_by_hand():
    expected = conv(3, 32, 4) + conv(32, 64, 4) + conv(64, 128, 4) + conv(128, 256, 4)
    expected += 2 * (32 + 64 + 128 + 256)  # group norm: a scale and a shift a channel
    expected += linear(256 * 8 * 8, 512) + linear(512, 256) + linear(256, 2 * 36)
    assert count_parameters(DeformationNet(36, 128, 32)) == expected


def test_generator_of_six_blocks_has_the_parameters_counted_by_hand():
    expected = conv(3, 64, 7) + conv(64, 128, 3) + conv(128, 256, 3) + 6 * 2 * conv(256, 256, 3)
    expected += conv(256, 128, 3) + conv(128, 64, 3) + conv(64, 3, 7)
    assert count_parameters(Generator(64, 6)) == expected


def test_patch_discriminator_has_the_parameters_counted_by_hand():
    expected = conv(3, 64, 4) + conv(64, 128, 4) + conv(128, 256, 4) + conv(256, 512, 4) + conv(512, 1, 4)
    assert count_parameters(PatchDiscriminator(64, 3)) == expected


@pytest.mark.parametrize(("layers", "field"), [(3, 70), (2, 34)])
def test_a_score_sees_a_patch_of_the_stated_size(layers, field):
    """Instance norm makes every score depend on every pixel, so it is taken out: the convolutions' field is what counts."""
    net = PatchDiscriminator(4, layers).eval()
    net.body = torch.nn.Sequential(*[m for m in net.body if not isinstance(m, torch.nn.GroupNorm)])
    image = torch.rand(1, 3, 128, 128, requires_grad=True)
    scores = net(image)
    middle = scores.shape[-1] // 2
    scores[0, 0, middle, middle].backward()
    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == field


def test_deformation_starts_at_the_template():
    assert DeformationNet(5, 64, 8)(torch.rand(3, 3, 64, 64)).abs().max() == 0


def test_offsets_stay_within_their_bound():
    net = DeformationNet(5, 64, 8, bound=0.3)
    torch.nn.init.normal_(net.head[-1].weight, std=50.0)
    assert net(torch.rand(3, 3, 64, 64)).abs().max() <= 0.3


def test_generator_starts_close_to_the_identity():
    image = 0.1 + 0.8 * torch.rand(1, 3, 64, 64)
    assert (Generator(8, 2)(image) - image).abs().mean() < 0.1


def test_generator_keeps_shape_and_range():
    out = Generator(8, 2)(torch.rand(2, 3, 64, 64))
    assert out.shape == (2, 3, 64, 64) and out.min() >= 0 and out.max() <= 1


@pytest.mark.parametrize("net", [Generator(4, 1), PatchDiscriminator(4, 2), DeformationNet(4, 64, 4)])
def test_grey_images_are_refused_with_their_shape(net):
    with pytest.raises(ValueError, match=r"images have shape \(1, 1, 64, 64\); expected \(B, 3,"):
        net(torch.zeros(1, 1, 64, 64))


def test_a_size_that_four_halvings_do_not_divide_is_refused():
    with pytest.raises(ValueError, match="multiple of 16"):
        DeformationNet(4, 100)
