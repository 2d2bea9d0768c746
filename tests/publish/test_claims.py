"""What the ledger says of a claim, by what studies measured; the numbers here are made up."""

import re

import pytest

from glmk_lib import paths, presets, study
from glmk_lib.metrics.intervals import seed_interval
from glmk_lib.publish import BookError, claims, ledger, notebook, report, verdicts
from glmk_lib.publish.claims import Claim
from glmk_lib.study.rows import LENGTHS as STUDIES
from glmk_lib.study.rows import UNTRAINED
from glmk_lib.study.summary import MEASURES, over_seeds

FACE, HAND = "studio_face", "studio_hand"
RATIO = {"name": "error over the bound's", "of": "full.mean_px", "over": "supervised.mean_px", "bound": "<= 2"}
ENTRY = """
  - name: Near
    words: "very near"
    experiment: One over the other.
    figure: fig-line
    captures: [studio_face]
    tests:
      - name: error
        of: full.mean_px
        over: supervised.mean_px
        bound: "<= 2"
"""


def claim(*tests, captures=(FACE, HAND), **other):
    texts = {"name": "Near", "words": "very near", "experiment": "One over the other."}
    return Claim(captures=captures, tests=tests or (RATIO,), **texts, **other)


def row(*values, seeds=None, measure="mean_px", stale=None, diverged=None):
    seeds = list(range(len(values))) if seeds is None else seeds
    return {"title": "", "seeds": seeds, "stale": stale or {}, "diverged": diverged or {}, measure: over_seeds(list(values))}


def summary(**rows):
    return {"rows": rows}


def over_bound(*ratios, **marks):
    """A summary in which ours errs that many times as much as the bound, seed by seed."""
    return summary(full=row(*ratios, **marks), supervised=row(*[1.0] * len(ratios)))


# -- one comparison -----------------------------------------------------------------------------------------------------------


def effect(found, **changes):
    return verdicts.effect(claim({**RATIO, **changes}).tests[0], FACE, found)


def test_a_ratio_is_taken_seed_by_seed():
    found = summary(full=row(2.0, 3.0, seeds=[0, 1]), supervised=row(3.0, 1.0, 9.0, seeds=[1, 0, 2]))
    assert effect(found).values == (2.0, 1.0)


@pytest.mark.parametrize(
    ("ratios", "bound", "state"),
    [
        ((1.0, 1.1, 1.2), "<= 2", "holds"),
        ((1.0, 1.1, 1.2), ">= 0.5", "holds"),
        ((3.0, 3.1, 3.2), "<= 2", "does not hold here"),
        ((1.0, 1.9, 2.5), "<= 2", "does not hold here"),  # its mean is below, its interval is not
        ((1.5, 1.5), "<= 2", "holds"),
        ((1.0,), "<= 2", "one seed: no verdict"),
        ((9.0,), "<= 2", "one seed: no verdict"),
        ((1.0, 1.1), None, "for comparison"),
    ],
)
def test_the_whole_interval_must_be_on_the_right_side(ratios, bound, state):
    assert effect(over_bound(*ratios), bound=bound).state == state


def test_a_single_measure_is_held_to_its_bound():
    found = summary(full=row(0.97, 0.98, 0.99, measure="retention"))
    assert effect(found, of="full.retention", over=None, bound=">= 0.95").state == "holds"


def test_a_row_without_training_counts_for_every_seed():
    found = summary(full=row(1.0, 1.1, 1.2), static=row(10.0))
    assert effect(found, over="static.mean_px", bound="<= 0.3333").values == pytest.approx((0.1, 0.11, 0.12))


def test_a_ratio_over_nothing_does_not_hold():
    found = summary(full=row(0.0, 0.0), supervised=row(0.0, 0.1))
    assert effect(found).state == "does not hold here"
    assert effect(summary(full=row(0.0), supervised=row(0.0))).state == "one seed: no verdict"


KEPT = {"name": "jitter over a detector's", "kept": "05_jitter:against.ratio", "bound": "<= 0.5"}


@pytest.mark.parametrize(
    "runs, state", [([[0.3, 0.2, 0.4]], verdicts.ONE_SEED), ([[0.4, 0.3, 0.6]], verdicts.ONE_SEED), ([], verdicts.MISSING)]
)
def test_what_a_chapter_keeps_of_one_run_has_an_interval_over_frames(runs, state):
    asked = []
    found = verdicts.effect(claim(KEPT).tests[0], FACE, None, lambda *key: asked.append(key) or runs)
    assert found.state == state and asked == [(FACE, "05_jitter:against.ratio")]
    assert not runs or (found.mean == runs[0][0] and found.interval == tuple(runs[0]))


@pytest.mark.parametrize("means, state", [((0.2, 0.21, 0.22), "holds"), ((0.2, 0.5, 0.3), "does not hold here")])
def test_what_a_chapter_keeps_of_several_runs_has_an_interval_over_seeds(means, state):
    found = verdicts.effect(claim(KEPT).tests[0], FACE, None, lambda *_: [[mean, mean / 2, 2 * mean] for mean in means])
    assert found.values == means and found.state == state and found.interval == pytest.approx(seed_interval(means))


def test_what_a_chapter_would_keep_is_asked_for_by_building_the_book_with_the_peers():
    verdict = verdicts.judge(claim(KEPT), {}, lambda capture, key: [[0.1, 0.1, 0.2]] if capture == FACE else [])
    assert verdict.text == f"one seed: no verdict; not measured: {HAND}"
    asked = f"make peers; make book CAPTURE={FACE} SEED=1; make book CAPTURE={HAND}"
    assert ledger.how_to_measure(verdict, "laptop") == asked


@pytest.mark.parametrize("test", [{"name": "a"}, {"name": "a", **KEPT, "of": "full.nmj"}])
def test_a_comparison_has_one_source(test):
    with pytest.raises(ValueError, match="expected either `of`"):
        claims.Comparison(**test)


@pytest.mark.parametrize(
    ("found", "lacking"),
    [
        (None, ("full", "supervised")),
        (summary(full=row(1.0, 1.1)), ("supervised",)),
        (summary(full=row(1.0), supervised=row(1.0, measure="nmj")), ("supervised",)),
        (summary(full=row(1.0, seeds=[0]), supervised=row(1.0, seeds=[1])), ("full", "supervised")),
    ],
    ids=["nothing", "no row", "no measure", "no seed in common"],
)
def test_what_no_run_measured_is_named(found, lacking):
    assert (effect(found).state, effect(found).lacking) == ("not measured", lacking)


# -- a claim ------------------------------------------------------------------------------------------------------------------

GOOD, BAD, ONCE = over_bound(1.0, 1.1, 1.2), over_bound(3.0, 3.1, 3.2), over_bound(1.0)


@pytest.mark.parametrize(
    ("face", "hand", "said"),
    [
        (GOOD, GOOD, "holds"),
        (GOOD, BAD, "holds if the capture is studio_face; does not hold: studio_hand"),
        (GOOD, None, "holds if the capture is studio_face; not measured: studio_hand"),
        (GOOD, ONCE, "holds if the capture is studio_face; one seed: studio_hand"),
        (BAD, BAD, "does not hold here"),
        (BAD, None, "does not hold here; not measured: studio_hand"),
        (ONCE, ONCE, "one seed: no verdict"),
        (ONCE, None, "one seed: no verdict; not measured: studio_hand"),
        (None, None, "not measured"),
    ],
)
def test_the_verdict_says_on_which_captures_it_holds(face, hand, said):
    assert verdicts.judge(claim(), {FACE: face, HAND: hand}).text == said


@pytest.mark.parametrize(("jitter", "said"), [(0.5, "holds"), (1.5, "does not hold here"), (None, "not measured")])
def test_all_of_its_bounds_must_hold(jitter, said):
    tests = RATIO, {"name": "jitter", "of": "full.nmj", "bound": "<= 1"}
    found = over_bound(1.0, 1.1, 1.2)
    if jitter:
        found["rows"]["full"]["nmj"] = over_seeds([jitter] * 3)
    assert verdicts.judge(claim(*tests, captures=(FACE,)), {FACE: found}).text == said


def test_what_is_shown_for_comparison_decides_nothing():
    shown = {"name": "jitter", "of": "full.nmj"}
    assert verdicts.judge(claim(RATIO, shown, captures=(FACE,)), {FACE: GOOD}).text == "holds"
    assert verdicts.judge(claim({**RATIO, "bound": None}, captures=(FACE,)), {FACE: GOOD}).text == "not measured"


def test_the_command_measures_what_is_missing_and_no_more():
    verdict = verdicts.judge(claim(study="springs"), {FACE: GOOD, HAND: summary(full=row(1.0, 1.1))})
    command = "make study STUDY=springs PRESET=paper CAPTURE=studio_hand ROWS=supervised"
    assert ledger.how_to_measure(verdict, "paper") == command
    assert ledger.how_to_measure(verdict, "smoke") == ""
    assert ledger.how_to_measure(verdicts.judge(claim(captures=(FACE,)), {FACE: GOOD}), "laptop") == ""


def test_one_seed_asks_for_more():
    verdict = verdicts.judge(claim(captures=(FACE,)), {FACE: ONCE})
    assert ledger.how_to_measure(verdict, "laptop") == "make study STUDY=accuracy CAPTURE=studio_face ROWS=full,supervised"


# -- the file -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ENTRY.replace("<= 2", "about 2"), r"'Near': tests.0.bound: .*such as"),
        (ENTRY.replace("of: full.mean_px", "of: full"), r"'Near': tests.0.of: .*found 'full'"),
        (ENTRY.replace("[studio_face]", "[studio_nose]"), r"'Near': captures: .*studio_nose"),
        (ENTRY.replace("captures: [studio_face]", "study: springs"), r"'Near': the entry: .*no captures"),
        (ENTRY.replace("words:", "wording:"), r"'Near': words: Field required"),
        (ENTRY.replace("fig-line", "fig-lion"), r"'Near': figure: found 'fig-lion', expected one of fig-line"),
        (ENTRY * 2, "'Near' stands there twice"),
        (" 3", "a list under 'claims'"),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_wrong(small_book, text, message):
    paths.CLAIMS.write_text("claims:" + text)
    with pytest.raises(BookError, match=message) as error:
        claims.claims()
    assert "\n" not in str(error.value)


def test_the_projects_own_claims_are_well_formed():
    found = claims.claims()
    assert {measure for c in found for test in c.tests for _, measure in test.sides} <= set(MEASURES)
    rows = {name: {row.name for row in study.get(name, presets.get("laptop")).rows} for name in STUDIES}
    assert [(c.name, row) for c in found for test in c.tests for row, _ in test.sides if row not in rows[c.study]] == []


def test_the_rows_without_a_seed_are_those_that_are_not_trained():
    laptop = presets.get("laptop")
    rows = (*study.get("accuracy", laptop).rows, *study.get("footage", laptop).rows)
    assert {row.name for row in rows if row.learner == UNTRAINED} == set(verdicts.UNTRAINED)


# -- the page -----------------------------------------------------------------------------------------------------------------


def page(preset="laptop"):
    return ledger.page(preset)["claims.md"].decode()


def measured(found, preset="laptop", capture=FACE):
    notebook.write_json(paths.results_file(capture, preset, "study/accuracy"), found)


def test_a_claim_has_a_row_with_its_experiment_its_figure_and_its_verdict(small_book):
    measured(GOOD)
    (line,) = re.findall(r"\| \*\*It draws.*", page())
    assert "{numref}`fig-line`" in line
    assert '<span class="holds-if">holds if the capture is studio\\_face; not measured: studio\\_hand</span>' in line
    assert "studio\\_face 1.1 (0.852 to 1.35), 3 seeds" in line


def test_every_comparison_stands_below_with_its_bound(small_book):
    measured(ONCE)
    told = "studio\\_face 1, 1 seed, no verdict<br>studio\\_hand not measured"
    assert f"| error over the other's | ≤\N{NO-BREAK SPACE}2 | {told} |" in page()


def test_a_number_is_not_rounded_across_its_bound():
    found = summary(full=row(0.9496, 0.9496, measure="retention"))
    said = ledger._told(effect(found, of="full.retention", over=None, bound=">= 0.95"))
    assert "0.9496 (0.9496 to 0.9496)" in said
    assert "0.95 (0.95 to 0.95)" in ledger._told(effect(found, of="full.retention", over=None, bound=">= 0.9"))
    for value, bound in ((0.80004, "<= 0.8"), (1.05003, "<= 1.05"), (0.94998, ">= 0.95")):
        assert not report.within(float(report.beside(value, bound)), bound)


def test_texts_and_row_names_bring_no_markup_of_their_own(small_book):
    measured(GOOD)
    (line,) = re.findall(r"\| \*\*It draws.*", page())
    assert "“a line \\| is &lt;drawn&gt;”" in line
    assert "with \\$x\\$ and \\{y\\}." in line
    assert len(re.findall(r"(?<!\\)\|", line)) == 6


def test_without_results_every_claim_is_not_measured_and_the_page_says_how_to(small_book):
    text = page()
    assert text.count('<span class="not-measured">not measured</span>') == 2
    assert "`make study STUDY=accuracy CAPTURE=studio_face,studio_hand ROWS=full,supervised`" in text


def test_stale_and_diverged_cells_are_marked_with_what_they_are(small_book):
    measured(over_bound(1.0, 1.1, 1.2, stale={"1": "made by older code"}, diverged={"2": "no <gradient>"}))
    text = page()
    assert "</span>\\*† |" in text and "3 seeds\\*†<br>" in text
    assert "3 seeds\\*†, holds (made by older code, no &lt;gradient&gt;)" in text


def test_a_mark_of_a_seed_that_is_not_used_is_not_shown():
    found = summary(full=row(1.0, 1.1, 9.0, stale={"2": "old"}), supervised=row(1.0, 1.0))
    assert effect(found).stale == ()


def test_the_papers_scale_is_shown_where_it_has_results_and_else_said_to_be_not_measured(small_book):
    assert "At preset `paper`" not in page()
    assert "Not measured: no study has been run" in page() and "`make study STUDY=accuracy PRESET=paper`" in page()
    measured(GOOD, "paper")
    assert "no study has been run" not in page()
    assert page().index("At preset `laptop`") < page().index("At preset `paper`")
    assert page("paper").count("## At preset `paper`") == 1


def test_smoke_claims_nothing_and_asks_for_nothing(small_book):
    assert "claims nothing" in page("smoke") and "make study" not in page("smoke")


def test_the_books_contents_have_the_page():
    assert "- file: claims" in (paths.BOOK / "_toc.yml").read_text()
