import json
import math

import numpy as np
import pytest

from glmk_lib import paths, presets
from glmk_lib.errors import PresetError
from glmk_lib.publish import BookError, notebook


@pytest.fixture(autouse=True)
def results(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    monkeypatch.delenv("GLMK_PRESET", raising=False)
    return tmp_path


def cells(**injected):
    """What a notebook's globals hold after its parameters cell, what papermill injected, and the imports."""
    own = {"__name__": "__main__", "_ih": [""], "In": [""], "Out": {}, "notebook": notebook, "exit": print}
    return {**own, "preset": None, "capture": "studio_face", "seed": 0, **injected}


def test_a_misspelt_parameter_is_named_with_those_the_notebook_takes():
    with pytest.raises(PresetError, match="unknown parameter 'sed'; this notebook takes capture, preset, seed"):
        notebook.begin(cells(sed=3), "03_training")


def test_a_parameter_that_the_cell_forgets_is_named():
    namespace = cells()
    del namespace["seed"]
    with pytest.raises(PresetError, match="'seed' has no value"):
        notebook.begin(namespace, "03_training")


def test_beginning_again_in_the_same_kernel_does_not_mistake_the_notebooks_own_names_for_parameters():
    namespace = cells()
    notebook.begin(namespace, "03_training")
    namespace["losses"] = [1.0]
    assert notebook.begin(namespace, "03_training").seed == 0


@pytest.mark.parametrize(("variable", "expected"), [(None, "laptop"), ("smoke", "smoke")])
def test_an_empty_preset_is_the_environments_or_laptop(monkeypatch, variable, expected):
    if variable:
        monkeypatch.setenv("GLMK_PRESET", variable)
    assert notebook.begin(cells(), "03_training").preset.name == expected


def test_a_given_preset_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("GLMK_PRESET", "laptop")
    assert notebook.begin(cells(preset="smoke"), "03_training").preset.name == "smoke"


@pytest.mark.parametrize("wrong", [{"preset": "huge"}, {"capture": "face_z"}, {"seed": -1}, {"seed": True}, {"seed": "0"}])
def test_a_wrong_value_is_named(wrong):
    with pytest.raises(PresetError, match=repr(next(iter(wrong.values())))):
        notebook.begin(cells(**wrong), "03_training")


def test_numbers_of_numpy_are_saved_as_plain_json(results):
    measured = {"ours": {"px": np.float32(1.5), "all": np.arange(2)}}
    path = notebook.save_results("face_a", "smoke", "03_training", measured, provenance=False)
    assert path == results / "smoke" / "face_a" / "03_training.json"
    assert json.loads(path.read_text()) == {"ours": {"px": 1.5, "all": [0, 1]}}


@pytest.mark.parametrize("value", [math.nan, math.inf, None, np.array([1.0, np.nan])])
def test_what_is_no_finite_number_is_refused_and_the_older_results_stay(value):
    notebook.save_results("face_a", "smoke", "03_training", {"ours": {"px": 1}}, False)
    with pytest.raises(BookError, match=r"'ours\.px"):
        notebook.save_results("face_a", "smoke", "03_training", {"ours": {"px": value}}, False)
    assert notebook.load_results("face_a", "smoke", "03_training") == {"ours": {"px": 1}}


def test_results_say_what_made_them():
    notebook.begin(cells(preset="smoke", seed=4), "02_template").save({"points": 36})
    made = notebook.load_results("studio_face", "smoke", "02_template")["provenance"]
    assert (made["capture"], made["preset"], made["seed"]) == ("studio_face", "smoke", 4)
    assert made["library"] and made["packages"]


def test_numbers_that_not_every_machine_measures_outlive_a_run_without_them():
    chapter = notebook.begin(cells(preset="smoke"), "05_jitter")
    chapter.save({"ratio": 0.4}, "detector")
    chapter.save({"points": 36})
    assert chapter.load("detector")["ratio"] == 0.4 and "ratio" not in chapter.load("05_jitter")


def test_runs_of_several_seeds_are_kept_side_by_side():
    smoke = presets.get("smoke")
    for seed in (2, 0, 10):
        notebook.Chapter("05_jitter", "face_a", smoke, seed).save_of_seed("peer", {"px": seed})
    notebook.Chapter("05_jitter", "face_a", smoke, 1).save({"px": 7}, "peer-seedling")
    found = notebook.of_seeds("face_a", "smoke", "peer")
    assert [(seed, body["px"]) for seed, body in found.items()] == [(0, 0), (2, 2), (10, 10)]
    assert notebook.load_results("face_a", "smoke", "peer")["px"] == 0
    assert notebook.of_seeds("face_a", "smoke", "another") == {}


def test_results_that_are_missing_say_which_notebook_to_run():
    chapter = notebook.begin(cells(preset="smoke"), "04_spring")
    with pytest.raises(BookError, match="run notebook 03_training at preset smoke on studio_face first"):
        chapter.load("03_training")


def test_a_dotted_key_reaches_into_dicts_and_lists():
    measured = {"seeds": [{"px": 1.0}, {"px": 2.0}]}
    assert notebook.look_up(measured, "seeds.1.px") == 2.0
    assert notebook.look_up(measured, "seeds.2.px") is None
    assert notebook.look_up(measured, "ours.px") is None
