"""Scrub through the sheets of a run, or flip between pictures; linked in the browser, so they work in a static page too."""

import ipywidgets as w

from glmk_lib.widgets.drawing import compact


def run_viewer(sheets: list[bytes], labels: list[str], width: int = 720, interval: int = 500) -> w.VBox:
    """Play, slider and pictures, to watch a run unfold.

    Args:
        sheets: picture files (PNG or JPEG), in order; kept as WebP at most `width` pixels wide.
        labels: one text a sheet, shown above it.
        interval: milliseconds a sheet while playing.

    Raises:
        ValueError: no sheets, another number of labels, or a sheet that is no picture.
    """
    if not sheets or len(sheets) != len(labels):
        raise ValueError(
            f"got {len(sheets)} sheets and {len(labels)} labels; expected one label for each of at least one sheet."
        )
    last = len(sheets) - 1
    play = w.Play(value=0, min=0, max=last, interval=interval, description="play the run")
    slider = w.IntSlider(value=0, min=0, max=last, readout=False, description="sheet", layout=w.Layout(width="60%"))
    stack = w.Stack([_page(sheet, label, width) for sheet, label in zip(sheets, labels, strict=True)], selected_index=0)
    w.jslink((play, "value"), (slider, "value"))
    w.jslink((slider, "value"), (stack, "selected_index"))
    return w.VBox([w.HBox([play, slider]), stack])


def two_way_viewer(
    pictures: list[list[bytes]], rows: list[str], columns: list[str], names: tuple[str, str], width: int = 480
) -> w.VBox:
    """Two sliders over a table of pictures: one chooses the row, the other the column.

    Args:
        pictures: picture files, a list for each row; kept as WebP at most `width` pixels wide.
        rows, columns: where the sliders can stand, one text for each.
        names: what the rows and the columns are.

    Raises:
        ValueError: no pictures, or not one for every row and column.
    """
    if not rows or not columns or [len(row) for row in pictures] != [len(columns)] * len(rows):
        raise ValueError(
            f"got rows of {[len(row) for row in pictures]} pictures, {len(rows)} names of rows and {len(columns)} of columns; "
            "expected a picture for each of at least one row and column."
        )
    up, across = (
        w.SelectionSlider(options=[(text, i) for i, text in enumerate(texts)], description=name, layout=w.Layout(width="90%"))
        for texts, name in zip((rows, columns), names, strict=True)
    )
    stacks = [w.Stack([_picture(data, width) for data in row], selected_index=0) for row in pictures]
    for stack in stacks:
        w.jslink((across, "index"), (stack, "selected_index"))
    shown = w.Stack(stacks, selected_index=0)
    w.jslink((up, "index"), (shown, "selected_index"))
    return w.VBox([up, across, shown])


def before_after(images: dict[str, bytes], width: int = 720) -> w.VBox:
    """A row of buttons, one a picture, that flips between them in place: `images` is name -> picture file."""
    if not images:
        raise ValueError("got no images; expected at least one.")
    choice = w.ToggleButtons(options=list(images), index=0)
    stack = w.Stack([_picture(data, width) for data in images.values()], selected_index=0)
    w.jslink((choice, "index"), (stack, "selected_index"))
    return w.VBox([choice, stack])


def _page(sheet, label, width):
    return w.VBox([w.Label(label), _picture(sheet, width)])


def _picture(data, width):
    return w.Image(value=compact(data, width), format="webp", layout=w.Layout(max_width="100%", object_fit="contain"))
