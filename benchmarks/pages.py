"""How heavy the book's pages are, and how soon they can be used: opened in Chromium, cache empty, processor slowed down.

    python benchmarks/pages.py [--capture studio_face] [--preset laptop] [--rounds 3]

The book must have been built. A server on this machine hands it out compressed, as published pages are, and without the videos
that some pages hold, which are weighed apart. Weight is what the browser receives until the page is quiet (`first_megabytes`),
and with all that it asks for when a reader scrolls to its end. A page is usable once its text has been painted and the scripts
that answer a reader have run: the later of the first contentful paint and the end of DOMContentLoaded, on a processor made
`SLOWER` times slower. Times are medians over rounds, and mean something where nothing else runs; `busy_ms`, the time for which
the page's main thread works, does so anywhere. Listings of code are left out: they are the lightest. The figures go to
results/{preset}/{capture}/pages.json, where the book and `make report` read them.
"""

import argparse
import functools
import gzip
import http.server
import os
import re
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from glmk_lib import paths
from glmk_lib.errors import GlmkError
from glmk_lib.publish import BookError
from glmk_lib.publish.browser import ARGUMENTS, find_chromium
from glmk_lib.publish.notebook import save_results

SLOWER = 4  # a phone against a desktop, as page audits take it
_VIDEO = re.compile(rb"data:video/[\w-]+;base64,[A-Za-z0-9+/=\s]*")
_TEXT = (".html", ".js", ".css", ".svg", ".json")
_TIMES = """() => {
    const [page] = performance.getEntriesByType("navigation");
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return [Math.max(page.domContentLoadedEventEnd, paint.startTime), page.loadEventEnd];
}"""
_LOADED = """() => performance.getEntriesByType("navigation")[0].loadEventEnd > 0"""
_SCROLL = """async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += 600) {
        scrollTo(0, y);
        await new Promise(done => setTimeout(done, 50));
    }
}"""


class _Compressed(http.server.SimpleHTTPRequestHandler):
    """Hands out files compressed where they are text, and pages without their videos."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        content = _VIDEO.sub(b"", content) if path.suffix == ".html" else content
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in _TEXT:
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(ConnectionError):  # the page was closed meanwhile
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path):
    """Yields the address of a server of `folder`, for this machine alone."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Compressed, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def open_once(browser, address: str) -> tuple[int, int, float, float]:
    """Bytes received at first and in all, and milliseconds until the page is usable and until it is loaded, cache empty."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        received = []
        session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
        session.send("Network.enable")
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address, wait_until="networkidle", timeout=120_000)
        page.wait_for_function(_LOADED)  # the network may be quiet before scripts are
        first, times = sum(received), page.evaluate(_TIMES)
        session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        page.evaluate(_SCROLL)
        page.wait_for_timeout(500)  # ms: what it asks for meanwhile comes from this machine
        return first, sum(received), *times
    finally:
        context.close()


def busy(browser, address: str) -> float:
    """Milliseconds for which the page's main thread works until the page is quiet, at full speed: whatever else runs here."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(address, wait_until="networkidle", timeout=120_000)
        metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
        return 1e3 * metrics["TaskDuration"]
    finally:
        context.close()


def measure(folder: Path, rounds: int) -> dict:
    """Megabytes and milliseconds of each page of the book in `folder`, by its name without folder and ending.

    Raises:
        BookError: there is no browser.
    """
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        raise BookError("Chromium was not found; run `make browser`.")
    pages = [path for path in sorted(folder.rglob("*.html")) if not {"_static", "code"} & {*path.relative_to(folder).parts}]
    found = {}
    with sync_playwright() as playwright, served(folder) as address:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=list(ARGUMENTS))
        for path in pages:
            name = path.relative_to(folder).as_posix()
            first, weights, usable, loaded = zip(*(open_once(browser, address + name) for _ in range(rounds)), strict=True)
            videos = sum(len(video) for video in _VIDEO.findall(path.read_bytes()))
            found[path.stem] = {
                "first_megabytes": float(np.median(first)) / 1e6,
                "megabytes": float(np.median(weights)) / 1e6,
                "videos_megabytes": videos / 1e6,
                "busy_ms": busy(browser, address + name),
                "usable_ms": float(np.median(usable)),
                "loaded_ms": float(np.median(loaded)),
            }
            print(f"{name}: " + ", ".join(f"{key} {value:.4g}" for key, value in found[path.stem].items()), flush=True)
        browser.close()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--capture", default="studio_face")
    parser.add_argument("--preset", default="laptop")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    folder = paths.SITE / f"{args.capture}-{args.preset}" / "html"
    if not (folder / "index.html").is_file():
        raise BookError(f"{folder}: no book; run `make book CAPTURE={args.capture} PRESET={args.preset}` first.")
    pages = measure(folder, args.rounds)
    found = {
        "pages": pages,
        "heaviest_megabytes": max(page["megabytes"] for page in pages.values()),
        "slowest_seconds": max(page["usable_ms"] for page in pages.values()) / 1e3,
    }
    found |= {"slower": SLOWER, "rounds": args.rounds, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    print(save_results(args.capture, args.preset, "pages", found))


if __name__ == "__main__":
    try:
        main()
    except GlmkError as error:
        sys.exit(f"glmk: {error}")
