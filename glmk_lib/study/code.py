"""Which code a stored result comes from: a hash over the modules that its numbers depend on, and over nothing else in them.

The library's whole hash (`provenance.library_hash`) changes with every figure and every comment; a study of hours would be
out of date by the evening. This one follows the imports of the modules that train and measure, and leaves comments and
docstrings out.
"""

import ast
import hashlib
from functools import lru_cache
from pathlib import Path

from glmk_lib import paths
from glmk_lib.provenance import bare

# Who trains and measures: ours and the bound; the peers; refits against a frozen G; ours on another person than its own; all
# of them on real clips; what G hides; and the detector on real clips.
ROOTS = MEASURE, PEERS, REFITS, PERSONS, FOOTAGE, CHANNEL, DETECTOR = (
    "study.measure",
    "study.peers",
    "study.refits",
    "study.persons",
    "study.footage",
    "study.channel",
    "study.detector",
)
# Where things lie, how they are read and written, what is said and drawn, what is hashed, and the help with drawing a
# template: all that changes no number.
NOT_COUNTED = (
    "paths",
    "capture.storage",
    "capture.propose",
    "errors",
    "deadline",
    "sheets",
    "provenance",
    "weights",
    "study.code",
)


@lru_cache
def code_hash(root: str = MEASURE) -> str:
    """SHA-256 (hex) over `root` and all that it imports from the library, as it is when this process first asks."""
    digest = hashlib.sha256()
    for module in modules((root,), leave_out=NOT_COUNTED):
        digest.update(f"{module}\0{bare(_file(module).read_text(encoding='utf-8'))}\0".encode())
    return digest.hexdigest()


def modules(roots, package: Path | None = None, leave_out=()) -> list[str]:
    """The modules of the library that `roots` import, directly or through others, themselves included, in order of name.

    Those to `leave_out` are left out with whatever they alone import.
    """
    package = package or paths.PACKAGE
    found, queue = set(), list(roots)
    while queue:
        module = queue.pop()
        if module in found or module in leave_out or _file(module, package) is None:
            continue
        found.add(module)
        queue += _imports(_file(module, package).read_text(encoding="utf-8"), package.name)
    return sorted(found)


def _file(module: str, package: Path | None = None) -> Path | None:
    """The file of "capture.paint" or of the package "capture"; None where there is neither."""
    path = (package or paths.PACKAGE).joinpath(*module.split("."))
    places = (path.with_suffix(".py"), path / "__init__.py") if module else (path / "__init__.py",)
    return next((place for place in places if place.is_file()), None)


def _imports(source: str, package: str) -> list[str]:
    """What `source` imports from the package, at its top or inside functions, as names that may be modules."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name.removeprefix(f"{package}.") for name in names if name.startswith(f"{package}.")]
