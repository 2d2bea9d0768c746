"""The bound: the same L_delta, the same frames and transforms, with every landmark given."""

import copy
import json
from pathlib import Path

import torch
from tqdm import tqdm

from glmk_lib.augment import Similarity
from glmk_lib.capture.dataset import Capture
from glmk_lib.checkpoint import write_atomic
from glmk_lib.errors import TrainingError
from glmk_lib.networks import DeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.training import rate


def train_supervised(capture: Capture, preset: Preset, out: Path, seed: int = 0, progress: bool = True) -> Landmarker:
    """Train L_delta on the unmarked frames' truth by the mean distance to it; the result is kept in `out` and read from there.

    The frames are read as they are (no blur, no noise): there is no generator to hide a signal in them.

    Raises:
        TrainingError: the capture has no truth.
    """
    store, terms = capture.unmarked, preset.terms
    if store.truth is None:
        raise TrainingError(f"{capture.root}: has no truth, which full supervision needs; use a studio capture.")
    path, card = Path(out) / "landmarks.safetensors", Path(out) / "run.json"
    config = json.loads(json.dumps({"preset": preset.to_dict(), "capture": capture.info["key"], "seed": seed}))
    if card.is_file() and json.loads(card.read_text()) == config:
        return Landmarker.load(path)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = DeformationNet(len(capture.template), preset.size, preset.deformation_width).to(device)
    mean = Landmarker(copy.deepcopy(net).requires_grad_(False), capture.template, read_blur=0.0).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=preset.lr_deformation, betas=(0.5, 0.999), fused=True)
    truth, visible = torch.as_tensor(store.truth), torch.as_tensor(store.visible)
    for step in tqdm(range(preset.supervised_steps), desc="supervised", disable=not progress, mininterval=10):
        optimizer.param_groups[0]["lr"] = preset.lr_deformation * rate(step, preset.supervised_steps, preset.decay_from)
        index = torch.randint(len(store), (preset.batch,), generator=random)
        images, points = store.batch(index.numpy()), truth[index]
        if terms.augment:
            move = Similarity.random(preset.batch, terms.shift, terms.scale, terms.rotate, random)
            images, points = move.images(images), move.points(points)
        error = (mean.rest + net(images.to(device)) - points.to(device)).norm(dim=-1)  # (B, N)
        known = visible[index].to(device)
        optimizer.zero_grad(set_to_none=True)
        ((error * known).sum() / known.sum().clamp_min(1)).backward()
        optimizer.step()
        keep = min(preset.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            for slow, new in zip(mean.deformation.parameters(), net.parameters(), strict=True):
                slow.lerp_(new, 1 - keep)
    mean.save(path, capture=capture.name, preset=preset.name, supervised=True)
    write_atomic(card, json.dumps(config).encode())
    return mean
