"""The live page in Chromium: the browser's landmarks are Python's, from the clip, a picture, a video and a camera.

The page is made of book/live.md's own HTML and scripts, with a network that learned for seconds; the whole book has it too
(test_pages.py opens it).
"""

import base64
import json
import re
import shutil
import time

import av
import cv2
import numpy as np
import pytest
import torch

from glmk_lib import paths
from glmk_lib.baselines.supervised import train_supervised
from glmk_lib.capture.ingest import cut
from glmk_lib.capture.video import read_frames
from glmk_lib.metrics import to_pixels
from glmk_lib.predict import Landmarker
from glmk_lib.publish import assets, live
from glmk_lib.publish.browser import ARGUMENTS

PATIENCE = 60  # seconds

pytestmark = pytest.mark.browser
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"></head><body><main>'
RAW = re.compile(r"```\{raw\} html\n(.*?)```", re.DOTALL)
# Keeps what the page tells of its frames; every step of the page works as for a reader.
LISTEN = """() => {
    window.frames_ = [];
    document.getElementById("live-canvas").addEventListener("live:frame", ({detail}) =>
        frames_.push({...detail, frame: [...detail.frame]}));
}"""
KEEP_STREAM = """() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => (window.stream_ = await ask(wish));
}"""
PIXEL = 1.0  # of the network's frame: how far the browser's landmarks may lie from Python's


@pytest.fixture(scope="module")
def landmarker(capture, tiny, tmp_path_factory):
    """It reads under a blur, as the chapter's does; full supervision alone learns anything in seconds."""
    out = tmp_path_factory.mktemp("supervised")
    found = train_supervised(capture, tiny.with_(supervised_steps=300), out, progress=False)
    return Landmarker(found.deformation, found.template, read_blur=0.5).eval()


@pytest.fixture(scope="module")
def site(capture, landmarker, shared_npm, tmp_path_factory):
    """A folder with the page, everything that it loads, and the clip as a file of its own."""
    root = tmp_path_factory.mktemp("site")
    folder = root / "_static" / "live"
    folder.mkdir(parents=True)
    made = live.of_run(landmarker, capture.heldout_unmarked, tmp_path_factory.mktemp("made"))
    made["about.js"] = live.script("about", json.loads(made.pop("about.json")) | {"missing": []})
    made |= live.runtimes(assets.install(paths.BOOK / "runtime"))
    made |= {file.name: file.read_bytes() for file in (paths.BOOK / "_assets" / "live").iterdir()}
    for name, content in made.items():
        (folder / name).write_bytes(content)
    (root / "live.html").write_text(HEAD + "".join(RAW.findall((paths.BOOK / "live.md").read_text())), encoding="utf-8")
    return root


@pytest.fixture
def live_page(visit, serve, site):
    """The page, open in the browser and ready, with what went wrong so far."""

    def open_page(width: int = 1280):
        page, wrong = visit(serve(site) + "live.html", width)
        page.wait_for_selector("#live-root[data-ready]")
        page.evaluate(LISTEN)
        return page, wrong

    return open_page


def told(page, count: int) -> list[dict]:
    """The first `count` frames that the page tells of from now on."""
    page.evaluate("frames_.length = 0")
    until = time.monotonic() + PATIENCE
    while page.evaluate("frames_.length") < count:  # `wait_for_function` compiles text, which the page's policy forbids
        assert time.monotonic() < until, f"the page told of fewer than {count} frames"
        page.wait_for_timeout(50)
    return page.evaluate(f"frames_.slice(0, {count})")


def says(page, text: str):
    page.locator("#live-says", has_text=text).wait_for()


def read(landmarker, frames) -> np.ndarray:
    """Python's points (T, N, 2) in pixels of the network's frame, for frames (T, S, S, 3) uint8."""
    with torch.inference_mode():
        points = landmarker(torch.from_numpy(frames.copy()).permute(0, 3, 1, 2).float() / 255).numpy()
    return to_pixels(points, frames.shape[1])


def pixels(frame: dict, size: int) -> np.ndarray:
    """The points (N, 2) that the page tells of, in pixels of the network's frame."""
    return to_pixels(np.array(frame["points"]).reshape(-1, 2), size)


def decoded(path, size: int) -> np.ndarray:
    """A video's frames (T, S, S, 3), by the centred square, as `make predict` reads them."""
    frames = [frame for _, _, frame in read_frames(path)]
    height, width = frames[0].shape[:2]
    side = min(height, width)
    return np.stack([cut(f, ((width - side) / 2, (height - side) / 2, side, side), size) for f in frames])


def seen(frame: dict, shown: np.ndarray) -> int:
    """Which of the frames `shown` (T, S, S, 3) the page's network saw: the one its own pixels are closest to."""
    pixels = np.array(frame["frame"], float).reshape(*shown.shape[1:3], -1)[..., :3]
    return int(np.abs(shown - pixels).mean(axis=(1, 2, 3)).argmin())


def clip_of(root, folder):
    """The clip of the page in the site `root`, as a file in `folder`."""
    text = (root / "_static" / "live" / "clip.js").read_text()
    path = folder / "clip.webm"
    path.write_bytes(base64.b64decode(re.search(r', "(.*)"\)', text)[1]))
    return path


@pytest.fixture(scope="module")
def clip(site, tmp_path_factory):
    return clip_of(site, tmp_path_factory.mktemp("clip"))


def assert_same(page_frames, python, numbers, size):
    """The page's points are Python's on the same frames, and would not be Python's on others."""
    found = np.stack([pixels(frame, size) for frame in page_frames])
    assert np.abs(found - python[numbers]).max() < PIXEL
    others = python[(np.asarray(numbers) + len(python) // 2) % len(python)]
    assert np.abs(found - others).max() > 2 * PIXEL


def test_the_page_opened_from_a_disk_runs_too(browser, site):
    page = browser.new_page()
    try:
        page.goto((site / "live.html").as_uri())
        page.wait_for_selector("#live-root[data-ready]")
        page.evaluate(LISTEN)
        page.click("#live-clip")
        assert told(page, 3)[-1]["perSecond"] > 0
    finally:
        page.close()


def test_a_browser_without_a_videos_own_clock_runs_too(live_page):
    page, wrong = live_page()
    page.evaluate("delete HTMLVideoElement.prototype.requestVideoFrameCallback")
    page.click("#live-clip")
    assert told(page, 3)[-1]["perSecond"] > 0
    assert wrong == []


def test_a_browser_that_can_not_run_the_network_says_why_and_shows_the_recorded_clip(browser, serve, site):
    page = browser.new_page()
    try:
        page.add_init_script("WebAssembly.validate = () => false")
        page.goto(serve(site) + "live.html")
        says(page, "Nothing runs here: this browser has no WebAssembly with SIMD. Below is the recorded clip.")
        assert page.is_visible("#live-recorded") and page.is_disabled("#live-clip")
    finally:
        page.close()


@pytest.mark.parametrize("has_run", [True, False], ids=["without the runtime", "without a run"])
def test_what_is_missing_is_said_and_nothing_else_goes_wrong(visit, serve, site, tmp_path, has_run):
    shutil.copytree(site, tmp_path, dirs_exist_ok=True)
    folder = tmp_path / "_static" / "live"
    text = (folder / "about.js").read_text()
    about = json.loads(text[text.index("{") : text.rindex("}") + 1]) if has_run else {}
    (folder / "about.js").write_bytes(live.script("about", about | {"missing": ["the left shoe is lost"]}))
    for name in ("runtime.js", "runtime-gpu.js") if has_run else ("model.js", "clip.js", "recorded.webm"):
        (folder / name).unlink()
    page, wrong = visit(serve(tmp_path) + "live.html", 390)
    says(page, "Nothing runs here: the left shoe is lost.")
    assert page.is_visible("#live-recorded") == page.is_visible("#live-deformations") == has_run
    assert page.is_disabled("#live-clip") and page.is_disabled("#live-camera") and page.is_disabled("#live-file")
    assert wrong == []


def test_a_network_that_computes_something_else_is_not_shown(visit, serve, site, tmp_path):
    """As a browser with a broken runtime would: here the page brings other points of Python's to hold them against."""
    shutil.copytree(site, tmp_path, dirs_exist_ok=True)
    about = tmp_path / "_static" / "live" / "about.js"
    text = about.read_text()
    said = json.loads(text[text.index("{") : text.rindex("}") + 1])
    said["check"]["points"][0][0] += 0.5
    about.write_bytes(live.script("about", said))
    page, wrong = visit(serve(tmp_path) + "live.html")
    page.click("#live-clip")
    says(page, f"the points differ from Python's by {0.5 / 2 * said['size']:.2f} pixels")
    assert page.is_visible("#live-recorded") and not page.is_visible("#live-canvas")
    assert wrong == []


def test_on_the_clip_the_landmarks_are_those_that_python_finds(live_page, clip, landmarker, capture):
    size, fps = landmarker.deformation.size, 25
    page, wrong = live_page()
    page.click("#live-clip")
    says(page, "Running on the chapter's clip")
    frames = told(page, 12)
    shown = decoded(clip, size)
    python, numbers = read(landmarker, shown), [seen(frame, shown) for frame in frames]
    assert_same(frames, python, numbers, size)
    late = np.array(numbers) - [round(frame["time"] * fps) for frame in frames]
    assert np.median(late) == 0 and late.min() >= 0  # a busy machine may have shown the next frame already
    assert np.abs(python - read(landmarker, capture.heldout_unmarked.frames[: len(python)])).max() < PIXEL
    assert wrong == []


def test_stop_shows_the_recorded_clip_again_and_nothing_goes_on(live_page):
    page, wrong = live_page()
    page.click("#live-clip")
    told(page, 2)
    page.click("#live-stop")
    assert page.is_visible("#live-recorded") and not page.is_visible("#live-canvas")
    count = page.evaluate("frames_.length")
    page.wait_for_timeout(300)
    assert page.evaluate("frames_.length") == count
    assert wrong == []


def test_a_picture_is_cut_as_python_cuts_it_wherever_the_square_is(live_page, landmarker, capture, tmp_path):
    """The subject stands left of the middle of a wide picture; the sliders bring the square there, by keyboard."""
    size = landmarker.deformation.size
    subject = cv2.resize(capture.heldout_unmarked.frames[7], (300, 300), interpolation=cv2.INTER_CUBIC)
    picture = np.full((330, 700, 3), 90, np.uint8)
    picture[10:310, 60:360] = subject
    cv2.imwrite(str(tmp_path / "wide.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    page, wrong = live_page()
    page.set_input_files("#live-file", tmp_path / "wide.png")
    says(page, "Running on wide.png")
    for slider, presses in (("size", 10), ("across", 60), ("down", 5)):
        for _ in range(presses):
            page.press(f"#live-{slider}", "ArrowLeft")
    frame = page.evaluate("frames_.at(-1)")
    box = [frame["box"][key] for key in ("x", "y", "side", "side")]
    assert box[2] < 330 and box[0] < 150, "the sliders move no square"
    expected = cut(picture, box, size)
    assert np.abs(np.array(frame["frame"]).reshape(expected.shape) - expected.astype(int)).max() <= 1
    assert np.abs(pixels(frame, size) - read(landmarker, expected[None])[0]).max() < PIXEL
    assert wrong == []


def test_the_square_follows_the_pointer(live_page, tmp_path):
    cv2.imwrite(str(tmp_path / "wide.png"), np.full((300, 900, 3), 90, np.uint8))
    page, _ = live_page()
    page.set_input_files("#live-file", tmp_path / "wide.png")
    says(page, "Running on wide.png")
    page.wait_for_function("frames_.length > 0")
    canvas = page.locator("#live-canvas").bounding_box()
    middle = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - canvas["width"] / 6, middle[1])
    page.mouse.up()
    page.wait_for_function("Math.abs(frames_.at(-1).box.x - 150) < 3")
    assert float(page.input_value("#live-across")) == pytest.approx(25, abs=1)


def test_a_video_that_is_dropped_runs(live_page, clip, landmarker):
    page, wrong = live_page()
    data = base64.b64encode(clip.read_bytes()).decode()
    page.evaluate(
        """(data) => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([glmkLive.bytes(data)], "mine.webm", {type: "video/webm"}));
            document.getElementById("live-root").dispatchEvent(
                new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true}));
        }""",
        data,
    )
    says(page, "Running on mine.webm")
    size = landmarker.deformation.size
    frames, taken = told(page, 5), decoded(clip, size)
    assert_same(frames, read(landmarker, taken), [seen(frame, taken) for frame in frames], size)
    assert wrong == []


def test_a_video_without_a_picture_that_the_browser_reads_is_refused(live_page, tmp_path):
    """As one whose codec it doesn't know, of which it hears the sound."""
    with av.open(str(tmp_path / "heard.webm"), "w") as container:
        sound = container.add_stream("libopus", 48000, layout="mono")
        for k in range(0, 48000, 960):
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), format="fltp", layout="mono")
            samples.sample_rate, samples.pts = 48000, k
            container.mux(sound.encode(samples))
        container.mux(sound.encode(None))
    page, _ = live_page()
    page.set_input_files("#live-file", tmp_path / "heard.webm")
    says(page, "heard.webm is neither a picture nor a video that this browser can read")
    assert page.is_visible("#live-recorded") and page.is_disabled("#live-stop")


def test_a_picture_that_lets_through_shows_no_trails(live_page, tmp_path):
    """And no speed of the video before it."""
    picture = np.zeros((300, 500, 4), np.uint8)
    picture[100:200, 200:300] = 255
    cv2.imwrite(str(tmp_path / "clear.png"), picture)
    page, wrong = live_page()
    page.click("#live-clip")
    told(page, 3)
    page.set_input_files("#live-file", tmp_path / "clear.png")
    says(page, "Running on clear.png")
    moves = (("ArrowLeft", 40), ("ArrowRight", 40))
    page.press("#live-across", "ArrowLeft")
    page.press("#live-across", "ArrowRight")
    page.wait_for_timeout(300)
    before = page.evaluate("document.getElementById('live-canvas').toDataURL()")
    for key, presses in moves:
        for _ in range(presses):
            page.press("#live-across", key)
    page.wait_for_timeout(300)
    assert page.evaluate("document.getElementById('live-canvas').toDataURL()") == before
    assert "frames a second" not in page.inner_text("#live-speed")
    assert wrong == []


def test_a_finger_drags_the_square_of_a_portrait_and_scrolls_beside_it(live_page, tmp_path):
    cv2.imwrite(str(tmp_path / "tall.png"), np.full((900, 300, 3), 90, np.uint8))
    page, _ = live_page(390)
    page.set_input_files("#live-file", tmp_path / "tall.png")
    says(page, "Running on tall.png")
    held = """(share) => {
        const canvas = document.getElementById("live-canvas"), box = canvas.getBoundingClientRect();
        const touch = new Touch({identifier: 0, target: canvas, clientX: box.left + box.width / 2,
                                 clientY: box.top + share * box.height});
        return !canvas.dispatchEvent(new TouchEvent("touchstart", {changedTouches: [touch], cancelable: true}));
    }"""
    assert [page.evaluate(held, share) for share in (0.1, 0.5, 0.9)] == [False, True, False]
    assert page.locator("#live-canvas").bounding_box()["height"] <= 0.8 * page.viewport_size["height"] + 1


def test_what_could_not_be_loaded_is_loaded_at_the_next_press(live_page):
    page, _ = live_page()
    page.route("**/runtime.js", lambda route: route.abort())
    page.click("#live-clip")
    says(page, "runtime.js could not be loaded; look at the connection, and try again")
    page.unroute("**/runtime.js")
    page.click("#live-clip")
    says(page, "Running on the chapter's clip")


def test_stop_by_keyboard_gives_the_focus_back(live_page):
    page, wrong = live_page()
    page.focus("#live-clip")
    page.keyboard.press("Enter")
    told(page, 1)
    page.focus("#live-stop")
    page.keyboard.press("Enter")
    says(page, "Stopped.")
    assert page.evaluate("document.activeElement.id") == "live-clip"
    assert wrong == []


def test_a_file_of_another_kind_is_refused_by_name(live_page, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    page, _ = live_page()
    page.set_input_files("#live-file", tmp_path / "notes.txt")
    says(page, "notes.txt is neither a picture nor a video that this browser can read")
    assert page.is_visible("#live-recorded")


@pytest.fixture
def camera(browser, chromium, serve, site, capture, tmp_path):
    """`camera(*arguments, permissions)` opens the page in a browser whose camera films the held-out take: (page, its video)."""
    video = tmp_path / "camera.y4m"
    with open(video, "wb") as file:
        file.write(b"YUV4MPEG2 W320 H320 F25:1 Ip A1:1 C420\n")
        for frame in capture.heldout_unmarked.frames:
            large = cv2.resize(frame, (320, 320), interpolation=cv2.INTER_CUBIC)
            planes = av.VideoFrame.from_ndarray(large, "rgb24").reformat(format="yuv420p").to_ndarray()
            file.write(b"FRAME\n" + planes.tobytes())
    started = []

    def open_page(*arguments: str, permissions=()):
        fake = "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={video}"
        started.append(browser.browser_type.launch(executable_path=chromium, args=[*ARGUMENTS, *fake, *arguments]))
        page = started[-1].new_context(permissions=permissions).new_page()
        page.goto(serve(site) + "live.html")
        page.wait_for_selector("#live-root[data-ready]")
        page.evaluate(LISTEN)
        return page, video

    yield open_page
    for one in started:
        one.close()


def test_a_refused_camera_is_said_in_plain_words(camera):
    page, _ = camera("--deny-permission-prompts")
    page.click("#live-camera")
    says(page, "the camera was refused. Allow it")
    assert page.is_visible("#live-recorded")


def test_on_a_camera_the_landmarks_are_those_that_python_finds(camera, landmarker):
    """Which frame of the take the page read is told by the frame itself."""
    page, video = camera(permissions=["camera"])
    page.click("#live-camera")
    says(page, "Running on the camera")
    shown = told(page, 10)
    page.click("#live-stop")
    size = landmarker.deformation.size
    python_frames = decoded(video, size)
    read_ones = np.array([frame["frame"] for frame in shown]).reshape(-1, *python_frames.shape[1:])
    apart = np.abs(read_ones[:, None] - python_frames.astype(int)).mean((2, 3, 4))
    assert apart.min(1).max() < 3, "the page reads other pixels than Python"
    assert_same(shown, read(landmarker, python_frames), apart.argmin(1), size)


def test_the_camera_is_let_go_on_stop_and_said_to_be_gone_when_it_goes(camera):
    page, _ = camera(permissions=["camera"])
    page.evaluate(KEEP_STREAM)
    page.click("#live-camera")
    says(page, "Running on the camera")
    page.click("#live-stop")
    assert page.evaluate("stream_.getTracks().map((track) => track.readyState)") == ["ended"]
    page.click("#live-camera")
    says(page, "Running on the camera")
    page.evaluate("stream_.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    says(page, "The camera went away.")
    assert page.is_visible("#live-recorded")


def test_a_camera_that_waits_for_the_network_is_let_go_on_stop(camera):
    page, _ = camera(permissions=["camera"])
    page.evaluate(KEEP_STREAM)
    held = []
    page.route("**/runtime.js", lambda route: held.append(route))
    page.click("#live-camera")
    until = time.monotonic() + PATIENCE
    while not held:
        assert time.monotonic() < until
        page.wait_for_timeout(50)
    assert page.evaluate("stream_.getTracks().map((track) => track.readyState)") == ["live"]
    page.click("#live-stop")
    says(page, "Stopped.")
    assert page.evaluate("stream_.getTracks().map((track) => track.readyState)") == ["ended"]
    held[0].continue_()


def test_a_camera_that_is_turned_is_read_upright(live_page, landmarker):
    """A phone's stream then exchanges its width and height; here a drawing's does."""
    page, wrong = live_page()
    page.evaluate("""() => {
        const drawing = Object.assign(document.createElement("canvas"), {width: 640, height: 480});
        const context = drawing.getContext("2d");
        setInterval(() => { context.fillStyle = "red"; context.fillRect(0, 0, 640, 640); }, 40);
        navigator.mediaDevices.getUserMedia = async () => drawing.captureStream(25);
        window.turn_ = () => Object.assign(drawing, {width: 480, height: 640});
    }""")
    page.click("#live-camera")
    says(page, "Running on the camera")
    assert told(page, 1)[0]["box"] == {"x": 80, "y": 0, "side": 480}
    page.evaluate("turn_()")
    until = time.monotonic() + PATIENCE
    while told(page, 1)[0]["box"]["y"] != 80:
        assert time.monotonic() < until
    assert page.evaluate("(({width, height}) => [width, height])(document.getElementById('live-canvas'))") == [540, 720]
    red = np.array(told(page, 1)[0]["frame"]).reshape(-1, 3)
    assert red[:, 0].min() > 200 and red[:, 1:].max() < 60, "a part of the frame before is read"
    assert wrong == []


@pytest.mark.slow
def test_in_the_book_itself_the_chapters_network_runs_on_the_chapters_clip(smoke_book, serve, visit, tmp_path):
    page, wrong = visit(serve(smoke_book.parent) + "live.html")
    page.wait_for_selector("#live-root[data-ready]")
    page.evaluate(LISTEN)
    page.click("#live-clip")
    chapters = Landmarker.load(paths.run_dir("studio_face", "smoke") / "landmarks.safetensors")
    size, clip = chapters.deformation.size, clip_of(smoke_book.parent, tmp_path)
    frames, taken = told(page, 5), decoded(clip, size)
    assert_same(frames, read(chapters, taken), [seen(frame, taken) for frame in frames], size)
    assert wrong == []


@pytest.mark.slow
def test_the_graphics_cards_runtime_finds_what_python_finds(browser, chromium, serve, site):
    """On a graphics card that the processor plays: too slow for the page to take, but it computes the same."""
    plays = "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--use-vulkan=swiftshader"
    given = [argument for argument in ARGUMENTS if argument != "--disable-gpu"]
    with browser.browser_type.launch(
        executable_path=chromium, args=[*given, *plays, "--enable-features=Vulkan,WebGPU"]
    ) as started:
        page = started.new_page()
        page.goto(serve(site) + "live.html")
        if not page.evaluate("async () => Boolean(await navigator.gpu?.requestAdapter())"):
            pytest.skip("this Chromium has no WebGPU")
        found = page.evaluate(
            """async () => {
                const about = await glmkLive.load("about"), model = glmkLive.bytes(await glmkLive.load("model"));
                const runtime = await glmkLive.network.start("runtime-gpu", "webgpu", model, about.size);
                return glmkLive.network.examine(runtime, about);
            }"""
        )
    assert found["off"] < 0.01


def test_a_slider_bends_the_template_and_reset_brings_the_mean_back(live_page):
    page, wrong = live_page()
    page.evaluate("""() => document.getElementById("live-template").addEventListener("live:drawn", ({detail}) =>
        window.drawn_ = detail.points)""")
    picture = "document.getElementById('live-template').toDataURL()"
    mean = page.evaluate(picture)
    assert page.locator("[data-sliders] input").count() >= 3
    page.press("#live-deformation-1", "End")
    said = page.evaluate("glmkLive.load('about')")
    bent = np.array(said["template"]["points"]) + said["deformations"]["mean"]
    bent += 3 * said["deformations"]["deviations"][0] * np.array(said["deformations"]["directions"][0])
    np.testing.assert_allclose(np.array(page.evaluate("drawn_")).reshape(-1, 2), bent, atol=1e-6)
    assert page.evaluate(picture) != mean
    assert page.inner_text("output[for=live-deformation-1]") == "+3.0 σ"
    page.click("[data-reset]")
    assert page.evaluate(picture) == mean
    assert wrong == []
