"""Ten regressions as people make them, each planted in a copy of the library, and the tests that are to fail with it.

`run` runs the tests of some regressions against their copies. One process imports what all need (PyTorch above all) and forks
into one for each copy, so that ten take little longer than one.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
PASSED, FAILED = 0, 1  # pytest's exit codes where tests were run
BROKEN = -1  # the tests came to no end of their own


@dataclass(frozen=True)
class Planted:
    """A regression: in the library's file `module`, `right` becomes `wrong`; the test file and `-k` that should catch it."""

    name: str
    module: str
    right: str
    wrong: str
    tests: str
    keyword: str

    def plant(self, package: Path) -> None:
        """Change the copy `package` of the library. Raises ValueError where the code is no longer as this says."""
        file = package / self.module
        text = file.read_text(encoding="utf-8")
        if text.count(self.right) != 1:
            raise ValueError(f"{self.module}: holds {self.right!r} {text.count(self.right)} times; expected it once.")
        file.write_text(text.replace(self.right, self.wrong), encoding="utf-8")


PLANTED = (
    Planted(
        "sign of the spring",
        "losses.py",
        "return ((length - rest_length) / rest_length).square().mean()",
        "return -((length - rest_length) / rest_length).square().mean()",
        "tests/test_losses.py",
        "doubled_template",
    ),
    Planted(
        "swapped axes",
        "splat.py",
        "across, down = bells  # (B, K, W), (B, K, H)",
        "down, across = bells",
        "tests/test_splat.py",
        "sum_of_its_own",
    ),
    Planted(
        "off-by-one frame",
        "capture/video.py",
        "if index < first:",
        "if index <= first:",
        "tests/capture/test_video.py",
        "begins_where",
    ),
    Planted(
        "EMA forgotten",
        "learner.py",
        "slow.lerp_(new, share)",
        "slow.copy_(new)",
        "tests/test_learner.py",
        "running_average",
    ),
    Planted(
        "wrong lambda",
        "objective.py",
        "t.cycle * losses.cycle(",
        "t.spring * losses.cycle(",
        "tests/test_objective.py",
        "round_their_cycle",
    ),
    Planted(
        "RNG reuse",
        "draws.py",
        "*shape[1:]), generator=generator, device=device)",
        "*shape[1:]), generator=generator.clone_state(), device=device)",
        "tests/test_draws.py",
        "no_number_twice",
    ),
    Planted(
        "crop offset",
        "capture/ingest.py",
        "edges = start + np.arange(size + 1) * step",
        "edges = start + 1 + np.arange(size + 1) * step",
        "tests/capture/test_ingest.py",
        "is_copied",
    ),
    Planted(
        "BGR for RGB",
        "capture/video.py",
        'reformat(frame, format="rgb24", threads=1)',
        'reformat(frame, format="bgr24", threads=1)',
        "tests/capture/test_video.py",
        "lossless_video",
    ),
    Planted(
        "visibility inverted",
        "metrics/accuracy.py",
        "counted &= visible",
        "counted &= ~visible",
        "tests/test_metrics.py",
        "hidden_points_do_not_count",
    ),
    Planted(
        "stale weights",
        "checkpoint.py",
        'sorted(Path(folder).glob("step-*.json"), reverse=True)',
        'sorted(Path(folder).glob("step-*.json"))',
        "tests/test_checkpoint.py",
        "newest",
    ),
)


def copy(folder: Path, planted: Planted | None = None) -> Path:
    """A copy of the library in FOLDER, with the regression planted in it; returns FOLDER."""
    shutil.copytree(PROJECT / "glmk_lib", folder / "glmk_lib", ignore=shutil.ignore_patterns("__pycache__"))
    if planted:
        planted.plant(folder / "glmk_lib")
    return folder


def run(jobs: list[tuple[Path, list[str], str]], limit: int = 120) -> list[tuple[int, str]]:
    """For each job, a copy's folder, test files and what `-k` chooses of them: pytest's exit code, and what it printed.

    The code is BROKEN where the process died or took more than `limit` seconds.

    Raises RuntimeError: the process that runs them all fails.
    """
    asked = json.dumps([[str(folder), files, keyword, limit] for folder, files, keyword in jobs])
    command = [sys.executable, "-P", str(HERE / "planted.py")]
    made = {"GLMK_ROOT": str(PROJECT), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    made |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # none is needed here, and nbval's imports take a second each time
    # What a test run has set of its own folders must not reach these, which make their own.
    kept = {name: value for name, value in os.environ.items() if name not in ("GLMK_BUILD", "GLMK_RESULTS", "PYTEST_ADDOPTS")}
    done = subprocess.run(command, input=asked, env={**kept, **made}, cwd=PROJECT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the planted regressions can't be tried: {done.stderr[-2000:]}")
    return [(code, said) for code, said in json.loads(done.stdout)]


def _fork_for(folder: str, files: list[str], keyword: str, limit: int) -> tuple[int, str]:
    said, code = Path(folder) / "said.txt", Path(folder) / "code.json"
    child = os.fork()
    if not child:
        signal.alarm(limit)  # ends this process
        with said.open("w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            try:
                code.write_text(json.dumps(_run_tests(folder, files, keyword)))
            finally:
                sys.stdout.flush()
                os._exit(0)
    os.waitpid(child, 0)
    return json.loads(code.read_text()) if code.exists() else BROKEN, said.read_text(errors="replace")


def _run_tests(folder: str, files: list[str], keyword: str) -> int:
    import pytest

    sys.path.insert(0, folder)
    import glmk_lib

    if not Path(glmk_lib.__file__).is_relative_to(folder):
        raise RuntimeError(f"{glmk_lib.__file__} was imported; expected the copy in {folder}.")
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *files, "-k", keyword]))


def main() -> None:
    import av
    import cv2
    import hypothesis
    import lightning.fabric
    import pytest
    import safetensors.torch
    import scipy.sparse
    import torch

    _ = av, cv2, hypothesis, lightning, pytest, safetensors, scipy, torch  # so that every fork has them already
    print(json.dumps([_fork_for(*job) for job in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
