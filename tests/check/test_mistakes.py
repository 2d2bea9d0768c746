"""Captures that went wrong on purpose are each recognised, and good ones pass."""

import pytest

from glmk_lib import presets, studio
from glmk_lib.check import camera, mistakes, paint, pose, takes
from glmk_lib.check.capture import check_videos
from glmk_lib.check.findings import Report
from glmk_lib.check.mistakes import MISTAKES
from glmk_lib.template import Template

SMOKE = presets.get("smoke")
# The films are shorter than a capture should be, so that the tests are; too short to go through all poses of a hand.
SHORT = {"frames", "pose overlap"}


def parts(shot, folder):
    """The findings on a shot, part by part, so that a test pays only for those up to the one that it asks for."""
    videos, crops = mistakes.write(shot, folder), (shot.crop_marked, None)
    seen = [
        takes.of_video(name, video, SMOKE.size, crop, progress=False)
        for name, video, crop in zip(("marked", "unmarked"), videos, crops, strict=True)
    ]
    yield [*camera.between(*seen), *camera.findings(seen[0]), *camera.findings(seen[1])]
    found, touched = paint.findings(*seen, shot.template)
    yield found
    yield pose.findings(*seen, touched)


def ill(report):
    return {finding.name for level in ("amber", "red") for finding in report.at(level)}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_bad_capture_is_recognised(name, films, tmp_path):
    mistake = MISTAKES[name]
    found = next(part for part in parts(mistake.make(films), tmp_path) if mistake.finding in {f.name for f in part})
    report = Report(tuple(found))
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
