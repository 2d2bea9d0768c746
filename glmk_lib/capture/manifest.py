"""The data manifest: what each data set shows, where it comes from, under which licence; fetched and verified by checksum.

One YAML file in `data_manifest/` describes one data set. Nothing fetched is kept in the repository: a file is read from the
folder that the environment variable GLMK_DATA_MIRROR names, where it lies there, and downloaded from its public source
otherwise. Either way its SHA-256 must be the manifest's.
"""

import hashlib
import os
import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import pooch
import requests
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from glmk_lib import paths
from glmk_lib.capture.storage import explain_full_disk
from glmk_lib.errors import ManifestError

MIRROR = "GLMK_DATA_MIRROR"
_HOSTS = ("https://raw.githubusercontent.com/", "https://media.githubusercontent.com/media/")
Text = Annotated[str, Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Source(_Model):
    """A public repository at one commit."""

    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]


class Licence(_Model):
    """Its name, who holds the rights, and who says so."""

    name: Text
    holder: Text
    stated_by: Text


class File(_Model):
    """One file: `path` under the data folder, `source_path` in the repository, SHA-256 and size in bytes."""

    path: Text
    role: Literal["video", "landmarks"]
    source_path: Text
    url: Text
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(gt=0)]

    @field_validator("path", "source_path")
    @classmethod
    def _stays_in_its_folder(cls, value: str) -> str:
        parts = PurePosixPath(value).parts
        if value.startswith("/") or "\\" in value or ":" in value or ".." in parts or not parts:
            raise ValueError(f"'{value}' leaves its folder; expected a relative path without '..'")
        return value


class Entry(_Model):
    """One data set. `source` is None and `files` empty for what the library films itself.

    `marks` at the points of the studio's lines are "bands" where the paint changes its colour there. `persons` of the studio
    are seen one after another, each for as long. `mismatch` is that of `studio.film` in a take for training; the held-out
    takes always have the whole range of poses.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Text
    kind: Literal["studio", "footage"]
    marks: Literal["none", "bands"] = "none"
    persons: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0,)
    mismatch: dict[Literal["marked", "unmarked"], Annotated[float, Field(ge=-1, le=1)]] = {}
    region: Literal["face", "hand", "foot"]
    shows: Text
    source: Source | None
    licence: Licence
    consent: Text
    made: Text
    files: tuple[File, ...]

    @model_validator(mode="after")
    def _files_come_from_the_source(self):
        if (self.kind == "footage") != (self.source is not None and bool(self.files)):
            raise ValueError("footage needs a source and files; studio has neither")
        if self.kind == "footage" and self.mismatch:
            raise ValueError("footage has the poses that it has; mismatch is for the studio")
        if len(set(self.persons)) < len(self.persons):
            raise ValueError(f"persons are {list(self.persons)}; expected each of them once")
        for file in self.files:
            expected = f"{self.source.repository}/{self.source.commit}/{file.source_path}"
            if file.url not in [host + expected for host in _HOSTS]:
                raise ValueError(f"url is '{file.url}'; expected {_HOSTS[0]}{expected}")
        if len({file.path for file in self.files}) < len(self.files):
            raise ValueError("two files have the same path")
        return self


def entries(folder=None) -> dict[str, Entry]:
    """Every data set of the manifest by name, in alphabetical order.

    Args:
        folder: with the YAML files; `data_manifest/` of the project when not given.

    Raises ManifestError: no manifest there, or one that can't be read or is malformed (names the file and the field).
    """
    folder = Path(folder or paths.MANIFEST)
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.yaml"))}
    if not found:
        raise ManifestError(
            f"{folder}: no manifest (*.yaml) here; expected one for each data set: run from the project's folder."
        )
    return found


def entry(name: str, folder=None) -> Entry:
    """The data set `name`. Raises ManifestError naming those that exist."""
    found = entries(folder)
    if name not in found:
        raise ManifestError(f"unknown data set '{name}'; expected one of {', '.join(found)}.")
    return found[name]


def fetch(name: str, role: str | None = "video", folder=None) -> list[Path]:
    """The files of data set `name`, verified, in the manifest's order; downloads what isn't in the mirror or here already.

    Args:
        name: a data set of the manifest.
        role: only files of this role ("video" or "landmarks"); None for all.
        folder: see `entries`.

    Raises ManifestError: unknown name, wrong checksum (names both), no connection, or a mirror folder that doesn't exist.
    """
    return [_fetch(file) for file in entry(name, folder).files if role in (None, file.role)]


def sha256(path) -> str:
    """SHA-256 of a file, as hexadecimal text."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> Entry:
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = Entry.model_validate(body)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ManifestError(f"{path}: can't be read as a manifest ({reason}); expected YAML text.") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the entry"
        message = first["msg"].removeprefix("Value error, ")
        raise ManifestError(f"{path}: {field}: {message}; mend this field of the manifest.") from None
    if found.name != path.stem:
        raise ManifestError(f"{path}: name is '{found.name}'; expected '{path.stem}', as the file is called.")
    return found


def _fetch(file: File) -> Path:
    mirror = os.environ.get(MIRROR)
    if mirror:
        if not Path(mirror).is_dir():
            raise ManifestError(
                f"{MIRROR} is '{mirror}', which is no folder; set it to the folder with the footage, or unset it."
            )
        local = Path(mirror) / file.path
        if local.is_file():
            got = sha256(local)
            if got != file.sha256:
                raise _mismatch(local, file, got, "copy the file again")
            return local
    target = paths.DATA / file.path
    try:
        with explain_full_disk(target, file.size):
            target.parent.mkdir(parents=True, exist_ok=True)
            downloader = pooch.HTTPDownloader(progressbar=True, timeout=60)
            pooch.retrieve(file.url, f"sha256:{file.sha256}", target.name, target.parent, downloader=downloader)
    except ValueError as error:  # pooch deletes what it got, and says its hash
        got = re.search(r"but got ([0-9a-f]{64})", str(error))
        if not got:
            raise
        raise _mismatch(file.url, file, got[1], "nothing was kept; try again later") from None
    except requests.exceptions.RequestException as error:
        where = f" and {Path(mirror) / file.path} is not there" if mirror else ""
        raise ManifestError(
            f"{file.url}: can't be downloaded ({type(error).__name__}){where}; connect to the internet, or set {MIRROR} to a "
            f"folder that holds {file.path}."
        ) from None
    return target


def _mismatch(found, file: File, got: str, what_to_do: str) -> ManifestError:
    return ManifestError(f"{found}: SHA-256 is {got}; expected {file.sha256}, as the manifest states: {what_to_do}.")
