"""From a name, or two videos, to a capture."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from glmk_lib import paths, presets, studio
from glmk_lib.capture import ingest
from glmk_lib.capture import prepare as preparing
from glmk_lib.capture.dataset import TAKES
from glmk_lib.capture.prepare import from_videos, prepare
from glmk_lib.capture.simulated_paint import Film
from glmk_lib.errors import CaptureError, ManifestError
from glmk_lib.template import Template

TINY = presets.get("smoke").with_(studio_frames=52, heldout_frames=6, heldout_marked=5)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CAPTURES", tmp_path / "captures")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    return tmp_path


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """A tiny capture from the studio, with the calls that its films took."""
    root, calls, real = tmp_path_factory.mktemp("studio"), [], studio.film
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "CAPTURES", root)
        patch.setattr(studio, "film", lambda *args, **kwargs: calls.append(kwargs) or real(*args, **kwargs))
        capture = prepare("studio_face", TINY, progress=False)
        prepare("studio_face", TINY, progress=False)
    return root, capture, calls


def test_the_studio_films_what_the_preset_asks_for(filmed):
    _, capture, _ = filmed
    assert [len(getattr(capture, take)) for take in TAKES] == [52, 52, 5, 6]
    assert capture.marked.frames.shape[1:] == (TINY.size, TINY.size, 3)
    assert capture.info["truth"] == "exact"


def test_no_two_takes_of_the_studio_share_their_motion(filmed):
    _, capture, calls = filmed
    assert len({call["seed"] for call in calls}) == 4
    assert np.abs(capture.marked.truth[:5] - capture.heldout_marked.truth).max() > 0.01
    assert np.abs(capture.unmarked.truth[:6] - capture.heldout_unmarked.truth).max() > 0.01


def test_training_takes_are_sparse_and_held_out_ones_hold_every_frame(filmed):
    _, _, calls = filmed
    assert [(call["name"], call["every"]) for call in calls] == list(zip(TAKES, (4, 4, 1, 1), strict=True))


def test_the_same_capture_is_filmed_once_and_its_films_are_not_kept(filmed):
    root, capture, calls = filmed
    assert len(calls) == 4
    assert [path.name for path in root.iterdir()] == [capture.root.name]


def test_a_capture_in_bands_is_filmed_in_them_and_its_paint_has_their_colours(folder):
    capture = prepare("studio_hand_bands", TINY.with_(studio_frames=60), progress=False)
    ready = Template.ready("hand_bands")
    assert (capture.name, capture.region) == ("studio_hand_bands", "hand")
    assert capture.template.segment_colors == ready.segment_colors and len(capture.paint.colors) == len(
        set(ready.segment_colors)
    )
    colors = list(dict.fromkeys(ready.segment_colors))
    assert [colors[k] for k in capture.paint.segment_color] == list(ready.segment_colors)


def test_takes_that_share_no_turn_are_held_against_the_same_held_out_frames(filmed, folder):
    capture = prepare("studio_face_apart", TINY, progress=False)
    for take in ("heldout_marked", "heldout_unmarked"):
        np.testing.assert_array_equal(getattr(capture, take).frames, getattr(filmed[1], take).frames)
    # A head turned to one side has its left brow (points 0 to 4) shorter than its right one (5 to 9), or longer.
    brows = [
        np.linalg.norm(np.diff(t[:, [[0, 4], [5, 9]]], axis=2)[:, :, 0], axis=-1)
        for t in (capture.marked.truth, capture.unmarked.truth)
    ]
    share = [float((b[:, 0] > b[:, 1]).mean()) for b in brows]
    assert max(share) > 0.9 and min(share) < 0.1


def test_another_seed_films_other_frames(folder, monkeypatch):
    seeds = []

    def film(**kwargs):
        seeds.append(kwargs["seed"])
        raise CaptureError("enough")

    monkeypatch.setattr(studio, "film", film)
    for seed in (0, 1):
        with pytest.raises(CaptureError, match="enough"):
            prepare("studio_face", TINY, seed, progress=False)
    assert seeds == [0, 4]
    assert list(paths.CAPTURES.iterdir()) == []


def test_a_take_that_is_filmed_is_not_filmed_again_after_a_stop(filmed, folder, monkeypatch):
    """Here the filming of the second take is stopped."""
    films, real = [], studio.film

    def film(**kwargs):
        films.append(kwargs["name"])
        if len(films) == 2:
            raise KeyboardInterrupt
        return real(**kwargs)

    monkeypatch.setattr(studio, "film", film)
    with pytest.raises(KeyboardInterrupt):
        prepare("studio_face", TINY, progress=False)
    capture = prepare("studio_face", TINY, progress=False)
    assert films == ["marked", "unmarked", "unmarked", "heldout_marked", "heldout_unmarked"]
    np.testing.assert_array_equal(capture.unmarked.frames, filmed[1].unmarked.frames)
    assert [path.name for path in paths.CAPTURES.iterdir()] == [capture.root.name]


def test_a_sparser_preset_is_filmed_anew(filmed, monkeypatch):
    root, _, _ = filmed
    monkeypatch.setattr(paths, "CAPTURES", root)

    def film(**kwargs):
        raise CaptureError("filmed anew")

    monkeypatch.setattr(studio, "film", film)
    prepare("studio_face", TINY, progress=False)
    with pytest.raises(CaptureError, match="filmed anew"):
        prepare("studio_face", TINY.with_(studio_every=5), progress=False)


def test_an_unknown_name_lists_the_known_ones(folder):
    with pytest.raises(ManifestError, match="face_a, face_b, hand_a, hand_b, studio_face, studio_face_apart, studio_face_b, "):
        prepare("foot_z", TINY)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """A marked and an unmarked film of 60 frames of 80 px."""
    out = tmp_path_factory.mktemp("films")
    return [studio.film(frames=60, seed=m, marked=m, size=80, out=out, name=str(m), progress=False) for m in (True, False)]


def test_footage_is_built_from_its_film(folder, videos, monkeypatch):
    takes = {take: (film.video, film.truth) for take, film in zip(TAKES, videos * 2, strict=True)}
    info = {"title": "x", "note": "y", "licence": "z", "truth": "pseudo"}
    film = Film(takes, Template.ready("face"), "10,0,64,80", info)
    asked = []
    monkeypatch.setattr(preparing, "film_real", lambda name, out, progress: asked.append((name, out)) or film)
    built = prepare("face_a", TINY, progress=False)
    assert asked == [("face_a", paths.DATA / "films" / "face_a")]
    assert built.root == paths.capture_dir("face_a", TINY.name)
    assert built.region == "face"
    assert built.info["truth"] == "pseudo"
    with np.load(takes["unmarked"][1], allow_pickle=False) as truth:
        expected = (truth["points"] - (10, 0)) / (32, 40) - 1
    assert np.allclose(built.unmarked.truth, expected, atol=1e-5)


def test_two_videos_make_a_capture_without_truth(folder, videos):
    marked, unmarked = (film.video for film in videos)
    capture = from_videos(marked, unmarked, Template.ready("face"), TINY, folder / "run/capture", progress=False)
    assert capture.info["truth"] == "none"
    assert capture.unmarked.truth is None
    assert len(capture.heldout_unmarked) > 0
    assert capture.marked.frames.shape[1] == TINY.size


def test_each_of_two_videos_has_its_own_crop(folder, videos):
    marked, unmarked = (film.video for film in videos)
    crops = {"crop_marked": "0,0,80,80", "crop_unmarked": "4,6,70,70"}
    capture = from_videos(marked, unmarked, Template.ready("face"), TINY, folder / "capture", progress=False, **crops)
    assert capture.marked.box[0].tolist() == [0, 0, 80, 80]
    assert capture.unmarked.box[0].tolist() == capture.heldout_unmarked.box[0].tolist() == [4, 6, 70, 70]


@pytest.mark.parametrize(("gone", "says"), [(True, "disappeared"), (False, "was changed")])
def test_a_video_that_changes_while_it_is_ingested_is_told_and_no_capture_is_kept(folder, videos, monkeypatch, gone, says):
    marked, unmarked = (Path(shutil.copy(film.video, folder)) for film in videos)
    sound, read = unmarked.read_bytes(), ingest.read_frames

    def meddling(path):
        for i, frame in enumerate(read(path)):
            if i == 5 and path == unmarked:
                unmarked.unlink()
                if not gone:
                    shutil.copy(marked, unmarked)
            yield frame

    def build():
        return from_videos(marked, unmarked, Template.ready("face"), TINY, folder / "capture", progress=False)

    with monkeypatch.context() as patch, pytest.raises(CaptureError, match=rf"{unmarked.name}: {says} while it was read"):
        patch.setattr(ingest, "read_frames", meddling)
        build()
    assert not (folder / "capture").exists()
    unmarked.write_bytes(sound)
    assert build().root == folder / "capture"


def test_a_studio_of_which_more_is_said_films_the_same(tmp_path):
    module = tmp_path / "camera.py"
    module.write_text("FOCAL = 3\n")
    before = preparing.studio_hash(tmp_path)
    module.write_text('"""A camera."""\n\nFOCAL = 3  # of its lens\n')
    assert preparing.studio_hash(tmp_path) == before
    module.write_text("FOCAL = 4\n")
    assert preparing.studio_hash(tmp_path) != before
