"""Presets: how large everything is, and which terms the objective has. Frozen, so that a run can name what it was made with.

`smoke` runs in seconds and claims nothing; `laptop` is the default on a CPU; `paper` is the paper's scale on a CUDA device.
"""

import dataclasses
from dataclasses import dataclass, field

from glmk_lib.errors import PresetError


@dataclass(frozen=True)
class Terms:
    """Weights and switches of the objective. A weight of 0 switches its term off.

    The first block is the paper's (Section 2); the second is ours, each answering one failure that was measured (see the
    method page of the book). `Terms(paper_only=True)` gives exactly the paper's objective.
    """

    adversarial_marked: float = 0.1  # D_M on painted frames; its gradient is local, so it only refines
    adversarial_unmarked: float = 1.0  # D_U on G's output
    cycle: float = 10.0  # both cycles, L1 (CycleGAN's lambda)
    cycle_every: int = 2  # one in so many unmarked frames goes round its cycle, which teaches little; the paper's is 1
    spring: float = 1.0
    spring_form: str = "length"  # "length" (the paper's) or "vector" (for the ablation)
    pool: int = 50  # image pool for the discriminators (Shrivastava et al. 2017)

    paper_only: bool = False
    blur_scales: tuple[float, ...] = (0.0, 2.0, 4.0, 8.0)  # sigmas in pixels at which the marked cycle is compared
    chamfer: float = 15.0  # the middle of the paint against painted lines, in units of [-1, 1]
    reach: float = 0.1  # distance, in units of [-1, 1], beyond which paint hardly attracts, from `shape_until` on
    reach_start: float = 1.0
    hidden: float = 0.3  # of the chamfer, the way from line to paint: a part of a line may be hidden
    cover: float = 80.0  # what R covers against what is covered, once points fitted to the paint lie near it: finds lines' ends
    shape: float = 2.0  # deviation from an affine image of the template, from `shape_until` on
    shape_start: float = 30.0  # the same at the first step; it falls linearly
    shape_until: float = 0.6  # of the first phase
    mean_shape: float = 100.0  # the mean over frames is an affine image of the template: says where along lines points sit
    mean_share: float = 0.02  # of one batch in that running mean
    keep: float = 10.0  # G leaves alone what is not painted
    read_blur: float = 0.5  # sigma in pixels: L_delta reads a blurred, noised, detached copy: no hidden channel
    read_noise: float = 0.08
    refine_noise: float = 0.04  # the same once G is frozen and can hide nothing new
    augment: bool = True  # random similarity transforms of both sets
    shift: float = 0.15  # of the frame's width
    scale: float = 0.15
    rotate: float = 0.15  # radians

    def __post_init__(self):
        if self.spring_form not in ("length", "vector"):
            raise PresetError(f'spring_form is {self.spring_form!r}; expected "length" or "vector".')
        if self.paper_only:  # measured paint stays: it is data, not a term of the objective
            for name, value in dict(
                adversarial_marked=1.0, blur_scales=(0.0,), chamfer=0.0, cover=0.0, shape=0.0, shape_start=0.0, mean_shape=0.0,
                keep=0.0, read_blur=0.0, read_noise=0.0, refine_noise=0.0, augment=False, cycle_every=1,
            ).items():  # fmt: skip
                object.__setattr__(self, name, value)

    def shape_at(self, progress):
        """The weight of the shape term when `progress` (0 to 1, a number or a tensor of one) of the first phase is done."""
        return self.shape + (self.shape_start - self.shape) * self._left(progress)

    def reach_at(self, progress):
        """The reach of the paint at `progress` (0 to 1) of the first phase: geometric from `reach_start` to `reach`."""
        return self.reach * (self.reach_start / self.reach) ** self._left(progress)

    def _left(self, progress):
        """What is left of the way to `shape_until`, 1 to 0; for a tensor it must not wait for a GPU to compare."""
        left = 1 - progress / self.shape_until
        return (left + abs(left)) / 2

    @property
    def closes_channel(self) -> bool:
        """Whether L_delta reads a degraded, detached copy of what it is shown."""
        return self.read_blur > 0 or self.read_noise > 0


@dataclass(frozen=True)
class Preset:
    """Sizes, lengths and learning rates of one scale of the whole work."""

    name: str
    size: int  # pixels, width and height of every frame
    studio_frames: int  # per domain, filmed by the studio
    studio_every: int  # of a take so many times longer one frame in so many is kept: more poses in as few frames
    heldout_frames: int  # unmarked, with truth, never trained on
    heldout_marked: int  # marked, never trained on: for the paint re-projection error
    steps: int  # of all four networks together
    refine_steps: int  # then of L_delta alone, G frozen: each about a twentieth of the cost (none when paper_only)
    batch: int
    generator_width: int
    generator_blocks: int
    discriminator_width: int
    discriminator_layers: int  # 3: the 70x70 PatchGAN; 2: 34x34, for 64 px
    deformation_width: int  # channels of L_delta's first convolution
    evaluate_every: int  # steps of all four; twenty times as many of L_delta alone
    checkpoint_every: int
    supervised_steps: int  # as many as `refine_steps` where numbers count: a bound trained for less would be too easy
    ablation_steps: int  # L_delta alone, against a frozen G
    fit_rounds: int = 3  # of the second phase: in each, points are fitted to the paint, then L_delta learns from them
    fit_steps: int = 50
    restart: bool = True  # L_delta begins the second phase with its first weights, not with what it learned from G's output
    inpaint_steps: int = 400  # of a small network that removes what G left of the paint; 0: G's frames as they are
    lr: float = 2e-4  # G and the discriminators
    lr_deformation: float = 3e-4
    decay_from: float = 0.5  # in either phase: constant up to this share of its steps, then linearly to zero (CycleGAN)
    ema: float = 0.995
    precision: str = "32-true"
    terms: Terms = field(default_factory=Terms)

    def __post_init__(self):
        for name in ("size", "studio_frames", "studio_every", "heldout_frames", "heldout_marked", "steps", "batch"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise PresetError(f"preset '{self.name}': {name} is {value!r}; expected a whole number above 0.")
        if self.size % 16:
            raise PresetError(f"preset '{self.name}': size is {self.size}; expected a multiple of 16 pixels.")

    @property
    def total_steps(self) -> int:
        """Steps of both phases; the paper's objective has one phase."""
        return self.steps + (0 if self.terms.paper_only else self.refine_steps)

    def with_(self, **changes) -> "Preset":
        """A copy with other values; names of Terms go to its terms. Raises PresetError for an unknown name."""
        own = {f.name for f in dataclasses.fields(Preset)}
        of_terms = {f.name for f in dataclasses.fields(Terms)}
        unknown = set(changes) - own - of_terms
        if unknown:
            raise PresetError(f"unknown parameter {sorted(unknown)}; expected some of {sorted(own | of_terms)}.")
        terms = changes.pop("terms", self.terms)
        in_terms = {k: changes.pop(k) for k in list(changes) if k in of_terms}
        return dataclasses.replace(self, terms=dataclasses.replace(terms, **in_terms), **changes)

    def to_dict(self) -> dict:
        """Plain values, for JSON."""
        return dataclasses.asdict(self)


PRESETS = {
    "smoke": Preset(
        "smoke", size=64, studio_frames=400, studio_every=4, heldout_frames=60, heldout_marked=50, steps=120, refine_steps=1200,
        batch=8, generator_width=12, generator_blocks=2, discriminator_width=16, discriminator_layers=2, deformation_width=16,
        evaluate_every=40, checkpoint_every=40, supervised_steps=300, ablation_steps=30, inpaint_steps=20,
        fit_rounds=1, fit_steps=10, lr_deformation=5e-4, ema=0.97,
    ),
    "laptop": Preset(
        "laptop", size=64, studio_frames=2000, studio_every=4, heldout_frames=500, heldout_marked=100, steps=400,
        refine_steps=9000, batch=8, generator_width=24, generator_blocks=4, discriminator_width=32,
        discriminator_layers=2, deformation_width=32, evaluate_every=50, checkpoint_every=50, supervised_steps=9000,
        ablation_steps=400,
    ),
    "paper": Preset(
        "paper", size=128, studio_frames=18000, studio_every=1, heldout_frames=1000, heldout_marked=300, steps=30000,
        refine_steps=60000, batch=8, generator_width=64, generator_blocks=6, discriminator_width=64,
        discriminator_layers=3, deformation_width=32, evaluate_every=500, checkpoint_every=500, supervised_steps=60000,
        ablation_steps=5000, inpaint_steps=4000, ema=0.999,
        precision="bf16-mixed",
    ),
}  # fmt: skip


def get(name: str) -> Preset:
    """The preset of that name. Raises PresetError naming those that exist.

    Example:
        >>> preset = get("laptop").with_(spring=3.0, batch=4)
        >>> preset.terms.spring, preset.batch, preset.size
        (3.0, 4, 64)
    """
    if name not in PRESETS:
        raise PresetError(f"unknown preset {name!r}; expected one of {', '.join(PRESETS)}.")
    return PRESETS[name]
