"""Hand-computed cases and invariances of every metric."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from glmk_lib import metrics
from glmk_lib.metrics.accuracy import nanmean
from glmk_lib.metrics.intervals import seed_interval
from glmk_lib.metrics.lines import _sample
from glmk_lib.template import Line, Template

BENT = Template([[-0.5, 0], [0, 0], [0, 0.5]], [Line("bent", (0, 1, 2))])
RING = Template([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]], [Line("ring", (0, 1, 2, 3), closed=True)])
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=25, deadline=None)


def walk(seed, frames=30, points=4):
    """Points (T, N, 2) in pixels that wander smoothly, never collapsing to no extent."""
    rng = np.random.default_rng(seed)
    home = np.array([[10, 10], [40, 12], [38, 50], [12, 45]])[:points]
    return home + np.cumsum(rng.normal(size=(frames, points, 2)), axis=0) * 0.5


def test_pixels_put_the_first_pixel_centre_at_a_half():
    assert np.allclose(metrics.to_pixels([[-1, -1], [1 / 64 - 1, 0], [1, 1]], 64, 32), [[0, 0], [0.5, 16], [64, 32]])


def test_point_error_of_a_three_four_five_triangle():
    true = np.zeros((1, 2, 2))
    pred = np.array([[[3.0, 4.0], [0.0, 1.0]]])
    assert metrics.point_error(pred, true).tolist() == [[5.0, 1.0]]
    assert metrics.mean_error(pred, true) == 3.0


def test_hidden_points_do_not_count():
    true, pred = np.zeros((1, 2, 2)), np.array([[[3.0, 4.0], [100.0, 100.0]]])
    assert metrics.mean_error(pred, true, [[True, False]]) == 5.0


def test_nothing_visible_gives_nan_rather_than_zero():
    assert np.isnan(metrics.mean_error(np.zeros((2, 3, 2)), np.zeros((2, 3, 2)), np.zeros((2, 3), bool)))


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"expected the same \(T, N, 2\)"):
        metrics.point_error(np.zeros((2, 3, 2)), np.zeros((2, 4, 2)))


@pytest.mark.filterwarnings("error")
def test_the_mean_of_nothing_is_nan_and_warns_of_nothing():
    assert np.isnan(nanmean(np.full((2, 3), np.nan), axis=1)).all()


@pytest.mark.parametrize("scale", [[1.0, 1.0], [0.0]], ids=["of another number of frames", "of nothing"])
def test_a_scale_that_can_not_divide_is_refused(scale):
    with pytest.raises(ValueError, match=r"expected true points that span both directions, or scale \(T,\) > 0"):
        metrics.nme([[[3.0, 4.0]]], [[[0.0, 0.0]]], scale=scale)


def test_nme_divides_by_the_root_of_the_box():
    true = np.array([[[0, 0], [8, 0], [0, 2]]], float)  # w h = 16, d = 4
    assert metrics.nme(true + np.array([1, 0]), true) == pytest.approx(0.25)
    assert metrics.nme(true + np.array([1, 0]), true, scale=[2.0]) == pytest.approx(0.5)


def test_each_frame_has_an_nme_of_its_own():
    true = np.repeat([[[0, 0], [8, 0], [0, 2]]], 2, axis=0).astype(float)
    pred = true + np.array([[[1, 0]] * 3, [[0, 3]] * 3])
    assert metrics.frame_nme(pred, true) == pytest.approx([0.25, 0.75])


def test_pck_counts_points_within_a_share_of_the_extent():
    true = np.array([[[0, 0], [10, 0], [0, 10], [10, 10]]], float)
    pred = true + np.array([[[0.1, 0], [0.4, 0], [0.9, 0], [5, 0]]])
    assert metrics.pck(pred, true) == {0.02: 0.25, 0.05: 0.5, 0.1: 0.75}


def test_auc_of_one_frame_halfway_is_a_half():
    assert metrics.auc([0.04]) == pytest.approx(0.5)
    assert metrics.auc([0.0, 0.2]) == pytest.approx(0.5)


def test_auc_is_the_area_under_the_curve_that_is_drawn():
    errors = np.random.default_rng(0).uniform(0, 0.12, 50)
    error, share = metrics.ced(errors)
    assert np.trapezoid(share, error) / 0.08 == pytest.approx(metrics.auc(errors))


def test_failure_rate_counts_frames_beyond_the_limit():
    assert metrics.failure_rate([0.01, 0.08, 0.09, np.nan]) == pytest.approx(1 / 3)


@quick
@given(seeds, st.floats(0, 0.05))
def test_auc_never_rises_when_errors_grow(seed, more):
    errors = np.random.default_rng(seed).uniform(0, 0.1, 20)
    assert metrics.auc(errors + more) <= metrics.auc(errors) + 1e-12


def test_visibility_scores_are_those_of_the_hidden_points():
    said = ~np.array([[1, 1, 0, 0]], bool)
    so = ~np.array([[1, 0, 1, 1]], bool)
    scores = metrics.visibility_scores(said, so)
    assert scores == {"precision": 0.5, "recall": pytest.approx(1 / 3)}


def test_calling_everything_visible_has_no_recall():
    assert metrics.visibility_scores(np.ones((1, 4), bool), np.array([[1, 0, 1, 1]], bool))["recall"] == 0


@quick
@given(seeds, st.floats(-20, 20), st.floats(-20, 20))
def test_errors_do_not_change_when_prediction_and_truth_move_together(seed, dx, dy):
    true, pred = walk(seed), walk(seed + 1)
    shift = np.array([dx, dy])
    assert metrics.nme(pred + shift, true + shift) == pytest.approx(metrics.nme(pred, true))
    a, b = metrics.line_errors(pred, true, RING), metrics.line_errors(pred + shift, true + shift, RING)
    assert np.allclose(a.across, b.across)


def test_a_point_beside_a_straight_line_errs_across_and_along():
    true = np.array([[[0, 0], [10, 0], [10, 10]]], float)
    pred = np.array([[[3, 4], [8, 0], [10, 12]]], float)
    errors = metrics.line_errors(pred, true, BENT)
    assert np.allclose(errors.across, [[4, 0, 2]])
    assert np.allclose(errors.along, [[3, -2, 0]])
    assert errors.mean_across == pytest.approx(2) and errors.mean_along == pytest.approx(5 / 3)


def test_sliding_round_a_corner_is_an_error_along_only():
    true = np.array([[[0, 0], [10, 0], [10, 10]]], float)
    pred = np.array([[[10, 5], [10, 5], [10, 5]]], float)
    errors = metrics.line_errors(pred, true, BENT)
    assert np.allclose(errors.across, 0) and np.allclose(errors.along, [[15, 5, -5]])


def test_a_closed_line_measures_along_the_shorter_way_round():
    true = np.array([[[0, 0], [10, 0], [10, 10], [0, 10]]], float)
    pred = true.copy()
    pred[0, 0] = [0, 3]
    assert metrics.line_errors(pred, true, RING).along[0, 0] == pytest.approx(-3)


@quick
@given(seeds)
def test_the_line_is_never_farther_than_the_point_on_it(seed):
    true, pred = walk(seed), walk(seed + 7)
    assert (metrics.line_errors(pred, true, RING).across <= metrics.point_error(pred, true) + 1e-9).all()


def test_nmj_of_one_pixel_steps_on_a_256_pixel_subject_is_100():
    true = np.broadcast_to(np.array([[0, 0], [256, 256]], float), (4, 2, 2))
    pred = true + np.arange(4)[:, None, None] % 2 * np.array([1.0, 0.0])
    assert metrics.nmj(pred, true) == pytest.approx(100)


@quick
@given(seeds, st.floats(-9, 9), st.floats(-9, 9))
def test_a_constant_offset_has_no_jitter(seed, dx, dy):
    true = walk(seed)
    pred = true + np.array([dx, dy])
    assert metrics.nmj(pred, true) == pytest.approx(0, abs=1e-9)
    assert metrics.acceleration_error(pred, true) == pytest.approx(0, abs=1e-9)


@quick
@given(seeds, st.floats(1.1, 4))
def test_jitter_grows_with_the_noise(seed, factor):
    true = walk(seed)
    noise = np.random.default_rng(seed).normal(size=true.shape)
    assert metrics.nmj(true + factor * noise, true) > metrics.nmj(true + noise, true)
    assert metrics.acceleration_error(true + factor * noise, true) > metrics.acceleration_error(true + noise, true)


def test_nmj_does_not_depend_on_the_size_of_the_frame():
    true, pred = walk(1), walk(2)
    assert metrics.nmj(3 * pred, 3 * true) == pytest.approx(metrics.nmj(pred, true))


def test_acceleration_of_a_parabola_is_its_second_difference():
    points = np.zeros((6, 1, 2))
    points[:, 0, 0] = np.arange(6) ** 2
    assert metrics.acceleration_norm(points) == pytest.approx(2)
    assert metrics.acceleration_error(points, np.zeros_like(points)) == pytest.approx(2)


def test_a_jump_between_segments_is_no_motion():
    points = np.concatenate([np.zeros((5, 2, 2)), np.full((5, 2, 2), 50.0)]) + np.array([[0, 0], [10, 10]])
    segments = metrics.segments_from_timestamps(np.r_[np.arange(5), np.arange(50, 55)] / 25)
    assert segments.tolist() == [0] * 5 + [1] * 5
    assert metrics.acceleration_norm(points, segments=segments) == 0 < metrics.acceleration_norm(points)
    still = np.broadcast_to(points[:1], points.shape)
    assert metrics.nmj(still, points, segments=segments) == 0 < metrics.nmj(still, points)
    assert np.isnan(metrics.motion_retention(points, points, segments=segments).slope)


@quick
@given(seeds)
def test_a_frozen_template_retains_no_motion(seed):
    true = walk(seed)
    kept = metrics.motion_retention(np.broadcast_to(true[:1], true.shape), true)
    assert kept == metrics.Retention(0, 0)


@quick
@given(seeds, st.floats(0.1, 1.5), st.floats(-30, 30))
def test_retention_is_the_scale_of_the_motion_whatever_the_offset(seed, scale, offset):
    true = walk(seed)
    kept = metrics.motion_retention(scale * true + offset, true)
    assert kept.slope == pytest.approx(scale) and kept.correlation == pytest.approx(1)


def test_unrelated_motion_is_not_retention():
    kept = metrics.motion_retention(walk(1, frames=3000), walk(2, frames=3000))
    assert abs(kept.correlation) < 0.1


def paint(width=40, rows=slice(19, 22), colors=1):
    masks = np.zeros((1, colors, 40, width))
    masks[0, 0, rows, 8:32] = 1  # a bar, 3 px wide, centred at y = 20.5
    return masks


def across(y):
    return np.array([[[9, y], [20, y], [31, y]]], float)


STRAIGHT = Template([[-0.5, 0], [0, 0], [0.5, 0]], [Line("bar", (0, 1, 2))])


def test_a_line_on_its_paint_reprojects_to_nothing():
    found = metrics.paint_reprojection(across(20.5), paint(), STRAIGHT)
    assert found.there[0] == pytest.approx(0) and found.back[0] == pytest.approx(2 / 3, abs=0.05)


@quick
@given(st.floats(0.5, 6))
def test_paint_reprojection_grows_as_the_line_leaves_the_paint(away):
    near, far = (metrics.paint_reprojection(across(22 + d), paint(), STRAIGHT) for d in (away, away + 1))
    assert near.there[0] < far.there[0] and near.back[0] < far.back[0]


def test_paint_that_no_line_explains_shows_in_the_way_back_only():
    masks = paint()
    masks[0, 0, 35:38, 8:32] = 1
    found = metrics.paint_reprojection(across(20.5), masks, STRAIGHT)
    assert found.there[0] == pytest.approx(0) and found.back[0] > 5


def test_a_line_is_held_to_paint_of_its_own_colour():
    masks = paint(colors=2)
    masks[0, 1, 30:33, 8:32] = 1
    assert metrics.paint_reprojection(across(20.5), masks, STRAIGHT).there[0] == pytest.approx(0)
    assert metrics.paint_reprojection(across(20.5), masks, STRAIGHT, segment_color=[1, 1]).there[0] > 8


def test_a_line_below_the_frame_is_as_far_from_paint_at_its_border_as_it_is():
    assert metrics.paint_reprojection(across(43), paint(rows=slice(39, 40)), STRAIGHT).there[0] == pytest.approx(3.5)


def test_between_two_pixels_the_distance_to_paint_lies_between_theirs():
    assert metrics.paint_reprojection(across(26), paint(), STRAIGHT).there[0] == pytest.approx(4.5)


def test_samples_at_the_last_pixels_are_those_of_the_last_pixels():
    image = np.array([[0.0, 1.0, 8.0], [0.0, 2.0, 9.0]])
    assert _sample(image, np.array([[2.0, 0.5], [2.5, 0.5], [2.0, 1.0]])) == pytest.approx([4.5, 8.0, 5.0])
    assert _sample(np.array([[3.0]]), np.array([[0.5, 0.5]])) == pytest.approx([3.0])


def test_a_hidden_end_hides_its_segment_from_the_way_there():
    points = across(20.5)
    points[0, 2] = 31, 35
    whole, seen = (
        metrics.paint_reprojection(points, paint(), STRAIGHT, visible=visible).there[0] for visible in (None, [[1, 1, 0]])
    )
    assert whole > 1 and seen == pytest.approx(0)


def test_short_and_long_segments_count_by_their_length():
    """A tenth of a line lies on the paint, in one short segment; the rest is ten pixels away."""
    points = np.array([[[10, 20.5], [10.4, 20.5], [10.4, 31.5], [14, 31.5]]], float)
    template = Template([[-0.5, 0], [-0.4, 0], [0.4, 0.1], [0.5, 0.1]], [Line("on", (0, 1)), Line("off", (2, 3))])
    found = metrics.paint_reprojection(points, paint(), template).there[0]
    assert found == pytest.approx(10 * 3.6 / 4, rel=0.03)


def test_a_frame_without_paint_is_nan():
    assert np.isnan(metrics.paint_reprojection(across(20.5), np.zeros((1, 1, 40, 40)), STRAIGHT).there[0])


def test_the_bootstrap_interval_of_a_constant_is_that_constant():
    assert metrics.block_bootstrap(np.full(100, 2.0), block=10) == metrics.Interval(2, 2, 2)


def test_the_bounds_of_many_frames_are_those_of_a_mean():
    values = np.random.default_rng(0).normal(size=400)
    low, high = (bound - values.mean() for bound in metrics.block_bootstrap(values, block=1, n=20000)[1:])
    half = stats.norm.ppf(0.975) * values.std() / 20  # the central limit theorem
    assert (-low, high) == pytest.approx((half, half), rel=0.04)


@pytest.mark.parametrize("wrong", [{"values": [[1.0], [2.0]]}, {"block": 0}, {"n": 0}], ids=str)
def test_what_can_not_be_resampled_is_refused(wrong):
    with pytest.raises(ValueError, match="both at least 1"):
        metrics.block_bootstrap(**{"values": [1.0, 2.0], **wrong})
    assert metrics.block_bootstrap([1.0, 2.0], block=1, n=1).mean == 1.5


def test_the_interval_of_nothing_is_nan():
    assert np.isnan(metrics.block_bootstrap(np.full(5, np.nan))).all()


@pytest.mark.parametrize("seeds", range(2, 32))
def test_the_interval_over_seeds_is_students(seeds):
    values = np.arange(seeds) + 0.5
    low, high = stats.t(seeds - 1, values.mean(), stats.sem(values)).interval(0.95)
    found = seed_interval(values)
    assert found.mean == values.mean() and found.high - found.low == pytest.approx(high - low, rel=1e-3)


def test_longer_blocks_admit_that_neighbouring_frames_err_alike():
    slow = np.repeat(np.random.default_rng(0).normal(size=20), 20)
    single, block = metrics.block_bootstrap(slow, block=1), metrics.block_bootstrap(slow, block=20)
    assert single.mean == block.mean and block.high - block.low > 2 * (single.high - single.low)


def test_the_bootstrap_repeats_with_its_seed():
    values = np.random.default_rng(0).normal(size=100)
    assert metrics.block_bootstrap(values, seed=3) == metrics.block_bootstrap(values, seed=3)
    assert metrics.block_bootstrap(values, seed=3) != metrics.block_bootstrap(values, seed=4)


def test_a_line_that_turns_back_counts_as_folded():
    straight = np.array([[[0, 0], [5, 0], [10, 0]]], float)
    folded = np.array([[[0, 0], [5, 0], [2, 0]]], float)
    assert metrics.fold_overs(straight, STRAIGHT) == 0
    assert metrics.fold_overs(np.concatenate([straight, folded]), STRAIGHT) == 0.5


@quick
@given(st.floats(-3, 3), st.floats(0.2, 3))
def test_turning_and_scaling_a_template_folds_nothing(angle, scale):
    c, s = np.cos(angle), np.sin(angle)
    assert metrics.fold_overs(scale * RING.points[None] @ np.array([[c, s], [-s, c]]), RING) == 0


def test_a_closed_line_has_as_many_corners_as_points():
    """Of a square one point is pushed out beyond the one across: there and beside it the line turns the other way."""
    square = Template([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]], [Line("ring", (0, 1, 2, 3), closed=True)])
    points = square.points.astype(float).copy()
    points[0] = 0.7, 0.7
    assert metrics.fold_overs(points[None], square) == 0.75


def test_the_power_of_a_sine_sits_at_its_frequency():
    time = np.arange(256) / 32
    error = np.zeros((256, 1, 2))
    error[:, 0, 0] = np.sin(2 * np.pi * 4 * time)
    frequency, power = metrics.power_spectrum(error, 32)
    assert frequency[power.argmax()] == 4
    assert power.sum() * frequency[1] == pytest.approx(0.5, rel=1e-6)  # Parseval: the mean square of a sine


def test_the_power_of_the_highest_frequency_is_not_doubled():
    error = np.zeros((256, 1, 2))
    error[:, 0, 0] = (-1.0) ** np.arange(256)
    frequency, power = metrics.power_spectrum(error, 32)
    own = power[-1] * frequency[1]
    assert own == pytest.approx(2 / 3, rel=1e-6)  # a Hann window leaves two thirds there and a sixth on either side
    assert power[-2] / power[-1] == pytest.approx(0.5)  # of which one lies beyond the highest, and is folded onto the other


@pytest.mark.parametrize("window", [32, 33])
def test_the_power_of_noise_adds_up_to_its_variance(window):
    error = np.random.default_rng(0).normal(size=(4000, 1, 2))
    frequency, power = metrics.power_spectrum(error, 25, window=window)
    assert power.sum() * frequency[1] == pytest.approx(2.0, rel=0.05)


def test_a_window_before_a_break_counts():
    trembling = np.zeros((256, 1, 2))
    trembling[:100:2] = 1
    assert metrics.power_spectrum(trembling, 25, np.repeat([0, 1], [100, 156]))[1].max() > 0.01


def test_spectra_leave_out_windows_that_reach_over_a_break():
    jump = np.concatenate([np.zeros((64, 1, 2)), np.full((64, 1, 2), 9.0)])
    segments = np.repeat([0, 1], 64)
    assert metrics.power_spectrum(jump, 25)[1].max() > 0
    assert metrics.power_spectrum(jump, 25, segments)[1].max() == pytest.approx(0)
