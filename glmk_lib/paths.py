"""Every location of the project, in one place.

`ROOT` is the checkout: the folder that holds `notebooks/` and `book/`. `GLMK_ROOT` overrides it, for an installed package
used elsewhere. What the code makes goes to `build/` (safe to delete) and `results/` (small JSON that the book reads).
"""

import os
from pathlib import Path


def _find_root() -> Path:
    if os.environ.get("GLMK_ROOT"):
        return Path(os.environ["GLMK_ROOT"]).resolve()
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "notebooks").is_dir() else Path.cwd()


ROOT = _find_root()
PACKAGE = Path(__file__).resolve().parent
TEMPLATES = PACKAGE / "templates"
NOTEBOOKS = ROOT / "notebooks"
BOOK = ROOT / "book"
MANIFEST = ROOT / "data_manifest"
TARGETS = ROOT / "targets.yaml"
CLAIMS = ROOT / "claims.yaml"
BUILD = Path(os.environ.get("GLMK_BUILD", ROOT / "build")).resolve()
RESULTS = Path(os.environ.get("GLMK_RESULTS", ROOT / "results")).resolve()
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"

DATA = BUILD / "data"  # fetched footage
CAPTURES = BUILD / "captures"  # prepared frame stores
RUNS = BUILD / "runs"  # training runs
EXECUTED = BUILD / "executed"  # executed notebooks and their cache keys
SITE = BUILD / "book"  # assembled sources and HTML
FIGURES = BUILD / "figures"  # single figures, by `make figure`


def capture_dir(capture: str, preset: str, seed: int = 0) -> Path:
    """Where the prepared capture `capture` (for example "studio_face") lives at this preset."""
    return CAPTURES / f"{capture}-{preset}-seed{seed}"


def run_dir(capture: str, preset: str, name: str = "full", seed: int = 0) -> Path:
    """Where the training run `name` on that capture keeps its checkpoints, sheets and log."""
    return RUNS / f"{capture}-{preset}" / f"{name}-seed{seed}"


def results_file(capture: str, preset: str, chapter: str) -> Path:
    """The JSON with the numbers of one chapter (for example "03_training")."""
    return RESULTS / preset / capture / f"{chapter}.json"
