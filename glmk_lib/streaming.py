"""A video of any length through the network: read, cut, found and stored part by part, in bounded memory.

A part holds the points as the network gives them and the boxes that frames were cut from, and is written whole: a run that was
stopped goes on from its last part. Parts are multiples of batches, so the same frames are taken together either way, and the
same device gives the same numbers.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import torch
from tqdm import tqdm

from glmk_lib.capture.ingest import Crop, cut
from glmk_lib.capture.video import VideoInfo, read_frames
from glmk_lib.checkpoint import load_tensors, write_tensors
from glmk_lib.errors import CheckpointError
from glmk_lib.predict import Landmarker
from glmk_lib.visibility.network import Observer

BATCH = 16  # frames that the network takes at a time
PART = 64 * BATCH  # frames

# points (P, N, 2) float32 in [-1, 1], boxes (P, 4) float64, seconds (P,) float64; and, where there is an observer, visibility
# and uncertainty (P, N) float32, as `Observer` gives them
Part = dict[str, torch.Tensor]
KNOWN = ("visibility", "uncertainty")


def find_points(
    landmarker: Landmarker,
    observer: Observer | None,
    video: Path,
    crop: Crop,
    info: VideoInfo,
    folder: Path,
    frames: int | None,
    progress: bool,
) -> int:
    """See to it that `folder` holds all parts of a video's track, each stored as soon as it is whole; gives the frames' number.

    Args:
        landmarker, observer: are taken to a CUDA device where there is one.
        crop: where the subject is; info: of the video.
        frames: how many the video has, if it was read to its end before: then nothing is read again.
        progress: show a progress bar.

    Raises:
        CaptureError: see `read_frames` and `Crop.box`.
        CheckpointError: points that are not finite, with the number of their frame.
    """
    counts = [len(part["seconds"]) for part in stored_parts(folder, len(landmarker.template), observer is not None)]
    if sum(counts) == frames:
        return frames
    first = sum(count for count in counts if count == PART)  # a shorter one may not be the end
    if first and progress:
        tqdm.write(f"{video}: going on from frame {first}; those before it are only decoded.")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    landmarker, observer = landmarker.to(device), observer and observer.to(device)
    with tqdm(total=stated_frames(info), initial=first, desc=video.name, unit="frame", disable=not progress) as bar:
        for part in _parts(landmarker, observer, video, crop, first, bar):
            bad = ~torch.stack([part[key].isfinite().flatten(1).all(1) for key in ("points", *KNOWN) if key in part]).all(0)
            if bad.any():
                raise CheckpointError(
                    f"{video}: the model's points in frame {first + int(bad.nonzero()[0])} are not finite; expected numbers: "
                    "its weights are damaged, use another one or train again."
                )
            write_tensors(_file(folder, first), part)
            first += len(bad)
    return first


def stated_frames(info: VideoInfo) -> int | None:
    """How many frames a video has by its header; None if it doesn't say."""
    return info.frames or (round(info.duration * info.fps) if info.duration else None)


def count_frames(video) -> int:
    """How many frames will be shown of a video, from its packets, without decoding it; its end is read as well as its header.

    A header also counts the frames that a cut without encoding hides before and behind what is shown, and where it states a
    duration alone, that may be of sound which goes on. The video is one that `probe` takes.
    """
    with av.open(str(video)) as container:
        return sum(1 for packet in container.demux(container.streams.video[0]) if packet.size and not packet.is_discard)


def stored_parts(folder: Path, count: int, known: bool) -> Iterator[Part]:
    """The parts in `folder` of a track of so many points, with visibility and uncertainty if they are `known`, up to the first
    that is missing, torn, or shorter than a whole one.

    The short one is given too: it is the last. A torn one is written anew.
    """
    rows, first = PART, 0
    while rows == PART and (file := _file(folder, first)).exists():
        try:
            part = load_tensors(file)
            rows = len(part["seconds"])
            shapes = {"points": (rows, count, 2), "boxes": (rows, 4)} | dict.fromkeys(KNOWN if known else (), (rows, count))
            if any(part[key].shape != shape for key, shape in shapes.items()):
                return
        except (CheckpointError, KeyError):
            return
        yield part
        first += rows


def _parts(landmarker: Landmarker, observer: Observer | None, video: Path, crop: Crop, first: int, bar: tqdm) -> Iterator[Part]:
    """The parts from frame `first` on. No frame is held but the one that is cut, and the small cuts of two batches."""
    size, cuts, found, boxes, seconds = landmarker.deformation.size, [], [], [], []

    def submit():
        if found:
            found[-1].result()  # one batch is with the network while the next is read and cut, and none waits
        if cuts:
            found.append(network.submit(_find, landmarker, observer, np.stack(cuts)))
        bar.update(len(cuts))
        cuts.clear()

    def part() -> Part:
        batches = [batch.result() for batch in found]
        made = {key: torch.cat([batch[key] for batch in batches]) for key in batches[0]}
        made |= {key: torch.tensor(values, dtype=torch.float64) for key, values in (("boxes", boxes), ("seconds", seconds))}
        found.clear(), boxes.clear(), seconds.clear()
        return made

    with ThreadPoolExecutor(1) as network:
        for i, when, frame in read_frames(video, first):
            box = crop.box(i, frame.shape[1], frame.shape[0])
            cuts.append(cut(frame, box, size))
            boxes.append(box)
            seconds.append(when)
            if len(cuts) == BATCH:
                submit()
            if len(seconds) == PART:
                yield part()
        submit()
        if seconds:
            yield part()


@torch.inference_mode()
def _find(landmarker: Landmarker, observer: Observer | None, cuts: np.ndarray) -> Part:
    """The points (B, N, 2) in the frames (B, S, S, 3) uint8, and what is known of them, on the CPU."""
    images = torch.from_numpy(cuts).to(landmarker.rest.device).permute(0, 3, 1, 2).float().div_(255).contiguous()
    found = {"points": landmarker(images).float()}
    if observer is not None:
        found |= zip(KNOWN, observer(images, found["points"]), strict=True)
    return {key: values.float().cpu() for key, values in found.items()}


def _file(folder: Path, first: int) -> Path:
    return folder / f"track-{first:08d}.safetensors"
