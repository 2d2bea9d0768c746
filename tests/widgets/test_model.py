"""Stories of editing a template without a front end."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.errors import TemplateError
from glmk_lib.template import Line, Template
from glmk_lib.widgets import EditorModel


def square():
    return Template(
        [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.8, 0.8], [0.8, 0.8]],
        [Line("square", (0, 1, 2, 3), closed=True), Line("base", (4, 5))],
    )


def same(a: EditorModel, b: Template):
    return np.allclose(a.points, b.points, atol=1e-6) and a.lines == b.lines


@pytest.fixture
def model():
    return EditorModel(square())


def test_a_template_drawn_from_nothing_is_a_template():
    model = EditorModel()
    model.add_line("brow", color="#aa0000")
    model.add_point("brow", -0.2, 0)
    model.add_point("brow", 0.2, 0.1)
    template = model.template
    assert template.lines == (Line("brow", (0, 1), False, "#aa0000"),)
    assert np.allclose(template.points, [[-0.2, 0], [0.2, 0.1]])


def test_a_line_in_bands_is_kept_and_its_first_colour_can_be_changed():
    bands = Template([[-0.5, 0], [0, 0], [0.5, 0]], [Line("brow", (0, 1, 2), color=("#0000ff", "#00ff00"))])
    model = EditorModel(bands)
    assert model.template.lines == bands.lines
    model.set_color("brow", "#aa00aa")
    assert model.template.lines[0].color == ("#aa00aa", "#00ff00")
    model.undo()
    assert model.template.lines == bands.lines


def test_an_unfinished_draft_is_no_template_yet():
    model = EditorModel()
    model.add_line("brow")
    model.add_point("brow", 0, 0)
    with pytest.raises(TemplateError, match="edited template"):
        _ = model.template


def test_a_point_put_in_the_middle_of_a_line_keeps_the_order(model):
    index = model.add_point("base", 0, 0.8, place=1)
    assert model.line("base").points == (4, index, 5)


def test_moving_a_point_moves_no_other(model):
    before = model.points
    model.move_point(2, 0.1, 0.2)
    assert np.allclose(model.points[2], [0.1, 0.2])
    assert np.allclose(np.delete(model.points, 2, 0), np.delete(before, 2, 0))


def test_a_point_outside_the_frame_is_refused_and_nothing_changes(model):
    with pytest.raises(TemplateError, match="outside the frame"):
        model.move_point(0, 1.2, 0)
    assert same(model, square()) and not model.can_undo


def test_nudging_stops_at_the_edge(model):
    model.nudge_point(5, 0.5, 0)
    assert np.allclose(model.points[5], [1, 0.8])


def test_deleting_a_point_renumbers_the_lines(model):
    model.delete_point(1)
    assert model.line("square").points == (0, 1, 2) and model.line("base").points == (3, 4)
    assert np.allclose(model.points[1], [0.5, 0.5])


def test_deleting_a_line_keeps_points_that_another_one_shares():
    model = EditorModel(Template([[0, 0], [0.5, 0], [0.5, 0.5]], [Line("a", (0, 1)), Line("b", (1, 2))]))
    model.delete_line("a")
    assert model.lines == (Line("b", (0, 1)),) and np.allclose(model.points, [[0.5, 0], [0.5, 0.5]])


def test_renaming_keeps_the_points_and_refuses_a_name_that_is_taken(model):
    model.rename_line("base", "chin")
    assert model.line("chin").points == (4, 5)
    with pytest.raises(TemplateError, match="empty or taken"):
        model.rename_line("chin", "square")


def test_opening_and_closing_a_line(model):
    model.set_closed("square", False)
    assert not model.line("square").closed
    model.set_closed("square", True)
    assert model.line("square").closed


def test_a_colour_must_be_written_in_six_digits(model):
    model.set_color("base", "#00aa55")
    assert model.line("base").color == "#00aa55"
    with pytest.raises(TemplateError, match="#rrggbb"):
        model.set_color("base", "green")


def test_resampling_spaces_points_evenly_and_keeps_the_ends(model):
    model.resample_line("base", 5)
    x = model.points[list(model.line("base").points)]
    assert np.allclose(x, np.stack([np.linspace(-0.8, 0.8, 5), np.full(5, 0.8)], 1))
    assert len(model.template) == 9


def test_resampling_a_closed_line_goes_all_the_way_round(model):
    model.resample_line("square", 8)
    ring = model.points[list(model.line("square").points)]
    sides = np.linalg.norm(ring - np.roll(ring, -1, 0), axis=1)
    assert len(ring) == 8 and np.allclose(sides, 0.5) and np.allclose(ring[0], [-0.5, -0.5])


def test_resampling_a_line_to_the_points_it_has_changes_nothing_but_their_numbers(model):
    before = model.points[list(model.line("square").points)]
    model.resample_line("square", 4)
    assert np.allclose(model.points[list(model.line("square").points)], before)


def test_resampling_does_not_tear_a_junction():
    model = EditorModel(Template([[0, 0], [0.3, 0], [0.6, 0], [0.3, 0.5]], [Line("a", (0, 1, 2)), Line("b", (1, 3))]))
    with pytest.raises(TemplateError, match="also lies on 'b'"):
        model.resample_line("a", 6)
    model.resample_line("b", 4)
    assert model.line("b").points[0] == 1


def test_a_closed_line_needs_three_points(model):
    with pytest.raises(TemplateError, match="at least 3"):
        model.resample_line("square", 2)


def mask_with_bar(row, size=64):
    mask = np.zeros((size, size))
    mask[row - 1 : row + 2, 4:60] = 1
    return mask


def test_snapping_moves_points_across_the_line_to_the_middle_of_the_paint(model):
    row = 60  # its centre: (60.5) / 64 * 2 - 1
    assert model.snap(mask_with_bar(row), "base") == 2
    assert np.allclose(model.points[4:], [[-0.8, 60.5 / 32 - 1], [0.8, 60.5 / 32 - 1]], atol=0.01)


def test_snapping_leaves_points_alone_where_there_is_no_paint(model):
    assert model.snap(mask_with_bar(32), "base") == 0
    assert same(model, square()) and not model.can_undo


def test_snapping_needs_a_flat_mask(model):
    with pytest.raises(TemplateError, match=r"expected \(H, W\)"):
        model.snap(np.zeros((1, 8, 8)))


BROWS = [[-0.6, -0.4], [-0.2, -0.5], [0.2, -0.5], [0.6, -0.4], [0, 0], [0, 0.3]]


@pytest.fixture
def face():
    lines = [Line("left brow", (0, 1)), Line("right brow", (3, 2)), Line("nose", (4, 5))]
    return EditorModel(Template(BROWS, lines, "face"))


def test_with_a_mirror_both_sides_move(face):
    face.axis = 0
    face.move_point(0, -0.7, -0.3)
    assert np.allclose(face.points[[0, 3]], [[-0.7, -0.3], [0.7, -0.3]])
    face.undo()
    assert np.allclose(face.points, BROWS)


def test_with_a_mirror_a_drag_of_both_sides_is_undone_as_one(face):
    face.axis = 0
    for x in (-0.5, -0.3, -0.15):  # past the other brow's end, which is not taken along on the way
        face.move_point(0, x, -0.4, dragging=True)
    assert np.allclose(face.points[[1, 2, 3]], [[-0.2, -0.5], [0.2, -0.5], [0.15, -0.4]])
    face.undo()
    assert np.allclose(face.points, BROWS) and not face.can_undo


def test_a_point_on_the_mirror_stays_on_it(face):
    face.axis = 0.01
    face.nudge_point(5, 0.2, 0.1)
    assert np.allclose(face.points[5], [0.01, 0.4])


def test_a_point_with_nothing_on_the_other_side_moves_alone(face):
    face.axis = 0.3
    face.move_point(0, -0.7, -0.3)
    assert np.allclose(face.points[1:], BROWS[1:])


def test_without_a_mirror_one_side_moves(face):
    face.move_point(0, -0.7, -0.3)
    assert np.allclose(face.points[1:], BROWS[1:])


def test_the_mirror_image_of_a_line_takes_the_other_sides_name_and_place(face):
    face.move_point(0, -0.7, -0.3)
    assert face.mirror_line("left brow", 0) == "right brow"
    assert len(face.points) == 6 and len(face.lines) == 3
    assert np.allclose(face.points[list(face.line("right brow").points)], [[0.7, -0.3], [0.2, -0.5]])
    face.undo()
    assert np.allclose(face.points[list(face.line("right brow").points)], [BROWS[3], BROWS[2]])


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("left_brow", "right_brow"),
        ("Right eye", "Left eye"),
        ("scar", "scar mirrored"),
        ("scar mirrored", "scar"),
        ("upright", "upright mirrored"),
    ],
)
def test_the_name_of_a_mirror_image(name, image):
    model = EditorModel(Template([[0.1, 0], [0.3, 0]], [Line(name, (0, 1))]))
    assert model.mirror_line(name, 0) == image and len(model.points) == 4


def test_a_line_and_its_mirror_image_share_the_points_on_the_mirror():
    model = EditorModel(Template([[0, 0.2], [0.3, 0.1]], [Line("smile", (0, 1))]))
    model.mirror_line("smile", 0)
    assert model.line("smile mirrored").points == (0, 2) and len(model.points) == 3


def test_what_cannot_be_mirrored_is_said_and_nothing_changes(face):
    with pytest.raises(TemplateError, match="no point off the mirror"):
        face.mirror_line("nose", 0)
    with pytest.raises(TemplateError, match="outside the frame"):
        face.mirror_line("left brow", 0.5)
    assert not face.can_undo


def test_a_new_point_goes_into_the_segment_where_it_lies(model):
    assert model.place_on("square", 0.5, 0.01) == 2
    assert model.place_on("square", -0.5, 0.01) == 4  # between the last and the first
    assert model.place_on("base", 0.1, 0.81, chosen=5) == 1


def test_a_new_point_goes_on_from_the_end_that_is_chosen(model):
    assert model.place_on("base", 0, 0, chosen=5) == 2
    assert model.place_on("base", 0, 0, chosen=4) == 0
    model.delete_point(5)
    assert model.place_on("base", 0, 0) == 1


def test_the_nearest_point_is_found_within_reach(model):
    assert model.nearest_point(0.45, 0.5, 0.1) == 2
    assert model.nearest_point(0, 0, 0.1) is None and EditorModel().nearest_point(0, 0, 1) is None


def test_a_whole_template_can_be_taken_up_and_undone(model):
    model.take(Template([[0, 0], [0.1, 0]], [Line("new", (0, 1))], "hand"))
    assert [line.name for line in model.lines] == ["new"] and model.region == "hand"
    model.undo()
    assert same(model, square())


def test_a_drag_is_undone_as_one(model):
    for x in (0.1, 0.2, 0.3):
        model.move_point(0, x, 0, dragging=True)
    model.undo()
    assert same(model, square())


def test_a_new_change_forgets_what_was_undone(model):
    model.move_point(0, 0, 0)
    model.undo()
    model.move_point(1, 0, 0)
    assert not model.can_redo


def test_a_saved_template_loads_again(model, tmp_path):
    path = model.save(tmp_path / "mine.json")
    other = EditorModel()
    other.load(path)
    assert same(other, square())
    other.undo()
    assert len(other.points) == 0


def test_an_unfinished_draft_is_not_saved(tmp_path):
    model = EditorModel()
    model.add_line("brow")
    with pytest.raises(TemplateError):
        model.save(tmp_path / "mine.json")
    assert not list(tmp_path.iterdir())


OPERATIONS = st.one_of(
    st.tuples(st.just("move_point"), st.integers(0, 5), st.floats(-1, 1), st.floats(-1, 1)),
    st.tuples(st.just("add_point"), st.sampled_from(["square", "base"]), st.floats(-1, 1), st.floats(-1, 1)),
    st.tuples(st.just("delete_point"), st.integers(0, 8)),
    st.tuples(st.just("resample_line"), st.sampled_from(["square", "base"]), st.integers(1, 9)),
    st.tuples(st.just("set_closed"), st.sampled_from(["square", "base"]), st.booleans()),
    st.tuples(st.just("rename_line"), st.just("base"), st.sampled_from(["chin", "square", ""])),
    st.tuples(st.just("delete_line"), st.sampled_from(["square", "base"])),
    st.tuples(st.just("mirror_line"), st.sampled_from(["square", "base", "base mirrored"]), st.floats(-0.3, 0.3)),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(OPERATIONS, max_size=12))
def test_undoing_everything_leads_back_and_redoing_it_forward_again(operations):
    model = EditorModel(square())
    for name, *arguments in operations:
        with contextlib.suppress(TemplateError):
            getattr(model, name)(*arguments)
        assert {i for line in model.lines for i in line.points} == set(range(len(model.points)))
    points, lines = model.points, model.lines
    while model.can_undo:
        model.undo()
    assert same(model, square())
    while model.can_redo:
        model.redo()
    assert np.array_equal(model.points, points) and model.lines == lines
