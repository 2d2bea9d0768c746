"""The pages that the book does not keep as text: the project's own scales, and the results kept from the paper's scale."""

from pathlib import Path

from glmk_lib import paths
from glmk_lib.publish import report
from glmk_lib.publish.notebook import PROVENANCE, read_json

_HEAD = """\
# The project's own scales

Every figure that the project holds itself to, with the value that a run wrote and whether it holds. `make report` prints the
same table. A value that neither a run on this machine nor one kept with the project has written is *not measured*. A study's
figure is judged over three seeds; of fewer its mean so far is shown, without a verdict. This book was made
from the capture `{capture}` at preset `{preset}`.

(scales-table)=
{table}
"""
_PAPER = """
## Kept from the paper's scale

Runs at preset `paper` need a CUDA device, so their results are kept with the project: {count} files under `results/paper/`.
"""
_RUN = """
### {chapter} on {capture}

Made on {date} at commit `{commit}`, {device}, seed {seed}.

{table}
"""


def pages(capture: str, preset: str) -> dict[str, bytes]:
    """The sources of the page "scales", by their path in the book: the page, and the figures that it shows."""
    text = _HEAD.format(table=report.markdown(), capture=capture, preset=preset)
    # The cells of studies are shown by the chapter that reads them.
    kept = sorted(
        path for path in (paths.RESULTS / "paper").rglob("*.json") if "study" not in path.relative_to(paths.RESULTS).parts
    )
    figures = sorted((paths.RESULTS / "paper").rglob("*.png"))
    if kept:
        text += _PAPER.format(count=len(kept))
        text += "".join(_run(path) for path in kept)
    sources = {}
    for figure in figures:
        name = figure.relative_to(paths.RESULTS).as_posix()
        sources[f"results/{name}"] = figure.read_bytes()
        text += f"\n```{{figure}} results/{name}\n{figure.stem.replace('_', ' ')}, at preset `paper`\n```\n"
    return {"scales.md": text.encode(), **sources}


def _run(path: Path) -> str:
    body = read_json(path) or {}
    made = body.pop(PROVENANCE, {})
    lines = ["| Figure | Value |", "| --- | --- |"]
    lines += [f"| `{key}` | {report.number(value)} |" for key, value in _numbers(body)]
    return _RUN.format(
        chapter=path.stem,
        capture=path.parent.name,
        date=str(made.get("date", "an unknown day"))[:10],
        commit=str(made.get("commit"))[:10],
        device=made.get("gpu") or made.get("device") or "an unknown device",
        seed=made.get("seed", "unknown"),
        table="\n".join(lines),
    )


def _numbers(value, key=""):
    """The single numbers in nested dicts, with their dotted keys; lists are series, which a table does not show."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _numbers(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield key, value
