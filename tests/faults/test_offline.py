"""Footage stays local: nothing is sent anywhere. The library runs where no other host can be reached.

So do the notebooks, in tests/book.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import kills
import pytest

from glmk_lib import paths

OFFLINE = Path(__file__).resolve().parent / "offline"
NETWORK = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "requests", "httpx", "aiohttp", "pooch", "websocket", "zmq"}


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """Processes started now reach no other host; the file in which their attempts are noted."""
    log = tmp_path / "attempts.txt"
    log.touch()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(OFFLINE), *filter(None, [os.environ.get("PYTHONPATH")])]))
    monkeypatch.setenv("OFFLINE_LOG", str(log))
    return log


def test_the_test_sees_an_attempt(offline):
    program = "import urllib.request; urllib.request.urlopen('http://example.org/')"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 1
    assert "example.org" in offline.read_text()


@pytest.mark.slow
def test_nothing_is_asked_of_another_host(offline, inputs, tmp_path):
    code, _, said = kills.run("predict", inputs, tmp_path / "out")
    assert code == 0, said
    assert offline.read_text() == ""


def test_only_fetching_footage_knows_the_network():
    found = set()
    for path in paths.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if NETWORK & {name.split(".")[0] for name in names}:
                found.add(path.relative_to(paths.PACKAGE).as_posix())
    assert found == {"capture/manifest.py"}
