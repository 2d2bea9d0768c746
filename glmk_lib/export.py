"""L_delta as an ONNX file that runs without this library: frames in, points out, and what made it in its metadata.

The graph takes `frames` (B, 3, S, S) float32 RGB in [0, 1], any B, and gives `points` (B, N, 2) float32 in [-1, 1], x right, y
down: T + L_delta under the blur that L_delta was trained with. Metadata, all texts: `format`; `template`, the template's JSON;
`about`, JSON: capture, preset, seed, provenance.
"""

import copy
import json
import logging
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from glmk_lib.capture.storage import atomic_file
from glmk_lib.errors import CheckpointError, GlmkError
from glmk_lib.losses import gaussian_blur
from glmk_lib.predict import Landmarker
from glmk_lib.template import Template

FORMAT = "glmk-onnx/1"
OPSET = 18  # of ONNX 1.13, 2022: old enough for the runtimes in phones and browsers
EXACT = 1e-4  # in units of [-1, 1], a hundredth of a pixel at 128 px: what the graph may differ from torch


def export(landmarker: Landmarker, path: Path, **about) -> float:
    """Write `landmarker` to `path` as ONNX, checked against torch before the file is put in place.

    Args:
        about: JSON values kept in the metadata, such as capture, preset, seed and provenance.

    Returns:
        The largest difference between onnxruntime and torch, in units of [-1, 1], over random frames in batches of 1 and 3.

    Raises:
        GlmkError: onnx, onnxruntime or onnxscript is not installed.
        CheckpointError: the graph differs from torch by more than `EXACT`; no file is left.
        CaptureError: a full disk, or a folder that can't be written.
    """
    onnx = _need("onnx")
    _need("onnxscript")
    landmarker = copy.deepcopy(landmarker).to("cpu").eval()  # the caller's stays where it is
    size, path = landmarker.deformation.size, Path(path)
    metadata = {"format": FORMAT, "template": landmarker.template.to_json(), "about": json.dumps(about)}
    with atomic_file(path) as made:
        with _quietly(), torch.no_grad():
            example = torch.rand(2, 3, size, size)
            program = torch.onnx.export(
                _Graph(landmarker), (example,), dynamo=True, opset_version=OPSET, verbose=False,
                input_names=["frames"], output_names=["points"], dynamic_shapes=({0: torch.export.Dim("batch")},),
            )  # fmt: skip
        model = program.model_proto
        _strip(model)
        onnx.helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        onnx.save_model(model, made)
        difference = largest_difference(landmarker, OnnxLandmarker(made))
        if not difference <= EXACT:
            raise CheckpointError(
                f"{path}: the graph's points differ from torch's by {difference:.1e}; expected at most {EXACT:.0e}: "
                "export with the versions of constraints.txt."
            )
    return difference


def quantise(path: Path, images: torch.Tensor, out: Path) -> Path:
    """Write an 8-bit copy of the ONNX file `path` to `out`: about a quarter of its size, and faster on processors.

    Weights are rounded channel by channel, what flows between layers by the range that it has on `images` (M, 3, S, S): a
    hundred frames of training do. The blur and the first convolution stay as they are: with three channels there is no time
    to be won. What all this costs in accuracy must be measured on held-out frames.

    Raises:
        GlmkError: onnx or onnxruntime is not installed.
        CaptureError: a full disk, or a folder that can't be written.
    """
    onnx, out = _need("onnx"), Path(out)
    _need("onnxruntime")
    from onnxruntime.quantization import QuantType, quantize_static

    model = onnx.load(path)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    shapes = {weight.name: weight.dims for weight in model.graph.initializer}
    few = [n.name for n in model.graph.node if n.op_type == "Conv" and shapes[n.input[1]][1] <= 3]
    with atomic_file(out) as made, _quietly():
        quantize_static(
            model, made, _Calibration(images), per_channel=True, op_types_to_quantize=["Conv", "Gemm"],
            nodes_to_exclude=few, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        )  # fmt: skip
        model = onnx.load(made)
        onnx.helper.set_model_props(model, metadata)
        onnx.save_model(model, made)
    return out


class _Calibration:
    """Frames in batches, as the runtime asks for them."""

    def __init__(self, images: torch.Tensor):
        self.batches = iter(images.split(8))

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"frames": batch.numpy()}


@torch.inference_mode()
def largest_difference(landmarker: Landmarker, other: "OnnxLandmarker") -> float:
    """The largest difference of any coordinate, in units of [-1, 1], on the same random frames in batches of 1 and 3."""
    random = torch.Generator().manual_seed(0)
    size = landmarker.deformation.size
    batches = [torch.rand(count, 3, size, size, generator=random) for count in (1, 3)]
    return max(float(np.abs(landmarker(images).numpy() - other(images)).max()) for images in batches)


class OnnxLandmarker:
    """What `export` wrote, run by onnxruntime on the CPU; has `template` and `track` as a Landmarker has.

    Attributes:
        size: S, pixels of a frame. about: what the file says of itself.

    Raises:
        GlmkError: onnxruntime is not installed.
        CheckpointError: no such file, or not one of this library.
    """

    def __init__(self, path: Path, threads: int = 1):
        runtime = _need("onnxruntime")
        if not Path(path).is_file():
            raise CheckpointError(f"{path}: no such file; expected an ONNX file written by this library.")
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        try:
            self.session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            metadata = self.session.get_modelmeta().custom_metadata_map
            if metadata["format"] != FORMAT:
                raise ValueError(f"format is {metadata['format']!r}")
            self.template = Template.from_json(metadata["template"], str(path))
            self.about = json.loads(metadata["about"])
            self.size = int(self.session.get_inputs()[0].shape[-1])
        except Exception as error:  # the runtime raises kinds of its own, and not one base
            reason = " ".join(str(error).split())
            raise CheckpointError(f"{path}: not an ONNX file of this library ({reason}); expected {FORMAT}.") from None

    def __call__(self, images) -> np.ndarray:
        """Points (B, N, 2) float32 in [-1, 1] on images (B, 3, S, S) in [0, 1], an array or a tensor on the CPU."""
        return self.session.run(None, {"frames": np.asarray(images, np.float32)})[0]

    def track(self, store, batch: int = 64) -> np.ndarray:
        """Points (T, N, 2) float32 in [-1, 1] for every frame of a frame store, in order."""
        starts = range(0, len(store), batch)
        return np.concatenate([self(store.batch(np.arange(i, min(i + batch, len(store))))) for i in starts])


class _Graph(nn.Module):
    """What a Landmarker computes, its blur as two short convolutions: a third of the time that the matrix product takes."""

    def __init__(self, landmarker: Landmarker):
        super().__init__()
        self.deformation = landmarker.deformation
        self.register_buffer("rest", landmarker.rest)
        middle = torch.zeros(1, 1, 65, 65)
        middle[0, 0, 32, 32] = 1
        taps = gaussian_blur(middle, landmarker.read_blur).sum((0, 1, 2))  # what the blur makes of a single pixel, in a row
        self.register_buffer("taps", taps[taps > 0])

    def forward(self, frames):
        radius = len(self.taps) // 2
        if radius:
            across = self.taps.view(1, 1, 1, -1).repeat(3, 1, 1, 1)
            frames = functional.pad(frames, (radius,) * 4, mode="reflect")
            frames = functional.conv2d(functional.conv2d(frames, across, groups=3), across.mT, groups=3)
        return self.rest + self.deformation(frames)


def _strip(model) -> None:
    """Take out what the exporter notes on each part: stack traces, which name files of this machine."""
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


def _need(name: str):
    """The module of that name. Raises GlmkError if it is not installed."""
    try:
        return __import__(name)
    except ImportError:
        raise GlmkError(f"{name} is not installed; expected it for ONNX files: pip install 'glmk-lib[onnx]'.") from None


@contextmanager
def _quietly():
    """The exporter tells of parts of other libraries that it does not find, and the rounding of advice that is not ours."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
