"""Captures that went wrong on purpose are each recognised, and good ones pass."""

import pytest

from glmk_lib import presets, studio
from glmk_lib.check import mistakes
from glmk_lib.check.capture import check_videos
from glmk_lib.check.findings import Report
from glmk_lib.check.mistakes import MISTAKES
from glmk_lib.template import Template

SMOKE = presets.get("smoke")
# The films are shorter than a capture should be, so that the tests are; too short to go through all poses of a hand.
SHORT = {"frames", "pose overlap"}


def ill(report):
    return {finding.name for level in ("amber", "red") for finding in report.at(level)}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_bad_capture_is_recognised(name, films, tmp_path):
    mistake = MISTAKES[name]
    report = Report(tuple(mistakes.findings(mistake.make(films), tmp_path, mistake.finding)[0]))
    assert report.level(mistake.finding) == mistake.level, report.table()
    assert all(finding.sentence and finding.remedy for level in ("amber", "red") for finding in report.at(level))


def test_the_capture_that_mistakes_are_made_from_is_good(films, tmp_path):
    shot = mistakes.good(films)
    report, _ = check_videos(*mistakes.write(shot, tmp_path), shot.template, SMOKE, progress=False)
    assert ill(report) <= SHORT, report.table()
    assert not report.at("red")


@pytest.mark.parametrize("region", ["hand", "foot"])
def test_a_good_capture_of_another_region_passes(region, tmp_path):
    videos = [
        studio.film(region, frames=64, every=4, size=64, out=tmp_path, progress=False, seed=seed, marked=marked).video
        for seed, marked in ((0, True), (1, False))
    ]
    report, _ = check_videos(*videos, Template.ready(region), SMOKE, progress=False)
    assert ill(report) <= SHORT, report.table()
    assert not report.at("red")
