"""The network that says of each landmark whether it is seen, and how far off it may be; and its file beside the landmarks'.

It reads the frame, and where L_delta sees the points in it: what a point's own surroundings look like tells of things that lie
before it, and the pose as a whole of parts that have turned away.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from glmk_lib import weights
from glmk_lib.capture.ingest import checksum
from glmk_lib.errors import CheckpointError
from glmk_lib.losses import gaussian_blur

FORMAT = "glmk-visibility/1"
FILE = "visibility.safetensors"  # beside landmarks.safetensors
LEVELS = tuple(round(k / 20, 2) for k in range(1, 20))  # shares of seen points whose error is bounded
STATED = 0.7  # the level that tables state
UNIT = (1.0,) * len(LEVELS)
WIDTH, HIDDEN = 24, 96


class VisibilityNet(nn.Module):
    """A frame (B, 3, S, S) in [0, 1] and the points (B, N, 2) found in it to two numbers for each point, (B, N) each.

    The first is the logit of its being seen; the second the logarithm of how far off it may be, in units of [-1, 1], up to the
    factors of the calibration.

    Args:
        points: N. size: S in pixels, a multiple of 16.
    """

    def __init__(self, points: int, size: int, width: int = WIDTH, hidden: int = HIDDEN):
        super().__init__()
        self.points, self.size, self.width, self.hidden = points, size, width, hidden

        def half(a, b):
            return nn.Sequential(nn.Conv2d(a, b, 4, stride=2, padding=1), nn.GroupNorm(8, b), nn.LeakyReLU(0.2))

        self.fine, self.coarse = half(3, width), half(width, 2 * width)  # (B, w, S/2, S/2), (B, 2w, S/4, S/4)
        self.deep = nn.Sequential(half(2 * width, 2 * width), half(2 * width, 2 * width))  # (B, 2w, S/16, S/16)
        self.whole = nn.Linear(2 * width * (size // 16) ** 2 + 2 * points, hidden)
        self.near = nn.Linear(5 * width, hidden)
        self.each = nn.Parameter(torch.zeros(points, hidden))
        self.mix = nn.Parameter(torch.randn(points, 2, hidden) / hidden**0.5)
        self.from_whole = nn.Parameter(torch.zeros(points, 2, hidden))
        self.bias = nn.Parameter(torch.tensor([2.0, -3.5]).repeat(points, 1))  # most points are seen, and off by a pixel

    def forward(self, images: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        fine = self.fine(images * 2 - 1)
        coarse = self.coarse(fine)
        deep = self.deep(coarse)
        whole = functional.leaky_relu(self.whole(torch.cat([deep.flatten(1), points.flatten(1)], 1)), 0.2)  # (B, h)
        maps = (fine, coarse, functional.interpolate(deep, scale_factor=2, mode="bilinear"))
        local = torch.cat([_at(each, points) for each in maps], -1)  # (B, N, 5w)
        hidden = functional.leaky_relu(self.near(local) + whole[:, None] + self.each, 0.2)  # (B, N, h)
        out = torch.einsum("bnh,nkh->bnk", hidden, self.mix) + torch.einsum("bh,nkh->bnk", whole, self.from_whole) + self.bias
        return out[..., 0], out[..., 1].clamp(-8, 1)


def _at(features: Tensor, points: Tensor) -> Tensor:
    """Features (B, C, H, W) at points (B, N, 2): (B, N, C)."""
    found = functional.grid_sample(features, points[:, :, None], padding_mode="border", align_corners=False)
    return found[..., 0].transpose(1, 2)


class Observer:
    """What is known of landmarks beside their places: `observer(images, points)` gives visibility and uncertainty.

    Args:
        net: on the landmarker's device.
        read_blur: sigma in pixels under which it reads frames, as the landmarker does.
        factors: what the bound of the error at each of `LEVELS` is in units of what the network says, from `learn.calibrate`.
        border: the logit that parts visible points from hidden ones, from there too.
        landmarks: SHA-256 of the landmarks.safetensors that it belongs to.
    """

    def __init__(
        self, net: VisibilityNet, read_blur: float, landmarks: str, factors: tuple[float, ...] = UNIT, border: float = 0.0
    ):
        self.net, self.read_blur, self.landmarks = net.eval().requires_grad_(False), read_blur, landmarks
        self.factors, self.border = tuple(factors), border

    def to(self, device) -> "Observer":
        """Itself, on that device."""
        self.net.to(device)
        return self

    def __call__(self, images: Tensor, points: Tensor, level: float = STATED) -> tuple[Tensor, Tensor]:
        """The probability (B, N) that each point is visible, and how far off it may be, (B, N) in units of [-1, 1].

        Of the seen points of held-out marked frames the share `level`, one of `LEVELS`, lies within it of those fitted to their
        paint.
        """
        logit, scale = self.net(gaussian_blur(images, self.read_blur), points)
        return (logit - self.border).sigmoid(), scale.exp() * self.factors[LEVELS.index(level)]

    @torch.inference_mode()
    def look(self, store, points: np.ndarray, batch: int = 64, level: float = STATED) -> tuple[np.ndarray, np.ndarray]:
        """Both for every frame of a frame store and the points (T, N, 2) found in it: (T, N) float32 each."""
        device, starts = self.net.bias.device, range(0, len(store), batch)
        points = torch.as_tensor(points, dtype=torch.float32)
        both = (
            self(store.batch(np.arange(i, min(i + batch, len(store)))).to(device), points[i : i + batch].to(device), level)
            for i in starts
        )
        return tuple(torch.cat(parts).float().cpu().numpy() for parts in zip(*both, strict=True))

    def save(self, path: Path, **about) -> Path:
        """Write weights and all that is needed to use them as one safetensors file. `about` (JSON values) is kept with them."""
        net = self.net
        card = {"format": FORMAT, "points": net.points, "size": net.size, "width": net.width, "hidden": net.hidden}
        card |= {"read_blur": self.read_blur, "factors": self.factors, "border": self.border}
        card |= {"landmarks": self.landmarks, "about": about}
        return weights.write(path, net.state_dict(), card)

    @classmethod
    def load(cls, path: Path) -> "Observer":
        """Read what `save` wrote. Raises CheckpointError naming the file and what is wrong with it."""

        def made(card, tensors):
            factors, border = [float(factor) for factor in card["factors"]], float(card["border"])
            if len(factors) != len(LEVELS) or not np.isfinite([*factors, border]).all():
                raise ValueError(f"has {len(factors)} factors, or some that are not finite")
            net = VisibilityNet(card["points"], card["size"], card["width"], card["hidden"])
            net.load_state_dict(tensors)
            return cls(net, float(card["read_blur"]), str(card["landmarks"]), factors, border)

        return weights.read(path, FORMAT, "a network of visibility", made)

    @classmethod
    def beside(cls, model: Path) -> "Observer | None":
        """The one that lies beside a landmarks.safetensors; None where there is none, as with models of an older version.

        Raises CheckpointError: it is damaged, or belongs to another landmarker.
        """
        path = Path(model).with_name(FILE)
        if not path.exists():
            return None
        observer = cls.load(path)
        if observer.landmarks != checksum(model):
            raise CheckpointError(
                f"{path}: belongs to another landmarker than {model}; expected the two files of one run: copy both, or move "
                "this one away."
            )
        return observer
