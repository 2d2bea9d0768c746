"""The visitor sees what is wrong with a page; else an all-clear of the book would mean nothing."""

import pytest

pytestmark = pytest.mark.browser
PAGE = '<!doctype html><html><head><link rel="icon" href="data:,"></head><body><main>{}</main></body></html>'


@pytest.fixture
def wrong(visit, serve, tmp_path):
    """`wrong(body)` is what the visitor finds wrong with a page of that body, on a phone."""

    def look(body):
        (tmp_path / "page.html").write_text(PAGE.format(body))
        return " | ".join(visit(serve(tmp_path) + "page.html", width=390)[1])

    return look


def test_a_sound_page_has_nothing_wrong(wrong):
    assert wrong('<div style="overflow-x: auto"><p style="width: 900px">wide, but it scrolls in its box</p></div>') == ""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<script>console.error('oh')</script>", "console: oh"),
        ("<script>nothing()</script>", "nothing is not defined"),
        ('<img src="missing.png">', "404"),
        ('<script src="https://cdn.example.org/x.js"></script>', "asks another host: https://cdn.example.org/x.js"),
        ('<p style="width: 900px">wide</p>', "the page scrolls sideways"),
    ],
)
def test_what_is_wrong_is_seen(wrong, body, found):
    assert found in wrong(body)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<button></button>", "button-name: button"),
        ('<img src="data:,">', "image-alt: img"),
        ('<p style="color: #bbb; background: #fff">pale</p>', "color-contrast: p"),
    ],
)
def test_what_shuts_readers_out_is_seen(visit, serve, tmp_path, barriers, body, found):
    page = PAGE.replace("<html>", '<html lang="en">').replace("<head>", "<head><title>A page</title>").format(body)
    (tmp_path / "page.html").write_text(page)
    assert [barrier for barrier in barriers(visit(serve(tmp_path) + "page.html")[0]) if not barrier.startswith(found)] == []
    assert barriers(visit(serve(tmp_path) + "page.html")[0])
