"""The editor in JupyterLab itself, in Chromium: drawn in with the mouse, gone through with the keyboard, saved and loaded."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from glmk_lib.template import Template

PATIENCE = 60_000  # ms: a slow machine is no defect of the editor
CELL = """import numpy as np
from glmk_lib.widgets import TemplateEditor
TemplateEditor(np.full((64, 64, 3), 150, np.uint8), path="mine.json")"""
# What has the focus, by its words.
FOCUSED = """() => {
    const at = document.activeElement, box = at.closest(".jupyter-widgets"), words = [];
    if (at.tagName == "BUTTON") return at.textContent;
    box?.querySelectorAll("label").forEach(label => words.push(label.innerText.trim()));
    return words.join("").replace(/\\u200b/g, "") || at.className;
}"""
X = """document.querySelector(".jp-OutputArea input[type=number]").value"""
# In the order of Tab: all that is of use once a line has been drawn on a frame without a key and colours.
CONTROLS = [
    "line", "‹ line", "line ›", "point", "‹ point", "point ›", "x", "y", "←", "→", "↑", "↓", "Add point", "Delete point",
    "Undo", "closed line", "paint", "paint", "points", "Resample", "mirror x", "Mirror line", "move both sides",
    "as R paints it", "name", "Add line", "Rename", "Delete line", "file", "Load", "Save",
]  # fmt: skip


@pytest.fixture
def lab(tmp_path):
    """JupyterLab on this machine alone, with nothing of the user's, in a folder with one notebook: its address."""
    notebook = new_notebook(cells=[new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "draw.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / "own" / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={tmp_path}", "--allow-root"]
    options += ["--no-browser", "--IdentityProvider.token=", "--LabApp.extension_manager=readonly"]
    options += ["--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate"]
    log = (tmp_path / "lab.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options], env={**os.environ, **own}, stdout=log, stderr=log, cwd=tmp_path
    )
    address, until = f"http://127.0.0.1:{port}/", time.monotonic() + PATIENCE / 1000
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}api", timeout=5)  # noqa: S310
                break
            except (urllib.error.URLError, TimeoutError):
                assert server.poll() is None and time.monotonic() < until, (tmp_path / "lab.log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()  # ends its kernels too
        server.wait(30)
        log.close()


@pytest.mark.browser
@pytest.mark.slow
def test_a_template_is_drawn_with_the_mouse_and_the_keyboard_saved_and_loaded(lab, browser, tmp_path):
    page, asked = browser.new_page(viewport={"width": 1500, "height": 1100}), []
    page.set_default_timeout(PATIENCE)
    page.route(lambda url: not url.startswith((lab, "data:", "blob:")), lambda route: (asked.append(route), route.abort()))
    page.goto(f"{lab}lab/tree/draw.ipynb")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # run before, a cell makes JupyterLab ask for a kernel
    page.locator(".jp-Cell .cm-content").click()
    page.keyboard.press("Shift+Enter")
    picture = page.locator("img.widget-image")
    picture.wait_for()

    def at(x, y):
        box = picture.bounding_box()
        return box["x"] + (x + 1) / 2 * box["width"], box["y"] + (y + 1) / 2 * box["height"]

    for count, spot in enumerate([(-0.5, 0), (0, -0.4), (0.5, 0)], start=1):  # press by press
        page.mouse.click(*at(*spot))
        page.get_by_text(f"{count} points on" if count > 1 else "shape (1, 2)").wait_for()
    page.mouse.move(*at(0, -0.4))
    page.mouse.down()
    page.mouse.move(*at(0.2, -0.6), steps=5)
    page.mouse.up()
    page.wait_for_function(f"() => Math.abs({X} - 0.2) < 0.005")

    def tab_to(words):
        """Tab on until the control of these words has the focus; those that were passed on the way."""
        passed = []
        while (now := page.evaluate(FOCUSED)) != words:
            passed.append(now)
            assert len(passed) <= len(CONTROLS), f"no {words} among {passed}"
            page.keyboard.press("Tab")
        return passed

    def until(text):
        page.wait_for_function(f"() => [...document.querySelectorAll('.jp-OutputArea input, select')].some(at => {text})")

    first = picture.locator("xpath=following::select[1]")
    first.focus()
    passed = tab_to("point ›")
    page.keyboard.press("Enter")
    until("at.type == 'number' && Math.abs(at.value - 0.5) < 0.004")  # the third point's x
    passed += tab_to("x")
    page.keyboard.press("ArrowUp")
    passed += tab_to("↓")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    until("at.type == 'number' && Math.abs(at.value - 0.02) < 0.004")  # its y
    passed += tab_to("closed line")
    page.keyboard.press("Space")
    passed += tab_to("name")
    page.keyboard.type("nose")
    passed += tab_to("Rename")
    page.keyboard.press("Enter")
    until("at.tagName == 'SELECT' && at.value == 'nose'")
    passed += tab_to("Save")
    page.keyboard.press("Enter")
    page.get_by_text("Saved mine.json").wait_for()
    assert [*passed, "Save"] == CONTROLS

    saved = Template.load(tmp_path / "mine.json")
    (line,) = saved.lines
    assert (line.name, line.points, line.closed) == ("nose", (0, 1, 2), True)
    pixel = 2 / picture.bounding_box()["width"]
    assert np.allclose(saved.points[:2], [(-0.5, 0), (0.2, -0.6)], atol=2 * pixel)  # where the mouse put them
    assert np.allclose(saved.points[2], [0.505, 0.02], atol=2 * pixel)  # a step to the right, two nudges down

    first.focus()
    tab_to("←")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {X} < 0.5")
    tab_to("Load")
    page.keyboard.press("Enter")
    page.get_by_text("Loaded mine.json").wait_for()
    page.wait_for_function(f"() => {X} > 0.5")
    assert asked == []
    page.close()
