"""The channel study: what L_delta reads in G's frames and not on skin."""

import dataclasses

import pytest

from glmk_lib import figures, presets, traces
from glmk_lib.study import cells, channel, code, rows, runner, summary, tables

TINY = presets.get("smoke").with_(
    studio_frames=60, studio_every=1, heldout_frames=12, heldout_marked=12, steps=4, refine_steps=0, evaluate_every=4,
    checkpoint_every=4, generator_width=8, generator_blocks=1, batch=2,
)  # fmt: skip


@pytest.fixture
def study(at, tmp_path):
    at(tmp_path)
    whole = rows.get("channel", TINY)
    shorter = tuple(dataclasses.replace(row, changes=row.changes | {"steps": 4}) for row in whole.rows)
    return dataclasses.replace(whole, base=TINY, rows=shorter)


def test_the_open_channel_is_read_as_it_is_and_no_row_has_a_second_phase():
    study = rows.get("channel", presets.get("laptop"))
    terms = {row.name: study.preset(row).terms for row in study.rows}
    assert terms["closed"].read_blur > 0 and terms["closed"].read_noise > 0
    assert all(terms[name].read_blur == terms[name].read_noise == 0 for name in ("open", "open_unkept"))
    assert terms["open"].keep > 0 == terms["open_unkept"].keep
    assert all(study.preset(row).total_steps == study.preset(row).steps > study.base.steps for row in study.rows)


def test_each_training_says_what_its_frames_hold_and_where_that_is_read(study):
    todo = runner.order(study, study.captures, [0], ["closed", "open"])
    assert runner.run(todo, say=lambda line: None).failed == {}
    stored = cells.load(todo[0])
    assert set(channel.MEASURES) <= set(stored.body["scores"]) and stored.body["code"] == code.code_hash(code.CHANNEL)
    assert stored.stale == "" and 0 < stored.score("left_painted") < 1
    assert not (todo[0].run_folder / "checkpoints").exists()

    found = summary.summarise(study, "studio_face")
    table = str(tables.channel_table(study, found)).splitlines()
    assert table[1].startswith("channel closed") and "not measured" in table[3]
    shown = tables.channel_rows(study, found)
    assert ["errors" in row for row in shown] == [True, True, False]
    assert shown[0]["errors"]["G's frames"] == [tuple(stored.score(name) for name in channel.FAKE)]
    assert len(figures.channel_figure(traces.NOISES, shown).axes) == 2
    assert figures.channel_figure(traces.NOISES, [{"label": "not there"}]) is not None


def test_what_cannot_be_filmed_bare_is_refused(study, monkeypatch):
    monkeypatch.setattr(traces, "available", lambda capture: "only the studio can")
    outcome = runner.run(runner.order(study, study.captures, [0], ["closed"]), say=lambda line: None)
    assert "only the studio can; use a studio capture" in outcome.failed["studio_face closed-seed0"]


def test_noise_closes_a_gap_that_it_halves():
    def of(*gaps):
        pairs = zip(channel.FAKE, channel.BARE, gaps, strict=True)
        return {name: {"mean": mean} for fake, bare, gap in pairs for name, mean in ((fake, 1.0), (bare, 1.0 + gap))}

    study = rows.get("channel", TINY)
    said = tables.channel_gaps(study, {"rows": {"closed": of(0.4, 0.4, 0.3, 0.3, 0.3), "open": of(0.4, 0.4, 0.3, 0.2, 0.3)}})
    assert [line.strip() for line in said.splitlines()[1::2]] == [
        "0.40 px worse on bare frames; noise does not close it (0.30 px at 0.04)",
        "0.40 px worse on bare frames; noise closes it (0.20 px at 0.08)",
    ]
    assert tables.channel_gaps(study, {"rows": {"open": of(-0.1, 0.0, 0.0, 0.0, 0.0)}}).endswith("no worse on bare frames")
    assert tables.channel_gaps(study, {"rows": {}}) == "not measured"
