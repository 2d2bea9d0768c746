"""The camera: where it stands, how it sees points, and what optics and sensor make of the light."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, pad

from glmk_lib.studio.shapes import rotation

DISTANCE = 5.0  # from the camera to the body's reference point at rest, body units
FOCAL = 2.0  # widths of the picture: a body unit at that distance is 0.4 of the width
_SHOT, _READ = 4e-4, 0.0035  # variance of the noise a unit of light, and its standard deviation in the dark


def place(vertices: Tensor, rigid: Tensor) -> Tensor:
    """Body coordinates (B, V, 3) to camera coordinates, by the motion as a whole (B, 6): yaw, pitch, roll, x, y, scale.

    Yaw comes first, then pitch, then roll. A positive yaw turns the front to the right of the image, a positive pitch down,
    a positive roll clockwise.
    """
    return vertices @ turn(rigid).transpose(1, 2) + offset(rigid)[:, None]


def turn(rigid: Tensor) -> Tensor:
    """The rotation (B, 3, 3) from body to camera axes of the motion (B, 6)."""
    zero = torch.zeros_like(rigid[:, 0])
    yaw = rotation(torch.stack([zero, -rigid[:, 0], zero], 1), rigid)
    pitch = rotation(torch.stack([rigid[:, 1], zero, zero], 1), rigid)
    roll = rotation(torch.stack([zero, zero, rigid[:, 2]], 1), rigid)
    return roll @ pitch @ yaw


def offset(rigid: Tensor) -> Tensor:
    """Where the body's reference point stands before the camera, (B, 3)."""
    return torch.stack([rigid[:, 3], rigid[:, 4], DISTANCE / rigid[:, 5]], 1)


def develop(linear: Tensor) -> Tensor:
    """Linear light to the screen's values in [0, 1]: a soft shoulder above 0.6, then the sRGB curve (IEC 61966-2-1)."""
    x = linear.clamp_min(0)
    x = torch.where(x > 0.6, 0.6 + 0.4 * (1 - torch.exp(-(x - 0.6) / 0.4)), x)
    return torch.where(x <= 0.0031308, 12.92 * x, 1.055 * x.clamp_min(1e-6) ** (1 / 2.4) - 0.055)


def blur_moving(picture: Tensor, shutter: float = 0.5, taps: int = 5) -> Tensor:
    """Motion blur of a layer (B, C + 2, H, W), whose last channels are velocity times coverage: (B, C, H, W).

    Args:
        picture: channel 3 is the coverage; velocity in frame widths a frame.
        shutter: share of the frame's time that the shutter is open, half before and half after the moment shown.
        taps: moments within it that are averaged.
    """
    layer, velocity = picture[:, :-2], picture[:, -2:]
    near = avg_pool2d(torch.cat([velocity, layer[:, 3:4]], 1), 5, 1, 2)  # so that it reaches over the edge
    velocity = (near[:, :2] / near[:, 2:].clamp_min(1e-3)).permute(0, 2, 3, 1)
    steps = (torch.arange(layer.shape[-1], device=layer.device) + 0.5) / layer.shape[-1] * 2 - 1
    here = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1)
    total = torch.zeros_like(layer)
    for k in range(taps):
        at = here + velocity * (2 * shutter * ((k + 0.5) / taps - 0.5))
        total += grid_sample(layer, at, align_corners=False, padding_mode="border")
    return total / taps


def defocus(linear: Tensor, radius: Tensor) -> Tensor:
    """Pictures (B, C, H, W) out of focus by Gaussians of standard deviation `radius` (B,) pixels, at most 2."""
    reach = 4
    offsets = torch.arange(-reach, reach + 1, device=linear.device)
    weights = torch.exp(-0.5 * (offsets / radius.clamp(0.05, 2)[:, None]) ** 2)
    weights = (weights / weights.sum(1, keepdim=True)).T[:, :, None, None, None]
    height, width = linear.shape[-2:]
    padded = pad(linear, (reach, reach, 0, 0), mode="replicate")
    linear = sum(w * padded[..., k : k + width] for k, w in enumerate(weights))
    padded = pad(linear, (0, 0, reach, reach), mode="replicate")
    return sum(w * padded[..., k : k + height, :] for k, w in enumerate(weights))


def expose(linear: Tensor, exposure: Tensor, warmth: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) at a drifting exposure (B,), a factor, and white balance (B,), -1 cool to 1 warm."""
    gains = torch.stack([1 + 0.06 * warmth, torch.ones_like(warmth), 1 - 0.08 * warmth], 1) * exposure[:, None]
    return linear * gains[..., None, None]


def sense(linear: Tensor, seeds) -> Tensor:
    """What the sensor reads of pictures (B, 3, H, W): shot and read noise in linear light, one seed (int) a frame."""
    grains = []
    for seed in seeds:
        source = torch.Generator(linear.device).manual_seed(seed)
        grains.append(torch.randn(linear.shape[1:], generator=source, device=linear.device))
    linear = linear.clamp_min(0)
    return linear + torch.stack(grains) * (_SHOT * linear + _READ**2).sqrt()
