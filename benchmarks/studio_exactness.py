"""How exact the studio's truth is, over 1,000 random frames of each size. Prints JSON.

    python benchmarks/studio_exactness.py [--frames 1000] [--sizes 64 128] [--regions face hand foot]

Frames come in runs of four from random moments of random takes of persons 0, 1 and 2, shared out among the regions. Measured:
where paint lies beside its truth (glmk_lib.studio.exactness), in every fourth run also where the colour of bands changes, how
often visibility agrees with brute-force rays (at every fifth frame), and how far truth moves from one frame to the next.
"""

import argparse
import json

import numpy as np
import torch

from glmk_lib.studio import camera
from glmk_lib.studio.exactness import changes, offsets
from glmk_lib.studio.raster import project
from glmk_lib.studio.render import together
from glmk_lib.studio.scene import REGIONS, Script, make_scene
from glmk_lib.studio.visibility import visible, visible_by_rays

_RUN, _TAKE = 4, 2000  # frames of a run and of a take


def paint(region: str, frames: int, size: int, rng) -> dict:
    """Shares and percentiles of the offsets, px."""
    found, changed = [], []
    for person in range(3):
        scene, runs = make_scene(region, person), max(1, round(frames / 3 / _RUN))
        numbers = [range(k, k + _RUN) for k in rng.integers(0, _TAKE - _RUN, runs).tolist()]
        seed = int(rng.integers(1 << 30))
        found.append(offsets(scene, seed, numbers, size))
        changed.append(changes(scene, seed, numbers[::4], size))
    beyond = np.concatenate([f.beyond for f in found])
    row = {"region": region, "size": size, "painted_pixels": len(beyond), "within_half_a_pixel": float((beyond <= 0.5).mean())}
    measured = {name: [getattr(f, name) for f in found] for name in ("middle", "chord", "point")} | {"change": changed}
    for name, parts in measured.items():
        signed = np.concatenate(parts)
        far = np.abs(signed)
        row[name] = {
            "count": len(far),
            "within_half_a_pixel": float((far <= 0.5).mean()),
            "mean_abs": float(far.mean()),
            "mean": float(signed.mean()),
            "p97": float(np.percentile(far, 97)),
        }
    return row


def truth(region: str, frames: int, rng) -> dict:
    """Agreement of visibility with rays, with a cup passing, and the motion of truth in px at 64 px."""
    scene = make_scene(region, 0, "cup")
    script = Script.write(scene, int(rng.integers(1 << 30)), frames)
    same = count = 0
    points = []
    for first in range(0, frames, 40):
        now = script.part(range(first, min(first + 40, frames)))
        vertices = [actor.vertices(*how) for actor, *how in zip(scene.actors, now.poses, now.rigid, strict=True)]
        on, (everything, faces) = scene.body.places.on(vertices[0]), together(scene.actors, vertices)
        points.append(project(on, camera.FOCAL, 64))
        some, own = slice(None, None, 5), scene.body.places.face
        agree = visible(on[some], own, everything[some], faces) == visible_by_rays(on[some], own, everything[some], faces)
        same, count = same + int(agree.sum()), count + agree.numel()
    points = torch.cat(points)
    step, pull = (points.diff(n, dim=0).norm(dim=-1).numpy() for n in (1, 2))
    return {
        "region": region,
        "visibility_points": count,
        "visibility_agreement": same / count,
        "step_px": {"median": float(np.median(step)), "p999": float(np.percentile(step, 99.9)), "max": float(step.max())},
        "change_of_step_px": {"p999": float(np.percentile(pull, 99.9)), "max": float(pull.max())},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--regions", nargs="+", choices=REGIONS, default=list(REGIONS))
    args = parser.parse_args()
    rng, share = np.random.default_rng(0), args.frames // len(args.regions)
    report = {
        "frames": args.frames,
        "paint": [paint(region, share, size, rng) for region in args.regions for size in args.sizes],
        "truth": [truth(region, args.frames, rng) for region in args.regions],
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
