"""Chromium, for opening the book's pages without a screen: where it is, and how to get it.

`python -m glmk_lib.publish.browser` (that is `make browser`) installs it where it is missing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from glmk_lib.publish import BookError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without a sandbox, since root in a container has none; and without the traffic of its own that a fresh profile starts.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> Path | None:
    """The browser to use: $CHROMIUM, else the first of `NAMES` on PATH, else Playwright's own; None where there is none.

    Raises:
        BookError: CHROMIUM is set but names no program.
    """
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise BookError(f"CHROMIUM={chosen}: no such program; name Chromium or Chrome, or unset the variable.")
        return Path(found)
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None) or _playwrights_own()


def _playwrights_own() -> Path | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.is_file() else None


def starts(browser: Path) -> bool:
    """Whether `browser` runs at all; some systems install a script of that name which only points to a shop."""
    try:
        return subprocess.run([browser, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install_commands() -> list[list[list[str]]]:
    """The ways to install Chromium here, best first; each is a list of commands to run in turn."""
    ways = []
    if shutil.which("apt-get"):
        prefix = _root_prefix()
        if prefix is not None:
            apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
            ways.append([[*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", "chromium"]])
    ways.append([[sys.executable, "-m", "playwright", "install", "chromium"]])
    return ways


def _root_prefix() -> list[str] | None:
    """What to put before a command to run it as root without a password; None if that can't be done."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def ensure_chromium() -> Path:
    """Find Chromium, or install it and find it then. Raises BookError when no way works."""
    found = find_chromium()
    if found is not None and starts(found):
        return found
    for commands in install_commands():
        if all(subprocess.run(command).returncode == 0 for command in commands):
            found = find_chromium()
            if found is not None and starts(found):
                return found
    raise BookError("Chromium was not found and can't be installed here; install it, or set CHROMIUM to the path of Chrome.")


if __name__ == "__main__":
    try:
        print(f"browser: {ensure_chromium()}")
    except BookError as error:
        sys.exit(f"glmk: {error}")
