"""Learn which points are seen, and how far off they may be, from a finished run: its marked frames are the teacher.

Their paint says which points are seen (`labels.py`), and the points fitted to it where they are; the network reads the same
frames without their paint, as L_delta did, with patches pasted on (`cutouts.py`). On held-out marked frames the bounds of
the error are then scaled so that they hold there (split conformal prediction: Papadopoulos et al., "Inductive confidence
machines for regression", 2002; Angelopoulos and Bates, "A gentle introduction to conformal prediction", 2021).
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from glmk_lib import checkpoint
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.ingest import checksum
from glmk_lib.capture.storage import beside
from glmk_lib.errors import CheckpointError
from glmk_lib.fitting import fit
from glmk_lib.inpainting import Inpainter, inpaint
from glmk_lib.learner import rate
from glmk_lib.objective import Objective
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.runs import same_config
from glmk_lib.unpaint import Cleaned, load_generator, unpaint
from glmk_lib.visibility.cutouts import Cutouts
from glmk_lib.visibility.labels import SEEN, seen
from glmk_lib.visibility.network import FILE, LEVELS, Observer, VisibilityNet

BATCH, RATE = 16, 1e-3
SHARE = 6  # of the steps in which L_delta learns alone: one in so many


class Teacher:
    """What a finished run knows of its marked frames.

    Raises CheckpointError: the folder holds no finished run of this capture and preset, or one without a second phase.
    """

    def __init__(self, folder: Path, capture: Capture, preset: Preset):
        self.folder, self.capture, self.preset = folder, capture, preset
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.landmarker = Landmarker.load(folder / "landmarks.safetensors").to(self.device).requires_grad_(False)
        self.objective = Objective(capture.template, capture.paint, preset, preset.terms).to(self.device)
        self.generator = load_generator(folder, preset).to(self.device)
        found = checkpoint.load_latest(folder / "checkpoints")
        if found is None or "fitted" not in found.tensors or not preset.inpaint_steps:
            raise CheckpointError(
                f"{folder}: holds no points fitted to paint and no inpainter; expected a finished run of both phases with its "
                "checkpoints: train again."
            )
        expected = {"preset": json.loads(json.dumps(preset.to_dict())), "capture": capture.info["key"]}
        same_config(found.path, {k: found.config.get(k) for k in expected}, expected)
        self.fitted = found.tensors["fitted"].to(self.device)  # (M, N, 2)
        self.inpainter = Inpainter(self.objective)
        prefix = "inpainter."
        self.inpainter.network.load_state_dict(
            {k.removeprefix(prefix): v for k, v in found.tensors.items() if k.startswith(prefix)}
        )

    def seen(self, store, points: Tensor) -> Tensor:
        """`labels.seen` of all frames of a marked store, (M, N)."""
        groups = np.array_split(np.arange(len(store)), -(-len(store) // 100))
        return torch.cat([seen(self.objective, store.batch(some).to(self.device), points[some]) for some in groups])

    def held_out(self, folder: Path) -> tuple[Cleaned, Tensor, Tensor]:
        """Of the held-out marked frames: without their paint, the points (M, N, 2) fitted to it, and how much of it is seen."""
        store = self.capture.heldout_marked
        guesses = torch.from_numpy(self.landmarker.track(Cleaned(unpaint(self.generator, store)))).to(self.device)
        fitted = fit(self.objective, store, guesses, self.preset.fit_steps)
        return self.cleaned(store, fitted, folder / "heldout.npy"), fitted, self.seen(store, fitted)

    def cleaned(self, store, fitted: Tensor, file: Path) -> Cleaned:
        """The frames of a marked store without their paint, in `file`."""
        inpaint(self.inpainter, store, fitted, file)
        return Cleaned(np.load(file, mmap_mode="r", allow_pickle=False))


def learn(folder: Path, capture: Capture, preset: Preset, seed: int = 0, progress: bool = True) -> Observer:
    """Learn from the finished run in `folder`, and write visibility.safetensors beside its landmarks; what is there is kept.

    It is short beside the run itself, and begins anew if it was stopped.

    Raises:
        CheckpointError: see `Teacher`.
    """
    folder = Path(folder)
    found = Observer.beside(folder / "landmarks.safetensors")
    if found is not None:
        return found
    with beside(folder / FILE) as made:
        teacher = Teacher(folder, capture, preset)
        observer = _taught(teacher, made, seed, progress)
        observer = calibrate(observer, teacher, made)
        observer.save(folder / FILE, capture=capture.name, preset=preset.name)
    return observer


def _taught(teacher: Teacher, made: Path, seed: int, progress: bool) -> Observer:
    preset, terms, device = teacher.preset, teacher.preset.terms, teacher.device
    random = torch.Generator().manual_seed(seed)
    fitted, paint = teacher.fitted, teacher.seen(teacher.capture.marked, teacher.fitted)
    cleaned = teacher.cleaned(teacher.capture.marked, fitted, made / "cleaned.npy")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = VisibilityNet(fitted.shape[1], preset.size).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    steps = preset.refine_steps // SHARE
    bar = tqdm(range(steps), desc="visibility", unit="step", file=sys.stdout, disable=not progress, mininterval=10)
    for step in bar:
        optimizer.param_groups[0]["lr"] = RATE * rate(step, steps, 0.3)
        index = torch.randint(len(cleaned), (BATCH,), generator=random)
        images, points, painted = cleaned.batch(index).to(device), fitted[index], paint[index]
        if terms.augment:
            move = teacher.objective.similarity(images, random)
            images, points = move.images(images), move.points(points)
        patches = Cutouts.random(BATCH, random).to(device)
        images, covered = patches.images(images), patches.cover(points)
        read = teacher.objective.read(images, random, terms.refine_noise)
        with torch.no_grad():
            found = teacher.landmarker.rest + teacher.landmarker.deformation(read)  # (B, N, 2)
            off = (found - points).norm(dim=-1)
        inside = (points.abs() <= 1).all(-1)
        shown = (painted > SEEN) & inside & ~covered
        logit, scale = net(read, found)
        loss = functional.binary_cross_entropy_with_logits(logit, shown.float())
        loss = loss + ((scale + off * torch.exp(-scale)) * shown).sum() / shown.sum().clamp_min(1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return Observer(net, terms.read_blur, checksum(teacher.folder / "landmarks.safetensors"))


def calibrate(observer: Observer, teacher: Teacher, made: Path) -> Observer:
    """The observer with factors and border, from held-out marked frames; `made` is a folder for what is needed meanwhile.

    The factors are quantiles of the distance to the points fitted to the paint, over what the network says, of points on paint.
    The border is where as many points are called hidden as there lack their paint.
    """
    cleaned, fitted, paint = teacher.held_out(made)
    found, plain = teacher.landmarker.track(cleaned), Observer(observer.net, observer.read_blur, observer.landmarks)
    visibility, scale = plain.look(cleaned, found)
    ratio, on_paint = np.linalg.norm(found - fitted.cpu().numpy(), axis=-1) / scale, paint.cpu().numpy() > SEEN
    factors = np.quantile(ratio[on_paint] if on_paint.any() else ratio, LEVELS)
    border = np.quantile(visibility, 1 - on_paint.mean()).clip(1e-3, 1 - 1e-3)
    return Observer(
        observer.net, observer.read_blur, observer.landmarks, [float(f) for f in factors], float(np.log(border / (1 - border)))
    )
