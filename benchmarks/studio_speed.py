"""How many frames a second the studio films, of each region at 64 and 128 px, in one run. Prints JSON.

    python benchmarks/studio_speed.py [--frames 160] [--device cpu]

Rendering, camera and truth are timed, of painted takes, on one thread; writing the video is not. The first frames,
which warm caches, are left out. Building the body and its paint is timed apart: the body is built once a person, so only the
first run of a region pays for it.
"""

import argparse
import json
import os
import time

from glmk_lib.studio.filming import BATCH, shoot
from glmk_lib.studio.scene import REGIONS, Script, make_scene


def measure(region: str, size: int, frames: int, device: str) -> dict:
    """Frames a second over at least `frames` frames of `size` px, and the seconds that body and paint took."""
    counted = -(-frames // BATCH) * BATCH
    begin = time.perf_counter()
    scene = make_scene(region, 0, device=device).painted()
    built = time.perf_counter() - begin
    script = Script.write(scene, 1, counted + BATCH + 1)
    for first in range(0, counted + BATCH, BATCH):
        if first == BATCH:
            begin, busy = time.perf_counter(), time.process_time()
        shoot(scene, script, range(first, first + BATCH), 1, size)
    return {
        "region": region,
        "size": size,
        "frames_per_second": round(counted / (time.perf_counter() - begin), 1),
        "cpu_ms_per_frame": round(1e3 * (time.process_time() - busy) / counted, 1),
        "build_seconds": round(built, 1),
        "vertices": len(scene.actors[0].mesh.vertices),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=160)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    rows = [measure(region, size, args.frames, args.device) for region in REGIONS for size in (64, 128)]
    load = os.getloadavg()[0]  # what else runs on the machine slows the figures
    report = {"device": args.device, "cores": os.cpu_count(), "load": load, "runs": rows}
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
