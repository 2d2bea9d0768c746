"""Paint of known colour, opacity and width, drawn on textured and shaded skin, must be measured as it was drawn."""

import cv2
import numpy as np
import pytest
import torch

from glmk_lib.capture.paint import Paint, chroma_key, measure_paint
from glmk_lib.errors import CaptureError
from glmk_lib.template import Line, Template

SKIN = np.array([0.78, 0.58, 0.48], np.float32)
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
FINE = 3  # each frame is drawn this many times larger, then averaged
BLUE, GREEN, VIOLET = "#1e5ad6", "#20b040", "#c020d0"


def rgb(text):
    return np.array([int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)


def template(*colors):
    """Three lines: an arch, an upright, a cup."""
    arch = [(-0.5, -0.3), (-0.3, -0.45), (0.0, -0.5), (0.3, -0.45), (0.5, -0.3)]
    upright = [(-0.02, -0.25), (0.0, 0.0), (0.05, 0.2)]
    cup = [(-0.45, 0.25), (-0.3, 0.5), (0.0, 0.6), (0.3, 0.5), (0.45, 0.25)]
    colors = (colors * 3)[:3]
    lines = (
        Line("arch", tuple(range(5)), color=colors[0]),
        Line("upright", (5, 6, 7), color=colors[1]),
        Line("cup", tuple(range(8, 13)), color=colors[2]),
    )
    return Template(np.array(arch + upright + cup, np.float32), lines)


def film(shape, colors=None, opacity=0.75, width=0.07, size=64, count=12, skin=SKIN, wall=(0.45, 0.47, 0.5), dim=1.0, seed=0):
    """Frames (N, size, size, 3) of a moving, unevenly lit patch of skin before a wall; bare where `colors` is None.

    `colors` are the true ones of the lines, (3,) or (K, 3) that the segments take in turn; they are drawn with edges half a
    pixel soft, `width` wide (of [-1, 1]).
    """
    rng, large = np.random.default_rng(seed), size * FINE
    texture = sum(
        0.03 * cv2.resize(rng.standard_normal((k, k, 3)).astype(np.float32), (large, large), interpolation=cv2.INTER_CUBIC)
        for k in (12, 40)
    )
    yy, xx = ((np.mgrid[:large, :large] + 0.5) / large * 2 - 1).astype(np.float32)
    body = 1 / (1 + np.exp(np.clip((np.hypot(xx / 0.75, yy / 0.9) - 1) * 40, -50, 50)))[..., None]
    frames = []
    for _ in range(count):
        turn, (dx, dy) = rng.normal(0, 0.08), rng.normal(0, 0.05, 2)
        move = np.array([[np.cos(turn), -np.sin(turn), dx], [np.sin(turn), np.cos(turn), dy]])
        points = (shape.points @ move[:, :2].T + move[:, 2]).astype(np.float32)
        warp = move.copy()
        warp[:, 2] = (move[:, 2] + 1 - move[:, :2].sum(1)) * large / 2  # the same motion in pixels, about the centre
        picture = skin * (1 + texture) * body + np.array(wall, np.float32) * (1 - body)
        picture = cv2.warpAffine(picture.astype(np.float32), warp, (large, large), borderMode=cv2.BORDER_REPLICATE)
        way = rng.uniform(0, 2 * np.pi)
        light = (0.85 + 0.2 * (np.cos(way) * xx + np.sin(way) * yy)).astype(np.float32)
        picture *= light[..., None]
        for k, line in enumerate(shape.lines if colors is not None else ()):
            distances = np.stack([_distance(xx, yy, points[a], points[b]) for a, b in line.pairs])
            distance, bands = distances.min(0), np.atleast_2d(colors[k])
            color = bands[distances.argmin(0) % len(bands)]
            cover = 1 / (1 + np.exp(np.clip((distance - width / 2) * size * 4, -50, 50)))
            alpha = (np.broadcast_to(opacity, 3)[k] * cover)[..., None]
            picture = picture * (1 - alpha) + alpha * color * light[..., None]
        small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA) * dim + rng.normal(0, 0.01, (size, size, 3))
        frames.append((small.clip(0, 1) * 255 + 0.5).astype(np.uint8))
    return np.stack(frames)


def _distance(xx, yy, a, b):
    (dx, dy), (px, py) = b - a, (xx - a[0], yy - a[1])
    t = ((px * dx + py * dy) / (dx * dx + dy * dy)).clip(0, 1)
    return np.hypot(px - t * dx, py - t * dy)


def check(found, colors, opacity=0.75, width=0.07, skin=SKIN):
    """Width within 15 %, opacity within 0.1, colour within 0.06 under the light that the measured brightness means."""
    light = found.brightness / (skin @ LUMA)
    assert found.width == pytest.approx(np.full(len(found.width), width), rel=0.15)
    assert found.opacity == pytest.approx(np.full(len(found.opacity), opacity), abs=0.1)
    assert found.colors / light == pytest.approx(np.stack(colors), abs=0.06)


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize(("opacity", "width"), [(0.75, 0.07), (0.5, 0.07), (0.9, 0.05), (0.75, 0.12)])
def test_paint_is_measured_as_it_was_drawn(size, opacity, width):
    shape = template(BLUE)
    frames = film(shape, [rgb(BLUE)] * 3, opacity, width, size, count=12 if size == 64 else 6)
    check(measure_paint(frames, shape), [rgb(BLUE)], opacity, width)


@pytest.mark.parametrize("skin", [(0.9, 0.76, 0.68), (0.55, 0.36, 0.25), (0.32, 0.21, 0.15)])
def test_skin_of_any_tone_will_do(skin):
    shape, skin = template(BLUE), np.array(skin, np.float32)
    check(measure_paint(film(shape, [rgb(BLUE)] * 3, skin=skin), shape), [rgb(BLUE)], skin=skin)


def test_each_colour_of_several_is_measured():
    shape = template(BLUE, GREEN, VIOLET)
    found = measure_paint(film(shape, [rgb(c) for c in (BLUE, GREEN, VIOLET)]), shape)
    assert found.segment_color.tolist() == [0] * 4 + [1] * 2 + [2] * 4
    check(found, [rgb(BLUE), rgb(GREEN), rgb(VIOLET)])


@pytest.mark.parametrize("size", [64, 128])
def test_short_bands_are_measured_as_they_were_drawn(size):
    """About four pixels of 64 long, and each goes straight on into the next."""
    points, lines, plain = [], [], template(BLUE)
    for line in plain.lines:
        way = plain.points[list(line.points)]
        steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
        even = np.linspace(0, steps[-1], 1 + round(steps[-1] / 0.13))
        lines.append(Line(line.name, tuple(range(len(points), len(points) + len(even))), color=(BLUE, GREEN)))
        points += list(np.stack([np.interp(even, steps, way[:, k]) for k in (0, 1)], 1))
    shape = Template(points, lines)
    found = measure_paint(film(shape, [np.stack([rgb(BLUE), rgb(GREEN)])] * 3, size=size, count=12 if size == 64 else 6), shape)
    assert found.segment_color.tolist() == [k % 2 for line in lines for k in range(len(line.points) - 1)]
    check(found, [rgb(BLUE), rgb(GREEN)])


def test_lines_of_one_colour_share_it():
    shape = template(BLUE, GREEN, BLUE)
    found = measure_paint(film(shape, [rgb(c) for c in (BLUE, GREEN, BLUE)]), shape)
    assert found.segment_color.tolist() == [0] * 4 + [1] * 2 + [0] * 4 and found.colors.shape == (2, 3)


@pytest.mark.parametrize("cast", [(1.1, 1.0, 0.85), (0.9, 1.0, 1.15)])
def test_colour_is_measured_as_the_light_shows_it(cast):
    """A warm or cold light changes skin and paint together: the seen colour counts, not the stated one."""
    shape, cast = template(BLUE), np.array(cast, np.float32)
    seen = rgb(BLUE) * cast
    check(measure_paint(film(shape, [seen] * 3, skin=SKIN * cast), shape), [seen], skin=SKIN * cast)


def test_dim_light_changes_brightness_alone():
    shape = template(BLUE)
    bright, dim = (measure_paint(film(shape, [rgb(BLUE)] * 3, dim=d), shape) for d in (1.0, 0.6))
    assert dim.brightness == pytest.approx(0.6 * bright.brightness, rel=0.03)
    assert dim.colors == pytest.approx(0.6 * bright.colors, abs=0.02) and dim.opacity == pytest.approx(bright.opacity, abs=0.03)


def test_wall_of_the_paints_colour_does_not_mislead():
    shape = template(BLUE)
    check(measure_paint(film(shape, [rgb(BLUE)] * 3, wall=0.8 * rgb(BLUE)), shape), [rgb(BLUE)])


@pytest.mark.parametrize("color", [BLUE, GREEN, VIOLET, "#e01020", "#f0e010"])
@pytest.mark.parametrize("wall", [None, "same"])
def test_bare_skin_has_no_paint(color, wall):
    shape = template(color)
    frames = film(shape, wall=0.8 * rgb(color) if wall else (0.45, 0.47, 0.5), count=6)
    with pytest.raises(
        CaptureError, match=rf"^a\.mp4: paint of the stated colour {color} \(lines arch, upright, cup\) was found in"
    ):
        measure_paint(frames, shape, "a.mp4")


def test_paint_of_another_colour_is_not_the_stated_one():
    shape = template(GREEN)
    with pytest.raises(CaptureError, match=f"stated colour {GREEN}.* 0% of 6 frames; expected at least 20%"):
        measure_paint(film(shape, [rgb(BLUE)] * 3, count=6), shape)


def test_one_missing_colour_is_named_with_its_lines():
    shape = template(BLUE, GREEN, BLUE)
    with pytest.raises(CaptureError, match=rf"{GREEN} \(lines upright\)"):
        measure_paint(film(shape, [rgb(BLUE)] * 3, count=6), shape)


@pytest.mark.parametrize("dim", [0.12, 0.08])
def test_skin_in_the_dark_is_said(dim):
    """Where paint is found and its skin is noise; there was a traceback of linear algebra."""
    shape = template(BLUE)
    with pytest.raises(CaptureError, match=r"film\.mp4: skin beside paint .* too dark .* film in more light"):
        measure_paint(film(shape, rgb(BLUE), dim=dim), shape, "film.mp4")


@pytest.mark.parametrize("color", ["#000000", "#ffffff", "#c89478"])
def test_colour_that_skin_has_itself_is_refused(color):
    shape = template(color)
    with pytest.raises(CaptureError, match="too near the skin's own hue or grey"):
        measure_paint(film(shape, [rgb(color)] * 3, count=6), shape)


PAINT = Paint([rgb(BLUE), rgb(GREEN)], [0.8, 0.7], [0.07, 0.06], SKIN @ LUMA, [0, 1], SKIN)


def keyed(color):
    return chroma_key(torch.tensor(np.asarray(color, np.float32)).clamp(0, 1).view(1, 3, 1, 1), PAINT)[0, :, 0, 0].numpy()


@pytest.mark.parametrize("amount", [0.3, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("light", [1.0, 0.5, 0.3])
def test_key_is_the_share_of_paint_in_any_light(amount, light):
    mixture = (1 - amount) * SKIN + amount * PAINT.core[0]
    assert keyed(mixture * light) == pytest.approx([amount, 0], abs=0.08)


@pytest.mark.parametrize("color", [SKIN, 1.1 * SKIN * (1, 0.95, 0.9), (0.5, 0.5, 0.5), (0.01, 0.01, 0.03), (0.75, 0.35, 0.35)])
def test_key_is_silent_without_paint(color):
    """Skin, flushed skin, a grey wall, darkness, lips."""
    assert keyed(color).max() < 0.3


def test_key_tells_two_paints_apart():
    assert keyed(PAINT.core[0]) == pytest.approx([1, 0], abs=0.02) and keyed(PAINT.core[1]) == pytest.approx([0, 1], abs=0.02)


THREE = Paint([rgb(BLUE), rgb(GREEN), rgb("#d63fa0")], [0.8, 0.7, 0.75], [0.07] * 3, SKIN @ LUMA, [0, 1, 2, 0], SKIN)


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 2), (0, 2)])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_key_of_a_change_of_colour_has_both_and_no_third(first, second, share):
    """A line across the picture: one paint, a pixel of both, the other paint."""
    a, b = THREE.core[[first, second]]
    row = np.stack([a, a, (1 - share) * a + share * b, b, b])
    picture = torch.from_numpy(np.stack([SKIN + 0 * row, row, SKIN + 0 * row])).float().permute(2, 0, 1)[None]
    key = chroma_key(picture, THREE)[0, :, 1].numpy()  # (3, 5)
    assert key[[first, second], 2] == pytest.approx([1 - share, share], abs=0.1)
    assert np.delete(key, [first, second], axis=0).max() < 0.1
    assert key[first, [0, 1]].min() > 0.9 and key[second, [3, 4]].min() > 0.9


def test_key_takes_no_wall_of_a_mixed_hue_for_a_change_of_colour():
    wall = (THREE.core[0] + THREE.core[1]) / 2
    assert chroma_key(torch.from_numpy(wall).view(1, 3, 1, 1).expand(1, 3, 8, 8), THREE).max() < 0.3


def test_key_follows_the_drawn_lines():
    """Measured and keyed on the same frames: where coverage was above a half, the key is too, and nowhere else."""
    shape = template(BLUE)
    frames = film(shape, [rgb(BLUE)] * 3, count=12)
    bare = film(shape, count=12)
    drawn = np.abs(frames.astype(int) - bare).sum(-1)
    drawn = drawn > 0.5 * np.quantile(drawn[drawn > 60], 0.7)
    images = torch.from_numpy(frames).permute(0, 3, 1, 2) / 255
    key = chroma_key(images, measure_paint(frames, shape))[:, 0].numpy() > 0.5
    assert (key & drawn).sum() / (key | drawn).sum() > 0.85


def test_paint_survives_its_file():
    again = Paint.from_json(PAINT.to_json())
    assert all(
        np.array_equal(getattr(again, n), getattr(PAINT, n)) for n in ("colors", "opacity", "width", "segment_color", "skin")
    )
    assert again.brightness == PAINT.brightness


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "glmk-paint/9"}', '{"schema": "glmk-paint/2"}'])
def test_broken_paint_file_is_named(text):
    with pytest.raises(CaptureError, match=r"paint\.json: not a paint file"):
        Paint.from_json(text, "paint.json")


def test_paint_measured_by_an_older_version_is_to_be_measured_again():
    with pytest.raises(CaptureError, match=r"paint\.json: is glmk-paint/1, .* prepare the capture again"):
        Paint.from_json('{"schema": "glmk-paint/1"}', "paint.json")


def test_paint_whose_parts_do_not_fit_is_refused():
    with pytest.raises(CaptureError, match="don't fit together"):
        Paint([rgb(BLUE)], [0.8], [0.07], 0.6, [0, 1])
