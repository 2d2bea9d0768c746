"""The paper's scale, published: for each capture prepare, train, bound, distil, export, measure, draw and describe.

One command does it all, in slices: it can be stopped at any moment, or given minutes, and the next call goes on from what is
stored. What it makes lies in results/{preset}/{capture}/: `03_training.json` (the numbers that the notebook of that name
writes, and the run's history), `models.json`, figures, and `models/` with the slim L_delta and its card. `models.json` comes
last: a capture that has it, made with the same preset and seed, is done. Delete its folder to make it again.
"""

import json
import os
import time
from pathlib import Path

import numpy as np
import torch

from glmk_lib import checkpoint, evaluation, export, figures, model_card, paths, training
from glmk_lib.baselines.simple import mean_shape, static_template
from glmk_lib.baselines.supervised import train_supervised
from glmk_lib.capture import manifest
from glmk_lib.capture.dataset import Capture
from glmk_lib.capture.prepare import prepare
from glmk_lib.capture.storage import sweep
from glmk_lib.errors import GlmkError, OutOfTime, PresetError
from glmk_lib.figures.style import png_bytes
from glmk_lib.predict import Landmarker
from glmk_lib.presets import Preset
from glmk_lib.provenance import provenance
from glmk_lib.publish.notebook import PROVENANCE, read_json, save_results, write_bytes
from glmk_lib.runs import Run
from glmk_lib.slim import distil
from glmk_lib.unpaint import load_generator

CAPTURES = ("studio_face", "studio_hand", "studio_foot", "face_a", "face_b", "hand_a", "hand_b")
STEM = "landmarks-slim"
SHOWN = 12  # frames in the figure of landmarks
CALIBRATION = 128  # frames of training by which the large network is rounded to 8 bits


def make(preset: Preset, names=CAPTURES, minutes: float | None = None, seed: int = 0, progress: bool = True) -> bool:
    """Do what is left to do for the captures `names`, one after the other; says what it does. Gives whether all is done.

    Args:
        minutes: stop after so many, at the last stored point before; None goes on to the end.

    Raises:
        PresetError: `paper` without a CUDA device.
        ManifestError: an unknown capture.
        GlmkError: some captures could not be made, for reasons that were told; the others are done.
    """
    if preset.name == "paper" and not torch.cuda.is_available():
        raise PresetError(
            "preset 'paper' needs a CUDA device and none was found: what it would measure stays *not measured*; "
            "rehearse it with `make paper PRESET=smoke`."
        )
    entries = [manifest.entry(name) for name in names]
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    failed = []
    for entry in entries:
        folder = paths.RESULTS / preset.name / entry.name
        if is_published(folder, preset, seed):
            print(f"{entry.name}: done, in results/{preset.name}/{entry.name}")
            continue
        try:
            _make_one(entry, preset, seed, deadline, progress)
        except OutOfTime as stopped:
            print(f"{entry.name}: {stopped} The time is over; run the same command to go on.")
            return False
        except GlmkError as error:
            print(f"{entry.name}: {error}")
            failed.append(entry.name)
    if failed:
        raise GlmkError(f"{', '.join(failed)}: not made, for the reasons above; the other captures are done.")
    return True


def is_published(folder: Path, preset: Preset, seed: int) -> bool:
    """Whether `folder` holds a capture's results, whole and made with this preset and seed."""
    body = read_json(folder / "models.json") or {}
    made = body.get(PROVENANCE, {})
    if made.get("seed") != seed or made.get("values") != json.loads(json.dumps(preset.to_dict())):
        return False
    return all((folder / "models" / name).is_file() for name in (f"{STEM}.safetensors", f"{STEM}.onnx", "README.md"))


def _make_one(entry: manifest.Entry, preset: Preset, seed: int, deadline: float | None, progress: bool) -> None:
    def step(what):
        if deadline is not None and time.monotonic() >= deadline:
            raise OutOfTime(f"stopped before {what}.")
        print(f"{entry.name}: {what}")

    name, folder = entry.name, paths.run_dir(entry.name, preset.name, "full", seed)
    step("preparing the capture")
    capture = prepare(name, preset, seed, progress, deadline=deadline, jobs=os.cpu_count() or 1)
    step("training")
    for each in (folder, folder / "checkpoints"):
        sweep(each)
    run = training.train(capture, preset, folder, seed, progress=progress, deadline=deadline)
    step("full supervision, for comparison")
    bound = train_supervised(capture, preset, folder.with_name(f"supervised-seed{seed}"), seed, progress, deadline)
    step("teaching the slim network")
    slim = distil(capture, preset, run, folder.with_name(f"slim-seed{seed}"), seed, deadline, progress)
    step("measuring and writing the results")
    publish(entry, capture, preset, run, bound, slim, seed)


def publish(
    entry: manifest.Entry, capture: Capture, preset: Preset, run: Run, bound: Landmarker, slim: Landmarker, seed: int
) -> Path:
    """Measure the run, the bound and the slim network, and write all that is kept; gives the folder."""
    name, folder = capture.name, paths.RESULTS / preset.name / capture.name
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    held, template = capture.heldout_unmarked, capture.template
    generator = load_generator(run.folder, preset).to(device)
    networks = {"ours": run.landmarker, "supervised": bound, "slim": slim}
    tracks = {who: net.to(device).track(held) for who, net in networks.items()}
    tracks["static"] = static_template(template, len(held))
    tracks["mean_shape"] = mean_shape(capture.unmarked.truth, len(held))
    scores = {who: evaluation.score(points, held, template) for who, points in tracks.items()}
    slim_scores = scores.pop("slim") | evaluation.reprojection(slim, generator, capture)
    slim_scores["over_large"] = slim_scores["mean_px"] / scores["ours"]["mean_px"]

    trained = scores | evaluation.reprojection(run.landmarker, generator, capture)
    trained["times_better"] = scores["static"]["mean_px"] / scores["ours"]["mean_px"]
    trained |= {"train_seconds": run.seconds, "steps": preset.total_steps}
    trained |= {"truth": capture.info["truth"], "history": run.history}

    about = {"capture": name, "preset": preset.name, "seed": seed, "provenance": provenance()}
    eight_bits = _export_large(capture, run, scores["ours"]["mean_px"], about)
    weights, graph = (folder / "models" / f"{STEM}.{kind}" for kind in ("safetensors", "onnx"))
    slim.save(weights, slim=True, **about)
    slim_scores["onnx_difference"] = export.export(slim, graph, slim=True, **about)
    slim_scores["parameters"] = sum(p.numel() for p in slim.deformation.parameters())
    slim_scores |= {"bytes_safetensors": weights.stat().st_size, "bytes_onnx": graph.stat().st_size}
    slim_scores["megabytes"] = max(weights.stat().st_size, graph.stat().st_size) / 1e6
    models = {
        "slim": slim_scores,
        "large_8bit": eight_bits,
        "size": preset.size,
        "opset": export.OPSET,
        "frames": {take: len(getattr(capture, take)) for take in ("marked", "unmarked", "heldout_marked", "heldout_unmarked")},
    }
    save_results(name, preset.name, "03_training", trained, seed=seed)
    _figures(folder, capture, run, tracks["slim"], scores)
    made = provenance(capture=name, preset=preset.name, seed=seed)
    text = model_card.card(entry, template, trained, {**models, PROVENANCE: made}, STEM)
    checkpoint.write_atomic(folder / "models" / "README.md", text.encode())
    save_results(name, preset.name, "models", models, seed=seed, values=preset.to_dict())
    return folder


def _export_large(capture: Capture, run: Run, mean_px: float, about: dict) -> dict[str, float]:
    """Write the trained L_delta as ONNX in 32 and 8 bits beside the run, which keeps them; gives the error of the latter."""
    graph, held = run.folder / "landmarks.onnx", capture.heldout_unmarked
    export.export(run.landmarker, graph, **about)
    some = np.linspace(0, len(capture.unmarked) - 1, min(CALIBRATION, len(capture.unmarked))).round().astype(int)
    small = export.quantise(graph, capture.unmarked.batch(some), run.folder / "landmarks-8bit.onnx")
    points = export.OnnxLandmarker(small, threads=os.cpu_count() or 1).track(held)
    scores = evaluation.accuracy(points, held.truth, held.visible, capture.template, capture.unmarked.frames.shape[1])
    return {**scores, "over_large": scores["mean_px"] / mean_px, "megabytes": small.stat().st_size / 1e6}


def _figures(folder: Path, capture: Capture, run: Run, points, scores: dict) -> None:
    """The run's curves, and landmarks of the slim network on frames; frames of footage are nobody's to hand on."""
    levels = {"static template": scores["static"]["mean_px"], "full supervision": scores["supervised"]["mean_px"]}
    write_bytes(folder / f"{capture.name}_curves.png", png_bytes(figures.curves_figure(run.history, baselines=levels), 80))
    if capture.info["truth"] == "exact":
        held = capture.heldout_unmarked
        shown = range(0, len(held), max(1, len(held) // SHOWN))[:SHOWN]
        sheet = figures.contact_sheet(held.frames[shown], points[shown], capture.template, truth=held.truth[shown])
        write_bytes(folder / f"{capture.name}_landmarks.png", png_bytes(sheet, 80))
