"""The files of the live page: what they hand over, when they are made, and that no book fails for want of them."""

import base64
import json

import numpy as np
import pytest
import torch

from glmk_lib import paths
from glmk_lib.export import OnnxLandmarker
from glmk_lib.networks import DeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.publish import BookError, assets, live, notebook


@pytest.fixture
def landmarker(capture):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = DeformationNet(len(capture.template), 64, width=8)
        torch.nn.init.normal_(net.head[-1].weight, std=0.05)  # a new one says 0 for every frame
    return Landmarker(net, capture.template, read_blur=0.5).eval()


@pytest.fixture
def finished(monkeypatch, tmp_path, capture, landmarker):
    """A book's folders in which the chapter's run is finished; npm brings nothing."""
    for name in ("RESULTS", "RUNS", "CAPTURES", "SITE"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    notebook.save_results("studio_face", "smoke", "03_training", {"steps": 4}, seed=3)
    run = paths.run_dir("studio_face", "smoke", "full", 3)
    landmarker.save(run / "landmarks.safetensors")
    notebook.write_json(run / "run.json", {"history": [], "seconds": 1})
    kept = paths.capture_dir("studio_face", "smoke", 3)
    kept.parent.mkdir()
    kept.symlink_to(capture.root)
    monkeypatch.setattr(assets, "install", no_npm)
    return run


def no_npm(*_):
    raise BookError("npm was not found")


def payload(content: bytes):
    """What a script hands to the page."""
    return json.loads(content[content.index(b", ") + 2 : content.rindex(b")")])


def about(files):
    return payload(files[f"{live.FOLDER}/about.js"])


def test_the_page_gets_the_network_of_the_run_and_pythons_points_to_hold_it_against(finished, capture, landmarker, tmp_path):
    files = live.files("studio_face", "smoke")
    (tmp_path / "model.onnx").write_bytes(base64.b64decode(payload(files[f"{live.FOLDER}/model.js"])))
    check = about(files)["check"]
    frame = np.frombuffer(base64.b64decode(check["frame"]), np.uint8).reshape(64, 64, 3)
    np.testing.assert_array_equal(frame, capture.heldout_unmarked.frames[0])
    found = OnnxLandmarker(tmp_path / "model.onnx")(frame.transpose(2, 0, 1)[None] / 255)[0]
    np.testing.assert_allclose(found, check["points"], atol=1e-4)
    assert about(files)["fps"] == pytest.approx(25)


def test_they_are_made_once_for_a_run_and_again_for_another(finished, landmarker, monkeypatch):
    made, of_run = [], live.of_run
    monkeypatch.setattr(live, "of_run", lambda *given, **said: made.append(1) or of_run(*given, **said))
    first = live.files("studio_face", "smoke")
    assert live.files("studio_face", "smoke") == first and len(made) == 1
    with torch.no_grad():
        landmarker.deformation.head[-1].bias += 0.1
    landmarker.save(finished / "landmarks.safetensors")
    assert live.files("studio_face", "smoke") != first and len(made) == 2


def test_without_npm_the_page_says_so_and_has_all_the_rest(finished, capsys):
    files = live.files("studio_face", "smoke")
    assert sorted(files) == [
        f"{live.FOLDER}/{name}" for name in ("about.js", "clip.js", "model.js", "recorded.webm", "templates.js")
    ]
    assert about(files)["missing"] == [live._NO_RUNTIME]
    assert capsys.readouterr().out == "live page: npm was not found\n"


def test_without_a_run_the_page_says_so_and_names_no_folder(finished, tmp_path):
    (finished / "run.json").unlink()
    files = live.files("studio_face", "smoke")
    assert about(files) == {"missing": [live._NO_RUN, live._NO_RUNTIME]}
    assert str(tmp_path) not in str(files)


def test_a_package_without_the_runtimes_files_is_named(tmp_path):
    with pytest.raises(BookError, match=r"ort\.wasm\.bundle\.min\.mjs: can't be read"):
        live.runtimes(tmp_path)
