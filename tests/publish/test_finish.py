import html
import io
import re

import numpy as np
import pytest
from matplotlib.image import imread, imsave

from glmk_lib.publish import BookError, finish, site

PAGE = """<html><head><title>The spring &#8212; A &amp; B</title></head><body>
<button class="btn search-button-field x" title="Search" aria-label="Search" data-x="y"><span>Search</span><kbd>K</kbd></button>
<button class="theme-switch-button" aria-label="Color mode">
<i class="theme-switch fa-sun  fa-lg" data-mode="light" title="Light"></i></button>
</body></html>"""


def tags(page):
    return {key: html.unescape(content) for key, content in re.findall(r'<meta \w+="([^"]+)" content="([^"]*)" />', page)}


def test_the_card_holds_the_picture_and_has_the_size_that_is_asked_for():
    picture = io.BytesIO()
    imsave(picture, np.tile(np.array([1.0, 0.0, 0.0]), (20, 60, 1)), format="png")
    pixels = imread(io.BytesIO(finish.card(picture.getvalue(), "A book")), format="png")[..., :3]
    assert pixels.shape[:2] == (630, 1200)
    red = (pixels[..., 0] > 0.9) & (pixels[..., 1] < 0.1)
    assert red.mean() > 0.4 and not red[:120].any()  # the title's part is free


def test_a_page_that_is_shared_has_a_title_words_and_a_picture():
    found = tags(finish.finished(PAGE, "notebooks/01.html", has_card=True))
    assert found["og:title"] == "The spring — A & B" and found["description"] == found["og:description"]
    assert found["og:image"] == "../_static/card.png" and "og:url" not in found


def test_a_published_page_names_its_own_address():
    found = tags(finish.finished(PAGE, "notebooks/01.html", True, "https://example.org/book"))
    assert found["og:url"] == "https://example.org/book/notebooks/01.html"
    assert found["og:image"] == "https://example.org/book/_static/card.png"


def test_a_book_without_a_picture_promises_none():
    assert not [key for key in tags(finish.finished(PAGE, "a.html", has_card=False)) if "image" in key]


def test_buttons_are_called_what_they_show():
    page = finish.finished(PAGE, "a.html", False)
    assert 'aria-label="Search"' not in page and 'title="Light"' not in page
    assert 'aria-label="Color mode"' in page and 'data-mode="light"' in page


def test_a_page_asks_for_mathjax_by_itself():
    scripts = (
        '<script src="_static/glmk.js"></script><script defer="defer" src="../_static/mathjax/tex-mml-chtml.js?v=1"></script>'
    )
    page = finish.finished(f"<title>A</title>{scripts}", "a/b.html", False)
    assert "tex-mml-chtml.js" not in page and 'src="_static/glmk.js"' in page


def test_only_the_search_page_brings_what_searches():
    names = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")
    for root in ("", "../"):
        scripts = "".join(f'<script src="{root}{name}?v=1"></script>' for name in (*names, "_static/glmk.js"))
        page = finish.finished(f"<title>A</title>{scripts}", f"{'a/' if root else ''}b.html", False)
        assert re.findall(r'src="([^"]*)"', page) == [f"{root}_static/glmk.js?v=1"]
    scripts = "".join(f'<script src="{name}"></script>' for name in names)
    assert scripts in finish.finished(f"<title>A</title>{scripts}", "search.html", False)


def test_the_sitemap_lists_every_page_but_the_search(tmp_path):
    for name in ("index.html", "notebooks/a b.html", "search.html", "_static/x.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PAGE)
    finish.finish(tmp_path, False, "https://example.org/book")
    listed = re.findall("<loc>(.*?)</loc>", (tmp_path / "sitemap.xml").read_text())
    assert listed == ["https://example.org/book/index.html", "https://example.org/book/notebooks/a%20b.html"]
    assert (tmp_path / "_static/x.html").read_text() == PAGE


def test_a_copy_that_knows_no_address_has_no_sitemap(tmp_path):
    (tmp_path / "index.html").write_text(PAGE)
    finish.finish(tmp_path, False)
    assert not (tmp_path / "sitemap.xml").exists()


def test_a_book_that_knows_its_repository_has_a_button_to_report_what_is_wrong(monkeypatch):
    monkeypatch.delenv("GLMK_REPOSITORY_URL", raising=False)
    assert "repository_url" not in site.settings()["sphinx"]["config"]["html_theme_options"]
    monkeypatch.setenv("GLMK_REPOSITORY_URL", "https://gitlab.com/us/book/")
    options = site.settings()["sphinx"]["config"]["html_theme_options"]
    assert options["repository_url"] == "https://gitlab.com/us/book" and options["use_issues_button"]
    monkeypatch.setenv("GLMK_REPOSITORY_URL", "https://example.org/us/book")  # a host that the theme makes no page for
    assert "repository_url" not in site.settings()["sphinx"]["config"]["html_theme_options"]


def test_an_address_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("GLMK_BOOK_URL", "example.org/book")
    with pytest.raises(BookError, match=r"GLMK_BOOK_URL=example\.org/book: expected an address"):
        finish.addresses()


def test_the_parameters_of_a_long_signature_are_no_definitions_to_a_reader_of_the_screen():
    page = finish.finished(
        '<title>A</title><dl>\n<dd><em class="sig-param">x</em></dd>\n</dl><dl><dt>a</dt></dl>', "a.html", False
    )
    assert page.endswith('<dl role="none">\n<dd><em class="sig-param">x</em></dd>\n</dl><dl><dt>a</dt></dl>')
