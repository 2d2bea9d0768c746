"""What each built page is given at last: words and a picture for those it is sent to, and names that readers' aids understand.

A published book knows its address (`GLMK_BOOK_URL`) and where its source lies (`GLMK_REPOSITORY_URL`). Then it has a sitemap,
each page names its address, and a button to report what is wrong with it. A copy built elsewhere has neither, and asks nobody.
"""

import html
import io
import os
import re
from pathlib import Path, PurePosixPath

from glmk_lib.figures import png_bytes
from glmk_lib.publish import BookError, assets

CARD, SEARCH = "card.png", "search.html"
ABOUT = "Landmark tracking learned from two videos: one with lines painted on the skin, one without. Nobody labels a frame."
_WIDE, _HIGH, _DPI = 12.0, 6.3, 100  # inches: 1200 x 630 pixels, as most places show a shared page
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_ADDRESS = re.compile(r"https://[^\s\"'<>]+")
# Buttons of the theme are named other than they read, so that who says aloud what is there to read doesn't reach them: the
# search field's name leaves out a part of its text, and the icons of light and dark have texts that the name leaves out.
_MISNAMED = re.compile(
    r'(<button class="[^"]*search-button-field[^>]*?) aria-label="[^"]*"|(<i class="theme-switch [^>]*?) title="[^"]*"'
)
# The theme draws its icons with a script of 1.5 MB, although its style draws them too, with a font of a tenth of that.
_ICONS = re.compile(r'<script [^>]*src="[^"]*/fontawesome\.js[^"]*"></script>')
# The page's own script (glmk.js) asks for MathJax when the page has been shown.
_MATHJAX = re.compile(rf'<script [^>]*src="[^"]*/{re.escape(assets.MATHJAX)}[^"]*"></script>')
# What searches while one types, which no page does: the search page brings its own.
_SEARCH = re.compile(r'<script [^>]*src="[^"]*(?:_static/searchtools|_static/language_data|/?searchindex)\.js[^"]*"></script>')
# Scripts that a page waits for before it shows its text, although none of them changes it; what stands in the page itself reads
# the options of the first. They keep their order.
_WAITS = re.compile(r"<script (?![^>]*(?:\bdefer\b|documentation_options))(?=[^>]*\bsrc=)")
# The parameters of a long signature stand in a list of definitions without terms: it is a matter of looks alone.
_SIGNATURES = re.compile(r'<dl>(?=\s*<dd><em class="sig-param")')


def addresses() -> dict[str, str]:
    """The addresses "book" and "repository", as far as GLMK_BOOK_URL and GLMK_REPOSITORY_URL give them, without a last /.

    Raises:
        BookError: one of them is no address that begins with https://.
    """
    found = {}
    for name, variable in (("book", "GLMK_BOOK_URL"), ("repository", "GLMK_REPOSITORY_URL")):
        if value := os.environ.get(variable, "").strip():
            if not _ADDRESS.fullmatch(value):
                raise BookError(f"{variable}={value}: expected an address such as https://example.org/book, or nothing.")
            found[name] = value.rstrip("/")
    return found


def card(picture: bytes, title: str) -> bytes:
    """The PNG shown where the book is shared: `picture`, a PNG of any size, under the book's title, on 1200 x 630 pixels."""
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    figure = Figure(figsize=(_WIDE, _HIGH), dpi=_DPI, facecolor="white")
    figure.text(0.04, 0.9, title, fontsize=34, fontweight="bold", va="center", color="#22262b")
    figure.text(0.04, 0.81, ABOUT, fontsize=13.5, va="center", color="#22262b")
    axes = figure.add_axes((0.04, 0.03, 0.92, 0.72))
    axes.imshow(imread(io.BytesIO(picture), format="png"), interpolation="antialiased")
    axes.set_axis_off()
    return png_bytes(figure, _DPI)


def finish(folder: Path, has_card: bool, book: str | None = None) -> None:
    """Finish every HTML page under `folder`, in place; with the address `book`, write its sitemap."""
    pages = sorted(path for path in folder.rglob("*.html") if "_static" not in path.parts)
    for path in pages:
        name = path.relative_to(folder).as_posix()
        path.write_text(finished(path.read_text(encoding="utf-8"), name, has_card, book), encoding="utf-8")
    if book:
        # pathlib writes what an address can't hold as one can
        listed = [path.relative_to(folder) for path in pages if path.name != SEARCH]
        listed = [PurePosixPath("/", name.as_posix()).as_uri().removeprefix("file://") for name in listed]
        places = "".join(f"  <url><loc>{html.escape(f'{book}{name}')}</loc></url>\n" for name in listed)
        head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        (folder / "sitemap.xml").write_text(f"{head}{places}</urlset>\n", encoding="utf-8")


def finished(page: str, name: str, has_card: bool, book: str | None = None) -> str:
    """One HTML page, called `name` within the book, with its tags for sharing, and with buttons named by what they show."""
    page = _MISNAMED.sub(r"\1\2", page)
    page = _SIGNATURES.sub('<dl role="none">', page)
    page = page.replace('role="doc-biblioentry"', 'role="listitem"')  # the references stand in a list, whose children are items
    page = _MATHJAX.sub("", _ICONS.sub("", page))
    if name != SEARCH:  # whose own script uses the others at once
        page = _WAITS.sub("<script defer ", _SEARCH.sub("", page))
    title = _TITLE.search(page)
    if title is None:
        return page
    root = f"{book}/" if book else "../" * name.count("/")
    tags = [
        ("name", "description", ABOUT),
        ("property", "og:title", html.unescape(title[1])),
        ("property", "og:type", "website"),
        ("property", "og:description", ABOUT),
    ]
    if book:
        tags.append(("property", "og:url", f"{book}/{name}"))
    if has_card:
        tags += [
            ("property", "og:image", f"{root}_static/{CARD}"),
            ("property", "og:image:alt", "Frames of bare skin with the landmarks that were found, drawn as coloured lines"),
            ("name", "twitter:card", "summary_large_image"),
        ]
    metas = "".join(f'\n    <meta {kind}="{key}" content="{html.escape(content)}" />' for kind, key, content in tags)
    return page[: title.end()] + metas + page[title.end() :]
