import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmk_lib.studio.identity import Identity, linear


@given(st.integers(0, 10**6))
def test_the_same_number_is_the_same_person(seed):
    assert Identity.of("face", seed).described() == Identity.of("face", seed).described()


@given(st.integers(1, 10**4), st.floats(-2, 0), st.floats(0, 2))
def test_a_proportion_lies_in_its_range_and_follows_from_its_name_alone(seed, low, high):
    one, other = Identity.of("hand", seed), Identity.of("hand", seed)
    other.draw("thumb", 0, 1)
    assert one.draw("palm", low, high) == other.draw("palm", low, high)
    assert low <= one.proportions["palm"] <= high


def test_the_first_person_has_middle_proportions():
    assert Identity.of("foot", 0).draw("heel", 1, 3) == 2


def test_a_person_has_one_skin_in_all_regions():
    np.testing.assert_array_equal(Identity.of("face", 7).skin, Identity.of("foot", 7).skin)


def test_people_differ_in_tone_from_light_to_dark():
    light = [Identity.of("face", k).skin.mean() for k in range(40)]
    assert max(light) > 5 * min(light) > 0


def test_colours_are_linear_light_that_skin_can_have():
    for k in range(40):
        person = Identity.of("face", k)
        for color in (person.skin, person.lip, person.nail, person.hair, person.iris):
            assert color.shape == (3,) and color.dtype == np.float32 and (color > 0).all() and (color < 1).all()
        assert person.skin[0] > person.skin[1] > person.skin[2]


def test_the_description_is_json():
    person = Identity.of("face", 3)
    person.draw("nose", 0, 1)
    assert json.loads(json.dumps(person.described()))["nose"] == pytest.approx(person.proportions["nose"])


def test_middle_grey_of_the_screen_is_a_fifth_of_the_light():
    np.testing.assert_allclose(linear("#808080"), 0.2159, atol=1e-3)
