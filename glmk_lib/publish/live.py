"""What the live page needs beside its text: the chapter's L_delta as ONNX, its clip, what is said of both, and a runtime.

The page (book/live.md, book/_assets/live/) runs L_delta in the reader's browser. A browser lets a page that was opened from a
disk load scripts, but neither files nor modules, so everything is handed over as scripts that call `glmkLive.give(name, ...)`:

    about.js        template, frames a second, principal deformations, and Python's points on one frame, to check a browser by
    model.js        the network of the chapter's training run, in Base64, as `clip.js` and `runtime*.js` are
    clip.js         the first unbroken piece of the held-out unmarked take, without landmarks
    templates.js    the ready templates, for the method page's springs, which a reader pulls
    recorded.webm   the same with the landmarks that Python found: what is shown where a browser can't run the network
    runtime.js      onnxruntime-web for the processor, runtime-gpu.js for WebGPU (book/runtime/ pins it, npm brings it)

What is missing is said in the page, by `missing` in about.js; no book fails for want of it.
"""

import base64
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np

from glmk_lib import overlays, paths
from glmk_lib.capture.dataset import open_capture
from glmk_lib.capture.frames import FrameStore
from glmk_lib.errors import GlmkError
from glmk_lib.export import export
from glmk_lib.metrics import segments_from_timestamps
from glmk_lib.predict import Landmarker
from glmk_lib.publish import BookError, assets, deformations
from glmk_lib.publish.notebook import PROVENANCE, load_results, read_json, write_bytes, write_json
from glmk_lib.runs import open_run
from glmk_lib.template import Template

FOLDER = "_assets/live"  # in the book's sources
FRAMES = 150  # of the clip, at most
WIDTH = 256  # pixels of the clip, about: as in overlays.side_by_side
CRF = 20  # the clip's quality: the network reads it again, so it is better than a film to look at
RUNTIMES = {  # by the name of the payload: the module of onnxruntime-web, and the machine code that it starts
    "runtime": ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"),
    "runtime-gpu": ("ort.webgpu.bundle.min.mjs", "ort-wasm-simd-threaded.asyncify.wasm"),
}
_NO_RUN = (
    "this copy of the book was built without the training run of the chapter on training, or without onnx to write it with"
)
_NO_RUNTIME = "this copy of the book was built where onnxruntime-web could not be had, which runs the network"


def files(capture: str, preset: str) -> dict[str, bytes]:
    """The files of the live page of this capture at this preset, by their path in the book's sources.

    They are made once for a training run and kept beside the site.
    """
    made, missing = {}, []
    try:
        made = _of_chapter(capture, preset)
    except GlmkError as error:
        print(f"live page: {error}", flush=True)
        missing.append(_NO_RUN)
    try:
        made |= runtimes(assets.install(paths.BOOK / "runtime"))
    except BookError as error:
        print(f"live page: {error}", flush=True)
        missing.append(_NO_RUNTIME)
    about = json.loads(made.pop("about.json", b"{}")) | {"missing": missing}
    if not missing:
        about["megabytes"] = round(sum(len(made[name]) for name in ("model.js", "runtime.js")) / 1e6)
    made |= {"about.js": script("about", about), "templates.js": script("templates", templates())}
    return {f"{FOLDER}/{name}": content for name, content in made.items()}


def of_run(landmarker: Landmarker, held: FrameStore, folder: Path, **about) -> dict[str, bytes]:
    """The page's files that come from a training run, by name, made by way of `folder`.

    Args:
        held: the held-out unmarked frames (T, S, S, 3).
        about: JSON values kept in the ONNX file, such as capture and preset.

    Raises:
        GlmkError: onnx or onnxruntime is not installed, the graph differs from torch, or a full disk.
    """
    template, track = landmarker.template, landmarker.track(held)
    span = slice(0, min(FRAMES, int((segments_from_timestamps(held.timestamps) == 0).sum())))
    fps = float(1 / np.median(np.diff(held.timestamps)))
    found = deformations.principal(track - template.points)
    said = {
        "size": held.frames.shape[1],
        "fps": fps,
        "frames": span.stop,
        "template": _drawn(template),
        "deformations": {
            "mean": found.mean.tolist(),
            "directions": found.directions.tolist(),
            "deviations": found.deviations.tolist(),
            "shares": found.shares.tolist(),
        },
        "check": {"frame": _text(held.frames[0].tobytes()), "points": track[0].tolist()},
    }
    export(landmarker, folder / "model.onnx", **about)
    return {
        "about.json": json.dumps(said).encode(),
        "model.js": script("model", _text((folder / "model.onnx").read_bytes())),
        "clip.js": script("clip", _text(clip(held.frames[span], fps))),
        "recorded.webm": overlays.side_by_side(
            held.frames[span], {"recorded landmarks": track[span]}, template, fps, width=2 * WIDTH
        ),
    }


def templates() -> dict[str, dict]:
    """The ready templates by their name, hand first: points, edges and names, and their strokes as a landmarker's."""
    return {
        name: _drawn(template) | {"edges": template.edges.tolist(), "names": template.names}
        for name, template in ((name, Template.ready(name)) for name in ("hand", "face", "foot"))
    }


def _drawn(template: Template) -> dict:
    return {
        "points": template.points.tolist(),
        "strokes": [{"points": p, "color": color} for line in template.lines for p, color in line.strokes],
    }


def clip(frames: np.ndarray, fps: float) -> bytes:
    """Frames (T, S, S, 3) uint8 as WebM for the browser to read, enlarged by a whole number so that their colours survive."""
    side = max(1, WIDTH // frames.shape[1]) * frames.shape[1]
    return overlays.webm((cv2.resize(f, (side, side), interpolation=cv2.INTER_CUBIC) for f in frames), fps, CRF)


def runtimes(packages: Path) -> dict[str, bytes]:
    """onnxruntime-web's scripts, by name, from the folder `node_modules`. Raises BookError if a file is not there."""
    folder, made = packages / "onnxruntime-web" / "dist", {}
    for name, parts in RUNTIMES.items():
        try:
            module, code = (_text((folder / part).read_bytes()) for part in parts)
        except OSError as error:
            raise BookError(
                f"{error.filename}: can't be read ({error.strerror}); delete {packages.parent} and build again."
            ) from None
        made[f"{name}.js"] = script(name, {"module": module, "code": code})
    return made


def script(name: str, payload) -> bytes:
    """A script that hands `payload`, a JSON value, to the page."""
    return f"glmkLive.give({json.dumps(name)}, {json.dumps(payload)});\n".encode()


def _of_chapter(capture: str, preset: str) -> dict[str, bytes]:
    """`of_run` for the run of the chapter on training; kept until the run or what makes the files changes."""
    seed = load_results(capture, preset, "03_training").get(PROVENANCE, {}).get("seed", 0)
    run = paths.run_dir(capture, preset, "full", seed)
    landmarker = open_run(run).landmarker
    held = open_capture(paths.capture_dir(capture, preset, seed)).heldout_unmarked
    folder = paths.SITE / f"{capture}-{preset}" / "live"
    key, stamp = _key(run, held), folder / "live.json"
    kept = read_json(stamp) or {}
    if kept.get("key") == key and all((folder / name).is_file() for name in kept["files"]):
        return {name: (folder / name).read_bytes() for name in kept["files"]}
    stamp.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    made = of_run(landmarker, held, folder, capture=capture, preset=preset, seed=seed)
    for name, content in made.items():
        write_bytes(folder / name, content)
    write_json(stamp, {"key": key, "files": sorted(made)})
    return made


def _key(run: Path, held: FrameStore) -> str:
    """SHA-256 over the weights, what the frames come from, and the modules that make the files."""
    modules = ("publish/live.py", "publish/deformations.py", "overlays.py", "sheets.py", "export.py")
    sources = [run / "landmarks.safetensors", *(paths.PACKAGE / name for name in modules)]
    digests = [hashlib.sha256(source.read_bytes()).hexdigest() for source in sources]
    return hashlib.sha256(json.dumps([digests, held.meta]).encode()).hexdigest()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
