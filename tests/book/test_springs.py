"""The springs of the method page in Chromium: the potential is that of losses.spring, and points come to rest where it says."""

import json
import re

import numpy as np
import pytest
import torch

from glmk_lib import losses, paths
from glmk_lib.publish import live
from glmk_lib.template import Template

pytestmark = pytest.mark.browser
THREAD = 10.0  # of springs.js
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"></head><body>'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the part of the method page that holds the springs."""
    root = tmp_path_factory.mktemp("springs")
    folder = root / "_static" / "live"
    folder.mkdir(parents=True)
    for file in (paths.BOOK / "_assets" / "live").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "templates.js").write_bytes(live.script("templates", live.templates()))
    html = re.search(r"```\{raw\} html\n(.*?spring-root.*?)```", (paths.BOOK / "method.md").read_text(), re.DOTALL)[1]
    (root / "method.html").write_text(HEAD + html, encoding="utf-8")
    return root


@pytest.fixture
def page(visit, serve, site):
    opened, wrong = visit(serve(site) + "method.html")
    opened.wait_for_selector("#spring-root[data-ready]")
    yield opened
    assert wrong == []


def rested(page) -> np.ndarray:
    """The points (N, 2) once they have come to rest."""
    page.wait_for_function("!glmkLive.springs.run(0.2)")
    return np.array(page.evaluate("[...glmkLive.springs.points]")).reshape(-1, 2)


def potential(points: torch.Tensor, template: Template, form: str) -> torch.Tensor:
    rest, edges = torch.from_numpy(template.points.copy()).double(), torch.from_numpy(template.edges.copy())
    return losses.spring((points - rest)[None], rest, edges, form)


@pytest.mark.parametrize("form", ["length", "vector"])
def test_the_potential_is_that_of_the_library(page, form):
    template = Template.ready("hand")
    points = template.points + np.random.default_rng(0).normal(0, 0.1, template.points.shape)
    page.check(f"input[value={form}]")
    found = page.evaluate(
        "(points) => { glmkLive.springs.points.set(points); return glmkLive.springs.energy(); }", points.ravel().tolist()
    )
    assert found == pytest.approx(potential(torch.from_numpy(points), template, form).item(), rel=1e-6)


@pytest.mark.parametrize("form", ["length", "vector"])
def test_points_rest_where_the_forces_cancel(page, form):
    template = Template.ready("hand")
    page.check(f"input[value={form}]")
    page.evaluate("glmkLive.springs.pull(4, 0.5, -0.9)")
    points = torch.from_numpy(rested(page)).requires_grad_()
    rest = torch.from_numpy(template.points.copy()).double()
    total = potential(points, template, form) + THREAD * (points - rest).square().sum(-1).mean()
    total.backward()
    free = torch.arange(len(template)) != 4
    assert points.grad[free].abs().max() < 1e-3 < points.grad[4].abs().max()


def test_a_point_is_pulled_by_pointer_and_let_go(page):
    page.locator("#spring-canvas").scroll_into_view_if_needed()
    canvas = page.locator("#spring-canvas").bounding_box()
    rest = Template.ready("hand").points.astype(float)

    def at(x, y):
        return canvas["x"] + (x + 1) / 2 * canvas["width"], canvas["y"] + (y + 1) / 2 * canvas["height"]

    page.mouse.move(*at(*rest[3].tolist()))
    page.mouse.down()
    page.mouse.move(*at(0.2, 0.3), steps=3)
    assert "pulled" in page.inner_text("[data-says]")
    pulled = rested(page)
    assert pulled[3] == pytest.approx((0.2, 0.3), abs=0.02)
    assert np.abs(np.delete(pulled - rest, 3, 0)).max() > 0.02, "nothing follows"
    page.mouse.up()
    assert np.abs(rested(page) - rest).max() < 0.01


def test_it_goes_by_keyboard_and_another_template_begins_at_rest(page):
    page.focus("#spring-canvas")
    page.keyboard.press("n")
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    rest = Template.ready("hand").points
    assert page.evaluate("glmkLive.springs.held") == 1
    assert rested(page)[1] == pytest.approx(rest[1] + (0, -0.2), abs=1e-3)
    page.focus("#spring-constant")
    page.keyboard.press("End")
    assert page.evaluate("glmkLive.springs.constant") == 30
    page.select_option("#spring-template", "face")
    assert json.loads(page.evaluate("JSON.stringify([glmkLive.springs.constant, glmkLive.springs.energy()])")) == [30, 0]


def test_shortcuts_stay_the_browsers_and_the_state_is_said_at_rest_alone(page):
    page.focus("#spring-canvas")
    page.evaluate("""() => {
        window.said_ = 0;
        new MutationObserver(() => said_++).observe(document.querySelector("#spring-root [role=status]"), {childList: true});
        addEventListener("keydown", (event) => (window.kept_ = event.defaultPrevented));
    }""")
    for key, prevented in (("Control+ArrowLeft", False), ("Alt+ArrowLeft", False), ("Shift+N", True)):
        page.keyboard.press(key)
        assert page.evaluate("kept_") == prevented
    assert "Point" in page.inner_text("#spring-root [role=status]")
    before = page.evaluate("said_")
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(3000)
    assert page.evaluate("said_") - before <= 2
    assert ", pulled" in page.text_content("#spring-root [role=status]")
