"""Presets are frozen, named, and refuse what they don't know."""

import dataclasses

import pytest

from glmk_lib import presets
from glmk_lib.errors import PresetError


def test_an_unknown_preset_names_those_that_exist():
    with pytest.raises(PresetError, match="unknown preset 'lap'; expected one of smoke, laptop, paper"):
        presets.get("lap")


def test_an_unknown_parameter_is_named():
    with pytest.raises(PresetError, match=r"unknown parameter \['stepz'\]"):
        presets.get("smoke").with_(stepz=3)


@pytest.mark.parametrize("change", [{"steps": 0}, {"studio_every": 0}, {"batch": 2.5}, {"size": 100}, {"spring_form": "bendy"}])
def test_a_value_out_of_range_is_refused(change):
    with pytest.raises(PresetError, match="expected"):
        presets.get("smoke").with_(**change)


def test_changes_reach_the_terms():
    changed = presets.get("smoke").with_(spring=7.0, steps=10)
    assert changed.terms.spring == 7.0 and changed.steps == 10


def test_paper_only_switches_every_addition_off():
    terms = presets.get("laptop").with_(paper_only=True).terms
    assert terms.chamfer == 0 and not terms.augment and not terms.closes_channel
    assert terms.keep == 0 and terms.shape_at(0.0) == terms.shape_at(1.0) == 0
    assert terms.blur_scales == (0.0,) and terms.adversarial_marked == 1.0
    assert terms.cycle > 0 and terms.spring > 0 and terms.adversarial_unmarked > 0


def test_the_shape_term_relaxes_from_its_start_to_its_end():
    terms = presets.get("laptop").terms
    weights = [terms.shape_at(p) for p in (0.0, 0.3, terms.shape_until, 1.0)]
    assert weights[0] == terms.shape_start > weights[1] > weights[2] == weights[3] == terms.shape


def test_the_reach_of_the_paint_shrinks():
    terms = presets.get("laptop").terms
    reaches = [terms.reach_at(p) for p in (0.0, 0.3, terms.shape_until, 1.0)]
    assert reaches[0] == pytest.approx(terms.reach_start) and reaches[0] > reaches[1] > reaches[2]
    assert reaches[2] == reaches[3] == pytest.approx(terms.reach)


def test_the_papers_objective_has_no_second_phase():
    preset = presets.get("laptop")
    assert preset.total_steps == preset.steps + preset.refine_steps
    assert preset.with_(paper_only=True).total_steps == preset.steps


def test_presets_can_not_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        presets.get("smoke").steps = 3


@pytest.mark.parametrize("name", list(presets.PRESETS))
def test_checkpoints_fall_on_evaluations(name):
    preset = presets.get(name)
    assert preset.checkpoint_every % preset.evaluate_every == 0
