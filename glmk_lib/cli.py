"""The command line: `python -m glmk_lib <command>`, which the Makefile calls.

What the user can mend is told in one sentence on stderr (see `telling.py`). Each command imports what it needs when it runs, so
that `--help` answers at once.
"""

import argparse
from pathlib import Path

from glmk_lib import training_command
from glmk_lib.check import command as checking
from glmk_lib.telling import MENDABLE, told


class _Parser(argparse.ArgumentParser):
    """argparse, with one sentence where it would print its usage."""

    def error(self, message):
        self.exit(MENDABLE, f"glmk: {message}; see `{self.prog} --help`.\n")


def _at_least(least: int):
    def whole(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least:
            raise argparse.ArgumentTypeError(f"found '{text}', expected a whole number of at least {least}")
        return value

    return whole


def _devices(text: str) -> int | str:
    return text if text == "auto" else _at_least(1)(text)


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _seeds(text: str) -> list[int]:
    return [_at_least(0)(part) for part in _names(text)]


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command; `args.run` is the command's function."""
    parser = _Parser(prog="python -m glmk_lib", description="Generative Landmarks: landmarks learned from two videos.")
    commands = parser.add_subparsers(required=True, metavar="command", parser_class=_Parser)

    def command(run, text):
        sub = commands.add_parser(run.__name__.removeprefix("_"), help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    def preset_and_seed(sub):
        sub.add_argument("--preset", default="laptop", help="smoke, laptop or paper (default: %(default)s)")
        sub.add_argument("--seed", type=_at_least(0), default=0, help="(default: %(default)s)")

    book = command(_book, "train, execute the notebooks and build the book")
    book.add_argument("--capture", default="studio_face", help="the footage (default: %(default)s)")
    book.add_argument("--kernel", help="the Jupyter kernel to execute with (default: this environment's)")
    preset_and_seed(book)

    pdf = command(_pdf, "print the book as a PDF, made first if need be")
    pdf.add_argument("--capture", default="studio_face", help="the footage (default: %(default)s)")
    pdf.add_argument("--kernel", help="the Jupyter kernel to execute with (default: this environment's)")
    preset_and_seed(pdf)

    figure = command(_figure, "make one figure of the book again, and write it to build/figures/")
    figure.add_argument("name", help='its label, with or without "fig-"')
    figure.add_argument("--capture", default="studio_face", help="the footage (default: %(default)s)")
    figure.add_argument("--kernel", help="the Jupyter kernel to execute with (default: this environment's)")
    preset_and_seed(figure)

    train = command(training_command.train, "train on your own two videos")
    training_command.add_arguments(train)
    train.add_argument("--devices", type=_devices, default=1, help="how many, or auto (default: %(default)s)")
    preset_and_seed(train)

    checking.add_arguments(command(checking.check, "say what is wrong with two videos, before any training"))

    predict = command(_predict, "find the landmarks in a video of any length with a trained model")
    predict.add_argument("--video", required=True, metavar="VIDEO", help="the video to track")
    predict.add_argument("--model", required=True, metavar="FILE", help="the landmarks.safetensors of a training run")
    predict.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the track goes")
    checking.add_crop(predict, "--crop")
    predict.add_argument("--smooth", metavar="HOW", help="one_euro or rts: a smoothed track beside the raw one (default: none)")

    follow = command(_follow, "follow a box of a video's first frame, and write the CSV that --crop reads")
    follow.add_argument("--video", required=True, metavar="VIDEO", help="the video")
    follow.add_argument(
        "--crop",
        required=True,
        metavar="BOX",
        help="x,y,w,h in pixels of its first frame, around it; --crop=-9,0,80,80 begins beyond it",
    )
    follow.add_argument("--out", required=True, type=Path, metavar="CSV", help="where the boxes go")

    film = command(_film, "film a take of the virtual capture, with its exact truth")
    film.add_argument("--region", default="face", help="face, hand or foot (default: %(default)s)")
    film.add_argument("--identity", type=_at_least(0), default=0, help="(default: %(default)s)")
    film.add_argument("--frames", type=_at_least(1), default=2000, help="(default: %(default)s)")
    film.add_argument("--every", type=_at_least(1), default=1, help="keep one frame in so many (default: %(default)s)")
    film.add_argument("--first", type=_at_least(0), default=0, help="begin with this frame of the take (default: %(default)s)")
    film.add_argument("--size", type=_at_least(16), default=64, help="width and height in pixels (default: %(default)s)")
    film.add_argument("--seed", type=_at_least(0), default=0, help="(default: %(default)s)")
    film.add_argument("--marked", action="store_true", help="with paint")
    film.add_argument("--colors", metavar="#RRGGBB", help="of all painted lines (default: their own)")
    film.add_argument("--marks", default="none", help="at the points: dots, ticks or bands (default: %(default)s)")
    film.add_argument("--occluder", default="none", help="cup or hand, passing in front (default: %(default)s)")
    film.add_argument("--mismatch", type=float, default=0.0, help="-1 to 1, half of the range of poses (default: %(default)s)")
    film.add_argument("--codec", default="lossless", help="lossless or h264 (default: %(default)s)")
    film.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    film.add_argument("--out", required=True, type=Path, metavar="FOLDER")

    prepare = command(_prepare, "prepare a capture of the manifest or the studio, without training")
    prepare.add_argument(
        "capture",
        help="studio_face, studio_hand, studio_foot, or one of them with _bands after it; face_a, face_b, hand_a or hand_b",
    )
    preset_and_seed(prepare)

    study = command(_study, "measure what a study lacks: many trainings, each kept as soon as it is done")
    study.add_argument("name", help="accuracy, ingredients, springs, personalization, footage or channel")
    study.add_argument("--capture", type=_names, metavar="A,B", help="on which footage (default: the study's own)")
    study.add_argument("--seeds", type=_seeds, default=(0, 1, 2), metavar="0,1,2", help="of training (default: 0,1,2)")
    study.add_argument("--rows", type=_names, metavar="A,B", help="which of its rows (default: all)")
    study.add_argument("--minutes", type=_at_least(0), help="stop after so many; run again to go on (default: at the end)")
    study.add_argument("--jobs", type=_at_least(1), default=1, help="processes, of one thread each (default: %(default)s)")
    study.add_argument("--preset", default="laptop", help="smoke, laptop or paper (default: %(default)s)")

    paper = command(_paper, "train, distil, measure and publish at the paper's scale, in as many sittings as it takes")
    paper.add_argument("--capture", type=_names, metavar="A,B", help="of which footage (default: all of the paper's list)")
    paper.add_argument("--minutes", type=_at_least(1), help="stop after so many; run again to go on (default: at the end)")
    paper.add_argument("--preset", default="paper", help="smoke, laptop or paper (default: %(default)s)")
    paper.add_argument("--seed", type=_at_least(0), default=0, help="(default: %(default)s)")

    reproduce = command(_reproduce, "run the chapters twice and compare every number of their results")
    reproduce.add_argument("--capture", default="studio_face", help="the footage (default: %(default)s)")
    reproduce.add_argument("--preset", type=_names, default=("smoke", "laptop"), help="(default: smoke,laptop)")

    report = command(_report, "print the project's own figures beside their targets")
    report.add_argument("--capture", help="only the figures of this footage")
    report.add_argument("--preset", help="only the figures of this preset")
    report.add_argument("--json", action="store_true", help="as JSON")
    return parser


def _book(args):
    from glmk_lib.publish import book

    print(f"The book is built; open {book.make(args.capture, args.preset, args.seed, args.kernel)}")


def _pdf(args):
    from glmk_lib.publish import book, pdf

    book.make(args.capture, args.preset, args.seed, args.kernel)
    print(f"The book as a PDF: {pdf.make(args.capture, args.preset)}")


def _figure(args):
    from glmk_lib.publish import figure

    for path in figure.make(args.name, args.capture, args.preset, args.seed, args.kernel):
        print(path)


def _predict(args):
    from glmk_lib import tracking

    tracking.track_video(args.video, args.model, args.out, crop=args.crop, smooth=args.smooth)
    print(f"The track, its overlay and a README that explains them are in {args.out}")


def _follow(args):
    from glmk_lib.capture import follow

    follow.check_name(args.out)  # what is wrong with it is told before a long video is read
    boxes = follow.write_boxes(follow.follow(args.video, args.crop), args.out)
    print(f"The boxes are in {boxes}; give that file wherever a crop is asked for.")


def _film(args):
    from glmk_lib import studio
    from glmk_lib.capture import storage

    storage.sweep(args.out)
    take = studio.film(
        region=args.region,
        identity=args.identity,
        frames=args.frames,
        seed=args.seed,
        marked=args.marked,
        size=args.size,
        out=args.out,
        colors=args.colors,
        marks=args.marks,
        occluder=args.occluder,
        mismatch=args.mismatch,
        codec=args.codec,
        device=args.device,
        every=args.every,
        first=args.first,
    )
    print(f"{take.video}\n{take.truth}\n{take.entry}")


def _prepare(args):
    from glmk_lib import presets

    preset = presets.get(args.preset)
    from glmk_lib.capture import prepare

    print(prepare.prepare(args.capture, preset, args.seed).root)


def _study(args):
    from glmk_lib import presets

    preset = presets.get(args.preset)
    from glmk_lib.study import command

    command.run(args.name, preset, args.capture, args.seeds, args.rows, args.minutes, args.jobs)


def _paper(args):
    from glmk_lib import presets

    preset = presets.get(args.preset)
    from glmk_lib import paper

    if paper.make(preset, args.capture or paper.CAPTURES, args.minutes, args.seed):
        print(f"Everything is in results/{preset.name}/.")


def _reproduce(args):
    from glmk_lib.publish import reproduce

    reproduce.reproduce(args.capture, args.preset)


def _report(args):
    from glmk_lib.publish import report

    print(report.report(args.preset, args.capture, as_json=args.json))


def main(argv: list[str] | None = None) -> int:
    """Run one command. Returns the exit code; see `telling.told`."""
    args = build_parser().parse_args(argv)
    return told(lambda: args.run(args), getattr(args, "out", None))
