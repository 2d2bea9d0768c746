"""The editor's controls, clicked without a browser."""

import cv2
import numpy as np
import pytest

from glmk_lib.capture.paint import Paint
from glmk_lib.capture.video import VideoWriter
from glmk_lib.errors import CaptureError
from glmk_lib.template import Line, Template
from glmk_lib.widgets import TemplateEditor

IMAGE = np.full((32, 32, 3), 90, np.uint8)


@pytest.fixture
def editor(tmp_path):
    template = Template([[-0.5, 0], [0, 0], [0.5, 0], [0, 0.5], [0.2, 0.6]], [Line("brow", (0, 1, 2)), Line("chin", (3, 4))])
    mask = np.zeros((1, 32, 32))
    mask[0, 17:19] = 1  # a bar whose middle is at y = 18 / 16 - 1 = 0.125
    return TemplateEditor(IMAGE, template, mask, path=str(tmp_path / "mine.json"))


def click(editor, *labels):
    for label in labels:
        assert not editor.buttons[label].disabled, label
        editor.buttons[label].click()


def shown_by(editor):
    """The picture (480, 480, 3) RGB."""
    return cv2.imdecode(np.frombuffer(editor.picture.value, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(int)


def mouse(editor, *events, held=1):
    """Events of the mouse as the browser reports them: (type, x, y), with x and y in [-1, 1]."""
    for kind, x, y in events:
        place = {"relativeX": (x + 1) * 150 - 0.5, "relativeY": (y + 1) * 150 - 0.5}
        box = {"boundingRectWidth": 300, "boundingRectHeight": 300}
        editor._mouse.hear({"type": kind, "button": 0, "buttons": held and int(kind != "mouseup"), **place, **box})


def test_the_picture_shows_the_template(editor):
    shown = shown_by(editor)
    assert shown.shape == (480, 480, 3) and np.ptp(shown[240]) > 100 and np.ptp(shown[60]) < 20


def test_the_picture_follows_a_number(editor):
    before = editor.picture.value
    editor.point.value = 1
    chosen = editor.picture.value
    editor.y.value = -0.4
    assert len({before, chosen, editor.picture.value}) == 3
    assert np.allclose(editor.template.points[1], [0, -0.4])


def test_choosing_a_point_moves_nothing(editor):
    before = editor.template.points.copy()
    for point in (2, 1, 0):
        editor.point.value = point
        assert (editor.x.value, editor.y.value) == tuple(before[point])
    editor.line.value = "chin"
    assert editor.point.value == 3
    assert np.array_equal(editor.template.points, before) and not editor.model.can_undo


def test_buttons_go_through_lines_and_points_and_begin_anew(editor):
    click(editor, "point ›", "point ›")
    assert editor.point.value == 2
    click(editor, "point ›", "‹ point")
    assert editor.point.value == 2
    click(editor, "line ›")
    assert (editor.line.value, editor.point.value) == ("chin", 3) and editor.x.value == 0
    click(editor, "line ›")
    assert editor.line.value == "brow" and not editor.model.can_undo


def test_arrows_nudge_and_undo_takes_it_back(editor):
    click(editor, "→", "↓")
    assert np.allclose(editor.template.points[0], [-0.49, 0.01])
    click(editor, "Undo", "Undo")
    assert np.allclose(editor.template.points[0], [-0.5, 0]) and editor.buttons["Undo"].disabled
    click(editor, "Redo")
    assert np.allclose(editor.template.points[0], [-0.49, 0])


def test_a_number_that_is_stepped_is_undone_at_one_click(editor):
    for x in (-0.4, -0.3, -0.2):
        editor.x.value = x
    click(editor, "Undo")
    assert np.allclose(editor.template.points[0], [-0.5, 0]) and editor.x.value == -0.5


def test_a_new_point_comes_halfway_to_the_next_and_is_chosen(editor):
    click(editor, "Add point")
    assert editor.point.value == 5 and np.allclose(editor.template.points[5], [-0.25, 0])
    assert editor.template.lines[0].points == (0, 5, 1, 2)


def test_after_the_last_point_a_line_goes_on(editor):
    editor.point.value = 2
    click(editor, "Add point")
    assert np.allclose(editor.template.points[5], [1, 0])


def test_a_whole_template_can_be_drawn_by_clicks():
    editor = TemplateEditor(IMAGE)
    assert "Unfinished" in editor.status.value
    click(editor, "Add point", "Add point", "Add point")
    editor.point.value = 2
    editor.y.value = 0.5
    editor.closed.value = True
    editor.name.value = "ring"
    click(editor, "Rename")
    assert editor.template.lines[0].name == "ring" and editor.template.lines[0].closed and len(editor.template) == 3
    assert "3 points on 1 lines" in editor.status.value


def test_a_line_is_added_with_its_colour_and_deleted(editor):
    editor.name.value = "nose"
    click(editor, "Add line")
    assert editor.line.value == "nose" and editor.point.disabled
    editor.color.value = "#aa2200"
    click(editor, "Add point", "Add point")
    assert editor.template.lines[2] == Line("nose", (5, 6), False, "#aa2200")
    click(editor, "Delete line")
    assert [line.name for line in editor.template.lines] == ["brow", "chin"] and editor.line.value == "brow"


def test_a_template_in_bands_is_loaded_shown_in_its_colours_and_saved_unchanged(editor, tmp_path):
    lines = [Line("brow", (0, 1, 2), color=("#0000ff", "#ff0000"))]
    path = Template([[-0.8, 0], [0, 0], [0.8, 0]], lines).save(tmp_path / "bands.json")
    before = path.read_text()
    editor.path.value = str(path)
    click(editor, "Load")
    assert editor.color.value == "#0000ff"
    shown = shown_by(editor)
    height, width = shown.shape[:2]
    left, right = shown[height // 2, round(0.3 * width)], shown[height // 2, round(0.7 * width)]
    assert left[2] - left[0] > 150 and right[0] - right[2] > 150
    click(editor, "Save")
    assert path.read_text() == before


def test_deleting_every_point_ends_without_an_error(editor):
    click(editor, "Delete point", "Delete point", "Delete point")
    assert editor.buttons["Delete point"].disabled and "Unfinished" in editor.status.value


def test_resampling_takes_the_number_beside_the_button(editor):
    editor.count.value = 5
    click(editor, "Resample")
    assert len(editor.template.lines[0].points) == 5


def test_snapping_moves_the_chosen_line_onto_the_paint(editor):
    click(editor, "Snap")
    assert np.allclose(editor.template.points[:3, 1], 0.125, atol=0.01) and "3 points moved" in editor.status.value
    assert np.allclose(editor.template.points[3:], [[0, 0.5], [0.2, 0.6]])


def test_without_a_key_there_is_nothing_to_snap_to():
    assert TemplateEditor(IMAGE).buttons["Snap"].disabled


def test_a_mistake_is_said_in_the_status_line(editor):
    editor.name.value = "chin"
    click(editor, "Rename")
    assert "empty or taken" in editor.status.value and "#b00020" in editor.status.value
    click(editor, "→")
    assert "empty or taken" not in editor.status.value


def test_save_and_load_go_through_the_file(editor, tmp_path):
    click(editor, "Save", "→", "Load")
    assert np.allclose(Template.load(tmp_path / "mine.json").points[0], [-0.5, 0])
    assert np.allclose(editor.template.points[0], [-0.5, 0]) and "Loaded" in editor.status.value


def test_a_file_that_is_not_there_is_said(editor, tmp_path):
    editor.path.value = str(tmp_path / "nothing.json")
    click(editor, "Load")
    assert "nothing.json" in editor.status.value and "can't be read" in editor.status.value


def test_a_folder_that_cannot_be_written_is_said(editor, tmp_path):
    (tmp_path / "file").write_text("")
    editor.path.value = str(tmp_path / "file" / "mine.json")
    click(editor, "Save")
    assert "choose a file that can be written" in editor.status.value


def test_a_press_on_a_point_chooses_it_and_moves_nothing(editor):
    mouse(editor, ("mousedown", 0.02, 0.49), ("mouseup", 0.02, 0.49))
    assert (editor.line.value, editor.point.value) == ("chin", 3) and not editor.model.can_undo


def test_a_point_is_dragged_by_where_it_was_taken_and_undone_as_one(editor):
    mouse(editor, ("mousedown", 0.52, 0.01), ("mousemove", 0.6, 0.2), ("mouseup", 0.72, 0.31), ("mousemove", 0, 0))
    assert np.allclose(editor.template.points[2], [0.7, 0.3])
    click(editor, "Undo")
    assert np.allclose(editor.template.points[2], [0.5, 0]) and not editor.model.can_undo


def test_two_drags_of_one_point_are_undone_one_after_the_other(editor):
    for there in (0.2, 0.4):
        x, y = editor.template.points[2]
        mouse(editor, ("mousedown", x, y), ("mousemove", 0.6, there), ("mouseup", 0.6, there))
    click(editor, "Undo")
    assert np.allclose(editor.template.points[2], [0.6, 0.2])
    click(editor, "Undo")
    assert np.allclose(editor.template.points[2], [0.5, 0]) and not editor.model.can_undo


def test_a_press_elsewhere_adds_a_point_to_the_chosen_line(editor):
    mouse(editor, ("mousedown", 0.25, 0.01), ("mouseup", 0.25, 0.01))
    assert editor.template.lines[0].points == (0, 1, 5, 2) and np.allclose(editor.template.points[5], [0.25, 0.01])


def test_a_line_is_drawn_press_by_press():
    editor = TemplateEditor(IMAGE)
    for x, y in ((-0.5, 0), (0, -0.4), (0.5, 0)):
        mouse(editor, ("mousedown", x, y), ("mouseup", x, y))
    assert editor.template.lines[0].points == (0, 1, 2)
    assert np.allclose(editor.template.points, [(-0.5, 0), (0, -0.4), (0.5, 0)])


def test_a_press_without_a_line_is_said_and_a_drag_after_it_moves_nothing(editor):
    click(editor, "Delete line", "Delete line")
    mouse(editor, ("mousedown", 0, 0), ("mousemove", 0.2, 0), ("mouseup", 0.2, 0))
    assert len(editor.model.points) == 0


def test_a_button_let_go_outside_holds_nothing(editor):
    mouse(editor, ("mousedown", 0.5, 0))
    mouse(editor, ("mousemove", -0.9, 0.9), held=0)
    mouse(editor, ("mousemove", 0, 0.9))
    assert np.allclose(editor.template.points[2], [0.5, 0])


def test_both_sides_move_when_asked_to(editor):
    editor.symmetric.value = True
    click(editor, "←")
    assert np.allclose(editor.template.points[[0, 2]], [[-0.51, 0], [0.51, 0]])
    editor.symmetric.value = False
    click(editor, "←")
    assert np.allclose(editor.template.points[[0, 2]], [[-0.52, 0], [0.51, 0]])


def test_a_line_is_mirrored_where_the_slider_says(editor):
    editor.line.value, editor.axis.value = "chin", -0.1
    click(editor, "Mirror line")
    assert editor.line.value == "chin mirrored"
    assert np.allclose(editor.template.points[5:], [[-0.2, 0.5], [-0.4, 0.6]])


def test_lines_are_proposed_from_the_paint_and_undo_brings_the_old_ones_back():
    image = np.full((160, 160, 3), (198, 148, 122), np.uint8)
    cv2.line(image, (40, 80), (120, 80), (30, 90, 214), 4, cv2.LINE_AA)
    editor = TemplateEditor(image, colors=["#1e5ad6", "#14a03c"])
    click(editor, "Propose")
    assert [line.name for line in editor.template.lines] == ["line 1"] and np.allclose(
        editor.template.points[:, 1], 0, atol=0.03
    )
    assert "1 lines proposed" in editor.status.value and "No line of #14a03c" in editor.status.value
    click(editor, "Undo")
    assert [line.name for line in editor.model.lines] == ["line"]


@pytest.fixture
def wide(tmp_path):
    """Three frames of 96x64, all dark but for one: that has a bright square at x 40 to 60, y 20 to 40."""
    frames = np.full((3, 64, 96, 3), 20, np.uint8)
    frames[1, 20:40, 40:60] = 240
    with VideoWriter(tmp_path / "a.mkv", 96, 64, 25, lossless=True) as writer:
        for frame in frames:
            writer.write(frame)
    return tmp_path / "a.mkv"


def test_a_frame_of_a_video_is_cut_as_in_training(wide):
    assert shown_by(TemplateEditor.of_video(wide, "44,24,12,12", frame=1)).min() > 200
    assert shown_by(TemplateEditor.of_video(wide, "0,0,20,20", frame=1)).max() < 60
    assert shown_by(TemplateEditor.of_video(wide, "44,24,12,12")).max() < 60
    with pytest.raises(CaptureError, match=r"a\.mkv: there is no frame 3"):
        TemplateEditor.of_video(wide, frame=3)


def test_a_frame_that_is_not_cut_is_refused():
    with pytest.raises(ValueError, match=r"the image is \(64, 96, 3\); expected the square of the crop"):
        TemplateEditor(np.zeros((64, 96, 3), np.uint8))


def test_where_no_paint_is_found_the_drawing_stays_and_it_is_said(editor):
    before = editor.template.points
    click(editor, "Propose")
    assert "no thin shape" in editor.status.value and np.array_equal(editor.template.points, before)


def test_without_colours_there_is_nothing_to_propose():
    assert TemplateEditor(IMAGE).buttons["Propose"].disabled


def test_the_preview_paints_with_the_measured_paint_and_new_colours_as_they_are_stated(editor):
    paint = Paint([[1, 0, 0]], [1.0], [0.2], 90 / 255, np.zeros(3))
    editor = TemplateEditor(IMAGE, editor.template, paint=paint)
    editor.line.value, editor.color.value = "chin", "#00ff00"
    editor.preview.value = True
    shown = shown_by(editor)
    brow, chin, bare = shown[240, 300], shown[372, 264], shown[100, 100]
    assert brow[0] > 200 > 60 > brow[1] and chin[1] > 200 > 60 > chin[0] and np.allclose(bare, 90, atol=3)
    editor.preview.value = False
    assert not np.allclose(shown_by(editor), shown, atol=30)


def test_a_paint_of_another_template_is_refused(editor):
    with pytest.raises(ValueError, match="expected the template's 3"):
        TemplateEditor(IMAGE, editor.template, paint=Paint([[1, 0, 0]], [1.0], [0.2], 0.5, np.zeros(7)))


def test_an_unfinished_drawing_is_shown_as_it_is_in_the_preview():
    editor = TemplateEditor(IMAGE)
    editor.preview.value = True
    assert "Unfinished" in editor.status.value
