import pytest
import torch

from glmk_lib.studio.camera import place
from glmk_lib.studio.mesh import locate, surface
from glmk_lib.studio.occluder import cup
from glmk_lib.studio.render import Actor, together
from glmk_lib.studio.scene import REGIONS, Script, make_scene
from glmk_lib.studio.shapes import sphere
from glmk_lib.studio.visibility import visible, visible_by_rays


def everywhere(mesh, count):
    """Points spread over the mesh, and nearest to random places."""
    source = torch.Generator().manual_seed(3)
    return locate(mesh, torch.randn(count, 3, generator=source))


def test_it_agrees_with_brute_force_rays(egg):
    source = torch.Generator().manual_seed(5)
    rigid = torch.randn(8, 6, generator=source) * torch.tensor([1.5, 0.5, 0.5, 0.1, 0.1, 0.0])
    rigid[:, 5] = 1
    vertices = place(egg.deform(0.2 * torch.randn(8, 1, generator=source)), rigid)
    points = everywhere(egg.rest, 120)
    found = visible(points.on(vertices), points.face, vertices, egg.rest.faces)
    exact = visible_by_rays(points.on(vertices), points.face, vertices, egg.rest.faces)
    assert 0.2 < exact.float().mean() < 0.8
    assert (found == exact).float().mean() >= 0.995


@pytest.mark.parametrize("region", REGIONS)
def test_points_of_a_filmed_body_are_hidden_where_rays_say_so(region):
    scene = make_scene(region, 0)
    now = Script.write(scene, 6, 400).part(range(0, 400, 100))
    vertices = scene.actors[0].vertices(now.poses[0], now.rigid[0])
    places, faces = scene.body.places, scene.body.rest.faces
    found, exact = (see(places.on(vertices), places.face, vertices, faces) for see in (visible, visible_by_rays))
    assert (found == exact).float().mean() >= 0.995


def test_a_ball_shows_the_half_that_faces_the_camera():
    ball = surface(lambda p: sphere(p, (0, 0, 0), 1.0), (-1.2,) * 3, (1.2,) * 3, 0.08)
    points = everywhere(ball, 300)
    vertices = ball.vertices[None] + torch.tensor([0, 0, 5.0])
    found = visible(points.on(vertices), points.face, vertices, ball.faces)[0]
    at = points.on(ball.vertices)
    cosine = -(at * torch.nn.functional.normalize(at + torch.tensor([0, 0, 5.0]), dim=-1)).sum(1)
    clear = cosine.abs() > 0.15  # but for the rim, where the mesh's facets decide
    assert torch.equal(found[clear], cosine[clear] > 0)


def test_what_passes_in_front_hides(egg, rigid):
    actors = [Actor.of(egg), Actor.of(cup(0))]
    front = [actors[0].vertices(torch.zeros(1, 1), rigid()), actors[1].vertices(torch.zeros(1, 0), rigid(scale=1.5))]
    aside = [front[0], actors[1].vertices(torch.zeros(1, 0), rigid(scale=1.5, x=2.0))]
    hidden, clear = (visible(egg.places.on(v[0]), egg.places.face, *together(actors, v))[0] for v in (front, aside))
    assert clear.all() and not hidden[8:].any()
