"""What the studio knows of a body: its skin at rest, how it moves, what is painted on it, and what it is made of."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from glmk_lib.studio.mesh import RestMesh, SurfacePoints
from glmk_lib.template import Line


@dataclass(frozen=True)
class Parameter:
    """One named number of the pose: its range, its value at rest, and the band (Hz) of a hand's wobble or a foot's stir."""

    name: str
    low: float
    high: float
    rest: float = 0.0
    slow_hz: float = 0.1
    fast_hz: float = 0.8


@dataclass(frozen=True)
class RigidRange:
    """Ranges (low, high) of the motion as a whole: radians, body units, and the size on the screen relative to rest."""

    yaw: tuple[float, float] = (-0.5, 0.5)  # positive turns the front to the right of the image
    pitch: tuple[float, float] = (-0.3, 0.3)  # positive turns the front down
    roll: tuple[float, float] = (-0.25, 0.25)  # positive tilts clockwise in the image
    x: tuple[float, float] = (-0.12, 0.12)
    y: tuple[float, float] = (-0.1, 0.1)
    scale: tuple[float, float] = (0.92, 1.08)

    NAMES = ("yaw", "pitch", "roll", "x", "y", "scale")

    def limits(self) -> np.ndarray:
        """(6, 2) float64: low and high, in the order of NAMES."""
        return np.array([getattr(self, name) for name in self.NAMES], np.float64)


@dataclass(frozen=True)
class Surface:
    """What n points are made of: albedo (n, 3) linear RGB; gloss (n,) 0 dull to 1 wet; roughness (n,) 0.1 sharp to 1 soft."""

    albedo: Tensor
    gloss: Tensor
    roughness: Tensor


@dataclass(frozen=True, eq=False)
class Body:
    """A body that can be filmed.

    region: "face", "hand" or "foot"; or "cup", which passes in front and has neither lines nor pose. rest: its mesh.
    lines, places: the template's lines and its P points on the skin, both what is painted and the truth.
    bands: for each line the colours that its segments take in turn where it is painted in bands.
    parameters: of the pose, in the order of its K columns.
    deform: pose (B, K) to vertices (B, V, 3) in body coordinates, before the motion as a whole.
    material: rest points (n, 3), part (n,) int64 and pose (n, K) to their `Surface`.
    motion: a random generator and a number of frames N to poses (N, K) float64; a longer take begins as a shorter one does.
    rigid: ranges of the motion as a whole. identity: who it is, as JSON can hold it.
    paint_width: full width of a painted line, body units.
    turns: names of the parameters that turn the body as a whole, as a neck turns the head.
    """

    region: str
    rest: RestMesh
    lines: tuple[Line, ...]
    places: SurfacePoints
    parameters: tuple[Parameter, ...]
    deform: Callable[[Tensor], Tensor]
    material: Callable[[Tensor, Tensor, Tensor], Surface]
    motion: Callable[[np.random.Generator, int], np.ndarray]
    rigid: RigidRange = field(default_factory=RigidRange)
    identity: dict = field(default_factory=dict)
    paint_width: float = 0.085
    turns: tuple[str, ...] = ()
    bands: tuple[tuple[str, ...], ...] = ()

    def pose_at_rest(self, count: int = 1, **values: float) -> Tensor:
        """Poses (count, K) float32 at rest, but for the named parameters. Raises KeyError for an unknown name."""
        known = {p.name: i for i, p in enumerate(self.parameters)}
        pose = torch.tensor([p.rest for p in self.parameters], dtype=torch.float32).repeat(count, 1)
        for name, value in values.items():
            pose[:, known[name]] = value
        return pose
