import hashlib
import json

import numpy as np
import pytest
import torch

from glmk_lib.capture.video import probe, read_frames
from glmk_lib.errors import GlmkError, PresetError
from glmk_lib.studio import film, filming, stills, template_of
from glmk_lib.studio.filming import shoot
from glmk_lib.studio.scene import REGIONS, Script, make_scene
from glmk_lib.template import Template


def frames_of(take):
    return np.stack([frame for _, _, frame in read_frames(take.video)])


def truth_of(take):
    with np.load(take.truth, allow_pickle=False) as body:
        return dict(body)


def hand(out, frames=10, **given):
    return film("hand", frames=frames, seed=3, size=48, out=out, progress=False, **given)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return hand(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    return hand(tmp_path_factory.mktemp("painted"), marked=True)


def test_the_same_arguments_film_the_same_take_bit_for_bit(bare, tmp_path):
    again = hand(tmp_path)
    np.testing.assert_array_equal(frames_of(again), frames_of(bare))
    for key, value in truth_of(bare).items():
        np.testing.assert_array_equal(truth_of(again)[key], value)


def test_a_longer_take_begins_as_the_shorter_one_does(bare, tmp_path):
    longer = hand(tmp_path, 13)
    np.testing.assert_array_equal(frames_of(longer)[:10], frames_of(bare))
    np.testing.assert_array_equal(truth_of(longer)["points"][:10], truth_of(bare)["points"])


def test_frames_do_not_depend_on_the_number_of_threads(bare, tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        np.testing.assert_array_equal(frames_of(hand(tmp_path)), frames_of(bare))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_one_frame_in_three_is_kept_of_a_take_three_times_as_long(bare, tmp_path):
    sparse = hand(tmp_path, 4, every=3)
    assert sparse.info["fps"] == pytest.approx(25 / 3) and probe(sparse.video).fps == pytest.approx(25 / 3)
    np.testing.assert_array_equal(frames_of(sparse)[:3], frames_of(bare)[:9:3])
    np.testing.assert_array_equal(truth_of(sparse)["points"][:3], truth_of(bare)["points"][:9:3])


def test_a_take_can_be_filmed_in_parts(painted, tmp_path):
    begin, end = hand(tmp_path, 8, marked=True, name="begin"), hand(tmp_path, 2, marked=True, name="end", first=8)
    np.testing.assert_array_equal(np.concatenate([frames_of(begin), frames_of(end)]), frames_of(painted))
    for key, value in truth_of(painted).items():
        np.testing.assert_array_equal(np.concatenate([truth_of(begin)[key], truth_of(end)[key]]), value)


def test_another_seed_films_another_motion(bare, tmp_path):
    other = film("hand", frames=10, seed=4, size=48, out=tmp_path, progress=False)
    assert np.abs(truth_of(other)["points"] - truth_of(bare)["points"]).mean() > 1


def test_truth_tells_all_about_every_frame(bare):
    truth, points = truth_of(bare), len(template_of("hand"))
    shapes = {key: value.shape for key, value in truth.items()}
    assert shapes == {
        "points": (10, points, 2),
        "visible": (10, points),
        "depth": (10, points),
        "boxes": (10, 4),
        "pose": (10, len(bare.info["pose"])),
        "rigid": (10, 6),
        "mask": (10, 48 * 48 // 8),
    }
    assert truth["visible"].dtype == bool and truth["points"].dtype == np.float32
    assert (np.abs(truth["depth"] - 5 / truth["rigid"][:, 5:]) < 1.5).all()


def test_points_lie_in_the_bodys_box_and_the_visible_ones_on_its_mask(bare):
    truth = truth_of(bare)
    x, y, w, h = truth["boxes"].T[..., None]
    inside = truth["points"] - np.stack([x, y], -1)
    assert (inside >= 0).all() and (inside <= np.stack([w, h], -1)).all()
    mask = np.unpackbits(truth["mask"], axis=1).reshape(10, 48, 48).astype(bool)
    frame, point = truth["visible"].nonzero()
    column, row = truth["points"][frame, point].astype(int).T
    assert mask[frame, row, column].mean() > 0.97


def test_paint_changes_no_motion_and_nothing_away_from_the_lines(bare, painted):
    np.testing.assert_array_equal(truth_of(bare)["points"], truth_of(painted)["points"])
    change = np.abs(frames_of(painted).astype(int) - frames_of(bare)).max(-1)
    assert (change > 20).mean() > 0.01
    template, grid = template_of("hand"), np.stack(np.meshgrid(np.arange(48), np.arange(48)), -1) + 0.5
    for points, changed in zip(truth_of(bare)["points"], change, strict=True):
        a, b = points[template.segments[:, 0]], points[template.segments[:, 1]]
        t = (((grid[:, :, None] - a) * (b - a)).sum(-1) / ((b - a) ** 2).sum(-1)).clip(0, 1)
        away = np.linalg.norm(grid[:, :, None] - a - t[..., None] * (b - a), axis=-1).min(-1)
        assert changed[away > 4].max() <= 2


@pytest.mark.parametrize("region", REGIONS)
def test_truth_moves_without_jumps(region):
    scene = make_scene(region, 0)
    script = Script.write(scene, 2, 240)
    points = []
    for first in range(0, 240, 40):
        now = script.part(range(first, first + 40))
        vertices = scene.actors[0].vertices(now.poses[0], now.rigid[0])
        points.append(scene.body.places.on(vertices))
    points = torch.cat(points).numpy()
    pull = np.linalg.norm(np.diff(points, 2, axis=0), axis=-1)
    assert pull.max() < 0.12  # body units a frame and frame; 3 px at 64 px
    assert np.ptp(points, axis=0).max() > 0.2


@pytest.mark.parametrize("marks", ["none", "bands"])
@pytest.mark.parametrize("region", REGIONS)
def test_the_ready_template_is_the_middle_of_the_film(region, marks):
    ready, filmed = Template.ready(region if marks == "none" else f"{region}_{marks}"), template_of(region, marks)
    np.testing.assert_array_equal(ready.points, filmed.points)
    assert ready.lines == filmed.lines and ready.to_json() == filmed.to_json()


def test_what_passes_in_front_hides_points_and_leaves_the_motion_as_it_was(tmp_path, bare):
    scene, plain = make_scene("hand", 0, "cup"), make_scene("hand", 0)
    scripts = Script.write(scene, 3, 501), Script.write(plain, 3, 501)
    sideways = np.abs(scripts[0].rigid[1][:500, 3])
    front = int(np.convolve(sideways, np.ones(16), "valid").argmin())  # the cup is in the middle
    filmed = zip((scene, plain), scripts, strict=True)
    (_, hidden), (_, clear) = (shoot(s, script, range(front, front + 16), 3, 48) for s, script in filmed)
    np.testing.assert_array_equal(hidden["points"], clear["points"])
    assert hidden["visible"].sum() < clear["visible"].sum()
    assert np.unpackbits(hidden["mask"]).sum() < 0.9 * np.unpackbits(clear["mask"]).sum()


def test_people_look_different():
    looks = []
    for who in (0, 1, 2):
        scene = make_scene("hand", who)
        script = Script.write(scene, 0, 2)
        looks.append(shoot(scene, script, range(1), 0, 48)[0].numpy().astype(int))
    assert min(np.abs(looks[a] - looks[b]).mean() for a, b in ((0, 1), (1, 2), (0, 2))) > 5


def test_an_h264_take_is_nearly_the_lossless_one(tmp_path, bare):
    take = hand(tmp_path, codec="h264")
    assert take.video.suffix == ".mp4"
    assert 0 < np.abs(frames_of(take).astype(int) - frames_of(bare)).mean() < 8


def test_the_paints_colours_can_be_chosen(tmp_path, painted):
    green = hand(tmp_path, marked=True, colors="#00c060")
    assert green.info["colors"] == ["#00c060"] * len(template_of("hand").lines)
    tint = frames_of(green).astype(int) - frames_of(painted)
    assert np.abs(tint).max() > 40


def test_bands_are_filmed_in_their_colours_which_can_be_chosen(tmp_path, painted):
    own = hand(tmp_path / "own", 2, marked=True, marks="bands")
    assert own.info["colors"] == [line.color for line in template_of("hand", "bands").lines]
    assert json.loads(own.entry.read_text())["colors"][0] == list(template_of("hand", "bands").lines[0].color)
    assert np.abs(frames_of(own).astype(int) - frames_of(painted)[:2]).max() > 40
    chosen = hand(tmp_path / "chosen", 2, marked=True, marks="bands", colors=[["#00c060", "#c000c0"]] * 6)
    assert chosen.info["colors"] == [("#00c060", "#c000c0")] * 6
    assert np.abs(frames_of(chosen).astype(int) - frames_of(own)).max() > 40


@pytest.mark.parametrize(
    ("colors", "says"),
    [
        ("#00c060", "a list of 6, for each line the colours"),
        (["#00c060"] * 6, "a list of 6, for each line the colours"),
        ([("#00c060", "#c000c0")] * 5, "a list of 6, for each line the colours"),
        ([("#00c060", "#00c060")] * 6, "another colour on each segment than on the next"),
        ([("#00c060", "violet")] * 6, "'violet'"),
    ],
)
def test_colours_that_make_no_bands_are_refused(tmp_path, colors, says):
    with pytest.raises(GlmkError, match=says) as caught:
        hand(tmp_path, 2, marked=True, marks="bands", colors=colors)
    assert str(caught.value).startswith("studio: colors")


def test_several_colours_a_line_are_refused_without_bands(tmp_path):
    with pytest.raises(GlmkError, match=r"colors.*expected one colour"):
        hand(tmp_path, 2, marked=True, colors=[("#00c060", "#c000c0")] * 6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"region": "knee"}, {"frames": 0}, {"frames": 2.5}, {"size": 8}, {"size": -64}, {"seed": -1}, {"identity": "me"},
        {"every": 0}, {"every": -2}, {"every": 1.5}, {"device": "gpu"},
        {"mismatch": 2}, {"codec": "gif"}, {"marks": "stars"}, {"occluder": "tree"}, {"colors": "blue"},
        {"colors": ["#000000"]},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(wrong, tmp_path):
    with pytest.raises(GlmkError, match=next(iter(wrong))) as caught:
        film(**{"region": "hand", "out": tmp_path, "progress": False, **wrong})
    assert repr(next(iter(wrong.values()))) in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong",
    [{"region": "knee"}, {"size": -64}, {"identity": -1}, {"numbers": ()}, {"numbers": (3, -1)}, {"numbers": (0.5,)}],
)
def test_a_still_that_can_not_be_is_refused(wrong):
    with pytest.raises(GlmkError, match=next(iter(wrong))):
        stills(**{"region": "hand", "size": 32, **wrong})


@pytest.mark.parametrize("make", [template_of, lambda region: make_scene(region, 0)], ids=["template", "scene"])
def test_no_other_region_has_a_template_or_a_scene(make):
    with pytest.raises(GlmkError, match=r"there is no region 'knee'; expected one of \['face', 'hand', 'foot'\]"):
        make("knee")


def test_numbers_of_numpy_are_told_as_plain_ones(tmp_path):
    whole = {key: np.int64(value) for key, value in {"identity": 0, "frames": 1, "seed": 3, "size": 16, "every": 2}.items()}
    take = film("hand", out=tmp_path, progress=False, mismatch=np.float32(0.5), **whole)
    entry = json.loads(take.entry.read_text())
    assert (entry["frames"], entry["seed"], entry["fps"], entry["mismatch"]) == (1, 3, 12.5, 0.5)


def test_an_interrupted_film_leaves_the_earlier_take_as_it_was(tmp_path, monkeypatch):
    take = hand(tmp_path, 2)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    calls = iter(range(99))

    def breaks(*args):
        if next(calls) == 1:
            raise KeyboardInterrupt
        return shoot(*args)

    monkeypatch.setattr(filming, "shoot", breaks)
    with pytest.raises(KeyboardInterrupt):
        hand(tmp_path, 20)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert take.video.exists()


def test_stills_are_frames_of_the_film(tmp_path):
    frames = frames_of(hand(tmp_path, frames=6, marked=True))
    np.testing.assert_array_equal(stills("hand", numbers=(1, 5), seed=3, marked=True, size=48), frames[[1, 5]])


def test_the_entry_beside_a_take_says_how_it_was_made_and_seals_its_files(painted):
    entry = json.loads(painted.entry.read_text())
    assert {key: entry[key] for key in painted.info} == painted.info
    for path in (painted.video, painted.truth):
        assert entry["files"][path.name]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_person_draws_the_same_lines_elsewhere():
    own, ready = template_of("face", identity=1), template_of("face")
    assert [line.points for line in own.lines] == [line.points for line in ready.lines]
    assert 0.005 < np.abs(own.points - ready.points).max() < 0.3


def test_a_person_who_is_none_draws_no_template():
    with pytest.raises(PresetError, match="identity is -1"):
        template_of("face", identity=-1)
