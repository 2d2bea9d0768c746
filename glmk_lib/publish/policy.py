"""The Content-Security-Policy of every page: it runs its own scripts alone, and asks no other host for anything.

The policy stands in the page itself (a `meta` element), so that it holds on whatever server, and from a folder. Scripts come
from the site; those written into a page are allowed one by one, by their SHA-256. Styles may be written into a page, since
MathJax and the widgets do so. Only a page with widgets may compile text into code, as their check of what they are given does,
and only one with a video may play what is written into it. The live page starts its runtime and plays the reader's video from
memory (`blob:`), and may compile WebAssembly. `file:` allows what lies beside a page that is opened from a folder,
where some browsers take 'self' for nothing; a page from a server can't load a file.

https://www.w3.org/TR/CSP3/
"""

import base64
import hashlib
import re
from pathlib import Path

_INLINE = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL | re.IGNORECASE)
_OWN_FILE = re.compile(r"\bsrc\s*=", re.IGNORECASE)
_DATA = re.compile(r"""\btype\s*=\s*["'][^"']*json""", re.IGNORECASE)  # not run, hence not asked about
_HANDLER = re.compile(r"""<[^>]+?\son[a-z]+="([^"]*)\"""", re.IGNORECASE)
_HEAD, _CHARSET = re.compile(r"<head\b[^>]*>"), re.compile(r"<meta charset=[^>]*>")
_WIDGETS = "application/vnd.jupyter.widget-view+json"
_LIVE = re.compile(r"\bsrc\s*=\s*[\"'][^\"']*live/network\.js")
_OWN = "'self' file:"
_RULES = {
    "default-src": "'none'",
    "style-src": f"{_OWN} 'unsafe-inline'",
    "img-src": f"{_OWN} data: blob:",
    "font-src": f"{_OWN} data:",
    "connect-src": _OWN,  # the search reads the pages that it has found
    "form-action": _OWN,  # the search field
    "base-uri": "'none'",
}


def protect(folder: Path) -> None:
    """Give every HTML page under `folder` its policy, in place. The search shows parts of other pages, with their handlers."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.html"))}
    handlers = {handler for text in pages.values() for handler in handlers_of(text)}
    for path, text in pages.items():
        path.write_text(protected(text, handlers), encoding="utf-8")


def handlers_of(page: str) -> set[str]:
    """The scripts in attributes such as onclick."""
    return set(_HANDLER.findall(_INLINE.sub("", page)))


def protected(page: str, handlers=frozenset()) -> str:
    """An HTML page with the policy that its own scripts and these handlers need, before any of them.

    It stands behind the page's charset, which browsers look for in the first kilobyte alone.
    """
    place = _CHARSET.search(page) or _HEAD.search(page)
    if place is None:
        return page
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(page, handlers)}">'
    return f"{page[: place.end()]}\n{meta}{page[place.end() :]}"


def policy(page: str, handlers=frozenset()) -> str:
    """The policy of one page: the site's scripts, those that stand in the page, and these handlers."""
    inline = {
        found["text"]
        for found in _INLINE.finditer(page)
        if not _OWN_FILE.search(found["attributes"]) and not _DATA.search(found["attributes"])
    }
    handlers = set(handlers) | handlers_of(page)
    scripts = [_OWN, *sorted(map(_hash, inline | handlers))]
    scripts += ["'unsafe-hashes'"] if handlers else []  # without it a hash allows no handler
    scripts += ["'unsafe-eval'"] if _WIDGETS in page else []
    scripts += ["blob: 'wasm-unsafe-eval'"] if _LIVE.search(page) else []
    rules = {**_RULES, "script-src": " ".join(scripts)}
    if "<video" in page:
        rules["media-src"] = f"{_OWN} data:" + (" blob:" if _LIVE.search(page) else "")
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
