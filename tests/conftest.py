"""What every test shares: a build folder of its own, patience with a busy machine, the skipping of GPU tests, a small disk,
the browser."""

import os
import resource
import shutil
import tempfile
from contextlib import contextmanager

import pytest
import torch
from hypothesis import settings

# Before any test imports glmk_lib.paths: what a test makes must not land among the user's captures, runs and results.
_SCRATCH = tempfile.mkdtemp(prefix="glmk-tests-")
os.environ.setdefault("GLMK_BUILD", os.path.join(_SCRATCH, "build"))
os.environ.setdefault("GLMK_RESULTS", os.path.join(_SCRATCH, "results"))
if _WORKER := os.environ.get("PYTEST_XDIST_WORKER"):  # one of several processes: they inherit the folders of the first
    for _name in ("GLMK_BUILD", "GLMK_RESULTS"):
        os.environ[_name] = os.path.join(os.environ[_name], _WORKER)

settings.register_profile("patient", deadline=None)  # the first example pays for imports, and on a busy machine any may
settings.load_profile("patient")


def pytest_unconfigure():
    shutil.rmtree(_SCRATCH, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of a file run in one process, since they share fixtures; those of the notebooks and the book share a book."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return "book" if nodeid.startswith(("tests/book/", "tests/notebooks/")) else nodeid.split("::")[0]

    return ByFile(config, log)


def pytest_collection_modifyitems(items):
    gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not gpu:
        return
    import torch

    if not torch.cuda.is_available():
        for item in gpu:
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))


@pytest.fixture(scope="session")
def tiny():
    """A preset for trainings of seconds; a test lengthens it to its needs."""
    from glmk_lib import presets

    return presets.get("smoke").with_(
        studio_frames=60, heldout_frames=60, heldout_marked=50, steps=4, refine_steps=80, evaluate_every=2, checkpoint_every=2,
        generator_width=8, generator_blocks=1, batch=2,
    )  # fmt: skip


@pytest.fixture(scope="session")
def capture(tiny, tmp_path_factory):
    """A face of the studio at the preset `tiny`, filmed once for all tests."""
    from glmk_lib.capture.prepare import prepare

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glmk_lib.paths.CAPTURES", tmp_path_factory.mktemp("captures"))
        return prepare("studio_face", tiny, 0)


@pytest.fixture(scope="session")
def mug_take(tmp_path_factory):
    """A short film of the bare mug of chapter 6, which wanders about the frame, filmed once for all tests."""
    from glmk_lib import mug

    return mug.film(tmp_path_factory.mktemp("mug"), "unmarked", frames=64, seed=12, marked=False, progress=False)


@pytest.fixture
def small_disk():
    """`with small_disk(bytes):` no file can grow beyond that size, as on a disk that fills up (errno EFBIG for ENOSPC)."""

    @contextmanager
    def limit(size):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit


class _Frames:
    """Images (N, 3, S, S), read as the frame store of a take is."""

    def __init__(self, images):
        self.images, self.frames = images, images.permute(0, 2, 3, 1)

    def __len__(self):
        return len(self.images)

    def batch(self, index):
        return self.images[torch.as_tensor(index)]


@pytest.fixture(scope="session")
def store():
    """From images to what hands them out as a frame store does."""
    return _Frames


@pytest.fixture(scope="session")
def chromium():
    """The path of Chromium, as text; `make browser` installs it."""
    from glmk_lib.publish.browser import find_chromium

    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium; run `make browser`")
    return str(found)


@pytest.fixture(scope="session")
def browser(chromium):
    """Chromium, started: one for all tests, since Playwright has no second one in a process."""
    from playwright.sync_api import sync_playwright

    from glmk_lib.publish.browser import ARGUMENTS

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield started
        started.close()
