"""Each term of the objective, one function each: first the paper's (Section 2), then ours.

All take and give torch tensors and know nothing of files. Images are (B, 3, H, W) in [0, 1]; points (B, N, 2) in [-1, 1].
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from glmk_lib.draws import draw

_NOWHERE = 100.0  # a place that is farther from every line than any paint


def adversarial(scores: Tensor) -> Tensor:
    """What a generator minimises: E[(D(fake) - 1)^2], the least-squares form (LSGAN; Mao et al. 2017).

    Equation: eq-adversarial of the book.
    """
    return (scores - 1).square().mean()


def discriminator(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """What a discriminator minimises: (E[(D(real) - 1)^2] + E[D(fake)^2]) / 2, halved as CycleGAN does.

    Equation: eq-discriminator of the book.
    """
    return ((real_scores - 1).square().mean() + fake_scores.square().mean()) / 2


def cycle(cycled: Tensor, original: Tensor) -> Tensor:
    """Cycle consistency: the mean absolute difference (CycleGAN, Eq. 2), used for both cycles.

    Equation: eq-cycles of the book.
    """
    return (cycled - original).abs().mean()


def spring(deltas: Tensor, template: Tensor, edges: Tensor, form: str = "length") -> Tensor:
    """Spring potential between neighbouring points of the template.

    Equations: eq-spring and eq-spring-vector of the book.

    "length" is the paper's: the squared change of each edge's length over its rest length, so rigid motion costs nothing.
    "vector" takes the squared change of the edge as a vector, over the rest length: it resists rotation too; scaling costs
    both alike.

    Args:
        deltas: offsets (B, N, 2).
        template: rest positions T (N, 2).
        edges: neighbour pairs (E, 2).

    Example:
        Moving both points alike costs nothing; drawing them apart by half their distance costs a quarter:

        >>> template, edges = torch.tensor([[0.0, 0.0], [1.0, 0.0]]), torch.tensor([[0, 1]])
        >>> spring(torch.tensor([[[0.2, 0.1], [0.2, 0.1]]]), template, edges).item()
        0.0
        >>> round(spring(torch.tensor([[[0.0, 0.0], [0.5, 0.0]]]), template, edges).item(), 6)
        0.25
    """
    if form not in ("length", "vector"):
        raise ValueError(f"form is {form!r}; expected 'length' or 'vector'.")
    rest = template[edges[:, 1]] - template[edges[:, 0]]  # (E, 2)
    rest_length = rest.square().sum(-1).clamp_min(1e-8).sqrt()
    change = deltas[:, edges[:, 1]] - deltas[:, edges[:, 0]]  # (B, E, 2)
    if form == "vector":
        return (change.square().sum(-1) / rest_length.square()).mean()
    length = ((rest + change).square().sum(-1) + 1e-12).sqrt()
    return ((length - rest_length) / rest_length).square().mean()


def affine_residual(template: Tensor) -> Tensor:
    """The projection (N, N) that takes points to what no affine map of the template (N, 2) explains.

    Equation: eq-shape of the book.
    """
    basis = torch.cat([template, torch.ones_like(template[:, :1])], 1)  # (N, 3)
    return torch.eye(len(template), device=template.device, dtype=template.dtype) - basis @ torch.linalg.pinv(basis)


def shape(points: Tensor, residual: Tensor) -> Tensor:
    """Mean squared distance of points (B, N, 2) from the nearest affine image of the template.

    Equation: eq-shape of the book.

    Strong at first and weak later, it makes the fit go from the whole to the parts, as in non-rigid registration (Myronenko and
    Song, "Point set registration: coherent point drift", 2010): lines of one colour are else taken for one another. Zero for
    every shift, turn, scaling and shear, so a turning head costs little.

    Args:
        residual: from `affine_residual`.
    """
    return (residual @ points).square().sum(-1).mean()


def mean_residual(points: Tensor, template: Tensor, residual: Tensor) -> Tensor:
    """The batch mean, (N, 2), of what no affine map of the template explains of points (B, N, 2), in the template's own frame.

    Equation: eq-mean-shape of the book.

    Each frame's best affine map is undone first, without gradient, so that frames of every size and turn count alike; a frame
    whose points have collapsed to a line has no such map and counts nothing.

    Args:
        template: T (N, 2).
        residual: from `affine_residual`.
    """
    with torch.no_grad():  # by hand: on a GPU torch.linalg waits for it
        around = template - template.mean(0)
        linear = _inverse(around.T @ around)[0] @ around.T @ points  # (B, 2, 2): points = template @ linear + shift + residual
        undo, determinant = _inverse(linear)
        sound = (determinant.abs() > 0.05)[:, None, None]
    return ((residual @ points) @ torch.where(sound, undo, 0.0)).mean(0)


def _inverse(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The inverse of matrices (..., 2, 2) and their determinants; the inverse of a singular one is of no use, but finite."""
    (a, b), (c, d) = (row.unbind(-1) for row in matrix.unbind(-2))
    determinant = a * d - b * c
    adjugate = torch.stack([torch.stack([d, -b], -1), torch.stack([-c, a], -1)], -2)
    return adjugate / torch.where(determinant.abs() > 1e-12, determinant, 1.0)[..., None, None], determinant


def keep(generated: Tensor, marked: Tensor, masks: Tensor) -> Tensor:
    """Mean absolute change that G makes where nothing is painted: (B, 3, H, W) twice, and the chroma key (B, C, H, W).

    Equation: eq-keep of the book.

    Two pixels around the paint are free too: its soft edges are not in the key.
    """
    painted = functional.max_pool2d((3 * masks).clamp(0, 1).amax(1, keepdim=True), 5, stride=1, padding=2)
    return ((generated - marked).abs() * (1 - painted)).mean()


def gaussian_blur(images: Tensor, sigma: float) -> Tensor:
    """Images (B, C, H, W) blurred by a Gaussian of `sigma` pixels, cut off at 2.5 sigma and reflected at the border.

    A sigma of 0 or less returns the images themselves.
    """
    if sigma <= 0:
        return images
    down, across = (_blur_matrix(n, float(sigma), images.dtype, images.device) for n in images.shape[-2:])
    return down @ images @ across.T


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # kept for training too, which can't differentiate through a tensor made while only reading
def _blur_matrix(size: int, sigma: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The blur of a row of pixels as a matrix (size, size): at these sizes a product is faster than wide kernels."""
    radius = min(max(1, math.ceil(2.5 * sigma)), size - 1)
    taps = torch.arange(-radius, radius + 1, device=device)
    weights = torch.exp(-(taps.double() ** 2) / (2 * sigma**2))
    place = (torch.arange(size, device=device)[:, None] + taps).abs()  # (size, taps)
    place = torch.where(place >= size, 2 * (size - 1) - place, place)
    matrix = torch.zeros(size, size, dtype=torch.float64, device=device)
    matrix.scatter_add_(1, place, (weights / weights.sum()).expand(size, -1))
    return matrix.to(dtype)


def multiscale_cycle(cycled: Tensor, original: Tensor, sigmas) -> Tensor:
    """Cycle consistency at several blur scales, each magnified to the contrast that a blurred thin line keeps.

    Equation: eq-multiscale of the book.

    A thin line that is off by more than its width overlaps nothing, so the plain L1 has no slope towards it. A blurred one
    does; blurring divides its contrast by about sigma, which the weight max(1, sigma) gives back.
    """
    difference = cycled - original
    terms = [max(1.0, s) * gaussian_blur(difference, s).abs().mean() for s in sigmas]
    return torch.stack(terms).mean()


def degrade(images: Tensor, blur: float, noise: float, generator: torch.Generator | None = None) -> Tensor:
    """The detached, blurred and noised copy that L_delta reads, so that faint signals in G's output are lost to it.

    Equation: eq-degrade of the book.

    CycleGANs hide what they must reconstruct in faint high frequencies (Chu et al., "CycleGAN, a master of steganography",
    2017). Real frames are degraded alike, so that both look the same to L_delta.
    """
    blurred = gaussian_blur(images.detach(), blur)
    if noise <= 0:
        return blurred
    return blurred + noise * draw(torch.randn, blurred.shape, generator).to(blurred)


def ridge(mask: Tensor, sigma: float = 0.8, least: float = 0.1) -> tuple[Tensor, Tensor]:
    """The middle of the strokes of a chroma key, to a fraction of a pixel.

    Where the smoothed key is bent most sharply, along the eigenvector n of its Hessian, its second-order expansion has a
    maximum at t n, t = -(gradient . n) / curvature; the pixel holds a ridge point if t n lies within it (Steger, "An unbiased
    detector of curvilinear structures", 1998).

    Args:
        mask: (B, H, W) in [0, 1].
        sigma: of the smoothing, in pixels.
        least: curvature, the key's change per pixel^2, below which there is no stroke.

    Returns:
        places (B, H W, 2), (x, y) in [-1, 1], and their sharpness (B, H W), the curvature; 0 where there is no ridge point.
    """
    height, width = mask.shape[1:]
    smooth = functional.pad(gaussian_blur(mask[:, None], sigma), (1, 1, 1, 1), mode="replicate")[:, 0]
    middle, left, right = smooth[:, 1:-1, 1:-1], smooth[:, 1:-1, :-2], smooth[:, 1:-1, 2:]
    above, below = smooth[:, :-2, 1:-1], smooth[:, 2:, 1:-1]
    slope_x, slope_y = (right - left) / 2, (below - above) / 2
    xx, yy = right + left - 2 * middle, below + above - 2 * middle
    xy = (smooth[:, 2:, 2:] - smooth[:, 2:, :-2] - smooth[:, :-2, 2:] + smooth[:, :-2, :-2]) / 4
    half = (xx - yy) / 2
    lean = (half.square() + xy.square()).sqrt()
    curvature = (xx + yy) / 2 - lean  # the lower eigenvalue
    # Its eigenvector has two forms, (xy, -half - lean) and (half - lean, xy): the longer one, since each vanishes somewhere.
    long, upright = -half.abs() - lean, half > 0
    x, y = torch.where(upright, xy, long), torch.where(upright, long, xy)
    along = -(slope_x * x + slope_y * y) / ((x.square() + y.square()).clamp_min(1e-24) * curvature.clamp_max(-1e-6))
    offset_x, offset_y = along * x, along * y
    found = (offset_x.abs() <= 0.6) & (offset_y.abs() <= 0.6) & (-curvature > least)  # over half: none is lost between two
    columns, rows = (torch.arange(n, device=mask.device, dtype=mask.dtype) + 0.5 for n in (width, height))
    places = torch.stack([(columns + offset_x) * (2 / width) - 1, (rows[:, None] + offset_y) * (2 / height) - 1], -1)
    return places.flatten(1, 2), torch.where(found, -curvature, 0.0).flatten(1)


def strokes(masks: Tensor, most: int = 300) -> tuple[Tensor, Tensor]:
    """The sharpest ridge points of each chroma key (B, H, W): places (B, P, 2) in [-1, 1] and sharpness (B, P), P <= most.

    Sharpness is 0 where a key has fewer points than another.
    """
    places, sharpness = ridge(masks)
    weight, index = sharpness.topk(min(most, sharpness.shape[1]), dim=1)
    if weight.device.type == "cpu":  # another device would have to wait for the count
        used = max(1, int((weight > 0).sum(1).max()))
        weight, index = weight[:, :used], index[:, :used]
    return places.gather(1, index[..., None].expand(-1, -1, 2)), weight


def chamfer(
    positions: Tensor,
    lengths: Tensor,
    places: Tensor,
    sharpness: Tensor,
    reach: float | Tensor = math.inf,
    hidden: float = 1.0,
) -> Tensor:
    """Two-way distance between a colour's painted line and the middle of the paint seen, (B,), in units of [-1, 1].

    Equation: eq-chamfer of the book.

    The mean distance from each seen ridge point of the key (`strokes`, weighted by its sharpness) to the nearest sample of the
    line, plus `hidden` times the mean distance from each sample (weighted by the length it stands for) to the nearest ridge
    point. All paint that is seen belongs to some line, but a part of a line may be hidden: the second half deserves less trust.
    Frames where no paint is seen give zero. Ridge points, not pixels: a line comes nearest to all pixels of a wide stroke by
    zigzagging through it.

    A distance d counts as reach * (1 - exp(-d / reach)), about d up to `reach` and hardly more beyond (Welsch's kind of robust
    loss): a part of a line that the head hides must not be drawn to whatever paint is next to it.

    Args:
        positions: line samples (B, K, 2), (x, y) in [-1, 1], with gradient.
        lengths: what each sample stands for (B, K), in the same units, from `renderer.sample_lines`.
        places, sharpness: ridge points (B, P, 2) and (B, P) of the marked frame, from `strokes`.
        reach: in units of [-1, 1], a number or a tensor of one; infinite is the plain distance.
        hidden: weight of the way from line to paint; 1 is the plain two-way distance.
    """
    seen = sharpness > 0
    paint = torch.where(seen[..., None], places.to(positions), _NOWHERE)  # (B, P, 2)
    with torch.no_grad():  # which is nearest to which; only the nearest have a gradient
        x, y = (paint[:, :, None, k] - positions[:, None, :, k] for k in (0, 1))
        squared = x.square_().addcmul_(y, y)  # (B, P, K)
        nearest_sample, nearest_paint = squared.min(2).indices, squared.min(1).indices  # on a CPU faster than argmin
    to_line, to_paint = _distance(paint, positions, nearest_sample), _distance(positions, paint, nearest_paint)
    if isinstance(reach, Tensor) or math.isfinite(reach):
        to_line, to_paint = (reach * (1 - torch.exp(-d / reach)) for d in (to_line, to_paint))
    share = lengths.detach() / lengths.detach().sum(1, keepdim=True).clamp_min(1e-8)
    each = (to_line * sharpness).sum(1) / sharpness.sum(1).clamp_min(1e-8) + hidden * (to_paint * share).sum(1)
    return torch.where(seen.any(1), each, 0.0)


def _distance(points: Tensor, others: Tensor, index: Tensor) -> Tensor:
    """From each of `points` (B, A, 2) to the one of `others` (B, C, 2) that `index` (B, A) names: (B, A)."""
    away = points - others.gather(1, index[..., None].expand(-1, -1, 2))
    return (away.square().sum(-1) + 1e-8).sqrt()
