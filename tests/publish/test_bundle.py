import re

import pytest

from glmk_lib.publish import bundle

STYLES = """<link rel="stylesheet" href="{0}_static/styles/theme.css?v=1" />
<link rel="stylesheet" type="text/css" href="{0}_static/own.css" />"""
SCRIPTS = '<script defer src="{0}_static/one.js?v=1"></script>\n<script defer src="{0}_static/two.js"></script>'
PAGE = "<html><head>{styles}\n<script>let inline = 1;</script>{scripts}</head><body>{body}</body></html>"


@pytest.fixture
def site(tmp_path):
    def write(name, text):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    write("_static/styles/theme.css", '@import "../basic.css";\na { src: url(../fonts/f.woff2) }')
    write("_static/basic.css", 'b { background: url("file.png") }')
    write("_static/own.css", "c { mask: url(#m); background: url(data:image/png;base64,AAAA) }")
    write("_static/one.js", "window.one = 1")
    write("_static/two.js", "(() => {})()")
    write("_static/live.js", "window.live = 1")
    write("a.html", PAGE.format(styles=STYLES.format(""), scripts=SCRIPTS.format(""), body="a"))
    extra = '<script defer src="../_static/live.js"></script><script defer data-x="y" src="../_static/two.js"></script>'
    write("notebooks/b.html", PAGE.format(styles=STYLES.format("../"), scripts=SCRIPTS.format("../") + extra, body="b"))
    write("search.html", PAGE.format(styles=STYLES.format(""), scripts='<script src="_static/one.js"></script>', body="s"))
    return tmp_path


def loaded(path):
    return re.findall(r'(?:href|src)="([^"]+)"', path.read_text(encoding="utf-8"))


def test_a_page_loads_one_style_sheet_and_one_script_with_all_that_it_loaded_before(site):
    bundle.bundle(site)
    style, script = loaded(site / "a.html")
    assert (style.endswith(".css"), script.endswith(".js")) == (True, True)
    assert (site / script).read_text() == "window.one = 1;\n(() => {})();"
    text = (site / style).read_text()
    assert text.index("b {") < text.index("a {") < text.index("c {")


def test_what_a_style_sheet_names_is_found_from_its_new_place(site):
    bundle.bundle(site)
    text = (site / loaded(site / "a.html")[0]).read_text()
    assert 'url("fonts/f.woff2")' in text and 'url("file.png")' in text
    assert "url(#m)" in text and "url(data:image/png;base64,AAAA)" in text and "@import" not in text


def test_what_only_some_pages_load_and_what_reads_its_own_element_stays_by_itself(site):
    bundle.bundle(site)
    style, script, live, own = loaded(site / "notebooks" / "b.html")
    assert (style, script) == tuple(f"../{name}" for name in loaded(site / "a.html"))
    assert (live, own) == ("../_static/live.js", "../_static/two.js")


def test_the_search_page_keeps_its_scripts(site):
    bundle.bundle(site)
    assert loaded(site / "search.html")[1:] == ["_static/one.js"]


def test_other_content_gets_another_name(site):
    bundle.bundle(site)
    (before,) = {name for name in loaded(site / "a.html") if name.endswith(".css")}
    (site / "a.html").write_text(PAGE.format(styles=STYLES.format(""), scripts=SCRIPTS.format(""), body="a"))
    (site / "notebooks" / "b.html").unlink()
    (site / "search.html").unlink()
    (site / "_static" / "own.css").write_text("c { color: red }")
    bundle.bundle(site)
    assert loaded(site / "a.html")[0] != before


def test_a_book_whose_pages_share_nothing_is_left_as_it_is(site):
    (site / "c.html").write_text("<html><head></head></html>")
    before = (site / "a.html").read_text()
    bundle.bundle(site)
    assert (site / "a.html").read_text() == before and not list((site / "_static").glob("all-*"))
