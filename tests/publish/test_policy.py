"""What a page may do, and what its policy keeps it from doing in a browser."""

import pytest

from glmk_lib.publish import policy

PAGE = """<!doctype html><html><head><meta charset="utf-8" /><link rel="icon" href="data:,"></head>
<body><main><p id="said">nothing</p><button onclick="say('clicked')">x</button>
<script>function say(text) {{ document.getElementById("said").textContent = text }}</script>{}</main></body></html>"""


def rules(page):
    return dict(rule.split(" ", 1) for rule in policy.policy(page).split("; "))


def test_only_the_sites_scripts_and_those_of_the_page_are_run():
    found = rules("<head></head><script>one()</script><script src='a.js'></script><script type='application/json'>{}</script>")
    assert found["default-src"] == "'none'"
    # printf 'one()' | openssl dgst -sha256 -binary | base64
    assert found["script-src"] == "'self' file: 'sha256-HR7iaask9daLMRRskMI++QeJtjWDOjyPA6lGzYGzKW4='"


def test_a_handler_is_allowed_as_such():
    assert rules('<button onclick="window.print()">')["script-src"].endswith("'unsafe-hashes'")


@pytest.mark.parametrize(
    ("page", "rule"),
    [
        ("<script type='application/vnd.jupyter.widget-view+json'>{}</script>", ("script-src", "'unsafe-eval'")),
        ("<video controls></video>", ("media-src", "data:")),
        ('<script src="_static/live/network.js"></script>', ("script-src", "'wasm-unsafe-eval'")),
        ('<video></video><script src="_static/live/network.js"></script>', ("media-src", "blob:")),
    ],
    ids=["widget", "video", "live", "live video"],
)
def test_only_a_page_that_needs_it_may_do_more(page, rule):
    name, source = rule
    assert source in rules(page)[name]
    assert source not in rules("<p>").get(name, "")


def test_a_page_keeps_its_charset_within_the_first_kilobyte():
    text = policy.protected(PAGE.format("<script>1</script>" * 50))
    assert text.index("charset") < 1024 and text.index("Content-Security-Policy") < text.index("<script")


def test_handlers_of_one_page_are_allowed_on_all(tmp_path):
    (tmp_path / "a.html").write_text('<head></head><button onclick="go()">')
    (tmp_path / "b.html").write_text("<head></head>")
    policy.protect(tmp_path)
    assert "'unsafe-hashes'" in (tmp_path / "b.html").read_text()


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(page)` shows a page from a folder: the page, and what the browser says of it."""
    context = browser.new_context()

    def show(text):
        (tmp_path / "page.html").write_text(text)
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.goto((tmp_path / "page.html").as_uri(), wait_until="load")
        return page, said

    yield show
    context.close()


@pytest.mark.browser
def test_a_pages_own_scripts_and_handlers_run(opened):
    page, said = opened(policy.protected(PAGE.format("<script>say('own')</script>")))
    assert page.locator("#said").text_content() == "own"
    page.locator("button").click()
    assert page.locator("#said").text_content() == "clicked" and said == []


@pytest.mark.browser
@pytest.mark.parametrize(
    "foreign",
    [
        "<script>say('foreign')</script>",
        "<img src=x onerror=\"say('foreign')\">",
        "<script src=\"data:text/javascript,say('foreign')\"></script>",
        "<iframe src='data:text/html,foreign'></iframe>",
        "<img src='https://example.org/a.png'>",
    ],
    ids=["script", "handler", "data", "frame", "host"],
)
def test_what_is_added_to_a_page_later_does_nothing(opened, foreign):
    sound = policy.protected(PAGE.format(""))
    page, said = opened(sound.replace("</main>", f"{foreign}</main>"))
    assert page.locator("#said").text_content() == "nothing"
    assert any("Content Security Policy" in text for text in said)
