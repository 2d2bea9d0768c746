"""From frames to landmarks: L_delta with its template, as training leaves it and as anyone loads it."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from glmk_lib import weights
from glmk_lib.losses import gaussian_blur
from glmk_lib.networks import DeformationNet, SlimDeformationNet
from glmk_lib.template import Template

FORMAT = "glmk-landmarker/1"
NETWORKS = {"full": DeformationNet, "slim": SlimDeformationNet}  # by the name in a file; files without one are full


class Landmarker(nn.Module):
    """T + L_delta(I): frames (B, 3, S, S) in [0, 1] to points (B, N, 2) in [-1, 1].

    It reads frames under the same blur as in training (without the noise), so that prediction and training see alike.

    Example:
        A network that has learned nothing yet leaves the template where it is, for any frames:

        >>> import torch
        >>> from glmk_lib.networks import DeformationNet
        >>> template = Template.ready("hand")
        >>> landmarker = Landmarker(DeformationNet(len(template), size=64, width=16), template, read_blur=0.5).eval()
        >>> points = landmarker(torch.rand(2, 3, 64, 64))
        >>> torch.equal(points, landmarker.rest.expand(2, -1, -1))
        True
    """

    def __init__(self, deformation: DeformationNet, template: Template, read_blur: float):
        super().__init__()
        self.deformation, self.template, self.read_blur = deformation, template, read_blur
        self.register_buffer("rest", torch.as_tensor(template.points.copy()), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return self.rest + self.deformation(gaussian_blur(images, self.read_blur))

    @torch.inference_mode()
    def track(self, store, batch: int = 64) -> np.ndarray:
        """Points (T, N, 2) float32 in [-1, 1] for every frame of a frame store, in order."""
        training, device = self.training, self.rest.device
        self.eval()
        parts = [
            self(store.batch(np.arange(i, min(i + batch, len(store)))).to(device)).float().cpu().numpy()
            for i in range(0, len(store), batch)
        ]
        self.train(training)
        return np.concatenate(parts)

    def save(self, path: Path, **about) -> Path:
        """Write weights and all that is needed to use them as one safetensors file. `about` (JSON values) is kept with them."""
        net = self.deformation
        card = {
            "format": FORMAT,
            "network": "slim" if isinstance(net, SlimDeformationNet) else "full",
            "size": net.size,
            "width": net.features[0].out_channels,
            "bound": net.bound,
            "read_blur": self.read_blur,
            "template": json.loads(self.template.to_json()),
            "about": about,
        }
        return weights.write(path, net.state_dict(), card)

    @classmethod
    def load(cls, path: Path) -> "Landmarker":
        """Read what `save` wrote. Raises CheckpointError naming the file and what is wrong with it."""

        def made(card, tensors):
            template = Template.from_json(json.dumps(card["template"]), str(path))
            kind = NETWORKS[card.get("network", "full")]
            net = kind(len(template), card["size"], card["width"], card["bound"])
            net.load_state_dict(tensors)
            return cls(net, template, float(card["read_blur"])).eval()

        return weights.read(path, FORMAT, "a landmarker", made)
