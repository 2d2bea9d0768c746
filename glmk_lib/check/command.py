"""`python -m glmk_lib check`, and the check that comes before training."""

from pathlib import Path

from glmk_lib.errors import CaptureError

REPORT, TABLE, SHEET = "check.json", "check.txt", "check.png"


def add_capture(parser) -> None:
    """The arguments that say which two videos, for an argparse parser."""
    parser.add_argument("--marked", required=True, metavar="VIDEO", help="the video with paint on the skin")
    parser.add_argument("--unmarked", required=True, metavar="VIDEO", help="the video without")
    for take in ("marked", "unmarked"):
        add_crop(parser, f"--crop-{take}")


def add_crop(parser, name: str) -> None:
    """The argument `name` that says where the subject is, for an argparse parser."""
    parser.add_argument(
        name,
        metavar="BOX",
        help="x,y,w,h in pixels, or a CSV with columns frame,x,y,w,h (default: centred); "
        f"one that begins beyond the frame as {name}=-9,0,80,80",
    )


def add_arguments(parser) -> None:
    """All arguments of `check`, for an argparse parser."""
    add_capture(parser)
    parser.add_argument("--template", metavar="JSON", help="the painted lines' template (default: whatever was painted)")
    parser.add_argument("--out", type=Path, default=Path("check"), metavar="FOLDER", help="(default: %(default)s)")
    parser.add_argument("--preset", default="laptop", help="smoke, laptop or paper (default: %(default)s)")


def check(args) -> None:
    """Check two videos, print the table, and write it to the folder `args.out`, with the report as JSON and a picture sheet.

    Raises:
        CaptureError: red findings, after the table was printed; or a video that can't be read.
        TemplateError, PresetError: as they say.
    """
    report = _made(args)
    print(report.table())
    print(f"The report and a sheet of pictures are in {args.out}")
    if report.at("red"):
        raise CaptureError(f"{args.marked} and {args.unmarked}: {report.verdict()}")


def before_training(args) -> None:
    """Stop at red findings, told with their remedies, unless `args.check` is "off". The report goes to `args.out`/check.

    A check of the same inputs by the same code is not made again.

    Raises CaptureError: red findings, or a video that can't be read.
    """
    if args.check == "off":
        return
    report = _made(args, args.out / "check")
    if red := report.at("red"):
        told = " ".join(f"{finding.name} ({finding.take}): {finding.sentence} Remedy: {finding.remedy}" for finding in red)
        raise CaptureError(
            f"{args.marked} and {args.unmarked}: training was not started, for the check of the capture has red findings. "
            f"{told} More is in {args.out / 'check'}; to train all the same, add CHECK=off (--check off)."
        )
    for finding in report.at("amber"):
        print(f"check: {finding.name} ({finding.take}): {finding.sentence} Remedy: {finding.remedy}")


def _made(args, out: Path | None = None):
    """The report of these videos, made and written to `out` if it isn't there yet."""
    from glmk_lib import presets
    from glmk_lib.template import Template

    preset = presets.get(args.preset)
    template = Template.load(args.template) if args.template else None
    # What is wrong with the above is told before these, which take seconds.
    from glmk_lib.check import capture
    from glmk_lib.check.findings import Report

    out = out or args.out
    inputs = capture.key(args.marked, args.unmarked, template, preset, args.crop_marked, args.crop_unmarked)
    try:
        report = Report.from_json((out / REPORT).read_text(encoding="utf-8"), str(out / REPORT))
        if report.inputs == inputs:
            return report
    except (OSError, CaptureError):
        pass  # none yet, or of an older version
    report, takes = capture.check_videos(args.marked, args.unmarked, template, preset, args.crop_marked, args.crop_unmarked)
    _write(report, takes, out)
    return report


def _write(report, takes, out: Path) -> None:
    from glmk_lib.checkpoint import write_atomic
    from glmk_lib.figures import check_figure, png_bytes

    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / SHEET, png_bytes(check_figure(report, takes)))
    write_atomic(out / TABLE, (report.table() + "\n").encode())
    write_atomic(out / REPORT, (report.to_json() + "\n").encode())  # last: it says that the others are there
