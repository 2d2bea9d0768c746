import json
import shutil
import subprocess

import pytest

from glmk_lib import provenance

GIT = ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]


@pytest.fixture
def checkout(tmp_path):
    """A git checkout with one committed module."""
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "module.py").write_text("a = 1\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*GIT, *command], cwd=root, check=True)
    return root


@pytest.fixture
def library(tmp_path):
    root = tmp_path / "library"
    (root / "templates").mkdir(parents=True)
    (root / "one.py").write_text("a = 1\n")
    (root / "two.py").write_text("b = 2\n")
    (root / "templates" / "face.json").write_text("{}")
    (root / "glmk.mplstyle").write_text("")
    return root


def test_provenance_is_json_and_carries_what_it_is_given():
    made = json.loads(json.dumps(provenance.provenance(seed=7, preset="smoke")))
    assert made["seed"] == 7 and made["preset"] == "smoke"
    assert len(made["library"]) == 64 and made["constraints"] == provenance.constraints_hash()
    assert {"torch", "numpy"} <= set(made["packages"])


def test_clean_checkout_is_not_dirty(checkout):
    head = subprocess.run([*GIT, "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True).stdout.strip()
    assert provenance.git_state(checkout) == (head, False)


def test_a_new_file_makes_the_checkout_dirty(checkout):
    (checkout / "untracked.py").write_text("c = 3\n")
    assert provenance.git_state(checkout)[1] is True


def test_outside_git_there_is_no_commit(tmp_path):
    assert provenance.git_state(tmp_path) == (None, None)


def test_a_copy_inside_another_checkout_does_not_claim_its_commit(checkout):
    copy = checkout / "vendored"
    copy.mkdir()
    assert provenance.git_state(copy) == (None, None)


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.git_state(checkout) == (None, None)


def test_library_hash_is_the_same_wherever_the_library_lies(library, tmp_path):
    elsewhere = shutil.copytree(library, tmp_path / "elsewhere")
    (elsewhere / "__pycache__").mkdir()
    (elsewhere / "__pycache__" / "one.pyc").write_bytes(b"x")
    assert provenance.library_hash(library) == provenance.library_hash(elsewhere)


@pytest.mark.parametrize("name", ["one.py", "templates/face.json", "glmk.mplstyle"])
def test_library_hash_changes_with_a_file(library, name):
    before = provenance.library_hash(library)
    (library / name).write_text("[]")
    assert provenance.library_hash(library) != before


def test_library_hash_changes_when_a_line_moves_to_another_file(library):
    before = provenance.library_hash(library)
    (library / "one.py").write_text("a = 1\nb = 2\n")
    (library / "two.py").write_text("")
    assert provenance.library_hash(library) != before


def test_only_code_counts_not_what_is_said_about_it():
    one = 'def f(x):\n    """Twice."""\n    return 2 * x  # doubled\n'
    other = '"""A module."""\n\n\ndef f(x):\n    return 2 * x\n'
    assert provenance.bare(one) == provenance.bare(other) != provenance.bare(one.replace("2", "3"))
