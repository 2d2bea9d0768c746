"""What made a result: the code, the pins, the machine. Every results/*.json carries it."""

import ast
import hashlib
import io
import platform
import subprocess
import tokenize
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from glmk_lib.paths import PACKAGE, ROOT

PACKAGES = (
    "torch",
    "numpy",
    "lightning",
    "opencv-python-headless",
    "av",
    "matplotlib",
    "papermill",
    "jupyter-book",
    "pytorch3d",
)
CONSTRAINTS = ROOT / "constraints.txt"


def provenance(**extra) -> dict:
    """Everything needed to know what made a result, as a dict that JSON can hold; `extra` (seed, preset ...) is added to it.

    Outside a git checkout `commit` and `dirty` are None; without CUDA `gpu` and `driver` are.
    """
    commit, dirty = git_state(ROOT)
    return {
        "commit": commit,
        "dirty": dirty,
        "library": library_hash(),
        "constraints": constraints_hash(),
        "packages": package_versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        **_device(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **extra,
    }


def library_hash(package: Path = PACKAGE) -> str:
    """SHA-256 (hex) over the paths and contents of the library's modules, templates and style, in sorted order."""
    files = [path for pattern in ("**/*.py", "templates/*.json", "*.mplstyle") for path in package.glob(pattern)]
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.relative_to(package).as_posix()):
        content = path.read_bytes()
        # The length keeps the end of one file and the name of the next apart.
        digest.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def bare(source: str) -> str:
    """Python source without comments, docstrings and blank lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            text = node.body[0]
            lines[text.lineno - 1 : text.end_lineno] = [""] * (text.end_lineno - text.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def constraints_hash(path: Path = CONSTRAINTS) -> str | None:
    """SHA-256 (hex) of the pins; None where the library is used without its checkout."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def package_versions(names=PACKAGES) -> dict[str, str]:
    """Name to version, of those of `names` that are installed."""
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def git_state(root: Path) -> tuple[str | None, bool | None]:
    """The commit checked out at `root`, and whether the tree differs from it; (None, None) if `root` is no checkout's top."""
    top = _output(["git", "-C", str(root), "rev-parse", "--show-toplevel"])
    # A copy without .git inside another project's checkout must not claim that project's commit.
    if not top or Path(top).resolve() != root.resolve():
        return None, None
    commit = _output(["git", "-C", str(root), "rev-parse", "HEAD"])
    status = _output(["git", "-C", str(root), "status", "--porcelain"])
    return commit or None, None if status is None else bool(status)


def _device() -> dict[str, str | None]:
    import torch  # here, since it takes seconds and the hashes need none of it

    if not torch.cuda.is_available():
        return {"device": "cpu", "gpu": None, "driver": None}
    driver = _output(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"])
    return {"device": "cuda", "gpu": torch.cuda.get_device_name(), "driver": driver.splitlines()[0] if driver else None}


def _output(command: list[str]) -> str | None:
    """What `command` prints; None if it isn't there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
