"""Single pictures out of a take, without filming all of it: to see who would be filmed, and how the paint would look."""

import numpy as np

from glmk_lib.studio.filming import shoot
from glmk_lib.studio.scene import Script, make_scene


def stills(region: str, identity: int = 0, numbers=(0,), seed: int = 0, marked: bool = False, size: int = 128) -> np.ndarray:
    """Those frames (rising numbers) of the take that `film` makes from the same arguments: (n, size, size, 3) uint8 RGB."""
    scene = make_scene(region, identity)
    scene = scene.painted() if marked else scene
    script = Script.write(scene, seed, max(numbers) + 2)  # the speed of the last frame needs one more
    return np.concatenate([shoot(scene, script, [k], seed, size)[0].numpy() for k in numbers])
