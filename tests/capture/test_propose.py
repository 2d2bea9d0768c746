"""Lines proposed from paint whose place is known: drawn on a flat skin, and filmed in the studio."""

import cv2
import numpy as np
import pytest

from glmk_lib.capture import propose
from glmk_lib.errors import CaptureError
from glmk_lib.studio.filming import shoot, template_of
from glmk_lib.studio.scene import Script, make_scene
from glmk_lib.template import Line, Template, rgb

BLUE, GREEN = "#1e5ad6", "#14a03c"


def painted(size=160, strokes=()):
    """Skin before a grey wall, with strokes of (colour, [(x, y) in [-1, 1]])."""
    frame = np.full((size, size, 3), (115, 120, 128), np.uint8)
    cv2.circle(frame, (size // 2, size // 2), round(0.48 * size), (198, 148, 122), -1, cv2.LINE_AA)
    for color, points in strokes:
        pixels = np.rint(((np.array(points) + 1) / 2 * size - 0.5) * 16).astype(np.int32)
        cv2.polylines(frame, [pixels], False, rgb(color), max(2, size // 40), cv2.LINE_AA, 4)
    return frame


ARCH, CUP = [(-0.5, -0.3), (0, -0.5), (0.5, -0.3)], [(-0.4, 0.3), (0, 0.5), (0.4, 0.3)]


@pytest.mark.parametrize("size", [64, 160, 400])
def test_each_stroke_becomes_a_line_of_its_colour_at_its_place(size):
    found = propose.template(painted(size, [(BLUE, ARCH), (GREEN, CUP)]), [BLUE, GREEN], 0.2, "chest")
    assert [(line.name, line.color, line.closed) for line in found.lines] == [("line 1", BLUE, False), ("line 2", GREEN, False)]
    assert found.region == "chest"
    for line, stroke in zip(found.lines, (ARCH, CUP), strict=True):
        ends = found.points[[line.points[0], line.points[-1]]]
        assert np.allclose(ends[ends[:, 0].argsort()], [stroke[0], stroke[2]], atol=0.06)


def test_points_are_evenly_spaced_as_asked():
    found = propose.template(painted(160, [(BLUE, [(-0.5, 0), (0.5, 0)])]), [BLUE], 0.1, "custom")
    steps = np.linalg.norm(np.diff(found.points, axis=0), axis=1)
    assert np.allclose(steps, 0.1, atol=0.012) and np.ptp(steps) < 0.005


def test_a_ring_is_proposed_as_a_closed_line():
    angle = np.linspace(0, 2 * np.pi, 40)
    found = propose.template(painted(160, [(BLUE, 0.5 * np.stack([np.cos(angle), np.sin(angle)], 1))]), [BLUE], 0.3, "custom")
    (line,) = found.lines
    assert line.closed and np.allclose(np.linalg.norm(found.points, axis=1), 0.5, atol=0.03)


def test_lines_of_other_colours_do_not_cut_a_line():
    found = propose.template(
        painted(160, [(BLUE, [(-0.5, 0), (0.5, 0)]), (GREEN, [(0, -0.5), (0, 0.5)])]), [BLUE], 0.2, "custom"
    )
    assert len(found.lines) == 1 and np.ptp(found.points[:, 0]) > 0.9


def test_a_colour_that_is_not_there_is_left_out():
    found = propose.template(painted(160, [(BLUE, ARCH)]), [GREEN, BLUE], 0.2, "custom")
    assert [line.color for line in found.lines] == [BLUE]


def test_bare_skin_is_said_with_the_colours_that_were_looked_for():
    with pytest.raises(CaptureError, match=f"no thin shape of the colours {BLUE}.* draw the lines by hand"):
        propose.template(painted(), [BLUE], 0.2, "custom")


@pytest.mark.parametrize(
    ("frame", "colors", "spacing", "said"),
    [
        (np.zeros((8, 9, 3), np.uint8), [BLUE], 0.2, r"expected uint8 \(H, H, 3\)"),
        (painted(), [], 0.2, "at least one"),
        (painted(), ["blue"], 0.2, "#rrggbb"),
        (painted(), [BLUE], 0, "spacing is 0"),
    ],
)
def test_what_cannot_be_asked_is_said(frame, colors, spacing, said):
    with pytest.raises(CaptureError, match=said):
        propose.template(frame, colors, spacing, "custom")


def test_a_template_is_made_from_the_paint_of_a_frame():
    found = Template.from_paint(painted(160, [(BLUE, ARCH)]), [BLUE], region="chest")
    assert len(found.lines) == 1 and found.region == "chest" and found.lines[0].color == BLUE


def agreement(frame, template, points, visible):
    found = propose.template(frame, list(dict.fromkeys(template.segment_colors)), 0.15, template.region)
    return propose.agreement(found, template, points, visible, len(frame))


@pytest.mark.parametrize("number", [0, 20, 40])
def test_lines_proposed_on_the_studios_face_lie_on_the_true_ones(capture, number):
    take = capture.marked
    told = agreement(take.frames[number], capture.template, take.truth[number], take.visible[number])
    assert told["off_median_px"] < 0.5 and told["covered"] > 0.7, told


@pytest.mark.parametrize(("region", "covered"), [("hand", 0.7), ("foot", 0.6)])
def test_so_they_do_on_its_hand_and_foot(region, covered):
    scene, numbers = make_scene(region, 0).painted(), (0, 40)
    frames, truth = shoot(scene, Script.write(scene, 3, max(numbers) + 2), numbers, 3, 64)
    for frame, points, visible in zip(frames.numpy(), truth["points"] / 32 - 1, truth["visible"], strict=True):
        told = agreement(frame, template_of(region), points, visible)
        assert told["off_median_px"] < 0.5 and told["covered"] > covered, told


def test_agreement_tells_the_distance_and_what_is_covered():
    true = Template(
        [[-0.5, 0], [0.5, 0], [-0.5, 0.5], [0.5, 0.5]], [Line("a", (0, 1), color=BLUE), Line("b", (2, 3), color=GREEN)]
    )
    half = Template([[-0.5, 0.02], [0, 0.02]], [Line("line 1", (0, 1), color=BLUE)])
    told = propose.agreement(half, true, true.points, np.array([True, True, True, False]), 100)
    assert told["off_px"] == pytest.approx(1) and told["off_median_px"] == pytest.approx(1)
    assert told["covered"] == pytest.approx(0.5, abs=0.05) and (told["lines"], told["true_lines"]) == (1, 2)
