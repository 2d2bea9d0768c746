"""Paint as someone would state it who never measured it: the row of the ingredients study that shows what measuring buys."""

import dataclasses

import numpy as np

from glmk_lib.capture.paint import Paint
from glmk_lib.template import Template

TWICE = 2.0  # guessed strokes are so many times too wide


def guess(paint: Paint, template: Template) -> Paint:
    """`paint` with the template's stated colours, opaque, twice as wide, and flat: the same in light and in shade."""
    stated = [color.lstrip("#") for color in template.segment_colors]
    first = [list(paint.segment_color).index(c) for c in range(len(paint.colors))]  # a segment of each colour
    colors = [[int(stated[i][k : k + 2], 16) / 255 for k in (0, 2, 4)] for i in first]
    return dataclasses.replace(paint, colors=colors, opacity=np.ones(len(colors)), width=TWICE * paint.width, lit=False)
