"""The real book at preset smoke, a server for it on this machine alone, and a visitor that opens its pages in Chromium."""

import functools
import http.server
import os
import threading
from pathlib import Path

import pytest

from glmk_lib import paths
from glmk_lib.publish import assets, execute, site

OFFLINE = paths.ROOT / "tests" / "faults" / "offline"
BUILT = os.environ.get("GLMK_TEST_BOOK", "")  # the index.html of a book that is there, to be looked at in full
PATIENCE = 60_000  # ms: a slow machine is no defect of a page
# What is wider than the window without being in a box that scrolls.
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("main *, header *, footer *")]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => e.tagName.toLowerCase() + "." + e.className).slice(0, 5).concat("the page scrolls sideways")"""
MATH_IS_SET = """() => !document.querySelector(".math:not(:has(mjx-container))")"""
WRONG_FORMULAS = """() => [...document.querySelectorAll("mjx-merror, .math:not(:has(mjx-container))")]
    .map(formula => "formula: " + formula.textContent.slice(0, 80))"""

# What axe finds that keeps some readers from a page, as "rule: where".
BARRIERS = """async () => (await axe.run(document, {resultTypes: ["violations"], preload: false})).violations
    .filter(found => ["serious", "critical"].includes(found.impact))
    .flatMap(found => found.nodes.map(node => `${found.id}: ${node.target.join(" ")}: ${node.html.slice(0, 80)}`))"""


@pytest.fixture(scope="session")
def attempts(tmp_path_factory):
    """The file in which each attempt of a notebook to reach another host is noted; it is refused."""
    return tmp_path_factory.mktemp("offline") / "attempts.txt"


@pytest.fixture(scope="session")
def shared_npm():
    """Use the packages that a `make book` has installed in the checkout, so that testing again needs no network."""
    installed, ours = paths.ROOT / "build" / "npm", paths.BUILD / "npm"
    if installed.is_dir() and not ours.exists():
        ours.parent.mkdir(parents=True, exist_ok=True)
        ours.symlink_to(installed)


@pytest.fixture(scope="session")
def smoke_book(shared_npm, attempts):
    """The index.html of the whole book on the virtual face at preset smoke, executed and built if that has not been done.

    `make test-book` gives another book, built before, in GLMK_TEST_BOOK.
    """
    if BUILT:
        return Path(BUILT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(OFFLINE), prepend=os.pathsep)
        patch.setenv("OFFLINE_LOG", str(attempts))
        execute.execute_all("studio_face", "smoke")
    return site.build("studio_face", "smoke")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # the default of 5 makes a browser wait for minutes on a busy machine


@pytest.fixture(scope="session")
def serve():
    """`serve(folder)` serves it at an address of this machine alone, and returns the address."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(_Quiet, directory=str(folder))
        servers.append(_Server(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def visit(browser):
    """`visit(address, width)` opens a page with every other host cut off; returns (page, list of what went wrong so far).

    The page stays open until the next visit.
    """
    contexts = {}  # one for each width, so that scripts are read once

    def open_page(address: str, width: int = 1280):
        if width not in contexts:
            contexts[width] = browser.new_context(viewport={"width": width, "height": 900})
        context = contexts[width]
        for old in context.pages:
            old.close()
        host = "/".join(address.split("/")[:3]) + "/"
        page, wrong = context.new_page(), []
        page.set_default_timeout(PATIENCE)

        def reach(route):
            if route.request.url.startswith((host, "data:", "blob:")):
                route.continue_()
            else:
                wrong.append(f"asks another host: {route.request.url}")
                route.abort()

        page.route("**/*", reach)
        page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
        page.on("response", lambda answer: wrong.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None)
        page.goto(address, wait_until="load")
        page.wait_for_function(MATH_IS_SET)
        if page.locator("script[type='application/vnd.jupyter.widget-view+json']").count():
            page.locator(".jupyter-widgets").first.wait_for(state="attached")
            page.wait_for_load_state("networkidle")
        wrong += page.evaluate(WRONG_FORMULAS) + page.evaluate(TOO_WIDE)
        return page, wrong

    yield open_page
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="session")
def barriers(shared_npm):
    """`barriers(page)` is what axe-core finds in an open page that keeps some readers out: serious or critical, as texts."""
    axe = (assets.install(Path(__file__).parent / "axe") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

    def look(page) -> list[str]:
        page.evaluate(axe)
        return page.evaluate(BARRIERS)

    return look
