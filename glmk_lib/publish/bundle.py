"""Fewer files for a page to wait for: what every page loads, as one style sheet and one script.

A page shows nothing before its style is there, and answers nobody before its scripts have run; on a slow processor each file of
either costs a reader time, however small it is. Only what stands on all pages goes together, so that a
browser fetches it once for the whole book.
"""

import hashlib
import posixpath
import re
from pathlib import Path

from glmk_lib.publish.finish import SEARCH

STATIC = "_static"
_STYLE = re.compile(
    rf'<link (?=[^>]*rel="stylesheet")(?![^>]*\bmedia=)[^>]*?href="(?P<file>[^"?]*{STATIC}/[^"?]+)[^"]*"[^>]*>\s*'
)
# Without any other attribute, which a script might read from its own element.
_SCRIPT = re.compile(rf'<script defer src="(?P<file>[^"?]*{STATIC}/[^"?]+)[^"]*"></script>\s*')
_PRELOAD = re.compile(rf'<link rel="preload" as="script" href="(?P<file>[^"?]*{STATIC}/[^"?]+)[^"]*"[^>]*>\s*')
_IMPORT = re.compile(r"""@import\s+(?:url\()?\s*["']?(?P<file>[^"')\s;:]+)["']?\s*\)?\s*;""")
_URL = re.compile(r"""url\(\s*(["']?)(?P<file>[^"'():]+)\1\s*\)""")  # neither data: nor an address has no colon


def bundle(folder: Path) -> None:
    """Let every HTML page under `folder` load what all of them load as one style sheet and one script, in `folder`/_static.

    Both are named by their content. The search page keeps its scripts, which use each other as they come.
    """
    pages = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.html") if STATIC not in path.parts}
    places = {path: path.relative_to(folder).parent.as_posix() for path in pages}
    styles = _common({path: _files(_STYLE, text, places[path]) for path, text in pages.items()})
    scripts = _common({path: _files(_SCRIPT, text, places[path]) for path, text in pages.items() if path.name != SEARCH})
    style = _write(folder, "css", [style_sheet(folder, name) for name in styles])
    # a script may end without its semicolon, which the next one's first line would then go on
    script = _write(folder, "js", [f"{(folder / name).read_text(encoding='utf-8')};" for name in scripts])
    for path, text in pages.items():
        here, root = places[path], "../" * (len(path.relative_to(folder).parts) - 1)
        text = _replace(_STYLE, text, here, styles, f'<link rel="stylesheet" href="{root}{style}" />\n')
        if path.name != SEARCH:
            text = _replace(_SCRIPT, text, here, scripts, f'<script defer src="{root}{script}"></script>\n')
            text = _replace(_PRELOAD, text, here, scripts, f'<link rel="preload" as="script" href="{root}{script}" />\n')
        path.write_text(text, encoding="utf-8")


def style_sheet(folder: Path, name: str) -> str:
    """The style sheet `name` within `folder`, with those that it imports, as if it lay in `folder`/_static."""
    here = posixpath.dirname(name)

    def imported(match):
        return style_sheet(folder, _within(here, match["file"]))

    def moved(match):
        target = match["file"]
        return match[0] if target.startswith("#") else f'url("{posixpath.relpath(_within(here, target), STATIC)}")'

    text = (folder / name).read_text(encoding="utf-8")
    own = _URL.sub(moved, _IMPORT.sub("", text))
    return "".join(map(imported, _IMPORT.finditer(text))) + own + "\n"


def _within(here: str, file: str) -> str:
    return posixpath.normpath(posixpath.join(here, file))


def _files(tag: re.Pattern, page: str, here: str) -> list[str]:
    """The files that a page loads by such tags, by their place in the book."""
    return [_within(here, match["file"]) for match in tag.finditer(page)]


def _common(of_pages: dict) -> list[str]:
    """Those that all pages load, in the order of the first."""
    first, *rest = of_pages.values()
    return [name for name in first if all(name in other for other in rest)]


def _write(folder: Path, kind: str, texts: list[str]) -> str | None:
    """The name in the book of a new file that holds `texts`; None if there are none."""
    if not texts:
        return None
    content = "\n".join(texts).encode()
    name = f"{STATIC}/all-{hashlib.sha256(content).hexdigest()[:12]}.{kind}"
    (folder / name).write_bytes(content)
    return name


def _replace(tag: re.Pattern, page: str, here: str, names: list[str], by: str) -> str:
    """The page with the first tag of one of `names` replaced, and without the others."""
    seen = []

    def new(match):
        if _within(here, match["file"]) not in names:
            return match[0]
        seen.append(match["file"])
        return by if len(seen) == 1 else ""

    return tag.sub(new, page)
