"""Whatever is in a file that a user hands over, it is used or refused in a sentence: damaged ones by seed, made-up ones too."""

import json

import mutants
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from readers import KINDS, sound

from glmk_lib import presets
from glmk_lib.errors import PresetError

SHORT = range(40)  # of each kind; `make faults` reads thousands
# Once no sentence was said of these mutants.
KNOWN = [("mkv", 280), ("webm", 77), ("landmarks", 235), ("landmarks", 782), ("paint", 68)]

few = settings(max_examples=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused_in_a_sentence(kind):
    tally = mutants.read_mutants(kind, SHORT)
    assert tally.failures == {}
    assert tally.tried == len(SHORT) == tally.read + tally.refused and tally.refused > 0


@pytest.mark.parametrize(("kind", "seed"), KNOWN)
def test_a_mutant_that_was_once_a_failure_is_none_now(kind, seed):
    assert mutants.read_mutants(kind, range(seed, seed + 1)).failures == {}


def test_a_worker_that_dies_and_one_that_hangs_are_failures_of_their_mutant(monkeypatch):
    monkeypatch.setattr(mutants, "TIME_OUT", 0.0)
    tally = mutants.read_mutants("template", range(2))
    assert tally.tried == 2 and set(tally.failures.values()) == {"took over 0 s"}


@pytest.mark.parametrize("kind", ["mp4", "template"])
def test_a_seed_makes_the_same_mutant_again(kind):
    assert mutants.mutant(kind, 7) == mutants.mutant(kind, 7) != sound(kind)


def check(kind, folder, content):
    path = folder / KINDS[kind].file
    path.write_text(content, encoding="utf-8")
    assert mutants.outcome(kind, path) in (mutants.READ, mutants.REFUSED)


@few
@given(
    changed=st.dictionaries(st.sampled_from(["schema", "region", "points", "lines", "more"]), json_values),
    line=st.dictionaries(st.sampled_from(["name", "points", "closed", "color", "more"]), json_values),
)
def test_whatever_json_a_template_is_it_is_read_or_refused(tmp_path_factory, changed, line):
    body = json.loads(sound("template"))
    body["lines"][0] |= line
    check("template", tmp_path_factory.getbasetemp(), json.dumps(body | changed))


@few
@given(changed=st.dictionaries(st.sampled_from(["name", "region", "source", "licence", "files", "marks", "kind"]), json_values))
def test_whatever_yaml_a_manifest_is_it_is_read_or_refused(tmp_path_factory, changed):
    folder = tmp_path_factory.getbasetemp() / "manifest"
    folder.mkdir(exist_ok=True)
    check("manifest", folder, yaml.safe_dump(yaml.safe_load(sound("manifest")) | changed))


@few
@given(rows=st.lists(st.lists(st.text(max_size=6) | st.floats().map(str) | st.integers().map(str), max_size=6), max_size=4))
def test_whatever_rows_a_crop_has_it_is_read_or_refused(tmp_path_factory, rows):
    check("crop", tmp_path_factory.getbasetemp(), "frame,x,y,w,h\n" + "\n".join(map(",".join, rows)))


@few
@given(name=st.sampled_from(["size", "batch", "steps", "spring", "spring_form", "studio_every", "nothing"]), value=json_values)
def test_a_preset_takes_a_value_or_refuses_it_in_a_sentence(name, value):
    try:
        presets.get("smoke").with_(**{name: value})
    except PresetError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
