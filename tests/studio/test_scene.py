import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmk_lib.studio.identity import Identity
from glmk_lib.studio.scene import exposure_for, make_scene


def test_the_first_person_needs_hardly_any_correction():
    assert exposure_for(Identity.of("face", 0).skin) == pytest.approx(1, abs=0.02)


def test_a_scene_is_exposed_for_the_skin_that_is_filmed():
    assert make_scene("hand", 3).exposure == exposure_for(Identity.of("hand", 3).skin) > 1.2


@given(st.floats(0.01, 1), st.floats(1, 3))
def test_darker_skin_is_exposed_more_and_still_looks_darker(light, ratio):
    skin = light * np.array([1.0, 0.7, 0.5], np.float32)
    more, less = exposure_for(skin / ratio), exposure_for(skin)
    assert 0.8 <= less <= more <= 1.8
    assert more / ratio <= less * (1 + 1e-6)
