"""A model card says what the results say, and how far to trust them."""

import re

import numpy as np
import pytest
import torch

from glmk_lib import export, model_card, paths
from glmk_lib.capture import manifest
from glmk_lib.networks import SlimDeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.template import Template

SCORES = {"mean_px": 1.234, "line_px": 0.456, "along_px": 1.01, "nme": 0.0321, "nmj": 12.3, "retention": 0.987}
MADE = {"preset": "paper", "seed": 3, "commit": "0123456789abcdef", "date": "2026-01-02T03:04:05+00:00"}
MADE |= {"device": "cuda", "gpu": "A GPU"}


def card(name, truth):
    entry = manifest.entry(name)
    trained = {who: {**SCORES, "mean_px": px} for who, px in (("ours", 1.11), ("supervised", 0.88), ("static", 7.77))}
    trained |= {"reprojection_px": 0.654, "train_seconds": 600.0, "steps": 90000, "truth": truth}
    slim = {**SCORES, "reprojection_px": 0.678, "reprojection_back_px": 0.789, "onnx_difference": 3e-7}
    slim |= {"bytes_safetensors": 5210880, "bytes_onnx": 5217830}
    frames = {"marked": 18000, "unmarked": 17999, "heldout_unmarked": 1000, "heldout_marked": 300}
    models = {"slim": slim, "size": 128, "opset": 18, "frames": frames, "provenance": MADE}
    return model_card.card(entry, Template.ready(entry.region), trained, models, "landmarks-slim")


@pytest.fixture(scope="module")
def studio():
    return card("studio_face", "exact")


@pytest.mark.parametrize(
    "stated",
    [
        "| this model | 1.23 | 0.456 |",
        "| a template that never moves | 7.77 |",
        "| the same L_Δ, every landmark given | 0.88 |",
        "5,217,830 bytes",
        "(B, 3, 128, 128)",
        "18,000 marked and 17,999 unmarked",
        "90,000 steps in 10 minutes on A GPU, seed 3, at commit `0123456789`, 2026-01-02",
        "0.678 px from the paint",
        "Licence: MIT",
        "the exact truth of the studio",
    ],
)
def test_what_was_measured_stands_in_the_card(studio, stated):
    assert stated in studio


def test_it_has_every_part_and_nothing_left_to_fill(studio):
    parts = re.findall(r"^## (.*)", studio, re.M)
    assert parts == ["Data", "Training", "Errors", "Intended use", "Limits", "Privacy"]
    text = studio.replace(model_card.USE, "")
    assert "{" not in text and "None" not in text and "nan" not in text


def test_the_five_lines_of_the_card_and_of_the_book_work_without_this_library(studio, tmp_path, monkeypatch):
    assert model_card.USE in studio and f"```python\n{model_card.USE}\n```" in (paths.BOOK / "models.md").read_text()
    assert len([line for line in model_card.USE.splitlines() if line]) == 5 and "glmk" not in model_card.USE
    template, random = Template.ready("hand"), np.random.default_rng(0)
    net = SlimDeformationNet(len(template), 64, 8)
    torch.nn.init.normal_(net.head[-1].weight, std=0.1)
    landmarker = Landmarker(net, template, 0.5).eval()
    export.export(landmarker, tmp_path / "landmarks-slim.onnx")
    monkeypatch.chdir(tmp_path)
    names = {"frame": random.integers(0, 256, (64, 64, 3), dtype=np.uint8)}
    exec(model_card.USE, names)  # noqa: S102
    with torch.inference_mode():
        ours = landmarker(torch.from_numpy(names["frame"]).permute(2, 0, 1)[None] / 255)[0].numpy()
    np.testing.assert_allclose(names["pixels"], (ours + 1) * 32, atol=1e-3)


def test_footage_says_that_paint_is_simulated_and_truth_is_not_the_truth():
    text = card("face_a", "pseudo")
    assert "**pseudo-truth**" in text and "**simulated**" in text
    assert "must not be used to recognise" in " ".join(text.split())
    assert "Mathias" in text  # who holds the rights
    assert "exact truth" not in text
