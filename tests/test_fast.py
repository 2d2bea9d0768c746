"""The fast steps: on a CPU they are a learner's own, they go on exactly and wait for nothing; compilers take them whole."""

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric
from torch.utils._python_dispatch import TorchDispatchMode

from glmk_lib import fast, losses, watch
from glmk_lib.augment import Similarity
from glmk_lib.capture.paint import chroma_key
from glmk_lib.fast import FastLearner, Recorded, Resident
from glmk_lib.learner import Learner
from glmk_lib.objective import ImagePool, Models, Objective


@pytest.fixture
def make(capture, tiny, tmp_path):
    """A learner of that kind on the CPU, or on `device`."""

    def made(kind, device="cpu", **changes):
        fabric = Fabric(accelerator=device, devices=1, precision="32-true")
        return kind(capture, tiny.with_(**changes), 0, "splat", fabric, tmp_path)

    return made


def weights(learner):
    return torch.cat([p.detach().flatten() for name in learner.models for p in learner.models[name].parameters()])


def test_a_fast_step_is_a_learners_step(make):
    ours, plain = make(FastLearner), make(Learner)
    plain.noise = torch.Generator().manual_seed(0)  # what a fast learner draws its noise from
    start = weights(plain).clone()
    for step in range(6):  # four of the first phase
        values, expected = ours.next_step(), plain.next_step()
        assert values.keys() == expected.keys()
        torch.testing.assert_close(
            torch.stack(list(values.values())), torch.stack(list(expected.values())), rtol=1e-3, atol=1e-4
        )
        # L_delta then begins anew, and Adam's first step goes by the sign of a gradient, however small: how a sum was rounded
        # turns some weights the other way, of those that change nothing.
        if step < 4:
            assert (weights(plain) - start).norm() > 100 * (weights(ours) - weights(plain)).norm()


@pytest.mark.parametrize("steps", [2, 5])
def test_a_fast_learner_goes_on_exactly_from_its_state(make, steps):
    whole, second = make(FastLearner), make(FastLearner)
    for _ in range(steps):
        whole.next_step()
    second.load_state({name: tensor.clone() for name, tensor in whole.state().items()}, whole.step)
    for _ in range(2):
        whole.next_step()
        second.next_step()
    assert torch.equal(weights(whole), weights(second))


def test_a_step_that_is_not_finite_is_not_applied_and_told_later(make, monkeypatch):
    monkeypatch.setattr(fast, "ASKED", 3)
    learner = make(FastLearner)
    learner.next_step()
    broken = learner.stores["marked"].images
    learner.stores["marked"].batch = lambda index: torch.full((len(index), 3, *broken.shape[2:]), torch.nan)
    before = weights(learner).clone()
    learner.next_step()
    assert torch.equal(weights(learner), before)
    with pytest.raises(watch.NotFinite, match="cycle_marked"):
        learner.next_step()


def test_resident_frames_are_those_of_the_store(capture):
    index = torch.tensor([3, 0, 57])
    assert torch.equal(
        Resident(capture.marked.frames, torch.device("cpu"), together=10).batch(index), capture.marked.batch(index)
    )
    copies = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4)
    assert torch.equal(
        Resident(copies, torch.device("cpu"), channels_first=True).batch([1])[0] * 255, torch.tensor(copies[1]).float()
    )


class _NothingWaits(TorchDispatchMode):
    """Fails where a tensor goes to the device, or comes from it."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        tensors = [t for t in (*args, out) if isinstance(t, torch.Tensor) and (t.ndim or func.name() == "aten::_to_copy")]
        assert len({t.device.type for t in tensors}) < 2, f"{func} takes tensors from one device to another"
        return out


def test_a_step_waits_for_nothing(capture, tiny, monkeypatch):
    """On the device "meta", which has shapes and no numbers: asking it for one is an error."""
    for module in (losses, __import__("glmk_lib.augment").augment):
        monkeypatch.setattr(module, "draw", lambda make, shape, generator=None: make(tuple(shape), device="meta"))
    preset, size = tiny.with_(pool=3), tiny.size
    objective = Objective(capture.template, capture.paint, preset, preset.terms).to("meta")
    models, pool = Models(capture.template, preset).to("meta"), ImagePool(3, size, "meta")
    marked, unmarked = (torch.empty(2, 3, size, size, device="meta") for _ in range(2))
    progress, chosen = torch.empty((), device="meta"), torch.empty(2, 2, dtype=torch.int64, device="meta")
    chroma_key(marked, capture.paint)  # its constants go to the device once
    with _NothingWaits():
        similarity = Similarity.random(2, 0.1, 0.1, 0.1, None)
        frames = objective.translate(models, similarity.images(marked), unmarked, None)
        sum(objective.making(models, frames, progress).values()).backward()
        fakes = [pool.exchange(fake.detach(), chosen) for fake in (frames.fake_marked, frames.fake_unmarked)]
        sum(objective.judging(models, marked, unmarked, *fakes).values()).backward()
        points = objective.template.expand(2, -1, -1)
        sum(objective.refining(models["deformation"], marked, points, None).values()).backward()
    assert all(p.grad is not None for p in models.parameters())


def test_compilers_take_networks_and_terms_whole(capture, tiny):
    """No part of them falls back to Python: fullgraph makes that an error."""
    compiled, plain = Models(capture.template, tiny), Models(capture.template, tiny)
    plain.load_state_dict(compiled.state_dict())
    fast.compile_networks(compiled, backend="aot_eager", fullgraph=True)
    objective = Objective(capture.template, capture.paint, tiny, tiny.terms)
    images = capture.marked.batch(range(2))
    for name, net in compiled.items():
        torch.testing.assert_close(net(images), plain[name](images))
    points = objective.template + 0.02 * torch.randn(2, *objective.template.shape, generator=torch.Generator().manual_seed(0))
    painted, strokes = objective.renderer(points, images), objective.strokes(chroma_key(images, capture.paint))
    away = objective.to_paint(points, strokes, 0.3)
    fast.compile_terms(objective, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(objective.renderer(points, images), painted)
    torch.testing.assert_close(objective.to_paint(points, strokes, 0.3), away)


def test_a_recorded_function_gets_its_inputs_on_the_device():
    seen = []
    recorded = Recorded(lambda index, share: seen.append((index, share)) or index * share, torch.device("cpu"))
    first, second = recorded(index=torch.tensor([1, 2]), share=0.5), recorded(index=torch.tensor([3, 4]), share=0.25)
    assert first.tolist() == [0.5, 1.0] and second.tolist() == [0.75, 1.0]
    assert seen[0][0] is seen[1][0]  # where a recording would read it


@pytest.mark.gpu
def test_recorded_steps_on_a_gpu_are_those_that_are_not(make):
    ours, plain = make(FastLearner, "cuda", steps=12), make(FastLearner, "cuda", steps=12)
    plain.train = plain.train.work
    for _ in range(12):
        state = plain.noise.get_state()
        values = torch.stack(list(ours.next_step().values())).clone()
        plain.noise.set_state(state)  # there is one such generator: both draw the same
        torch.testing.assert_close(values, torch.stack(list(plain.next_step().values())), rtol=0.05, atol=0.02)
    assert ours.train.graph is not None
