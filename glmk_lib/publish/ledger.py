"""The page "The paper's claims": every claim with its experiment, figure and verdict, made from results when the book is."""

import re

from glmk_lib import paths
from glmk_lib.publish.claims import Claim, claims
from glmk_lib.publish.notebook import look_up, of_seeds, read_json
from glmk_lib.publish.report import MISSING, SHOWN, beside, pretty
from glmk_lib.publish.verdicts import CONDITIONAL, ONE_SEED, Effect, Verdict, judge

PAPER = "paper"
SMOKE = "smoke"  # claims nothing
_SPECIAL = re.compile(r"([\\`*_{}\[\]$|~#^])")
_HEAD = """\
(claims)=
# The paper's claims

What the paper says of its method, each beside the experiment that tests it here. The words are those of its
abstract, but for the spring's, which are ours, since its method is known here by a description alone; the bounds are
this project's own. Ratios are taken seed by seed. A
claim *holds* where the whole 95 % interval over seeds of training, on the same films, is on the right side of its bounds, on
every capture; *holds if* names the captures on which it does; one whose interval spans a bound *does not hold here*. One seed
gives no verdict; where a chapter has compared one run alone with a peer, the interval beside it is over blocks of its video's
frames. The
tables give the effect of each claim's first comparison; the others follow, claim by claim.

Errors and jitter are those of raw tracks on held-out unmarked frames of virtual captures, unless a claim or a comparison says
otherwise: no verdict is about real paint. An asterisk marks cells that are stale, a dagger trainings that diverged. A cell that
is there is not measured again, even where it lacks a measure, until its file is deleted.
"""
_TABLE = """
({label})=
## At preset `{preset}`

{note}{table}
"""
_NOTHING = "This preset is of toy size and claims nothing: what follows is the ledger's form.\n\n"
_DETAILS = """
### {name}, at preset `{preset}`

{table}
{missing}"""
_NO_PAPER = """
## At the paper's scale

Not measured: no study has been run at the preset `paper`, which needs a CUDA GPU: {commands}
"""
_MISSING = "\nTo measure what this lacks, or has of one seed alone: `{command}`\n"


def page(preset: str) -> dict[str, bytes]:
    """The source of the page, by its path in the book: at the book's preset, and at `paper`, which says what it lacks.

    Raises:
        BookError: claims.yaml is not as it should be.
    """
    found, text = claims(), _HEAD
    kept = any((paths.RESULTS / PAPER).glob("*/study/*.json"))
    for at in dict.fromkeys([preset, *([PAPER] if kept else [])]):
        text += _section([judge(claim, _summaries(claim, at), _kept_at(at)) for claim in found], at)
    if not kept and preset not in (PAPER, SMOKE):
        studies = dict.fromkeys(claim.study for claim in found if any(test.of for test in claim.tests))
        text += _NO_PAPER.format(commands="; ".join(f"`make study STUDY={name} PRESET={PAPER}`" for name in studies))
    return {"claims.md": text.encode()}


def _summaries(claim: Claim, preset: str) -> dict[str, dict | None]:
    return {name: read_json(paths.results_file(name, preset, f"study/{claim.study}")) for name in claim.captures}


def _kept_at(preset: str):
    def kept(capture: str, key: str):
        chapter, path = key.split(":")
        found = [look_up(body, path) for body in of_seeds(capture, preset, chapter).values()]
        return [interval for interval in found if interval is not None]

    return kept


def _section(verdicts: list[Verdict], preset: str) -> str:
    note = _NOTHING if preset == SMOKE else ""
    rows = [_row(verdict) for verdict in verdicts]
    headings = ["Claim", "Experiment", "Figure", "Verdict", "Effect, 95 % interval"]
    text = _TABLE.format(label=f"claims-{preset}", preset=preset, note=note, table=_table(headings, rows))
    for verdict in verdicts:
        if tests := verdict.claim.tests:
            lines = [
                [
                    escape(test.name),
                    escape_html(pretty(test.bound)) if test.bound else SHOWN,
                    "<br>".join(_told(e, judged=True) for e in verdict.effects if e.comparison == test),
                ]
                for test in tests
            ]
            table = _table(["Comparison", "Bound", "On each capture"], lines)
            command = how_to_measure(verdict, preset)
            missing = _MISSING.format(command=command) if command else ""
            text += _DETAILS.format(name=escape(verdict.claim.name), preset=preset, table=table, missing=missing)
    return text


def _row(verdict: Verdict) -> list[str]:
    claim = verdict.claim
    style = "holds-if" if verdict.word == CONDITIONAL else verdict.word.split(":")[0].replace(" ", "-")
    first = [e for e in verdict.effects if e.comparison == claim.tests[0]]
    return [
        f"**{escape(claim.name)}**: “{escape(claim.words)}”",
        escape(claim.experiment),
        f"{{numref}}`{claim.figure}`" if claim.figure else "–",
        f'<span class="{style}">{escape(verdict.text)}</span>{_marks(verdict.effects)}',
        "<br>".join([escape(claim.tests[0].name), *(_told(e) for e in first)]) if first else "–",
    ]


def how_to_measure(verdict: Verdict, preset: str) -> str:
    """The command that measures what a verdict lacks; "" where it lacks nothing, or the preset claims nothing."""
    at = "" if preset == "laptop" else f" PRESET={preset}"
    kept = [e for e in verdict.effects if e.comparison.kept and e.state in (MISSING, ONE_SEED)]
    if kept and preset != SMOKE:
        books = [f"make book{at} CAPTURE={e.capture}{'' if e.lacking else ' SEED=1'}" for e in kept]
        return "; ".join(["make peers", *dict.fromkeys(books)])
    captures, rows = verdict.lacking
    if not rows or preset == SMOKE:
        return ""
    return f"make study STUDY={verdict.claim.study}{at} CAPTURE={','.join(captures)} ROWS={','.join(rows)}"


def _told(effect: Effect, judged: bool = False) -> str:
    """One capture's effect: "studio_face 0.71 (0.65 to 0.77), 3 seeds, holds"."""
    marks = _marks([effect])
    if effect.lacking:
        said = MISSING
    elif effect.by_zero:
        said = f"no ratio, {escape(effect.comparison.over)} is 0"
    else:
        bound = effect.comparison.bound
        said = beside(effect.mean, bound)
        if effect.interval:
            said += f" ({beside(effect.interval.low, bound)} to {beside(effect.interval.high, bound)})"
        count = len(effect.values)
        said += ", one run, over its frames" if effect.over_frames else f", {count} seed{'s' if count > 1 else ''}"
    why = ", ".join(dict.fromkeys((*effect.stale, *effect.diverged)))
    if judged and not effect.lacking:
        verdict = {SHOWN: "", ONE_SEED: ", no verdict"}.get(effect.state, f", {effect.state}")
        return f"{escape(effect.capture)} {said}{marks}{verdict}" + (f" ({escape(why)})" if why else "")
    return f"{escape(effect.capture)} {said}{marks}"


def _marks(effects) -> str:
    """An asterisk where any of them rests on a stale cell, a dagger where a training diverged."""
    return ("\\*" if any(e.stale for e in effects) else "") + ("†" if any(e.diverged for e in effects) else "")


def escape(text: str) -> str:
    """`text` as a table cell of a page shows it, with no mark-up of its own."""
    return _SPECIAL.sub(r"\\\1", escape_html(" ".join(text.split())))


def escape_html(text: str) -> str:
    """`text` without tags and entities of HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _table(headings: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (headings, ["---"] * len(headings), *rows))
