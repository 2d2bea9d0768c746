"""Studies: what is not there is measured, in order and once; what is there is kept, counted and marked."""

import dataclasses
import json
import math
import os
import signal
import time

import pytest
import torch

from glmk_lib import cli, paths, presets, study, training
from glmk_lib.errors import DivergenceError, OutOfTime, PresetError, TrainingError
from glmk_lib.metrics.intervals import seed_interval
from glmk_lib.presets import Terms
from glmk_lib.publish import report
from glmk_lib.publish.notebook import look_up
from glmk_lib.renderer import PaintRenderer
from glmk_lib.study import cells, code, measure, rows, runner, summary, tables
from glmk_lib.study.cells import Cell
from glmk_lib.study.rows import FULL, SUPERVISED, Row, Study

TINY = presets.get("smoke").with_(
    studio_frames=60, studio_every=1, heldout_frames=60, heldout_marked=50, steps=4, refine_steps=20, supervised_steps=6,
    evaluate_every=2, checkpoint_every=2, generator_width=8, generator_blocks=1, batch=2,
)  # fmt: skip
BOUND = Row(SUPERVISED, "full supervision", learner=SUPERVISED)
SMALL = Study(
    "accuracy", TINY, (Row(FULL, "full recipe"), Row("no_spring", "no spring", {"spring": 0.0}), BOUND), ("studio_face",)
)


@pytest.fixture
def place(monkeypatch, tmp_path):
    """Every folder that a study reads or writes, empty."""
    for name in ("RESULTS", "RUNS", "BUILD"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    return tmp_path


@pytest.fixture
def empty(monkeypatch, place):
    """No capture either."""
    monkeypatch.setattr(paths, "CAPTURES", place / "captures")


def body(cell, mean_px=1.0, line_px=0.5, diverged=None, **other):
    """What a measured cell holds."""
    return {
        "scores": {"mean_px": mean_px, "line_px": line_px, "along_px": 0.8},
        "seconds": 10.0, "steps": 24, "history": [], "diverged": diverged, "truth": "exact",
        "config": cell.config("films"), "code": code.code_hash(), **other,
    }  # fmt: skip


def keep(row, seed, study_=SMALL, capture="studio_face", **scores):
    cell = Cell(study_, study_.row(row), capture, seed)
    runner.write_json(cell.path, body(cell, **scores))
    return cell


@pytest.fixture
def measured(monkeypatch, empty):
    """The cells that were measured, in order; measuring one takes no time."""
    seen = []

    def fake(cell, deadline, progress):
        seen.append(f"{cell.capture} {cell.name}")
        return body(cell)

    monkeypatch.setattr(runner, "_measure", fake)
    return seen


def quiet(todo, **options):
    return runner.run(todo, say=lambda line: None, **options)


# -- what is measured, and when -----------------------------------------------------------------------------------------------


def test_the_first_seed_of_every_row_and_capture_comes_first(measured):
    quiet(runner.order(SMALL, ["studio_face", "studio_hand"], [0, 1], [FULL, SUPERVISED]))
    first = ["studio_face full-seed0", "studio_face supervised-seed0", "studio_hand full-seed0", "studio_hand supervised-seed0"]
    assert measured == first + [name.replace("seed0", "seed1") for name in first]


def test_what_is_there_is_not_measured_again(measured):
    todo = runner.order(SMALL, ["studio_face"], [0])
    quiet(todo)
    before = todo[0].path.read_bytes()
    outcome = quiet(todo)
    assert len(measured) == 3 and outcome.left == 0 and outcome.measured == []
    assert todo[0].path.read_bytes() == before


def test_a_damaged_cell_is_measured_again(measured):
    todo = runner.order(SMALL, ["studio_face"], [0], [FULL])
    quiet(todo)
    todo[0].path.write_text(todo[0].path.read_text()[:40])
    quiet(todo)
    assert len(measured) == 2 and cells.load(todo[0])


def test_a_cell_that_another_runner_is_at_is_left_to_it(measured):
    todo = runner.order(SMALL, ["studio_face"], [0], [FULL, SUPERVISED])
    with runner.alone(todo[0].run_folder.with_suffix(".lock")):
        outcome = quiet(todo)
    assert measured == ["studio_face supervised-seed0"] and outcome.left == 1


def test_no_cell_is_begun_when_the_time_is_over(measured):
    assert quiet(runner.order(SMALL, ["studio_face"], [0]), minutes=0).left == 3
    assert measured == []


def test_a_cell_that_runs_out_of_time_is_left_for_the_next_call(measured, monkeypatch):
    def slow(cell, deadline, progress):
        assert deadline < time.monotonic() + 60
        raise OutOfTime("later")

    monkeypatch.setattr(runner, "_measure", slow)
    outcome = quiet(runner.order(SMALL, ["studio_face"], [0]), minutes=1)
    assert outcome.left == 3 and outcome.failed == {}


def test_one_cell_that_cant_be_measured_does_not_keep_the_others_from_it(measured, monkeypatch):
    fake = runner._measure

    def broken(cell, deadline, progress):
        if cell.row.name == FULL:
            raise TrainingError("no footage")
        return fake(cell, deadline, progress)

    monkeypatch.setattr(runner, "_measure", broken)
    outcome = quiet(runner.order(SMALL, ["studio_face"], [0]))
    assert outcome.failed == {"studio_face full-seed0": "no footage"} and len(measured) == 2


def test_the_summary_is_written_with_every_cell(measured):
    quiet(runner.order(SMALL, ["studio_face"], [0], [FULL]))
    kept = json.loads((cells.folder_of(SMALL, "studio_face") / "accuracy.json").read_text())
    assert kept["rows"][FULL]["mean_px"]["mean"] == 1.0 and kept["provenance"]["python"]


@pytest.mark.parametrize(
    ("asked", "said"), [("nonsense", "unknown row 'nonsense'; study accuracy has full, no_spring"), (FULL, "unknown capture")]
)
def test_an_unknown_row_or_capture_is_named(asked, said):
    with pytest.raises(PresetError, match=said):
        runner.order(SMALL, ["studio_nose"] if asked == FULL else ["studio_face"], [0], [asked])


def test_an_unknown_study_is_named():
    with pytest.raises(PresetError, match="unknown study 'speed'; expected one of accuracy, ingredients"):
        study.get("speed", TINY)


def test_the_cells_of_smoke_are_not_kept_with_the_project(place):
    cell = Cell(SMALL, SMALL.rows[0], "studio_face", 0)
    kept = Cell(study.get("accuracy", presets.get("laptop")), SMALL.rows[0], "studio_face", 0)
    assert paths.RESULTS not in cell.path.parents
    assert kept.path == paths.RESULTS / "laptop/studio_face/study/accuracy/full-seed0.json"


@pytest.fixture
def sigterm():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_sigterm_stops_it_and_leaves_the_cell_to_the_next_call(measured, monkeypatch, sigterm):
    def stopped(cell, deadline, progress):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    todo = runner.order(SMALL, ["studio_face"], [0], [FULL])
    runner.stop_on_sigterm()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(runner, "_measure", stopped)
        quiet(todo)
    assert cells.load(todo[0]) is None
    assert quiet(todo).left == 0


def test_the_command_measures_prints_the_table_and_says_what_is_left(measured, capsys, sigterm):
    asked = ["study", "ingredients", "--preset", "smoke", "--capture", "studio_face,studio_hand", "--seeds", "0,1"]
    assert cli.main([*asked, "--rows", "full,no_spring", "--minutes", "0"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 of 8 cells are measured; run the same command to go on."
    assert cli.main([*asked, "--rows", "full,no_spring"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == "8 of 8 cells are measured."
    assert "studio_hand: 6 steps of all four networks" in printed and "1.00\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}0.00" in printed
    assert len(measured) == 8


def test_the_command_fails_where_a_cell_could_not_be_measured(measured, monkeypatch, capsys, sigterm):
    def broken(cell, deadline, progress):
        raise TrainingError("no footage")

    monkeypatch.setattr(runner, "_measure", broken)
    assert cli.main(["study", "accuracy", "--preset", "smoke", "--capture", "face_a", "--seeds", "0", "--rows", FULL]) == 2
    said = capsys.readouterr()
    assert "face_a full-seed0: no footage" in said.out and said.err.startswith("glmk: 1 of the cells could not be measured")


# -- what is stale ------------------------------------------------------------------------------------------------------------


def test_a_cell_of_another_configuration_is_stale_and_says_what_differs(empty):
    keep(FULL, 0)
    other = Study("accuracy", TINY.with_(chamfer=3.0), SMALL.rows, SMALL.captures)
    assert cells.load(Cell(SMALL, SMALL.row(FULL), "studio_face", 0)).stale == ""
    assert cells.load(Cell(other, other.row(FULL), "studio_face", 0)).stale == "made with another preset.terms.chamfer"


def test_a_new_term_of_the_objective_leaves_the_bound_as_it_is(empty):
    keep(SUPERVISED, 0)
    for change, stale in (({"chamfer": 3.0}, ""), ({"rotate": 0.3}, "made with another preset.terms.rotate")):
        other = Study("accuracy", TINY.with_(**change), SMALL.rows, SMALL.captures)
        assert cells.load(Cell(other, other.row(SUPERVISED), "studio_face", 0)).stale == stale


def test_a_cell_of_older_code_is_stale(empty, monkeypatch):
    cell = keep(FULL, 0)
    monkeypatch.setattr(cells, "code_hash", lambda root: "another")
    assert cells.load(cell).stale == cells.OLDER


def test_a_cell_of_other_films_is_stale_where_the_films_are_at_hand(empty):
    cell = keep(FULL, 0)
    folder = paths.capture_dir("studio_face", "smoke")
    folder.mkdir(parents=True)
    (folder / "capture.json").write_text(json.dumps({"info": {"inputs": "others", "key": "x"}}))
    assert cells.load(cell).stale == "made with another capture"


def test_a_stale_cell_is_marked_in_the_table_and_not_measured_again(measured, monkeypatch):
    keep(FULL, 0)
    monkeypatch.setattr(cells, "code_hash", lambda root: "another")
    quiet(runner.order(SMALL, ["studio_face"], [0], [FULL]))
    table = str(tables.accuracy_table({"studio_face": summary.summarise(SMALL, "studio_face")}))
    assert measured == []
    assert "1*" in table and "* stale: made by older code" in table


def test_the_code_that_trains_and_measures_is_what_counts():
    found = code.modules((code.MEASURE,))
    assert {"training", "objective", "losses", "baselines.supervised", "metrics.lines", "capture.paint"} <= set(found)
    assert not {"cli", "figures", "studio", "study.rows", "study.tables", "publish.report"} & set(found)


@pytest.mark.parametrize("root", code.ROOTS)
def test_no_study_is_out_of_date_for_a_word_on_a_page(root):
    found = code.modules((root,), leave_out=code.NOT_COUNTED)
    assert [name for name in found if name.split(".")[0] in ("publish", "figures", "cli", "widgets")] == []
    assert {"study.rows", "study.cells", "study.tables", "study.summary"}.isdisjoint(found)


# -- what the cells say together ----------------------------------------------------------------------------------------------


def test_ratios_are_taken_seed_by_seed(empty):
    for seed, (ours, bound) in enumerate([(1.2, 1.0), (3.0, 2.0), (0.9, 0.5)]):
        keep(FULL, seed, mean_px=ours)
        keep(SUPERVISED, seed, mean_px=bound)
    ratio = summary.summarise(SMALL, "studio_face")["rows"][FULL]["mean_ratio"]
    assert ratio["values"] == pytest.approx([1.2, 1.5, 1.8])
    # 1.5 +- t_{0.975, 2} * 0.3 / sqrt(3)
    assert (ratio["mean"], ratio["high"]) == pytest.approx((1.5, 1.5 + 4.303 * 0.3 / math.sqrt(3)))
    assert ratio["low"] == pytest.approx(seed_interval([1.2, 1.5, 1.8]).low)


def test_one_seed_has_no_interval(empty):
    keep(FULL, 0, mean_px=1.3)
    assert summary.summarise(SMALL, "studio_face")["rows"][FULL]["mean_px"] == {"mean": 1.3, "values": [1.3]}


def test_the_targets_see_nothing_before_three_seeds_and_no_divergences_before_five(empty):
    for seed in range(5):
        kept = summary.summarise(SMALL, "studio_face")
        assert (FULL in kept["at_three_seeds"]) == (seed >= 3) and kept["at_five_seeds"] == {}
        keep(FULL, seed, diverged={"what": "D_M", "step": 9} if seed == 4 else None)
        keep(SUPERVISED, seed, mean_px=0.5, line_px=0.5)
    kept = summary.summarise(SMALL, "studio_face")
    assert kept["at_three_seeds"][FULL]["mean_ratio"] == 2 and kept["at_three_seeds"][FULL]["line_ratio"] == 1
    assert kept["at_five_seeds"][FULL] == {"diverged": 1}


def test_what_the_projects_targets_read_is_what_a_summary_holds(empty):
    history = [{"step": 4, "seconds": 3.0, "mean_px": 1.0, "line_px": 0.5}]
    for seed in range(5):
        made = body(keep(FULL, seed), history=history)
        made["scores"]["reprojection_px"] = 1.0
        runner.write_json(Cell(SMALL, SMALL.row(FULL), "studio_face", seed).path, made)
        keep(SUPERVISED, seed)
    kept = summary.summarise(SMALL, "studio_face")
    keys = {target.key.partition(":")[2] for target in report.targets() if target.key.startswith("study/")}
    assert {"at_three_seeds.full.line_ratio", "at_five_seeds.full.diverged"} <= keys
    assert [key for key in keys if not isinstance(look_up(kept, key), int | float)] == []


def test_at_smoke_a_chapter_measures_two_rows_and_again_when_they_are_stale(measured, monkeypatch):
    smoke = presets.get("smoke")
    for _ in range(2):
        found = study.read("ingredients", smoke, ["studio_face"])
    assert measured == ["studio_face paper_only-seed0", "studio_face full-seed0"]
    assert list(found["studio_face"]["rows"]) == ["paper_only", "full"]
    monkeypatch.setattr(cells, "code_hash", lambda root: "another")
    study.read("ingredients", smoke, ["studio_face"])
    assert len(measured) == 4


def test_at_other_presets_a_chapter_measures_nothing(measured):
    assert study.read("ingredients", presets.get("laptop"), ["studio_face"])["studio_face"]["rows"] == {}
    assert measured == []


def test_cells_of_another_configuration_count_only_where_there_are_no_others(empty):
    older = Study("accuracy", TINY.with_(chamfer=3.0), SMALL.rows, SMALL.captures)
    for seed in range(3):
        keep(FULL, seed, older, mean_px=9.0)
    kept = summary.summarise(SMALL, "studio_face")
    assert kept["rows"][FULL]["mean_px"]["mean"] == 9 and kept["at_three_seeds"] == {}
    keep(FULL, 0, mean_px=1.0)
    kept = summary.summarise(SMALL, "studio_face")["rows"][FULL]
    assert kept["mean_px"]["mean"] == 1 and kept["stale"] == {}


def test_what_is_reached_soon_is_the_last_error_before_that_time(empty):
    history = [{"step": s, "seconds": t, "mean_px": e} for s, t, e in ((1, 100.0, 4.0), (2, 290.0, 2.0), (3, 310.0, 1.0))]
    for seed in range(2):
        cell = Cell(SMALL, SMALL.row(FULL), "studio_face", seed)
        runner.write_json(cell.path, body(cell, mean_px=1.0, history=history))
        keep(SUPERVISED, seed, mean_px=0.5)
    assert summary.summarise(SMALL, "studio_face")["rows"][FULL]["soon_ratio"]["mean"] == 4


def test_ways_of_filming_are_told_in_words_beside_what_labels_teach(empty):
    keep(FULL, 0, mean_px=1.25)
    keep(SUPERVISED, 0, mean_px=0.5)
    kept = {name: summary.summarise(SMALL, name) for name in ("studio_face", "studio_face_apart")}
    _, plain, apart = str(tables.ways_table(kept)).splitlines()
    assert plain.startswith("plain lines") and "1.25" in plain and plain.endswith("0.50")
    assert apart.startswith("no turn common") and "not measured" in apart
    rows = tables.ways_rows(kept)
    assert rows[0]["mean_px"]["mean"] == 1.25 and rows[1]["note"] == "not measured"


def test_what_is_missing_of_some_rows_is_measured_by_a_command_that_names_them(empty):
    laptop = presets.get("laptop")
    lacking = {"studio_face": {"rows": {FULL: {}, SUPERVISED: {}}}, "studio_face_bands": {"rows": {FULL: {}}}}
    told = tables.how_to_measure("accuracy", laptop, lacking, [FULL, SUPERVISED])
    assert told.endswith("make study STUDY=accuracy PRESET=laptop CAPTURE=studio_face_bands ROWS=full,supervised")
    assert "studio_face," in tables.how_to_measure("accuracy", laptop, lacking)
    lacking["studio_face_bands"]["rows"][SUPERVISED] = {}
    assert tables.how_to_measure("accuracy", laptop, lacking, [FULL, SUPERVISED]) == "Every row is measured."


def test_tables_name_every_row_and_say_what_is_not_measured(empty):
    keep(FULL, 0, diverged={"what": "constant", "step": 9})
    kept = summary.summarise(SMALL, "studio_face")
    table = str(tables.ingredients_table(SMALL, kept)).splitlines()
    assert [line.split("  ")[0] for line in table[1:]] == [row.title for row in SMALL.rows]
    assert "1.00" in table[1] and table[1].endswith("1, constant") and "not measured" in table[2]
    notes = [row["note"] for row in tables.ingredients_rows(SMALL, kept)]
    assert notes == ["1 of 1 diverged", "not measured", "not measured"]


def test_an_interval_is_explained_where_there_is_one(empty):
    keep(FULL, 0)
    assert tables.ingredients_table(SMALL, summary.summarise(SMALL, "studio_face")).notes == []
    keep(FULL, 1)
    (note,) = tables.ingredients_table(SMALL, summary.summarise(SMALL, "studio_face")).notes
    assert note.startswith("± is half of")


def test_what_may_be_left_out_errs_no_more_than_the_whole_and_supervision_is_no_ingredient(empty):
    keep(FULL, 0, mean_px=1.0)
    keep("no_spring", 0, mean_px=1.1)
    keep(SUPERVISED, 0, mean_px=0.5)
    assert tables.dispensable(SMALL, summary.summarise(SMALL, "studio_face")) == []
    keep("no_spring", 0, mean_px=0.9)
    assert tables.dispensable(SMALL, summary.summarise(SMALL, "studio_face")) == ["no spring"]
    assert tables.dispensable(SMALL, {"rows": {}}) == []


# -- the rows -----------------------------------------------------------------------------------------------------------------

# What the recipe is made of besides: sizes of a switched thing, the paper's own terms, and the form of one of them.
NO_INGREDIENTS = {"adversarial_unmarked", "cycle", "spring_form", "shape_until", "mean_share", "shift", "scale", "rotate"}


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_the_papers_objective_comes_first_and_every_row_can_be_trained(preset):
    found = study.get("ingredients", presets.get(preset))
    assert found.rows[0].name == "paper_only" and found.preset(found.rows[0]).terms.paper_only
    everything = [found.preset(row) for row in found.rows if row.name not in (FULL, SUPERVISED) and not row.guessed]
    assert all(changed != found.base for changed in everything)
    assert len({row.name for row in found.rows}) == len({row.title for row in found.rows}) == len(found.rows)


def test_every_switch_of_the_objective_is_switched_by_some_row():
    changed = {name for row in study.get("ingredients", presets.get("laptop")).rows for name in row.changes}
    switches = {name for name in Terms.__dataclass_fields__ if name not in NO_INGREDIENTS}
    assert switches - changed == set(), "a new term needs a row in study.rows.ingredients, or a reason in NO_INGREDIENTS"


def test_rows_without_a_second_phase_get_its_time():
    found = study.get("ingredients", presets.get("laptop"))
    assert found.preset(found.row("paper_only")).total_steps == found.base.steps + found.base.refine_steps // training.CHEAPER
    assert found.preset(found.row("one_phase")).refine_steps == 0


def test_a_study_is_shorter_than_its_preset_only_where_that_is_stated():
    laptop = presets.get("laptop")
    assert study.get("accuracy", laptop).base == laptop
    short = study.get("ingredients", laptop)
    assert short.base == laptop.with_(**rows.LENGTHS["ingredients"]["laptop"]) != laptop
    assert f"{short.base.steps:,} steps" in short.length and f"{short.base.refine_steps:,}" in short.length


@pytest.mark.parametrize("preset", ["laptop", "paper"])
@pytest.mark.parametrize("name", rows.LENGTHS)
def test_the_bound_is_trained_for_as_long_as_ours(name, preset):
    """A bound that could still be better would flatter the ratios to it."""
    base = study.get(name, presets.get(preset)).base
    assert base.supervised_steps == base.refine_steps


# -- for real -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """A folder for captures that the tests below share: filming takes seconds."""
    return tmp_path_factory.mktemp("build") / "captures"


@pytest.fixture
def real(place, films, monkeypatch):
    monkeypatch.setattr(paths, "CAPTURES", films)
    return place


def test_a_cell_holds_its_scores_its_time_and_what_made_it(real):
    quiet(runner.order(SMALL, ["studio_face"], [0], [FULL, SUPERVISED]))
    ours, bound = (cells.load(Cell(SMALL, SMALL.row(name), "studio_face", 0)) for name in (FULL, SUPERVISED))
    assert {"mean_px", "line_px", "nmj", "retention", "reprojection_px"} <= set(ours.body["scores"])
    assert ours.body["steps"] == TINY.total_steps and ours.body["seconds"] > 0 and ours.diverged is None
    assert [row["step"] for row in ours.body["history"]][-1] == TINY.total_steps
    assert ours.body["provenance"]["threads"] == 1 and ours.body["provenance"]["library"]
    assert bound.body["scores"]["mean_px"] > 0 and bound.body["steps"] == TINY.supervised_steps
    assert ours.stale == bound.stale == ""
    assert str(real) not in ours.cell.path.read_text()


def test_peers_and_refits_are_measured_like_ours(real):
    for name, asked in {
        "accuracy": ["annotators_20", "static", "mean_shape", "lucas_kanade"],
        "springs": ["length_0_3"],
    }.items():
        study_ = dataclasses.replace(study.get(name, presets.get("smoke")), base=TINY.with_(ablation_steps=2))
        todo = runner.order(study_, ["studio_face"], [0], asked)
        assert quiet(todo).failed == {}
        for cell in todo:
            stored = cells.load(cell)
            assert {"mean_px", "nmj", "nmj_rts", "retention_one_euro", "fold_overs"} <= set(stored.body["scores"])
            assert stored.stale == "" and stored.diverged is None
            if cell.row.learner == rows.UNTRAINED and cell.row.name != "lucas_kanade":
                assert abs(stored.score("retention")) < 1e-9 and abs(stored.score("retention_rts")) < 1e-6


def test_exact_labels_are_measured_on_the_frames_of_the_annotators(real):
    """The two cells differ in what the labels are, and in nothing else."""
    accuracy = dataclasses.replace(study.get("accuracy", TINY), base=TINY)
    few = tuple(dataclasses.replace(accuracy.row(name), labelled=20) for name in ("annotators_100", "exact_100"))
    accuracy = dataclasses.replace(accuracy, rows=few)
    assert quiet(runner.order(accuracy, ["studio_face"], [0])).failed == {}
    annotated, exact = (cells.load(Cell(accuracy, row, "studio_face", 0)) for row in few)
    assert cells.differences(annotated.body["config"], exact.body["config"]) == ["exact"]
    assert annotated.score("mean_px") != exact.score("mean_px") and annotated.stale == exact.stale == ""


def test_refits_of_one_capture_and_seed_share_their_generator(real, monkeypatch):
    trained = []
    whole = training.train
    monkeypatch.setattr(training, "train", lambda *a, **k: trained.append(a[1].total_steps) or whole(*a, **k))
    springs = dataclasses.replace(study.get("springs", presets.get("smoke")), base=TINY.with_(ablation_steps=2))
    quiet(runner.order(springs, ["studio_face"], [0], ["length_0", "vector_30"]))
    first = list((paths.RUNS / f"studio_face-{TINY.name}" / "study" / "springs").glob("first-phase-seed0-*/run.json"))
    assert len(first) == 1 and trained == [TINY.steps] * 2  # the second call finds the run ended
    values = [
        cells.load(Cell(springs, springs.row(name), "studio_face", 0)).score("mean_px") for name in ("length_0", "vector_30")
    ]
    assert values[0] != values[1]


def test_what_is_not_trained_has_one_seed():
    todo = runner.order(study.get("accuracy", TINY), ["studio_face"], [3, 4], ["static", "annotators_20"])
    assert [cell.name for cell in todo] == ["static-seed3", "annotators_20-seed3", "annotators_20-seed4"]


def test_a_peer_of_older_code_is_told_from_one_of_ours(empty, monkeypatch):
    study_ = study.get("accuracy", TINY)
    for name in ("static", FULL):
        cell = Cell(study_, study_.row(name), "studio_face", 0)
        runner.write_json(cell.path, body(cell, code=cell.code))
    monkeypatch.setattr(cells, "code_hash", lambda root: "another" if root == code.PEERS else code.code_hash(root))
    found = {stored.cell.row.name: stored.stale for stored in cells.load_all(study_, "studio_face")}
    assert found == {"static": cells.OLDER, FULL: ""}


def test_every_spring_constant_has_a_row_of_its_own():
    springs = study.get("springs", presets.get("laptop"))
    asked = {(row.changes["spring_form"], row.changes["spring"]) for row in springs.rows}
    assert asked == {(form, k) for form in ("length", "vector") for k in rows.SPRING_CONSTANTS} and 0.0 in rows.SPRING_CONSTANTS
    assert len(rows.SPRING_CONSTANTS) >= 6 and len({row.name for row in springs.rows}) == len(springs.rows)


def test_a_cell_stopped_in_the_middle_ends_as_one_that_never_was(real, monkeypatch):
    todo = runner.order(SMALL, ["studio_face"], [0, 1], [FULL])
    whole = runner._measure(todo[0], None, False)
    todo[0].run_folder.rename(real / "whole")
    assert quiet(todo[:1], minutes=1e-9).left == 1  # not begun
    with pytest.raises(OutOfTime):
        runner._measure(todo[0], time.monotonic(), False)
    again = runner._measure(todo[0], None, False)
    assert again["scores"]["mean_px"] == whole["scores"]["mean_px"]
    assert again["scores"]["reprojection_px"] == pytest.approx(whole["scores"]["reprojection_px"], rel=1e-6)


def test_a_run_of_other_code_is_begun_anew(real, monkeypatch):
    cell = Cell(SMALL, SMALL.row(FULL), "studio_face", 0)
    cell.clear_run({"a": 1})
    (cell.run_folder / "left").touch()
    cell.clear_run({"a": 1})
    assert (cell.run_folder / "left").exists()
    monkeypatch.setattr(cells, "code_hash", lambda root: "another")
    cell.clear_run({"a": 1})
    assert not (cell.run_folder / "left").exists()


def test_a_run_that_diverges_is_a_result_with_the_scores_of_its_last_good_checkpoint(real, monkeypatch):
    train = measure.training.train

    def diverging(capture, preset, folder, **options):
        train(capture, preset, folder, **options)
        raise DivergenceError("it went wrong", what="constant", step=20, folder=folder)

    monkeypatch.setattr(measure.training, "train", diverging)
    todo = runner.order(SMALL, ["studio_face"], [0], ["no_spring"])
    said = []
    runner.run(todo, say=said.append)
    kept = cells.load(todo[0])
    assert kept.diverged == {"what": "constant", "step": 20, "good_step": TINY.total_steps}
    assert kept.body["scores"]["mean_px"] > 0 and kept.body["scores"]["reprojection_px"] > 0
    assert "diverged at step 20: constant" in said[0]
    assert (todo[0].run_folder / "checkpoints").is_dir()


def test_guessed_paint_is_wider_flat_and_of_the_stated_colour(real):
    from glmk_lib.capture.prepare import prepare
    from glmk_lib.study.guess import guess

    capture = prepare("studio_face", TINY, 0, progress=False)
    guessed = guess(capture.paint, capture.template)
    assert (guessed.width == 2 * capture.paint.width).all() and not guessed.lit and capture.paint.lit
    stated = {tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in capture.template.segment_colors}
    assert {tuple(int(v) for v in (255 * color).round()) for color in guessed.colors} == stated
    in_shade, in_light = (_middle_of_a_line(guessed, capture, brightness) for brightness in (0.2, 0.8))
    assert in_shade == pytest.approx(in_light, abs=0.03)  # the coverage of a line's middle is 0.98
    lit = [_middle_of_a_line(capture.paint, capture, brightness) for brightness in (0.2, 0.8)]
    assert lit[1] > 2 * lit[0]


def _middle_of_a_line(paint, capture, brightness):
    """The mean over RGB of the most painted pixel of the first line's colour, on grey skin."""
    template, size = capture.template, capture.marked.frames.shape[1]
    renderer = PaintRenderer(template, paint, size)
    points = torch.as_tensor(template.points.copy())[None]
    painted = renderer(points, torch.full((1, 3, size, size), brightness))[0]
    where = renderer.coverage(points)[0, paint.segment_color[0]].flatten().argmax()
    return float(painted.flatten(1)[:, where].mean())


@pytest.mark.slow
def test_two_processes_share_the_work_and_change_no_result(real, films, monkeypatch, tmp_path):
    monkeypatch.setenv("GLMK_BUILD", str(films.parent))  # where spawned processes look
    for name, folder in (("BUILD", films.parent), ("RUNS", films.parent / "runs")):
        monkeypatch.setattr(paths, name, folder)
    todo = runner.order(SMALL, ["studio_face"], [0, 1], [SUPERVISED])
    assert runner.run_side_by_side(todo, None, 2).left == 0
    scores = [cells.load(cell).body["scores"] for cell in todo]
    for cell in todo:
        cell.path.unlink()
        cell.clear_run({})
    quiet(todo)
    assert [cells.load(cell).body["scores"] for cell in todo] == scores
