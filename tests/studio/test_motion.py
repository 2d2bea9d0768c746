import numpy as np
import pytest

from glmk_lib.studio import face_template
from glmk_lib.studio.filming import make_scene
from glmk_lib.studio.head import face_lines
from glmk_lib.studio.motion import FPS, motion
from glmk_lib.studio.surface import truth

DEGREE = np.pi / 180
REACH = {"yaw": 35 * DEGREE, "pitch": 20 * DEGREE, "roll": 15 * DEGREE}


@pytest.mark.parametrize("turn", REACH)
def test_the_head_turns_widely_and_never_past_its_reach(turn):
    curve = getattr(motion(0, 2000), turn)
    assert 0.75 * REACH[turn] < np.abs(curve).max() <= REACH[turn]


@pytest.mark.parametrize("turn", REACH)
def test_turns_are_slow(turn):
    power = np.abs(np.fft.rfft(getattr(motion(1, 2000), turn) * np.hanning(2000))) ** 2
    fast = np.fft.rfftfreq(2000, 1 / FPS) > 2
    assert power[fast].sum() < 1e-3 * power.sum()


def test_takes_of_different_seeds_move_independently():
    first, second = motion(0, 2000), motion(1, 2000)
    assert abs(np.corrcoef(first.yaw, second.yaw)[0, 1]) < 0.3


def test_takes_of_different_seeds_move_alike():
    spreads = [[getattr(motion(seed, 2000), turn).std() / REACH[turn] for turn in REACH] for seed in range(4)]
    assert np.ptp(spreads, axis=0).max() < 0.12


def test_the_face_talks_blinks_and_looks_about():
    take = motion(0, 1000)
    assert take.jaw.max() > 0.15 and take.jaw.min() < 0.02
    assert take.blink.max() > 0.99 and np.median(take.blink) == 0
    assert take.gaze_x.std() > 0.3


def test_the_static_template_is_about_six_pixels_off():
    scene = make_scene(0, 64)
    errors = []
    for seed in range(4):
        points, _ = truth(scene.identity, scene.skin.height, face_lines()[0], motion(seed, 2000)[::5], 64)
        errors.append(np.linalg.norm(points - (face_template().points + 1) * 32, axis=-1).mean())
    assert 5.5 < np.mean(errors) < 6.6
