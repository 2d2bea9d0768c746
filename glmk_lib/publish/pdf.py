"""The book as a PDF: the same sources as one page, printed by Chromium, without the listings of the code.

What moves or answers in the web pages stands still here: a video is its first picture, a widget what it showed first.
"""

import shutil
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

from glmk_lib.capture.storage import atomic_file
from glmk_lib.publish import BookError, site
from glmk_lib.publish.browser import ARGUMENTS, ensure_chromium

FILE = "generative-landmarks.pdf"
PATIENCE = 120_000  # ms
# Links into what is left out become text. Before a picture is printed it must be there.
_PREPARE = """async () => {
    for (const mark of document.querySelectorAll('span[id^="document-code/"]')) {
        mark.nextElementSibling?.remove();
        mark.remove();
    }
    for (const link of document.querySelectorAll('a[href^="#"]')) {
        if (document.getElementById(decodeURIComponent(link.hash.slice(1)))) continue;
        link.removeAttribute("href");
        link.closest("li.toc-entry")?.remove();
    }
    for (const list of document.querySelectorAll("ul.section-nav:not(:has(li))")) list.previousElementSibling?.remove();
    for (const hidden of document.querySelectorAll("details")) hidden.open = true;
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
    await window.MathJax.startup.promise;
}"""
_STYLE = """
    h1, h2, h3, h4, figure, img, tr, .highlight, .admonition { break-inside: avoid; }
    h1, h2, h3, h4, caption { break-after: avoid; }
    span[id^="document-"] + section { break-before: page; }
    table.table :is(td, th, p) { font-size: 8pt !important; line-height: 1.35; } /* the theme names a size for them, too */
    table.table :is(td, th) { padding: 0.15rem 0.35rem; }
    table.table :is(td, th) p { margin-bottom: 0.2rem; }
    .toctree-wrapper > p.caption, .headerlink, .live-box, .tb-cell-toggle { display: none !important; }
"""


def make(capture: str, preset: str) -> Path:
    """Print the book of `capture` at `preset`, built first if need be; returns the path of the PDF beside the site.

    Raises BookError: what `site.build` raises, no Chromium, or a page that can't be printed.
    """
    index = site.build(capture, preset)
    root, browser = index.parent.parent, ensure_chromium()
    work, out = root / "work-pdf", root / FILE
    site.jupyter_book(root / "src", work, root / "pdf.log", builder="singlehtml")
    try:
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=browser, args=list(ARGUMENTS))
            page = started.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto((work / "_build" / "singlehtml" / "index.html").as_uri(), wait_until="load")
            page.evaluate(_PREPARE)
            page.add_style_tag(content=_STYLE)
            margin = dict.fromkeys(("top", "bottom"), "18mm") | dict.fromkeys(("left", "right"), "16mm")
            printed = page.pdf(format="A4", margin=margin, print_background=True, outline=True, tagged=True)
            started.close()
    except Error as error:
        raise BookError(f"{out}: the book can't be printed: {' '.join(str(error).split())[:300]}") from None
    with atomic_file(out) as made:
        made.write_bytes(printed)
    shutil.rmtree(work)
    return out
