"""Paint of which nobody said the colour."""

from dataclasses import replace

import pytest

from glmk_lib.check import guess, mistakes, takes


@pytest.fixture(scope="module")
def seen(films, tmp_path_factory):
    """Takes by name."""
    videos = mistakes.write(mistakes.good(films), tmp_path_factory.mktemp("good"))
    return {
        name: takes.of_video(name, path, 64, progress=False) for name, path in zip(("marked", "unmarked"), videos, strict=True)
    }


def test_paint_is_found_without_a_template(seen):
    found, masks = guess.findings(seen["marked"], seen["unmarked"])
    assert [finding.level for finding in found] == ["ok", "ok"]
    assert masks["marked"].mean() > 20 * masks["unmarked"].mean()


def test_no_paint_is_red(seen):
    found, _ = guess.findings(replace(seen["unmarked"], name="marked"), seen["unmarked"])
    assert found[0].level == "red"


def test_takes_in_the_wrong_order_are_red(seen):
    swapped = (replace(seen["unmarked"], name="marked"), replace(seen["marked"], name="unmarked"))
    assert guess.findings(*swapped)[0][0].level == "red"
