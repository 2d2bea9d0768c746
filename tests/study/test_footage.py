"""The footage study: real clips, on which nobody knows the truth."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from glmk_lib import presets
from glmk_lib.study import cells, code, footage, rows, runner, summary, tables

TINY = presets.get("smoke").with_(
    studio_frames=60, studio_every=1, heldout_frames=24, heldout_marked=12, steps=4, refine_steps=0, evaluate_every=4,
    checkpoint_every=4, generator_width=8, generator_blocks=1, batch=2, supervised_steps=6,
)  # fmt: skip
NAMES = {f"{measure}{behind}" for measure in summary.LABEL_FREE for behind in ("", "_one_euro", "_rts")}


@pytest.fixture
def study(at, place):
    """The study as it is, but on a small capture of the studio, which needs no detector."""
    at(place)
    return dataclasses.replace(rows.get("footage", TINY), base=TINY, captures=("studio_face",))


def moving_store(frames=24, size=64, step=1.0):
    """A texture that moves to the right by `step` pixels a frame."""
    rng = np.random.default_rng(0)
    coarse = np.kron(rng.integers(0, 255, (20, 20)), np.ones((8, 8))).astype(np.float32)
    cells_ = np.stack([coarse[:size, 64 - round(i * step) : 64 - round(i * step) + size] for i in range(frames)])
    return SimpleNamespace(frames=np.repeat(cells_[..., None], 3, -1).astype(np.uint8), timestamps=np.arange(frames) / 25)


def test_points_that_move_with_the_picture_agree_with_it_and_others_do_not():
    store = moving_store()
    start = np.array([[24.0, 24.0], [24.0, 40.0], [30.0, 32.0]])
    along = start + np.arange(24)[:, None, None] * [1.0, 0.0]
    trembling = along + np.random.default_rng(1).normal(0, 0.5, along.shape)
    still, moved, trembled = (
        footage.label_free(pixels / 32 - 1, store) for pixels in (np.broadcast_to(start, along.shape), along, trembling)
    )
    assert set(moved) == NAMES
    assert moved["flow_disagreement_px"] < 0.1 < 0.8 < still["flow_disagreement_px"] < 1.2
    assert trembled["flow_disagreement_px"] > 0.4
    assert still["acceleration_px"] == 0 and moved["acceleration_px"] < 1e-9 < 0.5 < trembled["acceleration_px"]
    assert trembled["acceleration_px_rts"] < trembled["acceleration_px_one_euro"] < trembled["acceleration_px"]


def test_a_jump_between_two_pieces_of_video_is_no_motion():
    store = moving_store()
    points = np.broadcast_to(np.array([[24.0, 24.0], [40.0, 40.0]]), (24, 2, 2)).copy()
    points[12:] += 8
    whole = footage.label_free(points / 32 - 1, store)
    store.timestamps = store.timestamps + np.where(np.arange(24) < 12, 0, 5.0)
    pieces = footage.label_free(points / 32 - 1, store)
    assert whole["acceleration_px"] > 0.5 and pieces["acceleration_px"] == 0
    assert pieces["flow_disagreement_px"] < whole["flow_disagreement_px"]


def test_every_method_is_measured_with_and_without_truth(study):
    named = ["full", "supervised", "static", "mean_shape", "lucas_kanade"]
    todo = runner.order(study, study.captures, [0, 1], named)
    assert [cell.name for cell in todo if cell.seed == 1] == ["full-seed1", "supervised-seed1"]
    todo = [cell for cell in todo if cell.seed == 0]
    assert runner.run(todo, say=lambda line: None).failed == {}
    for cell in todo:
        stored = cells.load(cell)
        assert stored.stale == "" and stored.body["code"] == code.code_hash(code.FOOTAGE)
        assert NAMES | {"mean_px", "retention"} <= set(stored.body["scores"])
        assert ("reprojection_px" in stored.body["scores"]) == (cell.row.name == "full")
        if cell.row.name in ("static", "mean_shape"):
            assert stored.score("acceleration_px") == 0 and abs(stored.score("retention")) < 1e-9
    shown = str(tables.footage_table(study, {"studio_face": summary.summarise(study, "studio_face")})).splitlines()
    assert len(shown) == 1 + len(study.rows) and "error by pseudo-truth" in shown[0] and "against the flow" in shown[0]
    assert [line.split("  ")[1] for line in shown[1:]] == [row.title for row in study.rows]
    assert sum("not measured" in line for line in shown) == 2  # the paper's objective and the detector
