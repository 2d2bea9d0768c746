"""Several processes train as one would: the same losses, and equal weights in all of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from glmk_lib import checkpoint, cli, distributed, paths, training
from glmk_lib.draws import SharedGenerator, draw
from glmk_lib.errors import TrainingError

SCRIPT = Path(__file__).parent / "fixtures" / "train_in_processes.py"
# Sums over a batch are rounded otherwise when it is shared out; each step carries the differences on.
TOLERANCE = 1e-3
# L_delta then begins anew, and Adam's first step goes by the sign of a gradient, however small: rounding turns some weights the
# other way, by a whole step.
AFTER_RESTART = 1e-2


@pytest.fixture(scope="module")
def shared(tiny):
    """A preset whose pools are full after the first step: older fakes come back."""
    return tiny.with_(batch=4, pool=4, refine_steps=4)


@pytest.fixture(scope="module")
def one(capture, shared, tmp_path_factory):
    """The run of a single process."""
    return training.train(capture, shared, tmp_path_factory.mktemp("one") / "run", progress=False)


def launched(launcher, capture, preset, folder):
    """Train in two gloo processes; gives the run's folder."""
    (folder / "preset.json").write_text(json.dumps(preset.to_dict()))
    starting = {
        "fabric": [sys.executable],
        "torchrun": [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"],
    }
    told = [SCRIPT, capture.root, folder / "run", folder / "preset.json", 2 if launcher == "fabric" else 1]
    env = {**os.environ, "PYTHONPATH": str(paths.ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([*starting[launcher], *map(str, told)], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.mark.parametrize("launcher", ["fabric", "torchrun"])
def test_two_processes_train_as_one_does(launcher, capture, shared, one, tmp_path):
    folder = launched(launcher, capture, shared, tmp_path)
    first, second = (checkpoint.load_tensors(folder / f"process-{i}.safetensors") for i in (0, 1))
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []

    rows = json.loads((folder / "history.json").read_text())
    assert [row["step"] for row in rows] == [row["step"] for row in one.history]
    for row, expected in zip(rows, one.history, strict=True):
        losses = {name: value for name, value in expected.items() if name not in ("seconds", "spread")}
        tolerance = TOLERANCE if row["step"] <= shared.steps else AFTER_RESTART
        assert {name: row[name] for name in losses} == pytest.approx(losses, rel=tolerance, abs=1e-5)


@pytest.mark.parametrize("make", [torch.rand, torch.randn])
def test_processes_draw_together_what_one_draws_alone(make):
    alone = draw(make, (6, 5), torch.Generator().manual_seed(3))
    parts = []
    for rank in range(3):
        random = SharedGenerator().manual_seed(3)
        random.rank, random.world = rank, 3
        parts.append(draw(make, (2, 5), random))
    assert torch.equal(torch.cat(parts), alone)


def test_a_batch_that_cannot_be_shared_out_is_refused_before_any_process_starts(tiny):
    with pytest.raises(TrainingError, match="batch of 2 can't be shared out equally among 3 devices"):
        distributed.start(3, tiny)


def test_devices_are_a_number_or_auto():
    told = ["train", "--marked", "a", "--unmarked", "b", "--template", "c", "--out", "d", "--devices"]
    assert cli.build_parser().parse_args([*told, "2"]).devices == 2
    assert cli.build_parser().parse_args([*told, "auto"]).devices == "auto"
    with pytest.raises(SystemExit):
        cli.build_parser().parse_args([*told, "all"])
