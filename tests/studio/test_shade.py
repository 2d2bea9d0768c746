import numpy as np
import torch

from glmk_lib.studio.body import Surface
from glmk_lib.studio.mesh import join, surface
from glmk_lib.studio.shade import Light, shade
from glmk_lib.studio.shadow import ShadowMap, ambient_occlusion
from glmk_lib.studio.shapes import box, sphere, subtraction

UP = torch.tensor([[0.0, -1.0, 0.0]])


def shaded(normal, lit=1.0, ambient=1.0, albedo=0.4, gloss=0.0):
    normal, key, towards = (torch.tensor([v], dtype=torch.float32) for v in (normal, (-0.6, -0.6, -0.5), (0, 0, -1)))
    key = torch.nn.functional.normalize(key, dim=-1)
    skin = Surface(torch.full((1, 3), albedo), torch.tensor([gloss]), torch.tensor([0.4]))
    fill = torch.nn.functional.normalize(torch.tensor([[0.8, -0.1, -0.6]]), dim=-1)
    return shade(skin, normal, towards, key, fill, torch.tensor([lit]), torch.tensor([ambient]))[0]


def test_skin_is_brighter_where_it_faces_the_key_light():
    assert (shaded((-0.6, -0.6, -0.53)) > 1.5 * shaded((0.7, 0.7, -0.14))).all()


def test_shadow_takes_the_key_light_and_leaves_the_rest():
    dark = shaded((0, 0, -1), lit=0.0)
    assert (dark < 0.6 * shaded((0, 0, -1))).all() and (dark > 0).all()


def test_without_gloss_light_follows_the_albedo():
    np.testing.assert_allclose(shaded((0, 0, -1), albedo=0.8), 2 * shaded((0, 0, -1), albedo=0.4), rtol=1e-5)


def test_gloss_adds_light_and_takes_none():
    assert (shaded((-0.3, -0.3, -0.9), gloss=1.0) > shaded((-0.3, -0.3, -0.9))).all()


def test_the_key_light_stands_where_its_angles_say():
    light = Light.of(torch.tensor([-0.7, 0.0]), torch.tensor([0.5, 1.2]))
    assert light.key[0, 0] < 0 and light.key[0, 1] < 0 and light.key[0, 2] < 0
    np.testing.assert_allclose(light.key.norm(dim=1), 1, atol=1e-6)
    assert light.key[1, 1] < light.key[0, 1]


def test_a_ball_over_a_floor_throws_its_shadow_away_from_the_lamp():
    ball = surface(lambda p: sphere(p, (0, -0.5, 0), 0.25), (-1,) * 3, (1,) * 3, 0.08)
    floor = surface(lambda p: box(p, (0, 0.1, 0), (1.2, 0.1, 1.2)), (-1.5,) * 3, (1.5,) * 3, 0.1)
    scene = join([ball, floor])
    lamp = torch.nn.functional.normalize(torch.tensor([[-1.0, -1.0, 0.0]]), dim=-1)  # above, from the left
    shadows = ShadowMap.of(scene.vertices[None], scene.faces, lamp, 128, torch.zeros(1, 3), 1.9)
    points = torch.tensor([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0], [0.0, 0.0, 0.8]])
    lit = shadows.lit(points, UP.expand(3, 3), torch.zeros(3, dtype=torch.int64))
    np.testing.assert_allclose(lit, [0, 1, 1], atol=0.02)


def test_a_ball_sees_the_whole_sky_and_the_bottom_of_a_pit_little_of_it():
    ball = surface(lambda p: sphere(p, (0, 0, 0), 0.8), (-1,) * 3, (1,) * 3, 0.1)
    assert ambient_occlusion(ball).min() > 0.9

    def pit(p):
        return subtraction(box(p, (0, 0, 0), (0.8, 0.8, 0.8)), box(p, (0, -0.4, 0), (0.2, 0.6, 0.2)))

    block = surface(pit, (-1,) * 3, (1,) * 3, 0.06)
    open_sky = ambient_occlusion(block)
    bottom = (block.vertices[:, 1] - 0.2).abs() < 0.02
    inside = bottom & (block.vertices[:, [0, 2]].abs().amax(1) < 0.1)
    assert open_sky[inside].max() < 0.3 < 0.9 < open_sky[block.vertices[:, 1] > 0.79].median()
