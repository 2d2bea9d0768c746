"""One training step of Generative Landmarks, on one page, in the order of the paper's Section 2.

Two translations: L_delta and R take unmarked frames to marked ones, G takes marked frames to unmarked ones. Each is judged by
a discriminator and undone by the other. Terms beyond the paper's are switched by `presets.Terms`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from glmk_lib import losses
from glmk_lib.augment import Similarity
from glmk_lib.capture.paint import Paint, chroma_key
from glmk_lib.networks import DeformationNet, Generator, PatchDiscriminator
from glmk_lib.presets import Preset, Terms
from glmk_lib.renderer import PaintRenderer, sample_lines
from glmk_lib.template import Template

SAMPLES = 4  # on each segment, compared with the paint


class Models(nn.ModuleDict):
    """The four networks of a run: deformation (L_delta), generator (G), disc_marked (D_M) and disc_unmarked (D_U)."""

    def __init__(self, template: Template, preset: Preset):
        def patch():
            return PatchDiscriminator(preset.discriminator_width, preset.discriminator_layers)

        super().__init__(
            {
                "deformation": DeformationNet(len(template), preset.size, preset.deformation_width),
                "generator": Generator(preset.generator_width, preset.generator_blocks),
                "disc_marked": patch(),
                "disc_unmarked": patch(),
            }
        )


@dataclass
class Frames:
    """Every image of one step, (B, 3, S, S), and the offsets (B, N, 2) that made them."""

    marked: Tensor
    unmarked: Tensor
    fake_marked: Tensor
    fake_unmarked: Tensor
    cycled_marked: Tensor
    cycled_unmarked: Tensor  # of one unmarked frame in `cycle_every`, from the first on
    deltas_unmarked: Tensor  # L_delta on real unmarked frames
    deltas_marked: Tensor  # L_delta on G's output


class Objective(nn.Module):
    """The terms of the objective over one batch; holds the template T, the renderer R and the measured paint."""

    def __init__(self, template: Template, paint: Paint, preset: Preset, terms: Terms, backend: str = "splat"):
        super().__init__()
        self.paint, self.terms = paint, terms
        self.everywhere = lambda mean: mean  # several processes put their common mean in its place
        self.renderer = PaintRenderer(template, paint, preset.size, backend)
        self.register_buffer("template", torch.as_tensor(template.points.copy()), persistent=False)
        self.register_buffer("edges", torch.as_tensor(template.edges), persistent=False)
        self.register_buffer("residual", losses.affine_residual(self.template), persistent=False)
        self.register_buffer("drift", torch.zeros_like(self.template))  # running mean residual (N, 2): the only state

    def augment(self, images: Tensor, random: torch.Generator) -> Tensor:
        """The batch under random similarity transforms, when the terms ask for them."""
        t = self.terms
        return self.similarity(images, random).images(images) if t.augment else images

    def similarity(self, images: Tensor, random: torch.Generator) -> Similarity:
        """Random similarity transforms for a batch, on its device."""
        t = self.terms
        return Similarity.random(len(images), t.shift, t.scale, t.rotate, random).to(images)

    def read(self, images: Tensor, random: torch.Generator, noise: float) -> Tensor:
        """What L_delta is shown of `images`: a degraded copy that carries no hidden signal, or the images themselves."""
        t = self.terms
        return losses.degrade(images, t.read_blur, noise, random) if t.closes_channel else images

    def translate(self, models: Models, marked: Tensor, unmarked: Tensor, random: torch.Generator) -> Frames:
        """Both translations and both ways back.

        Equation: eq-fakes of the book.
        """
        deformation, generator = models["deformation"], models["generator"]
        deltas_unmarked = deformation(self.read(unmarked, random, self.terms.read_noise))  # (B, N, 2)
        fake_marked = self.renderer(self.template + deltas_unmarked, unmarked)
        cycled_unmarked = generator(fake_marked[:: self.terms.cycle_every])

        fake_unmarked = generator(marked)
        deltas_marked = deformation(self.read(fake_unmarked, random, self.terms.read_noise))  # (B, N, 2)
        cycled_marked = self.renderer(self.template + deltas_marked, fake_unmarked)
        return Frames(
            marked, unmarked, fake_marked, fake_unmarked, cycled_marked, cycled_unmarked, deltas_unmarked, deltas_marked
        )

    def making(self, models: Models, f: Frames, progress: float) -> dict[str, Tensor]:
        """What L_delta and G minimise together, each value is a weighted term. `progress`: 0 to 1, of this phase.

        Equation: eq-objective of the book.
        """
        t = self.terms
        terms = {
            "adversarial_marked": t.adversarial_marked * losses.adversarial(models["disc_marked"](f.fake_marked)),
            "adversarial_unmarked": t.adversarial_unmarked * losses.adversarial(models["disc_unmarked"](f.fake_unmarked)),
            "cycle_unmarked": t.cycle * losses.cycle(f.cycled_unmarked, f.unmarked[:: t.cycle_every]),
            "cycle_marked": t.cycle * losses.multiscale_cycle(f.cycled_marked, f.marked, t.blur_scales),
            "spring": t.spring * (self.spring(f.deltas_unmarked) + self.spring(f.deltas_marked)) / 2,
        }
        if t.paper_only:
            return terms
        masks = chroma_key(f.marked, self.paint)  # (B, C, S, S)
        terms["chamfer"] = t.chamfer * self.chamfer(self.template + f.deltas_marked, masks, progress)
        terms["shape"] = t.shape_at(progress) * (self.shape(f.deltas_unmarked) + self.shape(f.deltas_marked)) / 2
        terms["mean_shape"] = t.mean_shape * self.mean_shape(torch.cat([f.deltas_unmarked, f.deltas_marked]))
        terms["keep"] = t.keep * losses.keep(f.fake_unmarked, f.marked, masks)
        return terms

    def refining(self, deformation: nn.Module, cleaned: Tensor, fitted: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        """What L_delta minimises in the second phase: the distance to the points (B, N, 2) fitted to each frame's paint.

        It reads the marked frames without their paint, `cleaned` (B, 3, S, S), which move under random transforms together with
        their points.
        """
        t = self.terms
        if t.augment:
            similarity = self.similarity(cleaned, random)
            cleaned, fitted = similarity.images(cleaned), similarity.points(fitted)
        points = self.template + deformation(self.read(cleaned, random, t.refine_noise))  # (B, N, 2)
        return {"fit": (points - fitted).norm(dim=-1).mean()}

    def revealing(self, deformation: nn.Module, marked: Tensor, cleaned: Tensor, progress: float, random) -> dict[str, Tensor]:
        """What L_delta minimises against a frozen G with every term in view: for ablations, where a term is what is studied."""
        t = self.terms
        deltas = deformation(self.read(cleaned, random, t.refine_noise))  # (B, N, 2)
        points = self.template + deltas
        return {
            "cycle_marked": t.cycle * losses.multiscale_cycle(self.renderer(points, cleaned), marked, t.blur_scales),
            "spring": t.spring * self.spring(deltas),
            "chamfer": t.chamfer * self.chamfer(points, chroma_key(marked, self.paint), progress),
            "shape": t.shape_at(progress) * self.shape(deltas),
            "mean_shape": t.mean_shape * self.mean_shape(deltas),
        }

    def judging(self, models: Models, marked: Tensor, unmarked: Tensor, fake_marked: Tensor, fake_unmarked: Tensor) -> dict:
        """What D_M and D_U minimise, against fakes from their image pools."""
        disc_marked, disc_unmarked = models["disc_marked"], models["disc_unmarked"]
        return {
            "disc_marked": losses.discriminator(disc_marked(marked), disc_marked(fake_marked)),
            "disc_unmarked": losses.discriminator(disc_unmarked(unmarked), disc_unmarked(fake_unmarked)),
        }

    def spring(self, deltas: Tensor) -> Tensor:
        """The spring potential of this template."""
        return losses.spring(deltas, self.template, self.edges, self.terms.spring_form)

    def shape(self, deltas: Tensor) -> Tensor:
        """How far the points are from an affine image of this template."""
        return losses.shape(self.template + deltas, self.residual)

    def mean_shape(self, deltas: Tensor) -> Tensor:
        """How far the mean over many frames is from the template, but for an affine map: squared, mean over points.

        Equation: eq-mean-shape of the book.

        A batch is too few frames for a mean, so a running one takes its place; the gradient is that of the running mean's
        square over the share that one batch has in it.
        """
        share = self.terms.mean_share
        now = self.everywhere(losses.mean_residual(self.template + deltas, self.template, self.residual))
        drift = self.drift + share * (now - self.drift)
        self.drift.copy_(drift.detach())
        return drift.square().sum(-1).mean() / share

    def chamfer(self, points: Tensor, masks: Tensor, progress: float) -> Tensor:
        """Two-way distance between the lines through `points` and the paint keyed in `masks`, mean over colours."""
        return self.to_paint(points, self.strokes(masks), self.terms.reach_at(progress)).mean()

    def strokes(self, masks: Tensor) -> list[tuple[Tensor, Tensor]]:
        """`losses.strokes` of each colour, from keys (B, C, H, W)."""
        return [losses.strokes(mask) for mask in masks.unbind(1)]

    def to_paint(self, points: Tensor, strokes: list[tuple[Tensor, Tensor]], reach: float) -> Tensor:
        """`losses.chamfer` of every colour and frame, (C, B): points (B, N, 2), and the ridge points of each colour's paint."""
        each = []
        for c, (places, sharpness) in enumerate(strokes):
            positions, lengths = sample_lines(points, getattr(self.renderer, f"segments_{c}"), SAMPLES)
            each.append(losses.chamfer(positions, lengths, places, sharpness, reach, self.terms.hidden))
        return torch.stack(each)


class ImagePool:
    """CycleGAN's pool of past fakes (Shrivastava et al. 2017): half of what a discriminator sees is older than this step.

    What is exchanged is chosen on the host, and the images stay on their device: nothing waits for it.

    `images` (capacity + 1, 3, S, S) uint8, the last for what is not kept, and `filled` are the whole state, for checkpoints.
    """

    def __init__(self, capacity: int, size: int, device: torch.device | str = "cpu"):
        self.images = torch.zeros(capacity + 1, 3, size, size, dtype=torch.uint8, device=device)
        self.filled, self.capacity = 0, capacity

    def choose(self, batch: int, random: torch.Generator) -> Tensor:
        """What becomes of each fake of a batch: with probability 1/2 an older one is given instead, whose place it takes.

        Returns:
            (2, batch) int64: which image is given, one of the pool, `capacity` for the fake itself, `capacity` + 1 + j for the
            j-th fake of this batch as it is stored; and the place in `images` where the fake is stored.
        """
        given, places, writer = [], [], {}
        for j in range(batch):
            given.append(self.capacity)
            if self.filled < self.capacity:
                place = self.filled
                self.filled += 1
            elif self.capacity and torch.rand(1, generator=random) < 0.5:
                place = int(torch.randint(self.capacity, (1,), generator=random))
                given[j] = place
                if place in writer:  # an earlier fake of this batch: it is given, and not kept
                    given[j] = self.capacity + 1 + writer[place]
                    places[writer[place]] = self.capacity
            else:
                place = self.capacity
            places.append(place)
            if place < self.capacity:
                writer[place] = j
        return torch.tensor([given, places])

    def exchange(self, fakes: Tensor, chosen: Tensor) -> Tensor:
        """What a discriminator sees instead of `fakes` (B, 3, S, S), as `choose` said; the pool then holds some of them."""
        given, places = chosen.to(fakes.device)
        stored = (fakes.detach().clamp(0, 1) * 255).round().to(torch.uint8)
        older = self.images[given.clamp(max=self.capacity)]
        newer = stored[(given - self.capacity - 1).clamp_min(0)]
        own, new = (given == self.capacity)[:, None, None, None], (given > self.capacity)[:, None, None, None]
        out = torch.where(own, fakes, (torch.where(new, newer, older).float() / 255).to(fakes))
        self.images.index_copy_(0, places, stored)
        return out
