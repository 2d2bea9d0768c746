"""What G leaves of the paint is told from the same instants filmed without it."""

import dataclasses

import numpy as np
import pytest
import torch

from glmk_lib import traces
from glmk_lib.errors import CaptureError
from glmk_lib.template import Template


@pytest.fixture(scope="module")
def bare(capture, tiny, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glmk_lib.paths.DATA", tmp_path_factory.mktemp("data"))
        return traces.film_bare(capture, tiny, 0, progress=False)


@pytest.fixture
def marked(capture):
    return capture.heldout_marked.batch(np.arange(len(capture.heldout_marked)))


def test_the_film_without_paint_shows_the_same_instants(bare, marked):
    assert bare.shape == marked.shape
    changed = (marked - bare).abs().amax(1) > traces.PAINTED
    share = changed.float().mean((1, 2))
    assert share.min() > 0.01 and share.max() < 0.25  # lines, and nothing but lines
    assert (marked - bare).abs().mean(1)[~changed].mean() < 0.005


def test_the_film_of_another_seed_is_refused(capture, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("glmk_lib.paths.DATA", tmp_path)
    with pytest.raises(CaptureError, match="differs from that of"):
        traces.film_bare(capture, tiny, 1, progress=False)


def test_only_the_studio_films_one_instant_twice(capture):
    assert traces.available(capture) == ""
    assert "only the studio" in traces.available(dataclasses.replace(capture, name="face_a"))
    assert "take turns" in traces.available(dataclasses.replace(capture, name="studio_face_several"))


class Reader(torch.nn.Module):
    """Knows every point where a frame holds paint, and otherwise says the template's."""

    def __init__(self, truth: np.ndarray, template: Template, bare: torch.Tensor):
        super().__init__()
        self.truth, self.rest, self.bare = torch.as_tensor(truth), torch.as_tensor(template.points.copy()), bare

    def forward(self, images):
        has_paint = ((images - self.bare).mean((1, 2, 3)).abs() > 2e-3)[:, None, None]
        return torch.where(has_paint, self.truth, self.rest.expand_as(self.truth)).float()


def test_a_reader_of_the_trace_errs_less_on_what_holds_it(capture, tiny, bare):
    reader = Reader(capture.heldout_marked.truth, capture.template, bare)
    found = traces.measure(reader, torch.nn.Identity(), capture, tiny, bare)  # a G that leaves all of the paint
    assert found["left_painted"] > 0.08 > 0.01 > found["left_elsewhere"]
    assert found["errors"]["G's frames"][0] < 0.5 < 2 < found["errors"]["bare frames"][0]
    assert found["read"].std() == pytest.approx(tiny.terms.read_noise, rel=0.3)


def test_where_g_leaves_nothing_there_is_nothing_to_read(capture, tiny, bare):
    class Perfect(torch.nn.Module):
        def forward(self, images):
            return bare

    reader = Reader(capture.heldout_marked.truth, capture.template, bare)
    found = traces.measure(reader, Perfect(), capture, tiny, bare)
    assert found["left_painted"] == found["left_elsewhere"] == 0
    assert found["errors"]["G's frames"] == found["errors"]["bare frames"]
    assert len(found["errors"]["bare frames"]) == len(traces.NOISES)
