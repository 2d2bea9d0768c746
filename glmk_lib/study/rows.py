"""What the studies train: their rows, each a preset with something changed, and the captures they are measured on.

`accuracy` holds the full recipe against full supervision, and against its peers, on every capture. `ingredients` leaves one
ingredient out at a time, after the paper's objective alone: what is worse without it was worth having. `springs` compares
spring constants, by L_delta alone against a frozen G. `personalization` shows one person's frames to what was trained on that
person, on another, and on several. `footage` holds ours against its peers on real clips, without truth. `channel` trains G
and L_delta together with the hidden channel closed and open. Rows are kept whatever they show.
"""

from dataclasses import dataclass, field, replace

from glmk_lib.errors import PresetError
from glmk_lib.presets import Preset
from glmk_lib.study.code import CHANNEL, DETECTOR, FOOTAGE, MEASURE, PEERS, PERSONS, REFITS

STUDIO = ("studio_face", "studio_hand", "studio_foot")
BANDS = tuple(f"{name}_bands" for name in STUDIO)
# The same face, in takes of unlike poses.
POSES = ("studio_face_half", "studio_face_apart")
# One face filmed in several ways, and judged on the same held-out bare frames.
WAYS = {
    STUDIO[0]: "plain lines, the same poses in both takes",
    BANDS[0]: "lines in bands",
    POSES[0]: "half of the turns in the painted take",
    POSES[1]: "no turn common to both takes",
}
REAL = ("face_a", "face_b", "hand_a", "hand_b")
# Who learns: the whole method; L_delta with every landmark given, or with what annotators put into some frames; nobody.
METHOD, SUPERVISED, ANNOTATED, UNTRAINED = "method", "supervised", "annotated", "untrained"
REFIT = "refit"  # L_delta alone, against the frozen G of a first phase
HIDDEN = "hidden channel"  # the whole method, and what G hides
OF_PERSONS = "of persons"  # the whole method, on the frames of other persons than those that it is measured on
_MEASURED_BY = {ANNOTATED: PEERS, UNTRAINED: PEERS, REFIT: REFITS, OF_PERSONS: PERSONS, HIDDEN: CHANNEL}
# The capture that a row of `personalization` is trained on, for each one that it is measured on.
TRAINED_ON = {
    "studio_face": {"own": "studio_face", "other": "studio_face_b", "several": "studio_face_several"},
    "studio_face_b": {"own": "studio_face_b", "other": "studio_face", "several": "studio_face_several"},
}
FULL, MEDIAPIPE = "full", "mediapipe"
SPRING_CONSTANTS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)
SPRING_FORMS = ("length", "vector")
LABELLED = (20, 100, 500)  # frames: an hour's work of an annotator, a day's, a week's
EXACTLY = 100  # frames labelled once more without scatter
FAR = 10.0  # reach in units of [-1, 1]: nothing in a frame is farther, so all paint attracts as it would without a reach

_OPEN = {"read_blur": 0.0, "read_noise": 0.0, "refine_noise": 0.0}
_BRIEF = {"steps": 6, "refine_steps": 60, "supervised_steps": 60, "ablation_steps": 6, "fit_rounds": 2, "fit_steps": 10}
# A study may run shorter than its preset does: {study: {preset: changes}}. Tables and figures say how long.
LENGTHS = {
    "accuracy": {"smoke": _BRIEF},
    "ingredients": {
        "smoke": _BRIEF,
        "laptop": {"steps": 250, "refine_steps": 3000, "supervised_steps": 3000},
        "paper": {"steps": 6000, "refine_steps": 12000, "supervised_steps": 12000},
    },
    "springs": {"smoke": _BRIEF},
    "personalization": {"smoke": _BRIEF},
    "footage": {"smoke": _BRIEF},
}
LENGTHS["channel"] = LENGTHS["ingredients"]


@dataclass(frozen=True)
class Row:
    """One line of a study's table."""

    name: str  # of its files: letters, digits and underscores
    title: str
    changes: dict = field(default_factory=dict)  # given to Preset.with_
    learner: str = METHOD
    guessed: bool = False  # whether the paint is guessed (see `study.guess`) in place of measured
    labelled: int = 0  # how many frames annotators label
    exact: bool = False  # whether they put every point at its true place
    real: bool = False  # whether it is measured on real clips, without truth

    @property
    def measured_by(self) -> str:
        """The module that measures it: what that imports decides whether a stored cell is of older code."""
        if self.real:
            return DETECTOR if self.name == MEDIAPIPE else FOOTAGE
        return _MEASURED_BY.get(self.learner, MEASURE)


@dataclass(frozen=True)
class Study:
    """Rows to train, each for several seeds, on captures filmed at `base`."""

    name: str
    base: Preset
    rows: tuple[Row, ...]
    captures: tuple[str, ...]

    def row(self, name: str) -> Row:
        """The row of that name. Raises PresetError naming those that there are."""
        found = next((row for row in self.rows if row.name == name), None)
        if found is None:
            raise PresetError(f"unknown row {name!r}; study {self.name} has {', '.join(row.name for row in self.rows)}.")
        return found

    def preset(self, row: Row) -> Preset:
        """What a row is trained at."""
        return self.base.with_(**row.changes)

    @property
    def length(self) -> str:
        """How long the full recipe is trained, as text for captions."""
        return (
            f"{self.base.steps:,} steps of all four networks, then {self.base.refine_steps:,} of the deformation network alone"
        )


def get(name: str, preset: Preset) -> Study:
    """The study of that name at `preset`. Raises PresetError naming those that there are."""
    if name not in LENGTHS:
        raise PresetError(f"unknown study {name!r}; expected one of {', '.join(LENGTHS)}.")
    base = preset.with_(**LENGTHS[name].get(preset.name, {}))
    if name == "accuracy":
        return Study(name, base, (Row(FULL, "full recipe"), _SUPERVISED, *peers(base)), (*STUDIO, *BANDS, *POSES))
    if name == "springs":
        return Study(name, base, springs(), STUDIO)
    if name == "personalization":
        return Study(name, base, persons(), tuple(TRAINED_ON))
    if name == "channel":
        return Study(name, base, channel(base), STUDIO[:1])
    if name == "footage":
        return Study(name, base, footage(base), REAL)
    return Study(name, base, ingredients(base), STUDIO[:1])


def ingredients(preset: Preset) -> tuple[Row, ...]:
    """The paper's objective, the full recipe, and the recipe without each thing that can be taken from it alone.

    Rows without a second phase have as many more steps of the first as take the time of the second's steps; its fits to the
    paint and the inpainting are not made up for.
    """
    terms, one_phase = preset.terms, _one_phase(preset)
    papers_terms = {"chamfer": 0.0, "keep": 0.0, "shape": 0.0, "shape_start": 0.0, "mean_shape": 0.0}
    return (
        Row("paper_only", "the paper's objective alone", {"paper_only": True, **one_phase}),
        # The variant nearest to the paper that worked in the first experiment: its terms, a wide basin, no hidden channel.
        Row(
            "paper_wide",
            "the paper's terms, several scales, closed channel",
            {**papers_terms, **one_phase, "adversarial_marked": 0.2, "spring": 5.0},
        ),
        Row(FULL, "full recipe"),
        Row("guessed_paint", "paint guessed, not measured", guessed=True),
        Row("one_scale", "marked cycle at one scale", {"blur_scales": (0.0,)}),
        Row("all_cycled", "every unmarked frame goes round its cycle", {"cycle_every": 1}),
        # The second phase fits points to the paint by that distance, so it goes too.
        Row("no_chamfer", "no distance to the paint, no second phase", {"chamfer": 0.0, **one_phase}),
        Row("far_paint", "far paint attracts like near paint", {"reach": FAR, "reach_start": FAR}),
        Row("short_reach", "reach short from the start", {"reach_start": terms.reach}),
        Row("hidden_alike", "hidden paint missed as much as seen paint", {"hidden": 1.0}),
        Row("no_shape", "no shape term", {"shape": 0.0, "shape_start": 0.0}),
        Row("weak_shape", "shape term weak from the start", {"shape_start": terms.shape}),
        Row("no_mean_shape", "mean over frames left free", {"mean_shape": 0.0}),
        Row("no_keep", "generator may change bare skin", {"keep": 0.0}),
        Row("open_channel", "hidden channel left open", _OPEN),
        Row("no_augment", "no transforms of the frames", {"augment": False}),
        Row("no_adversary", "no adversary of painted frames", {"adversarial_marked": 0.0}),
        Row("one_phase", "no second phase", one_phase),
        Row("no_restart", "deformation network keeps what it learned before", {"restart": False}),
        Row("no_cover", "points fitted to the paint's middle alone", {"cover": 0.0}),
        Row("one_fit", "points fitted to the paint only once", {"fit_rounds": 1}),
        Row("no_inpainting", "what the generator left of the paint stays", {"inpaint_steps": 0}),
        Row("no_spring", "no spring", {"spring": 0.0}),
        Row("no_pool", "no pool of older fakes", {"pool": 0}),
        Row("no_average", "no average of the weights", {"ema": 0.0}),
        _SUPERVISED,
    )


def springs() -> tuple[Row, ...]:
    """Every spring constant in both forms."""
    return tuple(
        Row(f"{form}_{k:g}".replace(".", "_"), f"K = {k:g}, {form}", {"spring": k, "spring_form": form}, REFIT)
        for form in SPRING_FORMS
        for k in SPRING_CONSTANTS
    )


def persons() -> tuple[Row, ...]:
    """The full recipe, trained on the person it is measured on, on another one, and on several, this one among them."""
    titles = {"own": "trained on this person", "other": "trained on another person", "several": "trained on four persons"}
    return tuple(Row(name, title, learner=OF_PERSONS) for name, title in titles.items())


def peers(preset: Preset) -> tuple[Row, ...]:
    """The paper's objective alone, networks taught few frames by annotators or exactly, and what needs no training."""
    return (
        Row("paper_only", "the paper's objective alone", {"paper_only": True, **_one_phase(preset)}),
        *(Row(f"annotators_{n}", f"annotators of {n} frames", learner=ANNOTATED, labelled=n) for n in LABELLED),
        Row(f"exact_{EXACTLY}", f"exact labels of {EXACTLY} frames", learner=ANNOTATED, labelled=EXACTLY, exact=True),
        Row("static", "static template", learner=UNTRAINED),
        Row("mean_shape", "mean shape", learner=UNTRAINED),
        Row("lucas_kanade", "Lucas–Kanade", learner=UNTRAINED),
    )


def channel(preset: Preset) -> tuple[Row, ...]:
    """Without a second phase, in which L_delta would learn anew from inpainted frames, and no longer read what G makes."""
    one_phase = _one_phase(preset)
    return (
        Row("closed", "channel closed by blur and noise", one_phase, HIDDEN),
        Row("open", "channel open", {**one_phase, **_OPEN}, HIDDEN),
        Row("open_unkept", "channel open, generator may change bare skin", {**one_phase, **_OPEN, "keep": 0.0}, HIDDEN),
    )


def footage(preset: Preset) -> tuple[Row, ...]:
    """What real clips are shown to: the paper's objective, ours, labels by a detector, what needs no training, the detector."""
    trained = (
        Row("paper_only", "the paper's objective alone", {"paper_only": True, **_one_phase(preset)}),
        Row(FULL, "full recipe"),
        Row(SUPERVISED, "full supervision by pseudo-truth", learner=SUPERVISED),
    )
    untrained = {
        "static": "static template",
        "mean_shape": "mean shape",
        "lucas_kanade": "Lucas–Kanade",
        MEDIAPIPE: "MediaPipe",
    }
    rows = (*trained, *(Row(name, title, learner=UNTRAINED) for name, title in untrained.items()))
    return tuple(replace(row, real=True) for row in rows)


def _one_phase(preset: Preset) -> dict:
    from glmk_lib.training import CHEAPER  # it brings torch along, which a study's names do without

    return {"steps": preset.steps + preset.refine_steps // CHEAPER, "refine_steps": 0}


_SUPERVISED = Row(SUPERVISED, "full supervision", learner=SUPERVISED)
