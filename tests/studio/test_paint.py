from dataclasses import replace

import numpy as np
import pytest
import torch

from glmk_lib.capture.paint import measure_paint
from glmk_lib.studio import template_of
from glmk_lib.studio.body import Surface
from glmk_lib.studio.exactness import changes, offsets
from glmk_lib.studio.filming import shoot
from glmk_lib.studio.identity import linear
from glmk_lib.studio.mesh import locate
from glmk_lib.studio.paint import Paint
from glmk_lib.studio.scene import REGIONS, Script, make_scene
from glmk_lib.studio.trace import trace

COLORS = ["#1e5ad6", "#d4148a", "#12944a"]


def opacity_at(egg, paint, points, facing=None):
    """Opacity and colour where the skin is nearest to `points`."""
    on = locate(egg.rest, points, facing=facing)
    bare = torch.zeros(len(on))
    white = Surface(torch.ones(len(on), 3), bare, bare + 0.5)
    return paint.over(white, on.on(egg.rest.vertices), on.face).albedo


@pytest.fixture(scope="module")
def exact(scene):
    return offsets(scene, 3, [range(k, k + 2) for k in range(0, 480, 24)], 64)


def test_painted_pixels_lie_within_half_a_pixel_of_the_true_stroke(exact):
    assert len(exact.beyond) > 2000
    assert (exact.beyond <= 0.5).mean() > 0.998


@pytest.mark.parametrize("region", REGIONS)
def test_paint_on_a_face_a_hand_and_a_foot_lies_within_half_a_pixel_of_its_truth(region):
    found = offsets(make_scene(region, 1), 3, [range(k, k + 1) for k in (10, 200, 330, 470)], 64)
    assert len(found.beyond) > 200
    assert (found.beyond <= 0.5).mean() > 0.98


def test_the_middle_of_the_paint_lies_on_the_true_line(exact):
    assert len(exact.middle) > 200
    assert np.abs(exact.middle).mean() < 0.15 and (np.abs(exact.middle) <= 0.5).mean() > 0.99
    assert abs(exact.middle.mean()) < 0.06


def test_the_middle_of_the_paint_lies_on_the_templates_points(exact):
    assert len(exact.point) > 30 and np.abs(exact.point).mean() < 0.15


def test_the_true_lines_run_over_the_skin_from_place_to_place(egg, egg_distance):
    lines = trace(egg)
    at = lines.points.on(egg.rest.vertices)
    assert egg_distance(at).abs().max() < 0.01
    places = egg.places.on(egg.rest.vertices)
    assert torch.cdist(places, at).amin(1).max() < 1e-3
    assert (at[lines.pieces[:, 0]] - at[lines.pieces[:, 1]]).norm(dim=1).max() < 0.09
    assert torch.bincount(lines.line).min() > 0


def test_paint_is_as_wide_as_it_says(egg):
    paint = Paint.on(egg, COLORS)
    x = torch.linspace(-0.2, 0.2, 161)
    across = torch.stack([torch.full_like(x, 0.05), -0.3 + x, torch.full_like(x, -0.7)], 1)
    shown = 1 - opacity_at(egg, paint, across, facing=np.tile([[0, 0, -1.0]], (161, 1)))[:, 0]
    on = locate(egg.rest, across).on(egg.rest.vertices)
    way = torch.cat([torch.zeros(1), on.diff(dim=0).norm(dim=1)])
    assert way[shown > 0.45].sum() == pytest.approx(egg.paint_width, rel=0.15)


def test_paint_on_one_finger_does_not_show_on_the_next(egg):
    paint = Paint.on(egg, COLORS)
    left, right = (torch.tensor([[x, 0.75, -0.7]]) for x in (-0.16, 0.16))
    assert opacity_at(egg, paint, left).min() < 0.5
    assert (opacity_at(egg, paint, right) == 1).all()
    inner = torch.tensor([[0.02, 0.75, -0.62]])  # across the gap, 0.1 from the painted finger's flank
    assert (opacity_at(egg, paint, inner) == 1).all()


def test_each_line_has_its_own_colour(egg):
    paint = Paint.on(egg, COLORS)
    for line, color in zip(egg.lines, COLORS, strict=True):
        at = egg.places.on(egg.rest.vertices)[list(line.points)]
        shown = opacity_at(egg, paint, at).mean(0)
        others = [np.abs(shown.numpy() - linear(c)).sum() for c in COLORS]
        assert COLORS[int(np.argmin(others))] == color


def test_each_segment_has_its_own_colour_in_bands(egg):
    colors = [("#1e5ad6", "#d4148a"), ("#12944a", "#1e5ad6"), ("#1e5ad6", "#d4148a")]
    paint, at = Paint.on(egg, colors, "bands"), egg.places.on(egg.rest.vertices)
    for line, bands in zip(egg.lines, colors, strict=True):
        for k, (a, b) in enumerate(line.pairs):
            shown = opacity_at(egg, paint, (at[a] + (at[b] - at[a]) * torch.tensor([[0.3], [0.7]]))).mean(0).numpy()
            first, second = (np.abs(shown - linear(bands[(k + n) % 2])).sum() for n in (0, 1))
            assert first < second


@pytest.mark.parametrize("region", REGIONS)
def test_the_colour_of_a_band_changes_at_the_templates_point(region):
    found = changes(make_scene(region, 1), 3, [range(k, k + 1) for k in (10, 200, 330, 470)], 64)
    assert len(found) > 25
    assert np.abs(found).mean() < 0.2 and abs(found.mean()) < 0.1 and (np.abs(found) <= 0.5).mean() > 0.95


@pytest.mark.parametrize("region", REGIONS)
def test_paint_in_bands_is_measured_as_the_same_paint_in_plain_lines(region):
    """Width and opacity of each colour within 15 %, although a band is but three to five pixels long."""
    scene, bands = make_scene(region, 0), template_of(region, "bands")
    script, numbers = Script.write(scene, 5, 1000), range(0, 960, 24)

    def frames(colors, marks):
        painted = scene.painted(colors, marks)
        return np.concatenate([shoot(painted, script, numbers[i : i + 8], 5, 64)[0].numpy() for i in range(0, 40, 8)])

    found = measure_paint(frames(None, "bands"), bands)
    color = bands.lines[0].colors[0]
    plain = measure_paint(frames(color, "none"), replace(bands, lines=tuple(replace(k, color=color) for k in bands.lines)))
    which = list(dict.fromkeys(bands.segment_colors)).index(color)
    assert found.width[which] == pytest.approx(plain.width[0], rel=0.15)
    assert found.opacity[which] == pytest.approx(plain.opacity[0], rel=0.15)


@pytest.mark.parametrize("marks", ["dots", "ticks"])
def test_marks_add_paint_at_the_points_only(egg, marks):
    plain, marked = Paint.on(egg, COLORS), Paint.on(egg, COLORS, marks)
    at = egg.places.on(egg.rest.vertices)
    beside = at + torch.tensor([0, -0.07, 0])  # of the brow: just off the line, at its points
    between = (at[0:4] + at[1:5]) / 2 + torch.tensor([0, -0.07, 0])
    assert (opacity_at(egg, marked, beside[1:4]) < opacity_at(egg, plain, beside[1:4]) - 0.2).any(1).all()
    torch.testing.assert_close(opacity_at(egg, marked, between), opacity_at(egg, plain, between))


def test_paint_is_uneven(egg):
    paint = Paint.on(egg, COLORS)
    line = trace(egg).points
    bare = torch.zeros(len(line))
    shown = paint.over(Surface(torch.ones(len(line), 3), bare, bare + 0.5), line.on(egg.rest.vertices), line.face).albedo[:, 0]
    assert shown.std() > 0.01


def test_paint_is_duller_than_wet_skin(egg):
    paint, at = Paint.on(egg, COLORS), egg.places
    one = torch.ones(len(at))
    painted = paint.over(Surface(torch.ones(len(at), 3), one, 0.2 * one), at.on(egg.rest.vertices), at.face)
    assert (painted.gloss < 0.7).all() and (painted.roughness > 0.3).all()
