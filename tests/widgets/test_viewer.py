"""The viewers: what is linked to what, and how small their pictures are."""

import cv2
import ipywidgets
import numpy as np
import pytest

from glmk_lib.widgets import before_after, run_viewer, two_way_viewer


def png(value, width=200, height=100):
    return cv2.imencode(".png", np.full((height, width, 3), value, np.uint8))[1].tobytes()


def links(made):
    """(source widget's class and trait, target's) of the browser links made inside `made`."""
    return {(type(a).__name__, x, type(b).__name__, y) for a, x, b, y in made}


@pytest.fixture
def linked(monkeypatch):
    made = []
    real = ipywidgets.jslink
    monkeypatch.setattr(ipywidgets, "jslink", lambda a, b: (made.append((*a, *b)), real(a, b))[1])
    return made


def test_play_moves_the_slider_and_the_slider_the_sheets_in_the_browser(linked):
    run_viewer([png(0), png(255)], ["step 0", "step 100"])
    assert links(linked) == {("Play", "value", "IntSlider", "value"), ("IntSlider", "value", "Stack", "selected_index")}


def test_each_sheet_has_its_label_and_its_own_picture():
    (play, slider), stack = (
        box.children if k == 0 else box for k, box in enumerate(run_viewer([png(0), png(255)], ["a", "b"]).children)
    )
    assert play.max == slider.max == 1 and stack.selected_index == 0
    assert [page.children[0].value for page in stack.children] == ["a", "b"]
    shown = [cv2.imdecode(np.frombuffer(page.children[1].value, np.uint8), 1).mean() for page in stack.children]
    assert shown[0] < 5 and shown[1] > 250


def test_wide_sheets_are_made_small():
    noisy = np.random.default_rng(0).integers(0, 255, (600, 1600, 3), dtype=np.uint8)
    sheet = cv2.imencode(".png", cv2.GaussianBlur(noisy, (0, 0), 4))[1].tobytes()
    picture = run_viewer([sheet], ["step 0"], width=720).children[1].children[0].children[1]
    shown = cv2.imdecode(np.frombuffer(picture.value, np.uint8), 1)
    assert shown.shape == (270, 720, 3) and len(picture.value) < len(sheet) / 4


def test_labels_must_match_the_sheets():
    with pytest.raises(ValueError, match="2 sheets and 1 labels"):
        run_viewer([png(0), png(1)], ["a"])


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match="not a picture"):
        run_viewer([b"no png"], ["a"])


def test_buttons_flip_between_pictures_in_the_browser(linked):
    box = before_after({"frame": png(0), "painted": png(255)})
    assert box.children[0].options == ("frame", "painted")
    assert links(linked) == {("ToggleButtons", "index", "Stack", "selected_index")}


def test_two_sliders_choose_a_row_and_a_column_in_the_browser(linked):
    pictures = [[png(10 * row + column) for column in range(3)] for row in range(2)]
    up, across, shown = two_way_viewer(pictures, ["K = 0", "K = 1"], ["a", "b", "c"], ("spring", "frame")).children
    assert (up.description, across.description) == ("spring", "frame")
    assert [len(stack.children) for stack in shown.children] == [3, 3]
    assert [target for _, _, target, _ in linked] == [*shown.children, shown]
    assert links(linked) == {("SelectionSlider", "index", "Stack", "selected_index")}


@pytest.mark.parametrize("pictures", [[], [[]], [[png(0)], []]])
def test_every_row_and_column_needs_its_picture(pictures):
    with pytest.raises(ValueError, match="expected a picture for each"):
        two_way_viewer(pictures, ["a"] * len(pictures), ["b"], ("row", "column"))
