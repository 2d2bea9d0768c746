"""`python -m glmk_lib train`: from one's own two videos to a trained network."""

import argparse
from pathlib import Path

from glmk_lib.check import command as checking
from glmk_lib.errors import DivergenceError


def add_arguments(parser) -> None:
    """The arguments of `train` that no other command has, for an argparse parser."""
    checking.add_capture(parser)
    parser.add_argument("--template", required=True, metavar="JSON", help="the painted lines' template")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the run goes")
    parser.add_argument("--check", choices=("on", "off"), default="on", help="off: train whatever is wrong (default: on)")
    parser.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on from the run's last checkpoint, if any",
    )


def train(args) -> None:
    """Prepare the two videos, after their check, train on them, and say what was measured.

    Raises what each of these raises, `DivergenceError` from the first of several processes alone.
    """
    from glmk_lib import presets
    from glmk_lib.template import Template

    preset = presets.get(args.preset)
    template = Template.load(args.template)
    # What is wrong with the above is told before these, which take seconds.
    from glmk_lib import distributed, evaluation, training, unpaint
    from glmk_lib.capture import mirrored, prepare, storage
    from glmk_lib.visibility import learn

    for video in (args.marked, args.unmarked):
        mirrored.refuse_mirrored(video)
    with distributed.in_turn(args.out / ".capture.lock"):
        for folder in (args.out, args.out / "checkpoints"):
            storage.sweep(folder)
        checking.before_training(args)
        capture = prepare.from_videos(
            args.marked,
            args.unmarked,
            template,
            preset,
            args.out / "capture",
            crop_marked=args.crop_marked,
            crop_unmarked=args.crop_unmarked,
        )
    try:
        run = training.train(capture, preset, args.out, seed=args.seed, resume=args.resume, devices=args.devices)
    except DivergenceError:
        if distributed.is_first():  # one of several processes tells
            raise
        return
    if not distributed.is_first():
        return
    measured = evaluation.reprojection(run.landmarker, unpaint.load_generator(args.out, preset), capture)
    print("On held-out painted frames, G taking the paint off first, in pixels of the crop:")
    print(f"  from the landmarks' lines to the paint {measured['reprojection_px']:.2f}")
    print(f"  from the paint to the lines {measured['reprojection_back_px']:.2f}")
    learn.learn(args.out, capture, preset, args.seed)
    print(f"The run is complete; its checkpoint, log and sample sheets are in {args.out}")
