import numpy as np
import pytest

from glmk_lib.studio.body import RigidRange
from glmk_lib.studio.motion import FPS, bounded, episodes, pace, pulses, rigid_motion, surroundings, wander
from glmk_lib.studio.scene import Script, make_scene

POSES = np.array([[0.0, 0], [1, 0], [0, 2]])
CURVES = {
    "wander": lambda rng, n: wander(rng, n, 0.1, 0.8),
    "bounded": lambda rng, n: bounded(rng, n, -1, 2),
    "pace": pace,
    "episodes": lambda rng, n: episodes(rng, n, POSES),
    "pulses": pulses,
    "rigid_motion": lambda rng, n: rigid_motion(rng, n, RigidRange()),
    "surroundings": lambda rng, n: np.stack(list(surroundings(rng, n).values()), 1),
}


def make(name, seed, frames):
    rng = np.random.default_rng(seed)
    return CURVES[name](rng, frames), rng.random()


@pytest.mark.parametrize("name", CURVES)
def test_a_longer_take_begins_as_the_shorter_one_does(name):
    (short, after_short), (long, after_long) = make(name, 4, 60), make(name, 4, 400)
    np.testing.assert_array_equal(long[:60], short)
    assert after_short == after_long  # and what is drawn next is the same too


@pytest.mark.parametrize("name", CURVES)
def test_motion_never_jumps(name):
    curve = make(name, 2, 3000)[0].reshape(3000, -1)  # a blink takes two frames to close, all else is slower
    assert (np.abs(np.diff(curve, axis=0)).max(0) < 0.7 * np.ptp(curve, axis=0)).all()


@pytest.mark.parametrize("name", ["wander", "bounded", "rigid_motion"])
def test_two_seeds_move_independently(name):
    a, b = (make(name, seed, 6000)[0].reshape(6000, -1) for seed in (1, 2))
    for k in range(a.shape[1]):
        assert abs(np.corrcoef(a[:, k], b[:, k])[0, 1]) < 0.3


def test_two_seeds_are_of_one_distribution():
    a, b = (make("rigid_motion", seed, 12000)[0] for seed in (1, 2))
    spread = RigidRange().limits() @ (-1, 1)
    assert (np.abs(np.percentile(a, [10, 50, 90], 0) - np.percentile(b, [10, 50, 90], 0)) < 0.15 * spread).all()


def test_a_wandering_curve_keeps_to_its_frequencies():
    curve = wander(np.random.default_rng(0), 8192, 0.2, 0.8)
    power = np.abs(np.fft.rfft(curve * np.hanning(8192))) ** 2
    hertz = np.fft.rfftfreq(8192, 1 / FPS)
    assert power[(hertz > 0.18) & (hertz < 0.82)].sum() > 0.99 * power.sum()


def test_motion_stays_within_its_range_and_uses_most_of_it():
    ranges = RigidRange()
    motion = rigid_motion(np.random.default_rng(3), 6000, ranges)
    low, high = ranges.limits().T
    assert (motion > low).all() and (motion < high).all()
    assert (np.ptp(motion, axis=0) > 0.8 * (high - low)).all()


def test_motion_pauses_and_hurries():
    speed = np.diff(pace(np.random.default_rng(1), 6000)) * FPS
    assert (speed < 0.35).mean() > 0.05 and (speed > 1.5).mean() > 0.05 and 0.7 < speed.mean() < 1.3


def test_mismatched_takes_share_no_angle_and_one_position():
    low, high = (rigid_motion(np.random.default_rng(5), 2000, RigidRange(), m) for m in (-1, 1))
    assert (low[:, :3].max(0) < high[:, :3].min(0) + 1e-9).all()
    np.testing.assert_array_equal(low[:, 3:], high[:, 3:])


def test_mismatched_takes_of_a_face_share_no_turn_of_the_neck_and_every_word():
    scene = make_scene("face", 0)
    low, high = (Script.write(scene, 3, 500, m).poses[0] for m in (-1, 1))
    turns = [p.name in ("turn", "nod", "tilt") for p in scene.body.parameters]
    assert (low[:, turns].max(0) <= high[:, turns].min(0) + 1e-9).all()
    np.testing.assert_array_equal(low[:, np.logical_not(turns)], high[:, np.logical_not(turns)])


def test_poses_are_held_and_never_overshot():
    curve = episodes(np.random.default_rng(6), 2000, POSES, hold_s=(0.4, 0.8))
    held = (np.abs(curve[:, None] - POSES) < 1e-9).all(-1)
    assert (held.mean(0) > 0.1).all()
    assert (curve >= POSES.min(0) - 1e-9).all() and (curve <= POSES.max(0) + 1e-9).all()


def test_a_pose_of_no_weight_is_never_taken():
    curve = episodes(np.random.default_rng(6), 1000, POSES, weights=[1, 1, 0])
    assert curve[:, 1].max() == 0


def test_a_pulse_rises_fully_and_rests_at_nothing():
    curve = pulses(np.random.default_rng(8), 3000, every_s=(2, 3), hold_s=(0.1, 0.2))
    assert curve.min() == 0 and curve.max() > 0.95 and (curve == 0).mean() > 0.7
