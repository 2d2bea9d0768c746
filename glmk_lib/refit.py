"""Train L_delta alone against a frozen G: cheap, so that one choice can be compared at many values (the spring ablation).

G of a finished run removes the paint from every marked frame once. L_delta then starts from the template and learns from these
pairs: it reads the cleaned frame, and R's picture and the paint of the marked frame judge it. D_M takes no part, so what is
compared is the spring against the rest of the objective, not against the adversary.
"""

import sys

import numpy as np
import torch
from tqdm import tqdm

from glmk_lib.capture.dataset import Capture
from glmk_lib.learner import rate
from glmk_lib.networks import DeformationNet
from glmk_lib.objective import Objective
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.unpaint import paired_batch


def refit(capture: Capture, preset: Preset, cleaned: np.ndarray, seed: int = 0, progress: bool = True) -> Landmarker:
    """Train L_delta from the template for `preset.ablation_steps` on marked frames and their `cleaned` copies from `unpaint`.

    The terms are those of `preset.terms`: cycle, chamfer, spring, shape, mean shape; the rest takes no part.
    """
    terms, steps = preset.terms, preset.ablation_steps
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = DeformationNet(len(capture.template), preset.size, preset.deformation_width).to(device)
    objective = Objective(capture.template, capture.paint, preset, terms).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=preset.lr_deformation, betas=(0.5, 0.999), fused=True)
    bar = tqdm(
        range(steps), desc=f"K = {terms.spring:g}, {terms.spring_form}", disable=not progress, file=sys.stdout, mininterval=10
    )
    for step in bar:
        optimizer.param_groups[0]["lr"] = preset.lr_deformation * rate(step, steps, preset.decay_from)
        index = torch.randint(len(cleaned), (preset.batch,), generator=random).numpy()
        marked, unmarked = paired_batch(capture.marked, cleaned, index, objective, random, device)
        optimizer.zero_grad(set_to_none=True)
        sum(objective.revealing(net, marked, unmarked, step / steps, random).values()).backward()
        optimizer.step()
    return Landmarker(net.eval(), capture.template, terms.read_blur).to(device)
