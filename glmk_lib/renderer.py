"""R: paints the template's lines on a frame, differentiably in the points (paper, Section 2).

Two back ends paint the same lines. `splat`, the default, is ours: a Gaussian at many samples of each line, each separable in
x and y, so that a colour's coverage is one batched matrix product. `pytorch3d` is the paper's point renderer; it is used where
it is installed and asked for. `disc_coverage` is that renderer's arithmetic in plain torch: what both back ends are tested
against.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor, nn

from glmk_lib.capture.paint import Paint
from glmk_lib.splat import pixel_centres, splat
from glmk_lib.template import Template

_FLATNESS = 4.0  # paint has a flat top and soft edges: coverage = 1 - exp(-4 * Gaussian), which peaks at 0.98
_DEEPEST = 0.9999  # coverage at which the depth of paint ends: an opaque disc would have no end
_LUMA = (0.299, 0.587, 0.114)


def luminance(images: Tensor) -> Tensor:
    """Rec. 601 luma of images (B, 3, H, W) in [0, 1]: (B, 1, H, W)."""
    return sum(weight * images[:, k : k + 1] for k, weight in enumerate(_LUMA))


def local_brightness(images: Tensor, radius: int) -> Tensor:
    """Mean luma in a square of 2 * radius + 1 pixels around each pixel, (B, 1, H, W): the light that falls on paint there."""
    down, across = (_box_matrix(n, radius, images.dtype, images.device) for n in images.shape[-2:])
    return down @ luminance(images) @ across.T


def light_radius(size: int) -> int:
    """The radius in pixels of the square around paint whose mean luma is its light, in frames of that size."""
    return max(1, size // 32)


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # kept for training too
def _box_matrix(size: int, radius: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The mean of a row's pixels within `radius`, as a matrix (size, size): a product is faster than pooling."""
    place = torch.arange(size, device=device)
    near = ((place[:, None] - place).abs() <= radius).double()
    return (near / near.sum(1, keepdim=True)).to(dtype)


def sample_lines(points: Tensor, segments: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """Samples along segments, and how much of the line each stands for.

    Args:
        points: (B, N, 2).
        segments: (S, 2) indices of end points.
        samples: M on each segment, at (i + 0.5) / M.

    Returns:
        positions (B, S * M, 2), and lengths (B, S * M): segment length / M, in units of [-1, 1].
    """
    a, b = points[:, segments[:, 0]], points[:, segments[:, 1]]  # (B, S, 2)
    t = (torch.arange(samples, device=points.device, dtype=points.dtype) + 0.5) / samples
    positions = a[:, :, None] + (b - a)[:, :, None] * t.view(1, 1, -1, 1)  # (B, S, M, 2)
    length = ((b - a).square().sum(-1) + 1e-12).sqrt() / samples  # finite gradient where points coincide
    return positions.flatten(1, 2), length[:, :, None].expand(-1, -1, samples).flatten(1)


def splat_coverage(positions: Tensor, lengths: Tensor, width: float, size: int) -> Tensor:
    """Coverage (B, size, size) in [0, 1) of lines given by samples; full width at half maximum is `width`.

    Equation: eq-splat of the book.

    The Gaussians of a straight line add up to its cross-section exp(-d^2 / 2 sigma^2), however it is sampled, since each is
    weighted by the length it stands for.
    """
    widths, count = positions.new_full((1,), width).expand(positions.shape[1]), positions.shape[1]
    return 1 - torch.exp(-splat_depth(positions, lengths, widths, [count], size)[:, 0])


def splat_depth(positions: Tensor, lengths: Tensor, widths: Tensor, counts: list[int], size: int) -> Tensor:
    """-log(1 - coverage) of C colours at once, (B, C, size, size): the width of each sample (K,), and how many each colour has.

    Depth adds up: that of two pieces of line is the sum of theirs.
    """
    at_half = -math.log(1 - (1 - math.exp(-_FLATNESS)) / 2) / _FLATNESS  # the Gaussian's value where coverage is half
    sigmas = widths.clamp_min(1.0 / size) / (2 * math.sqrt(-2 * math.log(at_half)))
    return splat(positions, lengths * (_FLATNESS / math.sqrt(2 * math.pi) / sigmas), sigmas, counts, size)


def disc_coverage(points: Tensor, radius: float, size: int) -> Tensor:
    """PyTorch3D's alpha-composited coverage of discs: 1 - prod(1 - max(0, 1 - d^2 / r^2)), (B, size, size).

    Equation: eq-disc of the book.

    Args:
        points: (B, K, 2), x right, y down.
        radius: in units of [-1, 1].

    Example:
        >>> coverage = disc_coverage(torch.zeros(1, 1, 2), radius=0.25, size=16)
        >>> coverage.shape, coverage[0, 0, 0].item(), round(coverage[0, 7, 8].item(), 3)
        (torch.Size([1, 16, 16]), 0.0, 0.875)
    """
    centres = pixel_centres(size, points)
    dx = (points[..., 0, None] - centres) ** 2  # (B, K, W)
    dy = (points[..., 1, None] - centres) ** 2  # (B, K, H)
    weight = (1 - (dy[..., :, None] + dx[..., None, :]) / radius**2).clamp_min(0)  # (B, K, H, W)
    return 1 - torch.prod(1 - weight, 1)


def pytorch3d_coverage(points: Tensor, radius: float, size: int, points_per_pixel: int = 16) -> Tensor:
    """The paper's renderer: PyTorch3D's points rasteriser and alpha compositor, (B, size, size).

    Equation: eq-disc of the book.

    Raises ImportError naming the install command when PyTorch3D is not there. Its NDC is +x left, +y up: both are flipped.
    """
    try:
        from pytorch3d.renderer.compositing import alpha_composite
        from pytorch3d.renderer.points.rasterize_points import rasterize_points
        from pytorch3d.structures import Pointclouds
    except ImportError:
        raise ImportError(
            "the 'pytorch3d' back end needs PyTorch3D, which is not installed; "
            "run `conda env create -f environment.yml` (conda-forge has it), or use backend='splat'."
        ) from None
    flipped = torch.cat([-points, torch.ones_like(points[..., :1])], -1)  # (B, K, 3)
    index, _, squared = rasterize_points(Pointclouds(list(flipped)), size, radius, points_per_pixel)
    weight = (1 - squared / radius**2) * (index >= 0)  # (B, H, W, P)
    ones = torch.ones(1, points.shape[0] * points.shape[1], device=points.device, dtype=points.dtype)
    return alpha_composite(index.long().permute(0, 3, 1, 2), weight.permute(0, 3, 1, 2), ones)[:, 0]


class PaintRenderer(nn.Module):
    """R: `renderer(points, images)` paints the template's lines through `points` on `images`.

    Equation: eq-renderer of the book.

    Colour, width and opacity are the measured ones of `paint`; the colour is multiplied by the local brightness of the frame
    over the reference brightness, since real paint is lit as the skin is. Where paints of several colours overlap they mix.

    Args:
        template: gives the lines; its colours are superseded by `paint`.
        paint: measured by `capture.paint.measure_paint`.
        size: pixels of the square frames.
        backend: "splat" or "pytorch3d".
        width_scale: multiplies the measured width (a wider basin for the same lines).
    """

    def __init__(self, template: Template, paint: Paint, size: int, backend: str = "splat", width_scale: float = 1.0):
        super().__init__()
        if backend not in ("splat", "pytorch3d"):
            raise ValueError(f"backend is {backend!r}; expected 'splat' or 'pytorch3d'.")
        self.size, self.backend = size, backend
        self.widths = [float(w) * width_scale for w in paint.width]
        self.brightness, self.lit = float(paint.brightness), paint.lit
        segments = torch.as_tensor(template.segments)
        color_of_segment = torch.as_tensor(paint.segment_color)
        if len(color_of_segment) != len(segments):
            raise ValueError(f"the paint has {len(color_of_segment)} segments; expected the template's {len(segments)}.")
        self.count = len(paint.colors)
        self.samples = _samples_per_segment(template, min(self.widths))
        for c in range(self.count):
            self.register_buffer(f"segments_{c}", segments[color_of_segment == c, :2], persistent=False)
        by_color = [getattr(self, f"segments_{c}") for c in range(self.count)]
        self.register_buffer("segments", torch.cat(by_color), persistent=False)
        self.counts = [len(each) * self.samples for each in by_color]
        widths = torch.tensor(self.widths).repeat_interleave(torch.tensor(self.counts))
        self.register_buffer("sample_widths", widths, persistent=False)
        self.register_buffer("colors", torch.as_tensor(paint.colors, dtype=torch.float32), persistent=False)
        self.register_buffer("opacity", torch.as_tensor(paint.opacity, dtype=torch.float32), persistent=False)

    def coverage(self, points: Tensor) -> Tensor:
        """How much of each pixel each colour covers, before opacity: points (B, N, 2) to (B, C, size, size) in [0, 1]."""
        return -torch.expm1(-self.depth(points))

    def depth(self, points: Tensor) -> Tensor:
        """-log(1 - coverage), which adds up where lines meet: points (B, N, 2) to (B, C, size, size), 0 to 9.2."""
        if points.ndim != 3 or points.shape[-1] != 2:
            raise ValueError(f"points have shape {tuple(points.shape)}; expected (B, N, 2).")
        positions, lengths = sample_lines(points, self.segments, self.samples)
        if self.backend == "splat":
            depth = splat_depth(positions, lengths, self.sample_widths, self.counts, self.size)
            return depth.clamp(max=-math.log1p(-_DEEPEST))
        parts = zip(positions.split(self.counts, 1), self.widths, strict=True)
        covered = torch.stack([pytorch3d_coverage(part, width / math.sqrt(2), self.size) for part, width in parts], 1)
        return -torch.log1p(-covered.clamp(max=_DEEPEST))

    def forward(self, points: Tensor, images: Tensor) -> Tensor:
        """Paint `images` (B, 3, size, size) in [0, 1]; the result has the same shape and range."""
        if images.shape[-2:] != (self.size, self.size):
            raise ValueError(f"images have shape {tuple(images.shape)}; expected (B, 3, {self.size}, {self.size}).")
        light = local_brightness(images, light_radius(self.size)) / self.brightness if self.lit else 1.0  # (B, 1, H, W)
        # Depth adds up where lines meet, and each colour has its share of it: where the colour of a line changes, neither is on
        # top of the other, so the change lies at the point itself.
        depth = self.depth(points)  # (B, C, H, W)
        total = depth.sum(1, keepdim=True)
        alpha = self.opacity.view(-1, 1, 1) * depth * (-torch.expm1(-total) / total.clamp_min(1e-6))
        painted = images * (1 - alpha.sum(1, keepdim=True))
        for color, share in zip(self.colors, alpha.split(1, 1), strict=True):  # one by one: all at once take three times longer
            painted = painted + (color.view(3, 1, 1) * light).clamp(0, 1) * share
        return painted


def _samples_per_segment(template: Template, width: float) -> int:
    """Enough for samples a third of a width apart on the longest segment, stretched by half."""
    ends = template.points[template.segments[:, :2]]  # (S, 2, 2)
    longest = float(((ends[:, 0] - ends[:, 1]) ** 2).sum(-1).max() ** 0.5)
    return max(2, math.ceil(1.5 * longest / (width / 3)))
