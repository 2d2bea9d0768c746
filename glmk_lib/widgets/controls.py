"""The template editor's controls and where they stand, in the order in which Tab reaches them; what they do is in editor.py.

JupyterLab keeps the arrow keys on a list for itself, hence buttons that go through the lines and the points.
"""

import ipywidgets as w

from glmk_lib.widgets.panel import Panel

_TIPS = {
    "‹ line": "choose the line before",
    "line ›": "choose the next line",
    "‹ point": "choose the point before on the line",
    "point ›": "choose the next point on the line",
    "←": "nudge left",
    "→": "nudge right",
    "↑": "nudge up",
    "↓": "nudge down",
    "Add point": "after the chosen point",
    "Delete point": "the chosen point, from every line",
    "Undo": "take back the last change",
    "Redo": "make it again",
    "Resample": "space this many points evenly along the line",
    "Snap": "move the line's points onto the paint",
    "Mirror line": "make the chosen line's image beyond the mirror, or make it anew",
    "Propose": "in place of all lines, those that the paint on the frame shows",
    "Add line": "with the name above",
    "Rename": "the chosen line, to the name above",
    "Delete line": "and the points that lie on no other",
    "Load": "take up the template in this file",
    "Save": "check the template and write it to this file",
}


class Controls(Panel):
    """A picture, the controls beside it, and the status line below.

    Attributes:
        buttons: by their labels. of_a_point, of_a_line: what is of use only where a point, or a line, has been chosen.
    """

    def __init__(self, path: str):
        wide = w.Layout(width="300px")
        # At the top of its box, not stretched, so that where the mouse is in the box is where it is in the picture.
        self.picture = w.Image(format="jpeg", layout=w.Layout(width="480px", min_width="240px", align_self="flex-start"))
        self.line = w.Dropdown(description="line", layout=wide)
        self.point = w.Dropdown(description="point", layout=wide)
        # Numbers, not sliders: a slider sends back what it is told, rounded to its steps, and so would move every chosen point.
        self.x, self.y, self.axis = (
            w.BoundedFloatText(description=text, min=-1, max=1, step=0.005, layout=w.Layout(width="200px"))
            for text in ("x", "y", "mirror x")
        )
        self.closed, self.symmetric, self.preview = (
            w.Checkbox(description=text, indent=False, layout=w.Layout(width="auto"))
            for text in ("closed line", "move both sides", "as R paints it")
        )
        self.color = w.ColorPicker(description="paint", layout=wide)
        self.count = w.BoundedIntText(value=8, min=2, max=200, description="points", layout=w.Layout(width="160px"))
        # Sent when it is left, not letter by letter: a press on a button could overtake the last ones.
        self.name, self.path = (
            w.Text(value=value, description=text, placeholder=hint, continuous_update=False, layout=wide)
            for value, text, hint in (("", "name", "of a new or renamed line"), (path, "file", ""))
        )
        self.buttons = {
            label: w.Button(description=label, tooltip=tip, layout=w.Layout(width="auto")) for label, tip in _TIPS.items()
        }
        self.of_a_point = [
            self.point, self.x, self.y, *self._named("‹ point", "point ›", "←", "→", "↑", "↓", "Delete point"),
        ]  # fmt: skip
        self.of_a_line = [
            self.closed, self.color,
            *self._named("‹ line", "line ›", "Add point", "Resample", "Mirror line", "Rename", "Delete line"),
        ]  # fmt: skip
        super().__init__([w.HBox([self.picture, self._panel()])])

    def _named(self, *labels):
        return [self.buttons[label] for label in labels]

    def _panel(self):
        def row(*labels):
            return w.HBox([self.buttons[label] if isinstance(label, str) else label for label in labels])

        return w.VBox(
            [
                self.line, row("‹ line", "line ›"), self.point, row("‹ point", "point ›"), self.x, self.y,
                row("←", "→", "↑", "↓"), row("Add point", "Delete point"),
                row("Undo", "Redo", self.closed), self.color, row(self.count, "Resample", "Snap"),
                self.axis, row("Mirror line", self.symmetric), row("Propose", self.preview),
                self.name, row("Add line", "Rename", "Delete line"), self.path, row("Load", "Save"),
            ]
        )  # fmt: skip
