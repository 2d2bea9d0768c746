"""The frame store: a folder of cropped, resized frames that training reads without holding them in memory.

frames.npy      (N, H, W, 3) uint8 RGB, memory-mapped      timestamps.npy  (N,) float64, seconds
box.npy         (N, 4) float32, the crop of each frame: x, y, w, h in full-frame pixels
truth.npz       optional: points (N, P, 2) float32 in [-1, 1] of the crop, visible (N, P) bool
meta.json       where the frames come from, their size and count, and the size and checksum of each file
"""

import json
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from glmk_lib.capture.storage import atomic_folder, identity
from glmk_lib.errors import CaptureError

SCHEMA = "glmk-frames/1"
_REMAKE = "delete the folder and prepare it again"


class FrameStore:
    """Frames on disk, opened with `FrameStore.open(path)`.

    Attributes:
        path: the folder.
        frames: (N, H, W, 3) uint8 RGB, memory-mapped and read-only.
        timestamps: (N,) float64, seconds in the source video.
        box: (N, 4) float32, the crop x, y, w, h in full-frame pixels.
        truth, visible: (N, P, 2) float32 in [-1, 1] and (N, P) bool, or None where the truth is not known.
        meta: dict with at least `source` (file name), `sha256` (of the source), `size` (height, width) and `n`.
    """

    def __init__(self, path: Path, frames, timestamps, box, truth, visible, meta: dict):
        self.path, self.frames, self.timestamps, self.box = path, frames, timestamps, box
        self.truth, self.visible, self.meta = truth, visible, meta
        self._opened = identity(path / "frames.npy")

    def __len__(self) -> int:
        return len(self.frames)

    def check_unchanged(self) -> None:
        """Raises CaptureError when the file of the frames is no longer the one opened: it is read as long as work goes on."""
        if identity(self.path / "frames.npy") != self._opened:
            raise CaptureError(
                f"{self.path / 'frames.npy'}: changed or was removed while it was read; expected it to stay as it was opened: "
                f"what was made since the last checkpoint is not kept. Put the file back, or {_REMAKE}, and run again."
            )

    def batch(self, indices) -> torch.Tensor:
        """The frames at `indices` as float32 (B, 3, H, W) in [0, 1]."""
        chosen = torch.from_numpy(self.frames[np.asarray(indices)])  # fancy indexing copies these frames only
        return chosen.permute(0, 3, 1, 2).float().div_(255).contiguous()

    @classmethod
    def open(cls, path) -> "FrameStore":
        """Open the store at `path`, checking sizes and checksums of all its files.

        Raises:
            CaptureError: missing, of another version, a file truncated or changed, or arrays that don't fit together.
        """
        path = Path(path)
        meta = _read_meta(path)
        for name, stated in meta["files"].items():
            _check_file(path / name, stated)
        try:
            frames = np.load(path / "frames.npy", mmap_mode="r", allow_pickle=False)
            timestamps, box = (np.load(path / f"{name}.npy", allow_pickle=False) for name in ("timestamps", "box"))
            truth = visible = None
            if "truth.npz" in meta["files"]:
                with np.load(path / "truth.npz", allow_pickle=False) as arrays:
                    truth, visible = arrays["points"], arrays["visible"]
        except (OSError, ValueError, KeyError) as error:
            raise CaptureError(f"{path}: can't be read ({error}); expected a frame store: {_REMAKE}.") from None
        expected = {"frames": (meta["n"], *meta["size"], 3), "timestamps": (meta["n"],), "box": (meta["n"], 4)}
        for name, array in {"frames": frames, "timestamps": timestamps, "box": box}.items():
            if array.shape != expected[name]:
                raise CaptureError(f"{path / name}.npy: has shape {array.shape}; expected {expected[name]}: {_REMAKE}.")
        return cls(path, frames, timestamps, box, truth, visible, meta)


class FrameStoreWriter:
    """Writes a store frame by frame; a context manager. The folder appears, whole, when the block ends well.

    Memory holds one frame and the small arrays, whatever the length. An older store at `path` is replaced only then.

    Args:
        path: the folder to make.
        size: pixels of a frame, an int (square) or (height, width).
        source: file name of the video; sha256: its checksum; both are kept in meta.json.
        expected: number of frames, if known: used to say how much space a full disk lacks.
        about: further JSON values for meta.json.

    Raises CaptureError: a frame of another shape, points in some frames only, no frames, or a full disk.
    """

    def __init__(self, path, size, source: str = "", sha256: str = "", expected: int | None = None, about: dict | None = None):
        self.path = Path(path)
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        self.meta = {**(about or {}), "schema": SCHEMA, "source": source, "sha256": sha256, "size": list(self.size)}
        needed = expected and expected * self.size[0] * self.size[1] * 3
        self._folder = atomic_folder(self.path, needed)
        self._rows = {"timestamps": [], "box": [], "points": [], "visible": []}

    def __enter__(self):
        self._made = self._folder.__enter__()
        self._file = (self._made / "frames.npy").open("wb")  # plain writes: a full disk is an error, not a bus fault
        self._header(0)
        return self

    def write(self, frame: np.ndarray, timestamp: float, box, points=None, visible=None) -> None:
        """Append one frame, uint8 (H, W, 3), with its time (s), crop (x, y, w, h), and truth (P, 2), (P,) if known."""
        number, shape = len(self), (*self.size, 3)
        if frame.shape != shape or frame.dtype != np.uint8:
            raise CaptureError(f"{self.path}: frame {number} is {frame.dtype} {frame.shape}; expected uint8 {shape}.")
        if number and (points is not None) != bool(self._rows["points"]):
            raise CaptureError(f"{self.path}: frame {number} and those before it differ in having truth; expected all or none.")
        self._file.write(np.ascontiguousarray(frame).data)
        self._rows["timestamps"].append(float(timestamp))
        self._rows["box"].append(np.asarray(box, np.float32))
        if points is not None:
            self._rows["points"].append(np.asarray(points, np.float32))
            self._rows["visible"].append(np.ones(len(points), bool) if visible is None else np.asarray(visible, bool))

    def __len__(self) -> int:
        return len(self._rows["timestamps"])

    def __exit__(self, *error):
        if error[0] is None:
            try:
                self._finish()
            except Exception as failure:
                error = (type(failure), failure, failure.__traceback__)
                self._discard(error)
                raise
            return self._folder.__exit__(*error)
        return self._discard(error)

    def _discard(self, error) -> bool:
        with suppress(OSError):  # a full disk fails once more when the last bytes are flushed
            self._file.close()
        return self._folder.__exit__(*error)

    def _header(self, count: int) -> None:
        """NumPy pads the header so that its length does not depend on the count, which is rewritten at the end."""
        layout = {"descr": "|u1", "fortran_order": False, "shape": (count, *self.size, 3)}
        self._file.seek(0)
        np.lib.format.write_array_header_1_0(self._file, layout)

    def _finish(self) -> None:
        if not len(self):
            raise CaptureError(f"{self.path}: no frames were written; expected at least one.")
        self._header(len(self))
        self._file.close()
        np.save(self._made / "timestamps.npy", np.array(self._rows["timestamps"], np.float64))
        np.save(self._made / "box.npy", np.stack(self._rows["box"]))
        if self._rows["points"]:
            points, visible = np.stack(self._rows["points"]), np.stack(self._rows["visible"])
            np.savez(self._made / "truth.npz", points=points, visible=visible)
        files = {file.name: _describe(file) for file in sorted(self._made.iterdir())}
        self.meta |= {"n": len(self), "files": files}
        (self._made / "meta.json").write_text(json.dumps(self.meta, indent=1) + "\n", encoding="utf-8")


def _describe(file: Path) -> dict:
    """Size and CRC-32 of a file, read in pieces."""
    crc, size = 0, 0
    with file.open("rb") as handle:
        while piece := handle.read(1 << 22):
            crc, size = zlib.crc32(piece, crc), size + len(piece)
    return {"bytes": size, "crc32": crc}


def _check_file(file: Path, stated: dict) -> None:
    if not file.is_file():
        raise CaptureError(f"{file}: missing from its frame store: {_REMAKE}.")
    size = file.stat().st_size
    if size != stated["bytes"]:
        raise CaptureError(f"{file}: has {size} bytes; expected {stated['bytes']}: it is cut off or changed: {_REMAKE}.")
    if _describe(file) != stated:
        raise CaptureError(f"{file}: its checksum is not the one in meta.json: it is damaged or changed: {_REMAKE}.")


def _read_meta(path: Path) -> dict:
    if not path.is_dir():
        raise CaptureError(f"{path}: no such frame store; expected a folder made by preparing a capture.")
    try:
        meta = json.loads((path / "meta.json").read_text(encoding="utf-8"))
        if meta["schema"] != SCHEMA:
            raise ValueError(f'schema is {meta["schema"]!r}, not "{SCHEMA}"')
        if not {"frames.npy", "timestamps.npy", "box.npy"} <= set(meta["files"]) or not {"n", "size", "source"} <= set(meta):
            raise ValueError("entries are missing")
        if any(Path(name).name != name for name in meta["files"]):
            raise ValueError("a file lies outside the folder")
        return meta
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaptureError(f"{path / 'meta.json'}: can't be used ({error}); expected a frame store: {_REMAKE}.") from None
