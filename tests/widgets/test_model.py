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
