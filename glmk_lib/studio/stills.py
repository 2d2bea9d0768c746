"""Single pictures out of a take, without filming all of it: to see who would be filmed, and how the paint would look."""

from numbers import Integral

import numpy as np

from glmk_lib.errors import PresetError
from glmk_lib.studio.filming import check, shoot
from glmk_lib.studio.scene import Script, make_scene


def stills(region: str, identity: int = 0, numbers=(0,), seed: int = 0, marked: bool = False, size: int = 128) -> np.ndarray:
    """Frames of the take that `film` makes from the same arguments: (n, size, size, 3) uint8 RGB.

    Args:
        numbers: of the n frames, in any order.

    Raises PresetError: what `film` refuses, or `numbers` that are none or not whole numbers of at least 0.

    Example:
        >>> stills("foot", identity=2, numbers=[0, 40], size=64).shape
        (2, 64, 64, 3)
    """
    check(identity=identity, seed=seed, size=size)
    numbers = list(numbers)
    if not numbers or not all(isinstance(k, Integral) and k >= 0 for k in numbers):
        raise PresetError(f"studio: numbers are {numbers!r}; expected one or more whole numbers of at least 0.")
    scene = make_scene(region, int(identity))
    scene = scene.painted() if marked else scene
    script = Script.write(scene, seed, max(numbers) + 2)  # the speed of the last frame needs one more
    return np.concatenate([shoot(scene, script, [k], seed, size)[0].numpy() for k in numbers])
