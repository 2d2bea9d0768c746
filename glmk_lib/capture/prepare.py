"""From a name to a capture that training can read: filmed by the studio, painted on footage, or the user's own videos."""

import hashlib
import shutil
from contextlib import contextmanager
from pathlib import Path

from glmk_lib import paths, studio
from glmk_lib.capture import manifest
from glmk_lib.capture.dataset import TAKES, Capture, build_capture, open_capture
from glmk_lib.capture.persons import film_persons, shares
from glmk_lib.capture.simulated_paint import film_real
from glmk_lib.capture.storage import alone, explain_full_disk, identity, sweep
from glmk_lib.capture.unchanged import check_unchanged
from glmk_lib.errors import CaptureError
from glmk_lib.presets import Preset
from glmk_lib.provenance import bare
from glmk_lib.template import Template


def prepare(
    name: str, preset: Preset, seed: int = 0, progress: bool = True, deadline: float | None = None, jobs: int = 1
) -> Capture:
    """The capture `name` at the preset's size, made if it isn't there yet from the same inputs.

    Args:
        name: a data set of the manifest, such as "studio_face" or "face_a".
        preset: its size; for the studio also how many frames to film, and of how long a take (`studio_every`).
        seed: of the studio's films. Footage is what it is: its takes don't depend on the seed.
        progress: show progress bars.
        deadline: `time.monotonic()` by which the studio stops filming; takes and parts of takes that are done are kept.
        jobs: processes that film.

    Raises:
        OutOfTime: stopped for the deadline; the same call goes on.
        ManifestError: unknown name (lists the known ones), or footage that can't be fetched or verified.
        GlmkError: footage without the peers' environment.
        CaptureError: a full disk, or a capture that fails its checks.
    """
    entry = manifest.entry(name)
    root = paths.capture_dir(name, preset.name, seed)
    sweep(root.parent, root.name)
    if entry.kind == "studio":
        return _from_studio(entry, preset, seed, root, progress, deadline, jobs)
    film = film_real(name, paths.DATA / "films" / name, progress)
    return build_capture(root, name, entry.region, film.template, film.takes, preset.size, film.crop, film.info, progress)


def from_videos(
    marked, unmarked, template: Template, preset: Preset, out, crop_marked=None, crop_unmarked=None, progress: bool = True
) -> Capture:
    """A capture in the folder `out` from the user's own two videos, resized to the preset; held-out blocks are cut from both.

    Args:
        marked, unmarked: videos with and without paint on the skin.
        template: the painted lines, in [-1, 1] of the marked video's crop.
        crop_marked, crop_unmarked: "x,y,w,h" in pixels, the path of a CSV (frame,x,y,w,h), or None for the centred square.

    Raises CaptureError: see `build_capture`; also where a video changes or disappears meanwhile, and then no capture is kept.
    """
    before = {"marked": identity(Path(marked)), "unmarked": identity(Path(unmarked))}
    takes = {"marked": (marked, None), "unmarked": (unmarked, None)}
    crops = {"marked": crop_marked, "unmarked": crop_unmarked}
    info = {"title": f"{Path(marked).name} and {Path(unmarked).name}", "note": "your own videos", "truth": "none"}
    sweep(Path(out).parent, Path(out).name)
    capture = build_capture(Path(out), "own", template.region, template, takes, preset.size, crops, info, progress)
    for take, (video, _) in takes.items():
        check_unchanged(Path(video), before[take], getattr(capture, take).meta["sha256"], [capture.root])
    return capture


def _from_studio(
    entry: manifest.Entry, preset: Preset, seed: int, root: Path, progress: bool, deadline: float | None, jobs: int
) -> Capture:
    """Films four takes, each of other motion, and builds the capture from them; the films are kept until then."""
    counts = {
        "marked": preset.studio_frames,
        "unmarked": preset.studio_frames,
        "heldout_marked": preset.heldout_marked,
        "heldout_unmarked": preset.heldout_frames,
    }
    first, several = entry.persons[0], len(entry.persons)
    if first == 0:
        template = Template.ready(entry.region if entry.marks == "none" else f"{entry.region}_{entry.marks}")
    else:
        template = studio.template_of(entry.region, entry.marks, first)
    stated = f"{entry.name} {preset.size} {seed} {counts} {preset.studio_every} {template.to_json()} {studio_hash()}"
    stated += "" if entry.persons == (0,) else f" {entry.persons}"
    stated += f" {sorted(entry.mismatch.items())}" if entry.mismatch else ""
    inputs = hashlib.sha256(stated.encode()).hexdigest()
    if (capture := _made(root, inputs)) is not None:
        return capture
    info = {
        "title": entry.title,
        "note": "virtual capture, filmed by the library",
        "licence": entry.licence.name,
        "truth": "exact",
        "region": entry.region,
        "blocks": {take: shares(count, several) for take, count in counts.items()},
        "inputs": inputs,
    }
    with explain_full_disk(root):
        root.parent.mkdir(parents=True, exist_ok=True)
        with _films(root, inputs) as folder:
            if (capture := _made(root, inputs)) is not None:  # by another process, while this one waited
                return capture
            takes = {}
            for take in TAKES:
                film = film_persons(
                    folder,
                    take,
                    counts[take],
                    entry.persons,
                    jobs=jobs,
                    deadline=deadline,
                    progress=progress,
                    region=entry.region,
                    seed=take_seed(seed, take),
                    marked=not take.endswith("unmarked"),
                    marks=entry.marks,
                    mismatch=entry.mismatch.get(take, 0.0),
                    size=preset.size,
                    every=1 if take.startswith("heldout") else preset.studio_every,  # jitter needs every frame
                )
                takes[take] = (film.video, film.truth)
            return build_capture(root, entry.name, entry.region, template, takes, preset.size, None, info, progress)


def take_seed(seed: int, take: str) -> int:
    """The seed with which the studio films one of `TAKES` for a capture's `seed`: no two of either share their motion."""
    return seed * len(TAKES) + TAKES.index(take)


def _made(root: Path, inputs: str) -> Capture | None:
    """The capture `root`, if it is there, whole, and filmed from these inputs."""
    if (root / "capture.json").is_file():
        try:
            capture = open_capture(root)
            return capture if capture.info.get("inputs") == inputs else None
        except CaptureError:
            pass  # torn, or of an older version: made anew
    return None


@contextmanager
def _films(root: Path, inputs: str):
    """Yields the folder for the films of the capture `root`, with what an earlier call left of the same inputs.

    One process at a time has it. It is deleted when the block ends well, and kept, if any film lies in it, when the block is
    left before.
    """
    folder = root.with_name(f".films.{root.name}.{inputs[:12]}")
    with alone(folder / ".lock"):
        folder.mkdir(exist_ok=True)  # who had it before has deleted it
        for other in root.parent.glob(f".films.{root.name}.*"):
            if other != folder:
                shutil.rmtree(other)
        try:
            yield folder
        except BaseException:
            if not any(path.name != ".lock" for path in folder.iterdir()):
                shutil.rmtree(folder)
            raise
        shutil.rmtree(folder)


def studio_hash(folder: Path = Path(studio.__file__).parent) -> str:
    """SHA-256 over the code of the studio's modules, whatever is said about it: another studio films other frames."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(f"{path.name}\0{bare(path.read_text(encoding='utf-8'))}\0".encode())
    return digest.hexdigest()
