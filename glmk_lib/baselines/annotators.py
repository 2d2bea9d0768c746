"""The peer that most people use: a few frames labelled by hand, and a network trained on them.

The hands are simulated, since every frame of the studio has its truth: each annotator has a bias of their own at each point,
and puts no point twice at the same place.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from glmk_lib.capture.dataset import Capture
from glmk_lib.errors import TrainingError
from glmk_lib.metrics.accuracy import extent
from glmk_lib.networks import DeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.regression import Lesson, Pace, finished, regress
from glmk_lib.template import Template

ANNOTATORS = 3  # who share the frames
# COCO-WholeBody's standard deviations of what three people put on the same images, for a face (its outline, then brows, nose,
# eyes and lips) and a hand: Jin et al., "Whole-Body Human Pose Estimation in the Wild", ECCV 2020, as published with its
# evaluation code. They are of the whole distance, both ways together. That code divides by the root of the whole person's area;
# taken here as shares of the part's own extent they are several times smaller, which favours the annotators.
OUTLINE = (
    0.042, 0.043, 0.044, 0.043, 0.040, 0.035, 0.031, 0.025, 0.020, 0.023, 0.029, 0.032, 0.037, 0.038, 0.043, 0.041, 0.045,
)  # fmt: skip
FEATURES = (
    0.013, 0.012, 0.011, 0.011, 0.012, 0.012, 0.011, 0.011, 0.013, 0.015, 0.009, 0.007, 0.007, 0.007, 0.012, 0.009, 0.008,
    0.016, 0.010, 0.017, 0.011, 0.009, 0.011, 0.009, 0.007, 0.013, 0.008, 0.011, 0.012, 0.010, 0.034, 0.008, 0.008, 0.009,
    0.008, 0.008, 0.007, 0.010, 0.008, 0.009, 0.009, 0.009, 0.007, 0.007, 0.008, 0.011, 0.008, 0.008, 0.008, 0.010, 0.008,
)  # fmt: skip
HAND = (
    0.029, 0.022, 0.035, 0.037, 0.047, 0.026, 0.025, 0.024, 0.035, 0.018, 0.024, 0.022, 0.026, 0.017, 0.021, 0.021, 0.032,
    0.020, 0.019, 0.022, 0.031,
)  # fmt: skip
# No figures were found for how much of that is an annotator's own, and the same in every frame. Half is an assumption.
OWN = 0.5


@dataclass(frozen=True)
class Hands:
    """How much human labels deviate, standard deviations as shares of the subject's extent (the root of its box's area)."""

    across: float
    along: float
    own: float  # of the variance: the share that is an annotator's own bias, the same in every frame


def _hands() -> dict[str, Hands]:
    """A face's figures give what is across and what is along a line; a hand's, and a foot's for want of any, share their ratio.

    A feature is held in place both ways, so half its variance is across. What an outline leaves open is where along it a point
    sits, so what is left of all variance is along.
    """
    features, both = np.mean(np.square(FEATURES)), np.mean(np.square(OUTLINE + FEATURES))
    across = np.sqrt(features / 2)
    face = Hands(float(across), float(np.sqrt(both - features / 2)), OWN)
    larger = float(np.sqrt(np.mean(np.square(HAND)) / both))
    hand = Hands(larger * face.across, larger * face.along, OWN)
    return {"face": face, "hand": hand, "foot": hand}


HANDS = _hands()
EXACT = Hands(0.0, 0.0, OWN)  # what no person's are: it tells what labels that scatter cost from what few of them do


def annotate(truth: np.ndarray, template: Template, hands: Hands, random: np.random.Generator) -> np.ndarray:
    """Labels (n, N, 2) of frames whose true points are `truth` (n, N, 2), in the same unit.

    Frames are dealt out to `ANNOTATORS` annotators in turn. What is along and what is across a line is told by the true line in
    each frame.
    """
    along = tangents(truth, template)
    across = np.stack([-along[..., 1], along[..., 0]], -1)
    frames, points = truth.shape[:2]
    who = np.arange(frames) % ANNOTATORS
    bias = np.sqrt(hands.own) * random.standard_normal((ANNOTATORS, points, 2))
    slips = np.sqrt(1 - hands.own) * random.standard_normal((frames, points, 2))
    off = (bias[who] + slips) * extent(truth)[:, None, None]  # (n, N, 2): along, across
    return truth + hands.along * off[..., :1] * along + hands.across * off[..., 1:] * across


def tangents(points: np.ndarray, template: Template) -> np.ndarray:
    """Unit vectors (n, N, 2) along the first line that holds each point: the chord between its neighbours there."""
    found = np.zeros_like(points)
    taken: set[int] = set()
    for line in template.lines:
        ids, count = line.points, len(line.points)
        for place, i in enumerate(ids):
            if i in taken:
                continue
            taken.add(i)
            ahead, behind = (place + 1) % count if line.closed else min(place + 1, count - 1), place - 1
            behind = behind if line.closed else max(behind, 0)
            found[:, i] = points[:, ids[ahead]] - points[:, ids[behind]]
    length = np.linalg.norm(found, axis=-1, keepdims=True)
    return np.where(length > 0, found / np.where(length > 0, length, 1), [1.0, 0.0])


@dataclass(frozen=True)
class _Some:
    """Chosen frames of a store."""

    store: object
    index: np.ndarray

    def __len__(self) -> int:
        return len(self.index)

    def batch(self, indices):
        return self.store.batch(self.index[np.asarray(indices)])


def train_annotated(
    capture: Capture,
    preset: Preset,
    out: Path,
    labelled: int,
    seed: int = 0,
    progress: bool = True,
    deadline: float | None = None,
    exact: bool = False,
) -> Landmarker:
    """Train L_delta on so many labelled unmarked frames, spread evenly over the take, as `train_supervised` does on all.

    As many steps, and the same augmentation. Annotators leave out what is hidden. With `exact`, the same frames and points are
    labelled with their truth.

    Raises:
        TrainingError: the capture has no truth to deviate from, or too few frames.
        OutOfTime: stopped for the `deadline` (`time.monotonic()`); the same call goes on.
        CheckpointError: `out` holds checkpoints of another configuration.
    """
    store = capture.unmarked
    if store.truth is None:
        raise TrainingError(f"{capture.root}: has no truth, which simulated annotators need; use a studio capture.")
    if not 0 < labelled <= len(store):
        raise TrainingError(f"{capture.root}: {labelled} frames to label; expected 1 to {len(store)}, as many as it has.")
    hands = EXACT if exact else HANDS[capture.region]
    config = {
        "preset": preset.to_dict(),
        "capture": capture.info["key"],
        "seed": seed,
        "labelled": labelled,
        "hands": [hands.across, hands.along, hands.own],
    }
    if (found := finished(out, config)) is not None:
        return found
    index = np.linspace(0, len(store) - 1, labelled).round().astype(int)
    labels = annotate(store.truth[index], capture.template, hands, np.random.default_rng(seed)).astype(np.float32)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = DeformationNet(len(capture.template), preset.size, preset.deformation_width)
    lesson = Lesson(_Some(store, index), labels, store.visible[index])
    pace = Pace(preset.supervised_steps, preset.batch, preset.lr_deformation)
    about = {"capture": capture.name, "preset": preset.name, "labelled": labelled}
    return regress(
        net, capture.template, lesson, preset, pace, out, config, about, read_blur=0.0, deadline=deadline, progress=progress
    )
