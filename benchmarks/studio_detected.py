"""In how many frames of the studio's unpainted footage MediaPipe finds a face or a hand. Prints JSON.

    python benchmarks/studio_detected.py [--persons 3] [--frames 100] [--size 128]

Every fifth frame of a take is filmed, enlarged to 384 px as a user would do, and tracked as a video. Needs `make peers`.
"""

import argparse
import json
import tempfile
from pathlib import Path

import cv2

from glmk_lib import studio
from glmk_lib.baselines import mediapipe_peer
from glmk_lib.capture.video import VideoWriter, read_frames

KINDS = {"face": "face", "hand": "hands"}  # MediaPipe knows no feet
_ENLARGED = 384


def share(region: str, person: int, frames: int, size: int) -> float:
    """The share of frames in which it is found."""
    with tempfile.TemporaryDirectory() as folder:
        take = studio.film(region, person, frames, seed=900 + person, size=size, out=folder, every=5, progress=False)
        large = Path(folder) / "large.mkv"
        with VideoWriter(large, _ENLARGED, _ENLARGED, 5, lossless=True) as writer:
            for _, _, frame in read_frames(take.video):
                writer.write(cv2.resize(frame, (_ENLARGED, _ENLARGED), interpolation=cv2.INTER_CUBIC))
        return float(mediapipe_peer.track(large, KINDS[region], cache=folder, progress=False)["detected"].mean())


def measure(region: str, persons: int = 3, frames: int = 100, size: int = 128) -> dict:
    """The share for each person, and over all of them."""
    shares = [share(region, person, frames, size) for person in range(persons)]
    return {"persons": shares, "share": sum(shares) / len(shares), "frames": frames * persons, "size": size}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=3)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--size", type=int, default=128)
    args = parser.parse_args()
    report = {region: measure(region, args.persons, args.frames, args.size) for region in KINDS}
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
