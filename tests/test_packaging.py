"""The promises of the files around the code: pins, targets, package data, citation, no trace of the machine they come from."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import glmk_lib
from glmk_lib.paths import BUILD, ROOT, SITE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS = dict(
    (canonicalize_name(name), version)
    for name, version in (line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
)
EXTRAS = PROJECT["project"]["optional-dependencies"]
STATED = [Requirement(text) for group in (PROJECT["project"]["dependencies"], *EXTRAS.values()) for text in group]
# PyTorch brings these with its builds for CUDA, and pins them itself.
CUDA = ("nvidia-", "cuda-", "triton", "pytorch-triton")


def tracked():
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture
def checkout(tmp_path):
    """A copy of the Makefile beside an environment whose python only prints its arguments, one a line."""
    root = tmp_path / "checkout"
    (root / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "requirements-peers.txt"):
        shutil.copyfile(ROOT / name, root / name)
        os.utime(root / name, (0, 0))
    python = root / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    python.chmod(0o755)
    (root / ".venv" / ".installed").touch()
    return root


@pytest.fixture(autouse=True)
def no_values_of_the_outer_make(monkeypatch):
    """`make test` exports its own values of these to the tests that it runs."""
    for names in re.findall(r"^VALUES [:+]= (.+)$", (ROOT / "Makefile").read_text(), re.M):
        for name in names.split():
            monkeypatch.delenv(name, raising=False)


def make(root, *arguments):
    # MAKEFLAGS of the `make test` that runs this would bring its own variables along.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "CONDA"))}
    return subprocess.run(["make", *arguments], cwd=root, env=environment, capture_output=True, text=True, timeout=60)


def test_help_lists_every_target():
    names = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)
    targets = {name for line in names for name in line.split() if not name.startswith("_")}
    shown = set(re.findall(r"^  make (\S+) +\S", make(ROOT, "help").stdout, re.M))
    assert {"env", "kernel", "lab", "train", "book", "test", "report", "peers"} <= shown
    assert shown == targets


def test_make_alone_is_help(checkout):
    assert make(checkout).stdout == make(checkout, "help").stdout


def test_train_without_its_variables_is_one_line_of_usage(checkout):
    done = make(checkout, "train", "MARKED=a.mp4")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("usage: make train MARKED=")


ODD = "a b'\"; touch pwned; `touch pwned`; $(shell touch pwned) $x.mp4"


def test_odd_names_reach_the_command_line_as_they_are(checkout):
    done = make(checkout, "train", f"MARKED={ODD}", "UNMARKED=b.mp4", "TEMPLATE=t.json", "OUT=run/")
    assert done.stdout.splitlines()[:8] == ["-m", "glmk_lib", "train", "--marked", ODD, "--unmarked", "b.mp4", "--template"]
    assert not (checkout / "pwned").exists()


def test_check_without_its_variables_is_one_line_of_usage(checkout):
    done = make(checkout, "check", "MARKED=a.mp4")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("usage: make check MARKED=")


def test_two_videos_to_check_reach_the_command_line_as_they_are(checkout):
    done = make(checkout, "check", f"MARKED={ODD}", "UNMARKED=b.mp4")
    asked = ["-m", "glmk_lib", "check", "--marked", ODD, "--unmarked", "b.mp4", "--preset", "laptop"]
    assert done.stdout.splitlines() == asked
    done = make(checkout, "check", f"MARKED={ODD}", "UNMARKED=b.mp4", "TEMPLATE=t.json", "OUT=c/", f"CROP_MARKED={ODD}")
    assert done.stdout.splitlines() == [*asked, "--template", "t.json", "--out", "c/", f"--crop-marked={ODD}"]
    assert not (checkout / "pwned").exists()


def test_training_can_go_without_the_check(checkout):
    done = make(checkout, "train", "MARKED=a.mp4", "UNMARKED=b.mp4", "TEMPLATE=t.json", "OUT=run/", "CHECK=off")
    assert done.stdout.splitlines()[-2:] == ["--check", "off"]


def test_predict_without_its_variables_is_one_line_of_usage(checkout):
    done = make(checkout, "predict", "VIDEO=a.mp4", "OUT=track/")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("usage: make predict VIDEO=")


def test_a_video_to_track_reaches_the_command_line_as_it_is(checkout):
    done = make(checkout, "predict", f"VIDEO={ODD}", f"MODEL={ODD}", "OUT=track/")
    asked = ["-m", "glmk_lib", "predict", "--video", ODD, "--model", ODD, "--out", "track/"]
    assert done.stdout.splitlines() == asked
    done = make(checkout, "predict", f"VIDEO={ODD}", f"MODEL={ODD}", "OUT=track/", f"CROP={ODD}", "SMOOTH=rts")
    assert done.stdout.splitlines() == [*asked, f"--crop={ODD}", "--smooth", "rts"]
    assert not (checkout / "pwned").exists()


def test_a_box_to_follow_reaches_the_command_line_as_it_is(checkout):
    done = make(checkout, "follow", f"VIDEO={ODD}", "CROP=1,2,30,40", "OUT=boxes.csv")
    assert done.stdout.splitlines() == ["-m", "glmk_lib", "follow", "--video", ODD, "--crop=1,2,30,40", "--out", "boxes.csv"]
    assert make(checkout, "follow", "VIDEO=a.mp4").stderr.startswith("usage: make follow VIDEO=")
    assert not (checkout / "pwned").exists()


def test_values_of_the_environment_count_too(checkout, monkeypatch):
    monkeypatch.setenv("PRESET", "smoke")
    assert "--preset\nsmoke\n" in make(checkout, "book").stdout


@pytest.mark.parametrize(
    ("given", "scale", "captures"),
    [((), "paper", []), (("PRESET=smoke", "CAPTURE=studio_face,hand_a"), "smoke", ["--capture", "studio_face,hand_a"])],
)
def test_what_is_published_has_a_preset_and_captures_of_its_own(checkout, given, scale, captures):
    (checkout / ".venv-peers").mkdir()
    (checkout / ".venv-peers" / ".installed").touch()
    done = make(checkout, "paper", "MINUTES=9", *given)
    asked = ["--preset", scale, "--seed", "0", *captures, "--minutes", "9"]
    assert done.stdout.splitlines() == ["-m", "glmk_lib", "paper", *asked]


@pytest.mark.parametrize("name", ["fig-jitter", "", "$(shell touch pwned)"])
def test_a_figure_is_asked_for_by_its_name_whatever_that_holds(checkout, name):
    done = make(checkout, "figure", f"NAME={name}", "PRESET=smoke", "SEED=2")
    asked = ["--capture", "studio_face", "--preset", "smoke", "--seed", "2", "--", name]
    assert done.stdout.splitlines() == ["-m", "glmk_lib", "figure", *asked]
    assert not (checkout / "pwned").exists()


@pytest.mark.parametrize(("capture", "needed"), [("studio_face", False), ("face_a", True), ("hand_b", True)])
def test_real_footage_brings_the_peers(checkout, capture, needed):
    assert ("requirements-peers.txt" in make(checkout, "-n", "book", f"CAPTURE={capture}").stdout) == needed


def test_the_environment_is_made_again_only_when_the_pins_change(checkout):
    assert "pip install" not in make(checkout, "-n", "env").stdout
    (checkout / "constraints.txt").touch()
    os.utime(checkout / ".venv" / ".installed", (1, 1))
    assert "pip install" in make(checkout, "-n", "env").stdout


def test_footage_beside_the_checkout_is_used_unless_a_mirror_is_set(checkout, monkeypatch):
    (checkout.parent / "shared" / "data" / "footage").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").write_text('#!/bin/sh\necho "mirror:$GLMK_DATA_MIRROR"\n')
    monkeypatch.delenv("GLMK_DATA_MIRROR", raising=False)
    assert f"mirror:{checkout.parent / 'shared/data/footage'}" in make(checkout, "report").stdout
    monkeypatch.setenv("GLMK_DATA_MIRROR", "elsewhere")
    assert "mirror:elsewhere" in make(checkout, "report").stdout


@pytest.mark.parametrize("requirement", STATED, ids=str)
def test_every_stated_dependency_is_pinned_within_its_bounds(requirement):
    assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)])


def test_pins_are_the_complete_set():
    """Whatever the dependencies bring along, transitively, on this machine is pinned, and at the version installed."""
    missing, seen, queue = {}, set(), [(r, "") for r in STATED]
    while queue:
        requirement, parent = queue.pop()
        name = canonicalize_name(requirement.name)
        if (name, *requirement.extras) in seen or name.startswith(CUDA):
            continue
        if requirement.marker and not any(requirement.marker.evaluate({"extra": e}) for e in ("", *parent)):
            continue
        seen.add((name, *requirement.extras))
        distribution = metadata.distribution(name)
        if PINS.get(name) != distribution.version.partition("+")[0]:
            missing[name] = distribution.version
        queue += [(Requirement(text), tuple(requirement.extras)) for text in distribution.requires or ()]
    assert not missing


def test_pins_name_no_local_build():
    assert not [name for name, version in PINS.items() if "+" in version]


def test_files_of_the_package_other_than_modules_are_package_data():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["glmk_lib"]
    names = [path.relative_to(ROOT / "glmk_lib").as_posix() for path in tracked() if (ROOT / "glmk_lib") in path.parents]
    data = [name for name in names if not name.endswith(".py")]
    assert [name for name in data if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)] == []
    assert any(name.startswith("templates/") for name in data)


@pytest.mark.slow
def test_a_wheel_holds_all_that_the_library_needs(tmp_path):
    """Built from a copy, since setuptools leaves its work beside the sources, and from there into every later wheel."""
    source, site = tmp_path / "source", tmp_path / "site"
    shutil.copytree(ROOT / "glmk_lib", source / "glmk_lib", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, source], check=True, timeout=120)
    wheel = next(tmp_path.glob("*.whl"))
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", site, wheel], check=True, timeout=120)
    program = (
        "import glmk_lib, glmk_lib.figures.style, glmk_lib.tracking, glmk_lib.training\n"
        "from glmk_lib.template import Template\n"
        "print(glmk_lib.__file__, len(Template.ready('foot')))"
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}
    said = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert said.stdout.split()[:1] == [str(site / "glmk_lib" / "__init__.py")], said.stderr


def test_citation_names_the_software_and_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software" and citation["license"] == "MIT"
    paper = citation["preferred-citation"]
    assert paper["title"] == "Generative Landmarks"
    assert [author["family-names"] for author in paper["authors"]] == ["Ferman", "Bharaj"]


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert glmk_lib.__version__ == PROJECT["project"]["version"] == citation["version"]
    assert f"## {glmk_lib.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_conda_environment_has_pytorch3d_and_the_same_pins():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    assert "pytorch3d" in {Requirement(entry.replace("=3.11", "==3.11")).name for entry in conda}
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    pinned = dict(entry.split("==") for entry in pip if "==" in entry)
    assert pinned == {name: PINS[canonicalize_name(name)] for name in pinned}
    given = {canonicalize_name(name) for name in pinned} | {"torch", "numpy"}  # these two are conda's
    assert {canonicalize_name(r.name) for r in STATED} <= given


def test_new_pins_reach_the_conda_environment(checkout):
    for name in ("constraints.txt", "environment.yml"):
        text = (ROOT / name).read_text()
        (checkout / name).write_text(text.replace("tqdm==" + PINS["tqdm"], "tqdm==999.1") if name[0] == "c" else text)
    assert not make(checkout, "_conda-pins").stderr
    before, after = ((root / "environment.yml").read_text().splitlines() for root in (ROOT, checkout))
    assert [line for line in after if line not in before] == ["      - tqdm==999.1"] and len(after) == len(before)


def test_the_licence_of_every_pinned_package_is_listed():
    rows = re.findall(r"^\| (\S+) \| (.+) \|$", (ROOT / "LICENCES.md").read_text(), re.M)
    listed = {canonicalize_name(name): licence for name, licence in rows[1:] if name != "---"}
    assert set(listed) == set(PINS), "run `make licences`"
    assert not [name for name, licence in listed.items() if licence in ("", "UNKNOWN")]


def test_the_published_book_is_the_one_that_is_built():
    workflow = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text())
    steps = workflow["jobs"]["build"]["steps"]
    upload = next(step for step in steps if "upload-pages-artifact" in step.get("uses", ""))
    assert upload["with"]["path"] == f"build/{(SITE / 'studio_face-laptop/html').relative_to(BUILD)}"
    assert workflow["permissions"] == {"contents": "read"}


def test_the_container_is_made_by_targets_of_make():
    made = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())["postCreateCommand"].split()
    assert made[0] == "make" and set(made[1:]) <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def test_ci_runs_the_tests():
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert (ROOT / ".ci/run").read_text().splitlines()[-1] == "make test"


def test_nothing_tracked_names_a_machine_or_a_registry():
    machine = re.compile(rb"(?<![\w.:/-])/(?:work|home|root|Users|tmp)/\w")
    registry = re.compile(
        rb"pypi\.org|pythonhosted\.org|download\.pytorch\.org|npmjs\.org|conda\.anaconda\.org|unpkg\.com|jsdelivr\.net"
    )
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" in content[:4096]:  # a picture
            continue
        found += [f"{path.relative_to(ROOT)}: {m.group().decode()}" for p in (machine, registry) for m in p.finditer(content)]
    assert found == []
