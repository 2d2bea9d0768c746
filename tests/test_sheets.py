import numpy as np

from glmk_lib.sheets import overlay
from glmk_lib.template import Line, Template


def test_a_line_in_bands_is_drawn_over_a_frame_in_its_colours():
    template = Template([[-0.9, 0], [0, 0], [0.9, 0]], [Line("way", (0, 1, 2), color=("#0000ff", "#ff0000"))])
    picture = overlay(np.full((32, 32, 3), 128, np.uint8), template.points, template, scale=4).astype(int)
    left, right = picture[60:68, 30], picture[60:68, 98]  # across the middle of either segment
    assert (left[:, 2] - left[:, 0]).max() > 100 > (left[:, 0] - left[:, 2]).max()
    assert (right[:, 0] - right[:, 2]).max() > 100 > (right[:, 2] - right[:, 0]).max()
