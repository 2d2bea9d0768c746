"""The cheaper convolutions against the plain ones that they stand for, forwards and backwards."""

import pytest
import torch
from torch.nn import functional

from glmk_lib.convolutions import ScoreConv, UpConv, WideConv


def enlarged(x, weight, bias):
    large = functional.interpolate(x, scale_factor=2, mode="nearest")
    return functional.conv2d(functional.pad(large, (1, 1, 1, 1), mode="reflect"), weight, bias)


def wide(x, weight, bias):
    return functional.conv2d(functional.pad(x, (3, 3, 3, 3), mode="reflect"), weight, bias)


def scored(x, weight, bias):
    return functional.conv2d(x, weight, bias, padding=1)


@pytest.mark.parametrize(
    ("layer", "plain", "shape"),
    [
        pytest.param(UpConv(5, 4), enlarged, (2, 5, 6, 9), id="enlargement"),
        pytest.param(WideConv(5, 3), wide, (2, 5, 8, 12), id="wide"),
        pytest.param(ScoreConv(5), scored, (2, 5, 7, 9), id="score"),
    ],
)
def test_a_cheaper_convolution_gives_the_plain_one_and_its_gradients(layer, plain, shape):
    layer = layer.double()
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
    learned = (x, layer.weight, layer.bias)
    ours, expected = layer(x), plain(*learned)
    torch.testing.assert_close(ours, expected)
    upstream = torch.randn(expected.shape, generator=generator, dtype=torch.float64)
    for a, b in zip(*(torch.autograd.grad(y, learned, upstream) for y in (ours, expected)), strict=True):
        torch.testing.assert_close(a, b)


def test_only_the_plain_weights_are_kept():
    for layer in (UpConv(5, 4), WideConv(5, 3), ScoreConv(5)):
        assert set(layer.state_dict()) == {"weight", "bias"}
