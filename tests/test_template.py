import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmk_lib.errors import TemplateError
from glmk_lib.template import DEFAULT_COLOR, Line, Template

SQUARE = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]
RING = Line("ring", (0, 1, 2, 3), closed=True)


@st.composite
def templates(draw):
    """Any valid template: points on the file's grid of a millionth, every point on a line, some on two."""
    coordinate = st.integers(-1_000_000, 1_000_000).map(lambda i: i / 1e6)
    points = draw(st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=20))
    order = draw(st.permutations(range(len(points))))
    cuts = sorted(draw(st.sets(st.integers(2, max(2, len(order) - 2)), max_size=4))) if len(order) >= 4 else []
    pieces = [p for p in np.split(np.array(order), cuts) if len(p)]
    lines = []
    for piece in pieces:
        indices = tuple(int(i) for i in piece)
        if len(indices) == 1:  # a line needs two: join it to a point of another line
            indices += ((indices[0] + 1) % len(points),)
        closed = len(indices) > 2 and draw(st.booleans())
        plain, bands = [DEFAULT_COLOR, "#00ff7F", "#000000"], [("#000000", "#ffFFff"), ("#0000ff", "#00ff00", "#ff0000")]
        bands = [b for b in bands if not closed or len(indices) % len(b) != 1]  # the last would be as the first
        color = draw(st.sampled_from(plain + bands))
        lines.append(Line(f"line {len(lines)} é", indices, closed, color))
    return Template(points, lines, draw(st.sampled_from(["face", "hand", "custom"])))


@settings(deadline=None, max_examples=60)
@given(templates())
def test_json_gives_the_same_template_back(template):
    back = Template.from_json(template.to_json())
    np.testing.assert_array_equal(back.points, template.points)
    assert back.lines == template.lines and back.region == template.region


@settings(deadline=None, max_examples=60)
@given(templates())
def test_every_edge_joins_two_points_once(template):
    pairs = {frozenset(edge) for edge in template.edges.tolist()}
    assert len(pairs) == len(template.edges)
    assert {i for pair in pairs for i in pair} == set(range(len(template)))


@settings(deadline=None, max_examples=60)
@given(templates())
def test_every_point_has_a_name_of_its_own(template):
    assert len(set(template.names)) == len(template)


def test_a_file_gives_the_saved_template_back(tmp_path):
    template = Template(SQUARE, [RING], "foot")
    back = Template.load(template.save(tmp_path / "made" / "square.json"))
    np.testing.assert_array_equal(back.points, template.points)
    assert back.lines == template.lines and back.region == "foot"


def test_saving_leaves_no_other_file_behind(tmp_path):
    Template(SQUARE, [RING]).save(tmp_path / "square.json")
    assert [path.name for path in tmp_path.iterdir()] == ["square.json"]


def test_a_closed_line_returns_to_its_first_point():
    assert Template(SQUARE, [RING]).edges.tolist() == [[0, 1], [1, 2], [2, 3], [3, 0]]


def test_an_open_line_does_not():
    assert Template(SQUARE, [Line("path", (0, 1, 2, 3))]).edges.tolist() == [[0, 1], [1, 2], [2, 3]]


def test_an_edge_shared_by_two_lines_carries_one_spring_and_is_painted_twice():
    template = Template(SQUARE, [RING, Line("again", (1, 0))])
    assert len(template.edges) == 4
    assert template.segments.tolist()[-1] == [1, 0, 1] and len(template.segments) == 5


def test_segments_take_the_colours_of_their_line_in_turn():
    lines = [
        Line("ring", (0, 1, 2, 3), True, ("#0000FF", "#00ff00")),
        Line("again", (1, 0)),
        Line("z", (0, 1, 3), False, "#123456"),
    ]
    template = Template(SQUARE, lines)
    assert template.segment_colors == (*("#0000ff", "#00ff00") * 2, DEFAULT_COLOR, "#123456", "#123456")
    assert len(template.segment_colors) == len(template.segments)


def test_a_line_in_bands_is_drawn_segment_by_segment_and_another_in_one_stroke():
    assert RING.strokes == [((0, 1, 2, 3, 0), DEFAULT_COLOR)]
    assert Line("way", (0, 1, 2), False, ("#0000ff", "#00ff00")).strokes == [((0, 1), "#0000ff"), ((1, 2), "#00ff00")]


def test_a_point_is_named_after_its_first_line():
    template = Template(SQUARE, [Line("base", (0, 1)), Line("side", (1, 2, 3))])
    assert template.names == ["base_0", "base_1", "side_1", "side_2"]


def test_points_cannot_be_changed_in_place():
    with pytest.raises(ValueError):
        Template(SQUARE, [RING]).points[0, 0] = 0


def test_other_points_take_over_the_lines():
    moved = Template(SQUARE, [RING], "face").with_points(np.array(SQUARE) * 0.5)
    assert moved.lines == (RING,) and moved.region == "face" and moved.points.max() == 0.25


@pytest.mark.parametrize("region", ["face", "hand", "foot"])
def test_ready_templates_load_and_know_their_region(region):
    assert Template.ready(region).region == Template.ready(f"{region}_bands").region == region


@pytest.mark.parametrize("region", ["face", "hand", "foot"])
def test_a_ready_template_in_bands_differs_from_the_plain_one_in_its_colours_alone(region):
    plain, bands = Template.ready(region), Template.ready(f"{region}_bands")
    np.testing.assert_array_equal(bands.points, plain.points)
    assert [(k.name, k.points, k.closed) for k in bands.lines] == [(k.name, k.points, k.closed) for k in plain.lines]
    assert all(len(line.colors) > 1 for line in bands.lines)


def test_each_finger_of_the_ready_hand_has_its_own_colour():
    lines = {line.name: line.color for line in Template.ready("hand").lines}
    assert {"thumb", "index", "middle", "ring", "little", "palm"} <= set(lines)
    assert len(set(lines.values())) == len(lines)


def body(**changes):
    lines = [{"name": "ring", "points": [0, 1, 2, 3], "closed": True, "color": "#1e5ad6"}]
    return {"schema": "glmk-template/1", "region": "face", "points": SQUARE, "lines": lines, **changes}


def line(**changes):
    return body(lines=[{"name": "ring", "points": [0, 1, 2, 3], **changes}])


WRONG = {
    "no pairs": (body(points="square"), "pairs of numbers"),
    "ragged points": (body(points=[[0, 0], [1]]), "pairs of numbers"),
    "three coordinates": (body(points=[[0, 0, 0]] * 4), "(4, 3)"),
    "one point": (body(points=[[0, 0]]), "at least two points"),
    "not a number": (body(points=[*SQUARE[:3], [float("nan"), 0]]), "point 3 is not finite"),
    "infinite": (body(points=[*SQUARE[:3], [0, float("inf")]]), "point 3 is not finite"),
    "outside": (body(points=[*SQUARE[:3], [0, 1.25]]), "point 3 at (0.000, 1.250) lies outside the frame"),
    "no lines": (body(lines=[]), "no lines"),
    "lines of another kind": (body(lines=7), "malformed"),
    "line without a name": (body(lines=[{"points": [0, 1, 2, 3]}]), "name"),
    "unknown key of a line": (line(width=3), "width"),
    "a list for a name": (line(name=["x"]), "unique, non-empty names"),
    "a list among the points": (line(points=[[0], 1, 2, 3]), "whole numbers"),
    "closed by a word": (line(closed="no"), "true or false"),
    "repeated name": (body(lines=[{"name": "a", "points": [0, 1]}, {"name": "a", "points": [2, 3]}]), "unique"),
    "empty name": (line(name=""), "non-empty names"),
    "too short": (body(lines=[{"name": "dot", "points": [0]}]), "line 'dot' joins points [0]"),
    "closed of two": (body(points=SQUARE[:2], lines=[{"name": "a", "points": [0, 1], "closed": True}]), "at least 3"),
    "point twice": (line(points=[0, 1, 2, 3, 0]), "different points"),
    "index too large": (line(points=[0, 1, 2, 4]), "whole numbers from 0 to 3"),
    "negative index": (line(points=[0, 1, 2, -1]), "whole numbers from 0 to 3"),
    "index not whole": (line(points=[0, 1, 2, 2.5]), "whole numbers from 0 to 3"),
    "loose point": (line(points=[0, 1, 3]), "points [2] are on no line"),
    "named colour": (line(color="blue"), "'blue'"),
    "short colour": (line(color="#12f"), "'#12f'"),
    "no colour": (line(color=[]), "line 'ring' has colour ()"),
    "a named colour of several": (line(color=["#112233", "red"]), "'red'"),
    "neighbours alike": (line(color=["#112233", "#112233", "#445566"]), "another colour on each segment than on the next"),
    "last as the first": (
        body(points=SQUARE[:3], lines=[{"name": "a", "points": [0, 1, 2], "closed": True, "color": ["#111111", "#222222"]}]),
        "the first after the last",
    ),
    "other schema": (body(schema="glmk-template/9"), "glmk-template/9"),
    "no schema": ({"points": SQUARE}, "schema is None"),
    "unknown key": (body(colour="red"), "colour"),
    "no points": ({"schema": "glmk-template/1", "lines": []}, "expected schema, region, points and lines"),
    "a list": ([1, 2], "schema is 'list'"),
}


@pytest.mark.parametrize("found, says", WRONG.values(), ids=WRONG)
def test_a_malformed_file_is_refused_in_a_sentence_that_names_it_and_the_fault(found, says):
    with pytest.raises(TemplateError, match=re.escape(says)) as error:
        Template.from_json(json.dumps(found), "mine.json")
    assert str(error.value).startswith("mine.json: ") and str(error.value).endswith(".") and "\n" not in str(error.value)


def test_text_that_is_not_json_is_refused_with_its_line():
    with pytest.raises(TemplateError, match=r"mine\.json: not JSON \(line 2"):
        Template.from_json('{"schema": 1,\n oops}', "mine.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TemplateError, match=r"none\.json: can't be read"):
        Template.load(tmp_path / "none.json")


def test_a_file_that_is_not_text_is_named(tmp_path):
    (tmp_path / "video.json").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(TemplateError, match=r"video\.json: can't be read \(it is not text\)"):
        Template.load(tmp_path / "video.json")


def test_an_unknown_ready_template_names_those_that_exist():
    with pytest.raises(TemplateError, match=r"'knee'.*'face', 'face_bands', 'foot', 'foot_bands', 'hand', 'hand_bands'"):
        Template.ready("knee")


def test_points_of_another_number_do_not_fit_the_lines():
    with pytest.raises(TemplateError, match=r"\(3, 2\); expected \(4, 2\)"):
        Template(SQUARE, [RING]).with_points(SQUARE[:3])
