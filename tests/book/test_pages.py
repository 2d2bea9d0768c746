"""Every page of the book, opened with the network off, on a desktop and on a phone."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from glmk_lib.publish.pdf import FILE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
IN_FULL = "GLMK_TEST_BOOK" in os.environ
WIDTHS = {"desktop": 1280, "phone": 390}
# Addresses that a browser fetches by itself when it reads a page or a style; links are for readers to follow.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\b(?:src|data|poster)\s*=\s*["']((?:https?:)?//[^"']+)"""
    r"""|<link\b[^>]*?\bhref\s*=\s*["']((?:https?:)?//[^"']+)""",
    re.IGNORECASE | re.DOTALL,
)
STYLED = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)


class Page(HTMLParser):
    """The anchors of a page, the addresses that it links to, and the pictures that say nothing to those who can't see them."""

    def __init__(self, path: Path):
        super().__init__()
        self.anchors, self.links, self.mute = set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        has = dict(attributes)
        self.anchors |= {has[name] for name in ("id", "name") if has.get(name)}
        self.links += [has["href"]] if tag == "a" and has.get("href") else []
        self.mute += [has.get("src")] if tag == "img" and not (has.get("alt") or "").strip() else []


def pages(index: Path) -> list[str]:
    root = index.parent
    found = [path.relative_to(root) for path in root.rglob("*.html")]
    return sorted(path.as_posix() for path in found if "_static" not in path.parts)


def test_no_notebook_asks_another_host(smoke_book, attempts):
    assert not attempts.exists(), attempts.read_text()


def test_no_page_and_no_style_fetches_anything_from_another_host(smoke_book):
    found = []
    for path in smoke_book.parent.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        found += [(path.name, *match) for match in FETCHED.findall(text) + STYLED.findall(text)]
    for path in smoke_book.parent.rglob("*.css"):
        found += [(path.name, match) for match in STYLED.findall(path.read_text(encoding="utf-8"))]
    assert found == []


def test_every_page_forbids_itself_whatever_is_not_its_own(smoke_book):
    for name in pages(smoke_book):
        text = (smoke_book.parent / name).read_text(encoding="utf-8")
        rules = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)[1].split("; ")
        assert "default-src 'none'" in rules, name
        assert not any("http" in rule or "*" in rule for rule in rules), name
        assert [rule for rule in rules if rule.startswith("script-src") and "'unsafe-inline'" in rule] == [], name
        assert text.index("Content-Security-Policy") < text.index("<script"), name


def test_the_search_finds_pages(smoke_book, serve, visit):
    page, wrong = visit(serve(smoke_book.parent) + "search.html?q=spring")
    page.locator("#search-results li").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert wrong == []


def test_every_link_within_the_book_has_its_page_and_its_anchor(smoke_book):
    root = smoke_book.parent.resolve()
    read = {(root / name).resolve(): Page(root / name) for name in pages(smoke_book)}
    lost = []
    for path, page in read.items():
        for link in page.links:
            to = urlsplit(link)
            if to.scheme or to.netloc:
                continue
            target = (path.parent / unquote(to.path)).resolve() if to.path else path
            found = target.is_file() and (not to.fragment or target not in read or unquote(to.fragment) in read[target].anchors)
            lost += [] if found else [f"{path.relative_to(root)}: {link}"]
    assert lost == []


def test_every_picture_is_told_in_words(smoke_book):
    mute = {name: found for name in pages(smoke_book) if (found := Page(smoke_book.parent / name).mute)}
    assert mute == {}


def test_no_page_shuts_a_reader_out(smoke_book, serve, visit, barriers):
    """Of the listings of code, which one function makes alike, the first stands for all: each takes axe a second or more.

    `make test-book` looks at all of them.
    """
    address, names = serve(smoke_book.parent), pages(smoke_book)
    listings = [name for name in names if name.startswith("code/")]
    looked = sorted({*names} - (set() if IN_FULL else {*listings[1:]}))
    assert {name: found for name in looked if (found := barriers(visit(address + name)[0]))} == {}


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_every_page_opens_without_errors_and_fits_the_window(smoke_book, serve, visit, width):
    address = serve(smoke_book.parent)
    wrong = {name: found for name in pages(smoke_book) if (found := visit(address + name, width)[1])}
    assert wrong == {}


def test_formulas_come_once_the_page_answers_and_only_where_there_are_any(smoke_book, serve, visit):
    address = serve(smoke_book.parent)
    asked = """() => performance.getEntriesByType("resource").filter(found => found.name.includes("tex-mml-chtml.js"))
        .map(found => found.startTime - performance.getEntriesByType("navigation")[0].domContentLoadedEventStart)"""
    page, wrong = visit(address + "method.html")
    (after,) = page.evaluate(asked)  # ms
    assert after >= 0 and wrong == []
    page, wrong = visit(address + "reliability.html")
    assert not page.locator(".math, .jupyter-widgets").count(), "choose another page without formulas for this test"
    assert page.evaluate(asked) == [] and wrong == []


def test_no_page_lacks_a_number_that_the_notebooks_measured(smoke_book):
    text = re.sub(r"<[^>]+>", "", smoke_book.read_text(encoding="utf-8"))
    assert "not measured" not in text


def test_no_page_names_a_folder_of_the_machine_that_built_it(smoke_book):
    from glmk_lib import paths

    machine = {str(paths.ROOT), str(paths.BUILD), str(paths.RESULTS), str(Path.home())} - {"/"}
    texts = {path: path.read_text(encoding="utf-8") for path in smoke_book.parent.rglob("*.html")}
    assert [(path.name, folder) for path, text in texts.items() for folder in machine if f"{folder}/" in text] == []


def test_every_widget_answers_a_click(smoke_book, serve, visit):
    address = serve(smoke_book.parent)
    tried = 0
    for name in pages(smoke_book):
        if "widget-view" not in (smoke_book.parent / name).read_text(encoding="utf-8"):
            continue
        page, wrong = visit(address + name)
        tried += play(page) + slide(page) + press(page) + choose(page)
        assert wrong == [], name
    assert tried > 0


def shown(widget) -> str:
    """What a reader sees of the output that `widget` is part of: texts, and the pictures that are not hidden."""
    return widget.evaluate(
        """widget => {
            const output = widget.closest(".cell_output");
            const seen = [...output.querySelectorAll("img")].filter(image => image.offsetParent);
            return output.innerText + seen.map(image => image.src).join();
        }"""
    )


def play(page) -> int:
    """Press Play on each player: what it plays moves on."""
    players = page.locator(".widget-play:visible")
    for player in players.all():
        before = shown(player)
        player.locator("button").nth(0).click()
        for _ in range(50):
            if shown(player) != before:
                break
            page.wait_for_timeout(100)
        assert shown(player) != before, "Play moves nothing"
        player.locator("button").nth(1).click()  # stop
    return players.count()


def slide(page) -> int:
    """Move each slider to its end, or back from there."""
    handles = page.locator(".widget-slider:visible .noUi-handle")
    for handle in handles.all():
        now, least, most = (handle.get_attribute(f"aria-value{name}") for name in ("now", "min", "max"))
        key, there = ("Home", least) if now == most else ("End", most)
        handle.press(key)
        assert handle.get_attribute("aria-valuenow") == there, "a slider does not move"
    return handles.count()


def press(page) -> int:
    """Click each button that can be clicked."""
    buttons = page.locator("button.jupyter-button:visible:enabled")
    for button in buttons.all():
        button.click()
    return buttons.count()


def choose(page) -> int:
    """Choose each option of each menu, and click each box twice."""
    menus = page.locator(".widget-dropdown select:visible:enabled")
    for menu in menus.all():
        for i in range(menu.locator("option").count()):
            menu.select_option(index=i)
    boxes = page.locator(".widget-checkbox input:visible:enabled")
    for box in boxes.all():
        box.click()
        box.click()
    return menus.count() + boxes.count()


@pytest.mark.parametrize("sheet", ["A4", "Letter"])
def test_the_shot_list_prints_on_one_sheet(smoke_book, serve, visit, sheet):
    page, wrong = visit(serve(smoke_book.parent) + "shot_list.html")
    printed = page.pdf(format=sheet)
    assert wrong == [] and len(re.findall(rb"/Type /Page\b", printed)) == 1


@pytest.mark.skipif(IN_FULL, reason="prints the book that the tests make themselves")
def test_the_book_is_printed_as_a_pdf_without_the_listings_of_the_code(smoke_book):
    """In a process of its own: a process has one Playwright, and this one's is the tests'."""
    program = "from glmk_lib.publish import pdf; pdf.make('studio_face', 'smoke')"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=600)
    content = (smoke_book.parent.parent / FILE).read_bytes()
    pages = len(re.findall(rb"/Type /Page\b", content))
    assert content.startswith(b"%PDF") and 40 < pages < 250
