"""An ONNX file says what L_delta says, carries its template and what made it, and is never half there."""

import json

import numpy as np
import onnx
import pytest
import torch

from glmk_lib import export
from glmk_lib.errors import CheckpointError, GlmkError
from glmk_lib.export import OnnxLandmarker
from glmk_lib.networks import DeformationNet, SlimDeformationNet
from glmk_lib.predict import Landmarker
from glmk_lib.template import Line, Template

TEMPLATE = Template(np.array([[-0.5, 0.1], [0.2, 0.3], [0.6, -0.4]], dtype=np.float32), (Line("l", (0, 1, 2)),))


def landmarker(kind=DeformationNet, read_blur=0.8, size=32):
    torch.manual_seed(0)
    net = kind(3, size, 8)
    torch.nn.init.normal_(net.head[-1].weight, std=0.3)
    for layer in net.features:
        if isinstance(layer, torch.nn.GroupNorm):
            torch.nn.init.normal_(layer.weight, 1, 0.3)
            torch.nn.init.normal_(layer.bias, 0, 0.3)
    return Landmarker(net, TEMPLATE, read_blur).eval()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A landmarker, the file it was written to, and the difference that was found on writing."""
    ours, path = landmarker(), tmp_path_factory.mktemp("onnx") / "l.onnx"
    return ours, path, export.export(ours, path, capture="studio_face", provenance={"commit": "abc"})


class Store:
    """Frames as a frame store gives them."""

    def __init__(self, count, size=32):
        self.frames = torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1))

    def __len__(self):
        return len(self.frames)

    def batch(self, indices):
        return self.frames[torch.as_tensor(indices)]


def test_the_graph_says_what_torch_says_in_batches_of_any_size(written):
    ours, path, difference = written
    theirs, store = OnnxLandmarker(path), Store(7)
    assert difference <= export.EXACT
    expected = ours.track(store)
    assert expected.std(0).max() > 0.01  # frames differ in their points: a constant would not do
    for batch in (1, 3, 64):
        np.testing.assert_allclose(theirs.track(store, batch), expected, atol=1e-5)


@pytest.mark.parametrize(("kind", "read_blur"), [(SlimDeformationNet, 0.8), (DeformationNet, 0.0)])
def test_slim_networks_and_reading_without_blur_are_written_too(tmp_path, kind, read_blur):
    ours = landmarker(kind, read_blur)
    export.export(ours, tmp_path / "l.onnx")
    store = Store(2)
    np.testing.assert_allclose(OnnxLandmarker(tmp_path / "l.onnx").track(store), ours.track(store), atol=1e-5)


def test_the_file_carries_the_template_and_what_made_it(written):
    _, path, _ = written
    theirs = OnnxLandmarker(path)
    assert theirs.template.to_json() == TEMPLATE.to_json()
    assert theirs.about == {"capture": "studio_face", "provenance": {"commit": "abc"}}
    assert theirs.size == 32


def test_the_file_keeps_to_the_stated_opset_and_names_no_file_of_this_machine(written):
    _, path, _ = written
    assert onnx.load(path).opset_import[0].version == export.OPSET
    content = path.read_bytes()
    assert b"stack_trace" not in content and b".py" not in content


def test_a_graph_that_differs_from_torch_is_not_put_in_place(tmp_path, monkeypatch):
    path = tmp_path / "l.onnx"
    path.write_bytes(b"an older one")
    monkeypatch.setattr(export, "largest_difference", lambda *_: 2 * export.EXACT)
    with pytest.raises(CheckpointError, match=r"l\.onnx: the graph's points differ"):
        export.export(landmarker(), path)
    assert path.read_bytes() == b"an older one" and list(tmp_path.iterdir()) == [path]


def test_the_difference_is_found_where_there_is_one(written):
    ours, path, _ = written
    other = landmarker()
    with torch.no_grad():
        other.deformation.head[-1].bias[0] += 0.01
    assert export.largest_difference(other, OnnxLandmarker(path)) > export.EXACT
    assert export.largest_difference(ours, OnnxLandmarker(path)) < 1e-5


def test_eight_bits_are_smaller_and_nearly_as_exact(written, tmp_path):
    ours, path, _ = written
    small = OnnxLandmarker(export.quantise(path, Store(16).frames, tmp_path / "l8.onnx"))
    store = Store(5)
    assert (tmp_path / "l8.onnx").stat().st_size < 0.5 * path.stat().st_size
    spread = np.abs(ours.track(store) - TEMPLATE.points).mean()
    assert 0 < np.abs(small.track(store) - ours.track(store)).mean() < 0.1 * spread
    assert small.template.to_json() == TEMPLATE.to_json() and small.about["capture"] == "studio_face"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"nothing\.onnx: no such file"):
        OnnxLandmarker(tmp_path / "nothing.onnx")


@pytest.mark.parametrize("content", ["garbage", "another's graph", "truncated"])
def test_a_file_that_is_not_ours_is_refused(written, tmp_path, content):
    path = tmp_path / "l.onnx"
    model = onnx.load(written[1])
    if content == "garbage":
        path.write_bytes(b"not ONNX at all")
    elif content == "truncated":
        path.write_bytes(written[1].read_bytes()[:-1000])
    else:
        del model.metadata_props[:]
        onnx.save_model(model, path)
    with pytest.raises(CheckpointError, match="not an ONNX file of this library"):
        OnnxLandmarker(path)


def test_a_missing_library_is_told_with_what_to_install(written, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(GlmkError, match=r"onnxruntime is not installed; .*glmk-lib\[onnx\]"):
        OnnxLandmarker(written[1])


def test_metadata_are_plain_texts(written):
    entries = {entry.key: entry.value for entry in onnx.load(written[1]).metadata_props}
    assert entries["format"] == export.FORMAT and json.loads(entries["template"])["points"]
