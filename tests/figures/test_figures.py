"""The figures say what they should: the right marks in the right places, and nothing leaks out of them."""

import io
import itertools
import subprocess
import sys
import warnings

import matplotlib
import numpy as np
import pytest
import torch
from PIL import Image

from glmk_lib import figures
from glmk_lib.capture.paint import Paint
from glmk_lib.check.findings import Finding, Report
from glmk_lib.figures.style import end_labels, method_colors, new_figure
from glmk_lib.template import Line, Template

RNG = np.random.default_rng(0)
TEMPLATE = Template(
    [[-0.5, -0.5], [0, -0.6], [0.5, -0.5], [-0.3, 0.3], [0.3, 0.3], [0, 0.6]],
    [Line("brow", (0, 1, 2)), Line("mouth", (3, 4, 5), closed=True)],
)
FRAMES = RNG.integers(0, 255, (8, 16, 16, 3), dtype=np.uint8)
POINTS = np.broadcast_to(TEMPLATE.points, (8, 6, 2))
VISIBILITY = RNG.uniform(size=(8, 6))
PAINT = Paint(
    colors=np.array([[0.1, 0.3, 0.8]]),
    opacity=np.array([0.9]),
    width=np.array([0.1]),
    brightness=0.6,
    segment_color=np.array([0, 0]),
)
BATCH = {
    name: RNG.uniform(size=(2, 3, 16, 16)).astype(np.float32)
    for name in ("marked", "fake_unmarked", "cycled_marked", "unmarked", "fake_marked", "cycled_unmarked")
}
TRACES = {
    name: torch.as_tensor(BATCH[of]) for name, of in (("marked", "marked"), ("fake", "fake_unmarked"), ("bare", "unmarked"))
} | {"read": torch.as_tensor(RNG.normal(0, 0.05, (2, 3, 16, 16)))}
REPORT = Report(
    (
        Finding("blur", "marked", 0.5, "", "0.50", "ok", "it is sharp."),
        Finding("paint colour", "marked", None, "", "#3366cc", "ok", "it is blue."),
        Finding("light of both takes", "both", 0.7, "stops", "0.70 stops", "amber", "one is darker.", "more light."),
    )
)


class Seen:
    """What the check figure reads of a take."""

    def __init__(self, name):
        self.name, self.frames, self.light = name, FRAMES, np.arange(20) / 20

    def __len__(self):
        return len(self.light)


TAKES = [Seen("marked"), Seen("unmarked")]
HISTORY = [
    {"step": s, "seconds": s / 3, "mean_px": 6 - s / 100, "line_px": 2.0, "nme": 0.1, "spring": 1 / (1 + s), "chamfer": 0.5}
    for s in range(0, 400, 50)
]
TRACK = np.cumsum(RNG.normal(size=(130, 6, 2)), axis=0)
ROWS = [
    {"k": k, "form": form, "mean_px": (1 + k, 0.9 + k, 1.2 + k), "nmj": 5.0}
    for form in ("distance", "vector")
    for k in (0, 0.1, 1, 10)
]
SPRINGS = [
    {"k": k, "form": form, "mean_px": (1 + k, 0.9 + k, 1.2 + k), "nmj": (5 + k, np.nan, np.nan)}
    for form in ("length", "vector")
    for k in (0, 1, 3, 10)
]
EVERY = {
    "draw_template": lambda: figures.draw_template(TEMPLATE),
    "draw_template over a frame": lambda: figures.draw_template(TEMPLATE, FRAMES[0]),
    "compare_templates": lambda: figures.compare_templates([TEMPLATE, TEMPLATE], FRAMES[0], ["one", "other"]),
    "contact_sheet": lambda: figures.contact_sheet(
        FRAMES, POINTS, TEMPLATE, POINTS + 0.1, titles=[f"frame {i}" for i in range(8)]
    ),
    "hidden_figure": lambda: figures.hidden_figure(FRAMES, POINTS, VISIBILITY, TEMPLATE, VISIBILITY > 0.3, columns=5),
    "coverage_figure": lambda: figures.coverage_figure({"ours": {"25%": 0.2, "50%": 0.45, "95%": 0.9}}),
    "takes_figure": lambda: figures.takes_figure(FRAMES, FRAMES[:3]),
    "paint_figure": lambda: figures.paint_figure(FRAMES, RNG.uniform(size=(8, 1, 16, 16)), PAINT),
    "check_figure": lambda: figures.check_figure(REPORT, TAKES),
    "mistakes_figure": lambda: figures.mistakes_figure(FRAMES[:3], ["a", "b", "c"], ["blur"] * 3, ["ok", "amber", "red"]),
    "cycle_figure": lambda: figures.cycle_figure(BATCH),
    "renderer_figure": lambda: figures.renderer_figure(FRAMES[:2], [4, 2], POINTS[0], RNG.normal(size=(2, 6, 2))),
    "trace_figure": lambda: figures.trace_figure(TRACES, chosen=(0, 1)),
    "noise_figure": lambda: figures.noise_figure((0, 0.1), {"G's frames": [1.0, 1.2], "bare frames": [1.5, 1.6]}, 0.08),
    "curves_figure": lambda: figures.curves_figure(HISTORY, baselines={"static template": 6.1}),
    "comparison_bars": lambda: figures.comparison_bars({"ours": (1.2, 1.1, 1.3), "static template": (6.0, np.nan, np.nan)}),
    "ced_figure": lambda: figures.ced_figure({"ours": RNG.uniform(0, 0.1, 50)}),
    "ablation_figure": lambda: figures.ablation_figure(ROWS),
    "tradeoff_figure": lambda: figures.tradeoff_figure({"face": SPRINGS, "hand": SPRINGS[:4]}, {"length": 1}),
    "trajectories_figure": lambda: figures.trajectories_figure({"ours": TRACK}, TRACK, [0, 4], 25, TEMPLATE.names),
    "jitter_scatter": lambda: figures.jitter_scatter({"ours": (5.0, 1.2, 0.9), "static template": (1.0, 6.0, 0.0)}),
    "spectra_figure": lambda: figures.spectra_figure({"ours": TRACK, "frozen": np.zeros_like(TRACK)}, 25),
}


def pixels(figure):
    return np.asarray(Image.open(io.BytesIO(figures.png_bytes(figure))).convert("RGB")).astype(int)


def texts(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]


@pytest.mark.parametrize("name", EVERY)
def test_each_figure_renders_without_a_warning(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert figures.png_bytes(EVERY[name]()).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["contact_sheet", "curves_figure"])
def test_the_callers_settings_are_left_alone(name):
    before = dict(matplotlib.rcParams)
    figures.png_bytes(EVERY[name]())
    assert dict(matplotlib.rcParams) == before


def test_the_same_data_draw_the_same_figure_whatever_the_callers_settings():
    plain = figures.png_bytes(EVERY["comparison_bars"]())
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert figures.png_bytes(EVERY["comparison_bars"]()) == plain


def test_pyplot_is_never_imported():
    code = "import sys, glmk_lib.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_notebook_can_show_a_figure_by_itself():
    assert EVERY["comparison_bars"]()._repr_png_().startswith(b"\x89PNG")


def test_a_point_is_drawn_on_its_pixel():
    frame = np.zeros((1, 16, 16, 3), np.uint8)
    column, row = 11, 3
    point = (np.array([column, row]) + 0.5) / 16 * 2 - 1
    drawn = pixels(figures.contact_sheet(frame, point[None, None]))
    rows, columns = np.nonzero(drawn.sum(-1) > 60)
    size = np.array([drawn.shape[1], drawn.shape[0]])
    found = np.array([columns.mean(), rows.mean()]) / size * 16
    assert np.allclose(found, [column + 0.5, row + 0.5], atol=0.15)


def test_frames_are_shown_the_right_way_up():
    frame = np.zeros((1, 16, 16, 3), np.uint8)
    frame[0, :8, :8] = 255
    drawn = pixels(figures.contact_sheet(frame))
    height, width = drawn.shape[:2]
    assert drawn[height // 4, width // 4].min() > 240 and drawn[3 * height // 4, 3 * width // 4].max() < 15


def test_a_closed_line_returns_to_its_beginning():
    lines = [line.get_xydata() for line in figures.draw_template(TEMPLATE).axes[0].lines]
    mouth = [xy for xy in lines if len(xy) == 4]
    assert mouth and np.allclose(mouth[0][0], mouth[0][-1])


def test_the_template_shows_the_name_of_each_line_and_the_number_of_each_point():
    assert {"brow", "mouth", *"012345"} <= set(texts(figures.draw_template(TEMPLATE)))


def test_points_that_are_not_finite_are_left_out():
    lost = np.array(POINTS[:1])
    lost[0, 2] = np.nan
    figures.png_bytes(figures.contact_sheet(FRAMES[:1], lost, TEMPLATE))


def test_an_empty_contact_sheet_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        figures.contact_sheet(FRAMES[:0])


def test_a_cycle_that_lacks_an_image_is_refused_by_name():
    with pytest.raises(ValueError, match="fake_marked"):
        figures.cycle_figure({k: v for k, v in BATCH.items() if k != "fake_marked"})


def test_what_g_left_is_drawn_about_grey_and_stronger():
    same = TRACES | {"fake": TRACES["bare"] + 0.02}
    axes = figures.trace_figure(same).axes
    left = np.asarray(axes[3].images[0].get_array())
    assert np.all(left == round(255 * (0.5 + 0.02 * figures.traces.STRONGER)))


def test_bars_carry_their_values_as_text():
    assert "1.20 px  [1.10, 1.30]" in texts(EVERY["comparison_bars"]())
    assert "6.00 px" in texts(EVERY["comparison_bars"]())


def test_curves_keep_errors_and_losses_apart():
    drawn = texts(figures.curves_figure(HISTORY))
    assert "mean error 2.50" in drawn and {"spring", "chamfer"} <= set(drawn) and not {"seconds", "nme"} & set(drawn)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.ablation_figure([]),
        lambda: figures.tradeoff_figure({}, {}),
        lambda: figures.study_figure([], {"nmj": "NMJ"}),
    ],
    ids=["ablation", "tradeoff", "study"],
)
def test_what_is_not_measured_yet_is_said(draw):
    figure = draw()
    assert [text.get_text() for text in figure.texts] == ["not measured"] and figure.axes == []
    figures.png_bytes(figure)


def test_zero_has_its_own_place_left_of_the_least_spring_constant():
    ax = EVERY["ablation_figure"]().axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0.1", "1", "10"]
    assert np.allclose(np.diff(ax.get_xticks()), 1)


def test_the_chosen_spring_constant_is_the_large_dot():
    axes = EVERY["tradeoff_figure"]().axes
    large = [line for ax in axes for line in ax.lines if line.get_markersize() == 8]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in large] == [(2, 6)] * 2


def test_a_frozen_template_has_an_empty_dot():
    sizes = {line.get_markersize() for line in EVERY["jitter_scatter"]().axes[0].lines}
    assert 0 in sizes and max(sizes) == 13


def test_labels_of_dots_at_one_place_do_not_lie_over_each_other():
    figure = figures.jitter_scatter({"static template": (6, 7.5, 0), "mean shape": (6, 7.51, 0), "ours": (2, 1, 0.9)})
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_largest_value_of_a_study_is_inside_the_axes():
    rows = [{"label": "a", "method": "", "note": "", "x": {"mean": 3.0, "values": [2.0, 3.0, 4.0], "low": 1.0, "high": 5.0}}]
    assert figures.study_figure(rows, {"x": "x"}).axes[0].get_xlim()[1] > 5.2


@pytest.mark.parametrize("log", [False, True])
def test_the_interval_of_two_seeds_does_not_squeeze_the_others(log):
    wide = {"mean": 3.0, "values": [2.0, 4.0], "low": -9.7, "high": 15.7}
    rows = [
        {"label": "a", "method": "", "note": "", "x": wide},
        {"label": "b", "method": "", "note": "", "x": wide | {"low": 2.5}},
    ]
    axes = figures.study_figure(rows, {"x": "x"}, log=log).axes[0]
    assert axes.get_xlim()[1] < 6.5
    arrows = [line.get_marker() for line in axes.lines if line.get_marker() in ("<", ">")]
    assert arrows == ["<", ">", ">"]


def test_methods_keep_their_colours_and_never_share_one():
    assert method_colors(["ours", "full supervision"])["ours"] == method_colors(["static template", "ours"])["ours"]
    many = method_colors(["ours", "ours, smoothed", "static template", "static, smoothed", "a", "b"])
    assert len(set(many.values())) == 6


def test_labels_beside_curves_do_not_overlap():
    figure = new_figure(4, 3)
    ax = figure.subplots()
    ax.set_ylim(0, 10)
    end_labels(ax, [(5.0, "one", "k"), (5.01, "two", "k"), (5.02, "three", "k"), (9, "four", "k")])
    figures.png_bytes(figure)
    boxes = sorted((t.get_window_extent().y0, t.get_window_extent().y1) for t in ax.texts)
    assert all(low >= high for (_, high), (low, _) in itertools.pairwise(boxes))


@pytest.mark.parametrize("region", ["face", "hand", "foot", "face_bands"])
def test_no_name_covers_a_point_or_another_name(region):
    template = Template.ready(region)
    figure = figures.draw_template(template)
    figures.png_bytes(figure)
    ax = figure.axes[0]
    words = [t for t in ax.texts if t.get_text() in {line.name.replace("_", " ") for line in template.lines}]
    boxes = [word.get_window_extent() for word in words]
    assert len(boxes) == len(template.lines)
    assert not any(box.contains(*ax.transData.transform(point)) for box in boxes for point in template.points)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


@pytest.mark.parametrize("image", [None, FRAMES[0]], ids=["white", "frame"])
def test_a_line_in_bands_is_drawn_in_its_colours(image):
    lines = [Line("way", (0, 1, 2), color=("#0000ff", "#00ff00")), Line("other", (3, 4, 5), color="#ff0000")]
    ax = figures.draw_template(Template(TEMPLATE.points, lines), image).axes[0]
    drawn = [(line.get_color(), len(line.get_xdata())) for line in ax.lines if line.get_linestyle() == "-"]
    assert drawn == [("#0000ff", 2), ("#00ff00", 2), ("#ff0000", 3)]


def test_the_check_tells_each_finding_once_and_shows_colours_as_squares():
    figure = figures.check_figure(REPORT, TAKES)
    shown = texts(figure)
    assert all(shown.count(finding.name) == 1 for finding in REPORT.findings)
    assert "0.70 stops" in shown and "#3366cc" not in shown


def test_the_signs_of_levels_differ_without_their_colours():
    figure = figures.mistakes_figure(FRAMES[:3], ["a", "b", "c"], ["blur"] * 3, ["ok", "amber", "red"])
    assert len({line.get_marker() for ax in figure.axes for line in ax.lines}) == 3


def test_hidden_points_are_rings_and_truly_hidden_ones_have_a_cross():
    """Of six points the first is said to be hidden, and the last is: what is drawn at each is told by its marker."""
    said, true = np.array([[0.1, 0.9, 0.9, 0.9, 0.9, 0.9]]), np.array([[True] * 5 + [False]])
    (ax,) = figures.hidden_figure(FRAMES[:1], POINTS[:1], said, TEMPLATE, true, columns=1).axes
    marked = [line for line in ax.lines if line.get_marker() not in ("None", None) and line.get_markersize()]
    rings = np.concatenate([line.get_xydata() for line in marked if line.get_markerfacecolor() == "none"])
    crosses = np.concatenate([line.get_xydata() for line in marked if line.get_marker() == "x"])
    assert np.allclose(rings, POINTS[0, :1]) and np.allclose(crosses, POINTS[0, 5:])


def test_coverage_is_drawn_at_the_share_that_it_states():
    (ax,) = figures.coverage_figure({"ours": {"25%": 0.2, "50%": 0.45, "95%": 0.9}}).axes
    assert np.allclose(ax.lines[-1].get_xydata(), [[25, 20], [50, 45], [95, 90]])
