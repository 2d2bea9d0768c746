"""The data manifest: entries are complete, and a file is used only when it is the one that the manifest means."""

import hashlib
import shutil

import pytest
import requests
import yaml

from glmk_lib import paths
from glmk_lib.capture import manifest
from glmk_lib.errors import ManifestError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = b"not really a video"


def body(**changes):
    file = {
        "path": "clip/a.mp4",
        "role": "video",
        "source_path": "media/a.mp4",
        "url": f"https://raw.githubusercontent.com/someone/thing/{COMMIT}/media/a.mp4",
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "size": len(CONTENT),
    }
    entry = {
        "name": "clip",
        "title": "A clip",
        "kind": "footage",
        "region": "hand",
        "shows": "a hand",
        "source": {"repository": "someone/thing", "commit": COMMIT},
        "licence": {"name": "MIT", "holder": "someone", "stated_by": "the repository"},
        "consent": "inferred",
        "made": "filmed",
        "files": [file],
    }
    for key, value in changes.items():
        (file if key in file else entry)[key] = value
    return entry


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty manifest folder; fetched files go beside it, and no mirror is set."""
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    monkeypatch.delenv(manifest.MIRROR, raising=False)
    made = tmp_path / "manifest"
    made.mkdir()
    return made


def write(folder, **changes):
    (folder / "clip.yaml").write_text(yaml.safe_dump(body(**changes)))


def serve(monkeypatch, content=CONTENT, calls=None):
    """Downloads give `content`, or fail as without a connection when it is None."""

    def download(url, out, _):
        if calls is not None:
            calls.append(url)
        if content is None:
            raise requests.exceptions.ConnectionError("no route")
        with open(out, "wb") as file:
            file.write(content)

    monkeypatch.setattr(manifest.pooch, "HTTPDownloader", lambda **_: download)


def test_the_manifest_of_the_project_is_valid_and_names_its_data_sets():
    studio = {f"studio_{region}{marks}" for region in ("face", "hand", "foot") for marks in ("", "_bands")}
    others = {"studio_face_b", "studio_face_several", "studio_face_half", "studio_face_apart"}
    assert set(manifest.entries()) == studio | others | {"face_a", "face_b", "hand_a", "hand_b"}


def test_what_is_painted_in_bands_says_so():
    assert {name for name, entry in manifest.entries().items() if entry.marks == "bands"} == {
        "studio_face_bands",
        "studio_hand_bands",
        "studio_foot_bands",
    }


def test_what_shows_another_person_or_several_says_so():
    others = {name: entry.persons for name, entry in manifest.entries().items() if entry.persons != (0,)}
    assert others == {"studio_face_b": (1,), "studio_face_several": (0, 1, 2, 3)}


def test_what_has_unlike_takes_says_so():
    unlike = {name: entry.mismatch for name, entry in manifest.entries().items() if entry.mismatch}
    assert unlike == {"studio_face_half": {"marked": 1}, "studio_face_apart": {"marked": 1, "unmarked": -1}}


def test_face_b_says_that_its_holder_states_no_licence():
    entry = manifest.entry("face_b")
    assert "states no licence" in entry.licence.stated_by
    assert len(entry.files) == 24


def test_every_footage_entry_says_that_consent_is_inferred():
    assert all("nferred" in e.consent for e in manifest.entries().values() if e.kind == "footage")


@pytest.mark.parametrize("field", ["path", "source_path"])
@pytest.mark.parametrize("bad", ["../a.mp4", "/etc/passwd", "clip/../../a.mp4", "C:\\a.mp4", "."])
def test_paths_cant_leave_their_folder(folder, field, bad):
    write(folder, **{field: bad})
    with pytest.raises(ManifestError, match=r"clip\.yaml.*leaves its folder"):
        manifest.entries(folder)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"sha256": "abc"}, "sha256"),
        ({"size": 0}, "size"),
        ({"consent": " "}, "consent"),
        ({"colour": "red"}, "colour"),
        ({"source": None}, "footage needs a source"),
        ({"mismatch": {"marked": 1.5}}, "mismatch.marked"),
        ({"mismatch": {"both": 1}}, "mismatch.both"),
        ({"mismatch": {"marked": 1}}, "mismatch is for the studio"),
        ({"persons": []}, "persons"),
        ({"persons": [2, -1]}, "persons"),
        ({"persons": [2, 2]}, "expected each of them once"),
        ({"url": "https://example.org/a.mp4"}, "expected https://raw.githubusercontent.com/someone/thing"),
        ({"name": "other"}, "expected 'clip'"),
    ],
)
def test_a_malformed_entry_names_the_file_and_the_field(folder, changes, named):
    write(folder, **changes)
    with pytest.raises(ManifestError) as error:
        manifest.entries(folder)
    assert "clip.yaml" in str(error.value)
    assert named in str(error.value)


@pytest.mark.parametrize("text", ["a: [1, 2", "- 1\n- 2\n", "", "a: \x07"])
def test_what_is_no_manifest_is_a_manifest_error(folder, text):
    (folder / "clip.yaml").write_text(text)
    with pytest.raises(ManifestError, match=r"clip\.yaml"):
        manifest.entries(folder)


def test_an_unknown_name_lists_the_known_ones(folder):
    write(folder)
    with pytest.raises(ManifestError, match="unknown data set 'nobody'; expected one of clip"):
        manifest.entry("nobody", folder)


def test_an_empty_folder_is_an_error(folder):
    with pytest.raises(ManifestError, match="no manifest"):
        manifest.entries(folder)


def test_a_file_in_the_mirror_is_read_in_place(folder, tmp_path, monkeypatch):
    write(folder)
    calls = []
    serve(monkeypatch, calls=calls)
    local = tmp_path / "mirror/clip/a.mp4"
    local.parent.mkdir(parents=True)
    local.write_bytes(CONTENT)
    monkeypatch.setenv(manifest.MIRROR, str(tmp_path / "mirror"))
    assert manifest.fetch("clip", folder=folder) == [local]
    assert not calls


def test_a_changed_file_in_the_mirror_names_both_checksums(folder, tmp_path, monkeypatch):
    write(folder)
    local = tmp_path / "mirror/clip/a.mp4"
    local.parent.mkdir(parents=True)
    local.write_bytes(b"changed")
    monkeypatch.setenv(manifest.MIRROR, str(tmp_path / "mirror"))
    with pytest.raises(ManifestError) as error:
        manifest.fetch("clip", folder=folder)
    assert hashlib.sha256(b"changed").hexdigest() in str(error.value)
    assert hashlib.sha256(CONTENT).hexdigest() in str(error.value)


def test_a_mirror_that_does_not_exist_is_named(folder, tmp_path, monkeypatch):
    write(folder)
    monkeypatch.setenv(manifest.MIRROR, str(tmp_path / "nowhere"))
    with pytest.raises(ManifestError, match="nowhere"):
        manifest.fetch("clip", folder=folder)


def test_what_the_mirror_lacks_is_downloaded_once(folder, tmp_path, monkeypatch):
    write(folder)
    calls = []
    serve(monkeypatch, calls=calls)
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv(manifest.MIRROR, str(tmp_path / "mirror"))
    first = manifest.fetch("clip", folder=folder)
    assert first == manifest.fetch("clip", folder=folder) == [paths.DATA / "clip/a.mp4"]
    assert first[0].read_bytes() == CONTENT
    assert len(calls) == 1


def test_a_changed_download_names_both_checksums_and_leaves_nothing(folder, monkeypatch):
    write(folder)
    serve(monkeypatch, b"changed")
    with pytest.raises(ManifestError) as error:
        manifest.fetch("clip", folder=folder)
    assert hashlib.sha256(b"changed").hexdigest() in str(error.value)
    assert hashlib.sha256(CONTENT).hexdigest() in str(error.value)
    assert not list(paths.DATA.rglob("*.mp4"))


def test_without_a_connection_the_mirror_is_suggested(folder, monkeypatch):
    write(folder)
    serve(monkeypatch, None)
    with pytest.raises(ManifestError, match=f"connect to the internet, or set {manifest.MIRROR}"):
        manifest.fetch("clip", folder=folder)


def test_only_files_of_the_asked_role_are_fetched(folder, monkeypatch):
    write(folder, role="landmarks")
    serve(monkeypatch)
    assert manifest.fetch("clip", folder=folder) == []
    assert len(manifest.fetch("clip", role=None, folder=folder)) == 1


def test_studio_data_need_no_fetching(folder):
    shutil.copy(paths.MANIFEST / "studio_face.yaml", folder)
    assert manifest.fetch("studio_face", folder=folder) == []
