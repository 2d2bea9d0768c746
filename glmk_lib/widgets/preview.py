"""A drawing as R would paint it on the frame, to see whether its lines and its paint are those of the take."""

import numpy as np
import torch

from glmk_lib.capture.paint import Paint
from glmk_lib.renderer import PaintRenderer
from glmk_lib.template import Template, rgb

_WIDTH = 0.06  # of a stroke that nobody has measured, in units of [-1, 1]


class PaintPreview:
    """`preview(template)` is the frame with the template's lines painted by R.

    Args:
        image: (H, H, 3) uint8 RGB.
        template, paint: the paint as it was measured, and the template that says which colour was stated for each of its
            colours. A colour that was not measured is painted as it is stated: opaque, in the mean width of the others; without
            any, flat, and as wide as strokes mostly are.

    Raises:
        ValueError: the image is not square, or the paint is not that of the template.
    """

    def __init__(self, image: np.ndarray, template: Template | None = None, paint: Paint | None = None):
        if image.shape[0] != image.shape[1]:
            raise ValueError(f"the image has shape {image.shape}; expected (H, H, 3), since R paints on square frames.")
        self._frame = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
        self._paint = paint
        stated = () if template is None else template.segment_colors
        if paint is not None and len(stated) != len(paint.segment_color):
            raise ValueError(f"the paint has {len(paint.segment_color)} segments; expected the template's {len(stated)}.")
        self._measured = {} if paint is None else dict(zip(stated, paint.segment_color.tolist(), strict=True))

    def __call__(self, template: Template) -> np.ndarray:
        """(H, H, 3) uint8 RGB."""
        renderer = PaintRenderer(template, self._paint_of(template), self._frame.shape[-1])
        with torch.no_grad():
            painted = renderer(torch.tensor(template.points)[None], self._frame)[0]
        return (painted.permute(1, 2, 0) * 255).round().byte().numpy()

    def _paint_of(self, template):
        names, paint = list(dict.fromkeys(template.segment_colors)), self._paint
        numbers = [self._measured.get(name) for name in names]
        stated = np.array([rgb(name) for name in names]) / 255
        width = _WIDTH if paint is None else float(paint.width.mean())
        return Paint(
            colors=np.array([s if k is None else paint.colors[k] for s, k in zip(stated, numbers, strict=True)]),
            opacity=np.array([1.0 if k is None else paint.opacity[k] for k in numbers]),
            width=np.array([width if k is None else paint.width[k] for k in numbers]),
            brightness=1.0 if paint is None else paint.brightness,
            segment_color=np.array([names.index(color) for color in template.segment_colors]),
            lit=paint is not None,
        )
