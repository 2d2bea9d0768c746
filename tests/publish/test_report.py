import json
import re

import pytest

from glmk_lib import paths
from glmk_lib.publish import BookError, notebook, report

ENTRY = """
  - name: Mean error
    unit: px
    target: "{target}"
    key: "03_training:ours.mean_px"
    capture: face_a
    preset: smoke
    command: make book
"""


@pytest.fixture
def project(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(paths, "TARGETS", tmp_path / "targets.yaml")
    return tmp_path


def write_targets(text):
    paths.TARGETS.write_text("targets:" + text)


def measured(px):
    notebook.save_results("face_a", "smoke", "03_training", {"ours": {"mean_px": px}}, False)


@pytest.mark.parametrize(
    ("target", "value", "verdict"),
    [("<= 1.5", 1.5, "holds"), ("< 1.5", 1.5, "falls short"), (">= 0.9", 0.8, "falls short"), ("> -1", 0, "holds")],
)
def test_the_verdict_follows_the_comparison(project, target, value, verdict):
    write_targets(ENTRY.format(target=target))
    measured(value)
    assert report.rows()[0].verdict == verdict


def test_what_no_run_wrote_is_not_measured(project):
    write_targets(ENTRY.format(target="<= 1.5"))
    assert report.rows()[0].verdict == "not measured"


def test_a_damaged_results_file_is_not_measured(project):
    write_targets(ENTRY.format(target="<= 1.5"))
    measured(1.0)
    paths.results_file("face_a", "smoke", "03_training").write_text('{"ours": {"mean_px": 1')
    assert report.rows()[0].verdict == "not measured"


def test_without_a_target_the_value_is_shown_for_comparison(project):
    write_targets(re.sub("    target.*\n", "", ENTRY))
    measured(0.84)
    assert report.rows()[0].verdict == "for comparison"


def test_a_studys_summary_lies_in_a_folder_of_its_own(project):
    write_targets(ENTRY.format(target="<= 1.5").replace("03_training:ours", "study/accuracy:ours"))
    notebook.write_json(paths.RESULTS / "smoke" / "face_a" / "study" / "accuracy.json", {"ours": {"mean_px": 1.4}})
    assert report.rows()[0].value == 1.4


def test_a_study_of_fewer_than_three_seeds_is_shown_without_a_verdict(project):
    write_targets(ENTRY.format(target="<= 1.5").replace("03_training:ours", "study/accuracy:at_three_seeds.full"))
    summary = {"at_three_seeds": {}, "rows": {"full": {"mean_px": {"mean": 1.4, "values": [1.3, 1.5]}}}}
    path = paths.RESULTS / "smoke" / "face_a" / "study" / "accuracy.json"
    notebook.write_json(path, summary)
    (row,) = report.rows()
    assert (row.value, row.verdict) == (None, "too few seeds")
    assert row.cells()[1].replace("\N{NO-BREAK SPACE}", " ") == "1.4 px (2 seeds)"
    summary["rows"]["full"]["mean_px"]["values"] = [1.3, 1.5, 1.4]  # of another configuration, or they made the figure
    notebook.write_json(path, summary)
    assert report.rows()[0].verdict == "not measured"
    notebook.write_json(path, summary | {"at_three_seeds": {"full": {"mean_px": 1.45}}})
    assert (report.rows()[0].value, report.rows()[0].verdict) == (1.45, "holds")


def test_the_table_shows_value_target_and_verdict(project):
    write_targets(ENTRY.format(target="<= 1.5"))
    measured(1.2345)
    line = report.report().replace("\N{NO-BREAK SPACE}", " ").splitlines()[2]
    assert re.split(r"\s{2,}", line) == ["Mean error", "1.23 px", "≤ 1.5 px", "holds", "smoke", "make book"]


def test_the_books_table_marks_the_verdict(project):
    write_targets(ENTRY.format(target="<= 1.5"))
    measured(2)
    assert '<span class="falls-short">falls short</span>' in report.markdown()


def test_json_gives_the_value_unrounded(project):
    write_targets(ENTRY.format(target="<= 1.5"))
    measured(1.23456)
    (row,) = json.loads(report.report(as_json=True))
    assert (row["value"], row["verdict"]) == (1.23456, "holds")


def test_the_report_can_be_of_one_capture_and_preset(project):
    write_targets(ENTRY.format(target="<= 1.5"))
    assert "no figure" in report.report(preset="laptop", capture="face_a")
    assert "Mean error" in report.report(preset="smoke", capture="face_a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ENTRY.format(target="about 1.5"), r"'Mean error': target: .*such as"),
        (ENTRY.format(target="< 1").replace("03_training:ours", "ours"), r"'Mean error': key: .*chapter:path"),
        (ENTRY.format(target="< 1").replace("smoke", "huge"), r"'Mean error': preset: .*found 'huge'"),
        (ENTRY.format(target="< 1").replace("face_a", "face_z"), r"'Mean error': capture: .*face_z"),
        (ENTRY.format(target="< 1").replace("unit:", "units:"), r"'Mean error': units"),
        (ENTRY.format(target="< 1") * 2, "'Mean error' stands there twice"),
        (" 3", "a list under 'targets'"),
        (" [", "not YAML"),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_wrong(project, text, message):
    write_targets(text)
    with pytest.raises(BookError, match=message):
        report.rows()


def test_the_projects_own_targets_are_well_formed():
    assert {"<= 1.5", "<= 0.5", "<= 480"} <= {target.target for target in report.targets()}
