import json

import pytest

from glmk_lib import paths
from glmk_lib.publish import BookError, assets

LOCKS = pytest.mark.parametrize("folder", [paths.BOOK, paths.BOOK / "runtime"], ids=["pages", "runtime"])


@LOCKS
def test_every_package_is_pinned_by_checksum_and_no_registry_is_recorded(folder):
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    del locked[""]
    assert all(package["integrity"].startswith("sha512-") for package in locked.values())
    assert not any("resolved" in package for package in locked.values())


@LOCKS
def test_package_and_lock_name_the_same_versions(folder):
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_without_npm_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    monkeypatch.setattr(assets, "npm", lambda: None)
    with pytest.raises(BookError, match="npm was not found; install"):
        assets.install()
    assert list((tmp_path / "npm").iterdir()) == []


def test_when_npm_fails_its_own_words_are_kept_and_nothing_half_installed(monkeypatch, tmp_path):
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\necho no route >&2\nexit 3\n")
    npm.chmod(0o755)
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    monkeypatch.setattr(assets, "npm", lambda: npm)
    with pytest.raises(BookError, match=r"exit code 3.*see .*npm\.log"):
        assets.install()
    assert [path.name for path in (tmp_path / "npm").iterdir()] == ["npm.log"]
    assert "no route" in (tmp_path / "npm" / "npm.log").read_text()


def test_a_file_that_a_package_no_longer_holds_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "install", lambda: tmp_path)
    with pytest.raises(BookError, match=r"no tex-mml-chtml\.js"):
        assets.files()
