"""Measure the studio and keep the figures where the book reads them: results/laptop/studio_*/studio.json.

    python benchmarks/studio_results.py

Speed, exactness and MediaPipe's detections, of each region; see studio_speed, studio_exactness and studio_detected.
"""

import numpy as np
import studio_detected
import studio_exactness
import studio_speed

from glmk_lib import paths
from glmk_lib.publish.notebook import save_results
from glmk_lib.studio.scene import REGIONS

SIZES, FRAMES = (64, 128), 334  # a thousand of each size, shared out among three regions


def measure(region: str, rng) -> dict:
    """All figures of one region."""
    found = {}
    for size in SIZES:
        found[f"speed_{size}"] = studio_speed.measure(region, size, 160, "cpu")
        found[f"paint_{size}"] = studio_exactness.paint(region, FRAMES, size, rng)
    found["truth"] = studio_exactness.truth(region, FRAMES, rng)
    if region in studio_detected.KINDS and paths.PEERS_PYTHON.is_file():
        found["detected"] = studio_detected.measure(region)
    return found


def main():
    for region in REGIONS:
        print(save_results(f"studio_{region}", "laptop", "studio", measure(region, np.random.default_rng(0))))


if __name__ == "__main__":
    main()
