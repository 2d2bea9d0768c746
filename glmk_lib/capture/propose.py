"""Lines proposed from the paint of one marked frame: the skeleton of its mask, cut into lines, with points along them."""

import numpy as np

from glmk_lib.template import Template


def template(frame: np.ndarray, colors, spacing: float, region: str) -> Template:
    """See `Template.from_paint`."""
    raise NotImplementedError
