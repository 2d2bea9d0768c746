"""The template editor of notebook 02: a picture, and controls that a keyboard reaches. What they do is in `EditorModel`."""

import contextlib

import ipywidgets as w
import numpy as np

from glmk_lib.errors import GlmkError
from glmk_lib.template import Template
from glmk_lib.widgets.drawing import draw_draft, enlarge, jpeg
from glmk_lib.widgets.model import EditorModel

_STEP = 0.01  # of a nudge, in units of [-1, 1]


class TemplateEditor(w.VBox):
    """Draw a template over a frame.

    Choose a line and a point, then move it by sliders or arrows, add and delete points and lines, resample, snap to paint, load
    and save. Whatever goes wrong is said in the status line. `template` gives the result.

    Args:
        image: (H, W, 3) uint8 RGB, shown underneath.
        template: what to start from; None starts with an empty line.
        key_mask: (H, W) or (C, H, W) in [0, 1], the chroma key of the same frame; without one there is nothing to snap to.
        path: where Save and Load point at first.
    """

    def __init__(self, image, template: Template | None = None, key_mask=None, path: str = "template.json"):
        self.model = EditorModel(template)
        if template is None:
            self.model.add_line("line")
        self._canvas = enlarge(np.asarray(image, dtype=np.uint8))
        mask = None if key_mask is None else np.asarray(key_mask, dtype=np.float64)
        self._mask = mask.max(0) if mask is not None and mask.ndim == 3 else mask
        self._quiet = False
        self._make_controls(path)
        super().__init__([w.HBox([self.picture, self._panel()]), self.status])
        self._refresh("Choose a line and a point.")

    @property
    def template(self) -> Template:
        """What has been drawn. Raises TemplateError while it is unfinished."""
        return self.model.template

    # -- controls -----------------------------------------------------------------------------------------------------------

    def _make_controls(self, path):
        self.picture = w.Image(format="jpeg", layout=w.Layout(width="480px", min_width="240px", object_fit="contain"))
        self.status = w.HTML()
        wide = w.Layout(width="300px")
        self.line = w.Dropdown(description="line", layout=wide)
        self.point = w.Dropdown(description="point", layout=wide)
        self.x, self.y = (
            w.FloatSlider(description=d, min=-1, max=1, step=0.005, readout_format=".3f", layout=wide) for d in "xy"
        )
        self.name = w.Text(description="name", placeholder="of a new or renamed line", layout=wide)
        self.color = w.ColorPicker(description="paint", layout=wide)
        self.closed = w.Checkbox(description="closed line", indent=False)
        self.count = w.BoundedIntText(value=8, min=2, max=200, description="points", layout=w.Layout(width="160px"))
        self.path = w.Text(value=path, description="file", layout=wide)
        self.buttons = {}
        for label, tip, act in (
            ("←", "nudge left", lambda: self._nudge(-_STEP, 0)),
            ("→", "nudge right", lambda: self._nudge(_STEP, 0)),
            ("↑", "nudge up", lambda: self._nudge(0, -_STEP)),
            ("↓", "nudge down", lambda: self._nudge(0, _STEP)),
            ("Add point", "after the chosen point", self._add_point),
            ("Delete point", "the chosen point, from every line", self._delete_point),
            ("Add line", "with the name below", self._add_line),
            ("Rename", "the chosen line, to the name below", self._rename),
            ("Delete line", "and the points that lie on no other", self._delete_line),
            ("Resample", "space this many points evenly along the line", self._resample),
            ("Snap", "move the line's points onto the paint", self._snap),
            ("Undo", "take back the last change", self.model.undo),
            ("Redo", "make it again", self.model.redo),
            ("Load", "take up the template in this file", self._load),
            ("Save", "check the template and write it to this file", self._save),
        ):
            button = w.Button(description=label, tooltip=tip, layout=w.Layout(width="auto"))
            button.on_click(lambda _, act=act: self._run(act))
            self.buttons[label] = button
        self.line.observe(lambda _: self._on_change(self._refresh), "value")
        self.point.observe(lambda _: self._on_change(self._refresh), "value")
        for slider in (self.x, self.y):
            slider.observe(lambda _: self._on_change(self._run, self._drag), "value")
        self.closed.observe(
            lambda _: self._on_change(self._run, lambda: self.model.set_closed(self.line.value, self.closed.value)), "value"
        )
        self.color.observe(
            lambda _: self._on_change(self._run, lambda: self.model.set_color(self.line.value, self.color.value)), "value"
        )

    def _panel(self):
        def row(*labels):
            return w.HBox([self.buttons[label] if isinstance(label, str) else label for label in labels])

        return w.VBox(
            [
                self.line, self.point, self.x, self.y, row("←", "→", "↑", "↓"), row("Add point", "Delete point"),
                row("Undo", "Redo", self.closed), self.color, row(self.count, "Resample", "Snap"),
                self.name, row("Add line", "Rename", "Delete line"), self.path, row("Load", "Save"),
            ]
        )  # fmt: skip

    # -- what the controls do -----------------------------------------------------------------------------------------------

    def _on_change(self, act, *arguments):
        if not self._quiet:
            act(*arguments)

    def _run(self, act):
        """Do `act` and show what came of it; an error becomes the status line's text."""
        try:
            words = act()
        except GlmkError as error:
            self._refresh(str(error), wrong=True)
        except OSError as error:
            self._refresh(f"{self.path.value}: {error.strerror or error}; choose a file that can be written.", wrong=True)
        else:
            self._refresh(words if isinstance(words, str) else "")

    def _drag(self):
        self.model.move_point(self._point(), self.x.value, self.y.value, dragging=True)

    def _nudge(self, dx, dy):
        self.model.nudge_point(self._point(), dx, dy)

    def _add_point(self):
        """After the chosen point, halfway to the next; beyond the end of an open line; in the middle of an empty one."""
        line, points = self.model.line(self._line()), self.model.points
        chosen = list(line.points)
        if not chosen:
            spot, place = np.zeros(2), 0
        else:
            at = chosen.index(self.point.value) if self.point.value in chosen else len(chosen) - 1
            place = at + 1
            here = points[chosen[at]]
            if place < len(chosen) or (line.closed and len(chosen) > 1):
                spot = (here + points[chosen[place % len(chosen)]]) / 2
            else:
                spot = here + (here - points[chosen[at - 1]] if len(chosen) > 1 else (0.1, 0))
        index = self.model.add_point(line.name, *np.clip(spot, -1, 1), place=place)
        self._choose(point=index)

    def _delete_point(self):
        self.model.delete_point(self._point())

    def _add_line(self):
        self.model.add_line(self.name.value)
        self._choose(line=self.name.value.strip())
        return "Now add points to the new line."

    def _rename(self):
        self.model.rename_line(self._line(), self.name.value)
        self._choose(line=self.name.value.strip())

    def _delete_line(self):
        self.model.delete_line(self._line())

    def _resample(self):
        self.model.resample_line(self._line(), self.count.value)

    def _snap(self):
        if self._mask is None:
            return "There is no chroma key of this frame, so there is nothing to snap to."
        moved = self.model.snap(self._mask, self._line())
        return f"{moved} points moved onto the paint." if moved else "No paint was found near this line's points."

    def _load(self):
        self.model.load(self.path.value)
        return f"Loaded {self.path.value}."

    def _save(self):
        self.model.save(self.path.value)
        return f"Saved {self.path.value}."

    def _line(self):
        return self.line.value or ""

    def _point(self):
        return -1 if self.point.value is None else self.point.value

    def _choose(self, line=None, point=None):
        """Fill the two lists from the model and choose in them, without acting on it."""
        with self._silence():
            names = [own.name for own in self.model.lines]
            wanted = line or self.line.value
            self.line.options = names
            self.line.value = wanted if wanted in names else (names[0] if names else None)
            points = list(self.model.line(self.line.value).points) if self.line.value else []
            wanted = self.point.value if point is None else point
            self.point.options = [(f"{i} ({place + 1} of {len(points)})", i) for place, i in enumerate(points)]
            self.point.value = wanted if wanted in points else (points[0] if points else None)

    @contextlib.contextmanager
    def _silence(self):
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def _refresh(self, words: str = "", wrong: bool = False):
        """Bring every control and the picture up to date with the model, and say `words`."""
        self._choose()
        with self._silence():
            if self.line.value:
                line = self.model.line(self.line.value)
                self.closed.value, self.color.value = line.closed, line.colors[0]
            if self.point.value is not None:
                self.x.value, self.y.value = self.model.points[self.point.value]
            for control in (self.point, self.x, self.y, *(self.buttons[b] for b in ("←", "→", "↑", "↓", "Delete point"))):
                control.disabled = self.point.value is None
            for control in (
                self.closed,
                self.color,
                *(self.buttons[b] for b in ("Add point", "Resample", "Rename", "Delete line")),
            ):
                control.disabled = self.line.value is None
            self.buttons["Undo"].disabled, self.buttons["Redo"].disabled = not self.model.can_undo, not self.model.can_redo
            self.buttons["Snap"].disabled = self._mask is None or self.line.value is None
        drawn = draw_draft(self._canvas, self.model.points, self.model.lines, self.line.value, self.point.value)
        self.picture.value = jpeg(drawn)
        self.status.value = _sentence(words, wrong) + _sentence(*self._unfinished())

    def _unfinished(self):
        """What keeps the draft from being a template, or how large it is."""
        try:
            template = self.model.template
        except GlmkError as error:
            return f"Unfinished: {error}", False
        return f"{len(template)} points on {len(template.lines)} lines.", False


def _sentence(words, wrong):
    safe = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<div style="color: {"#b00020" if wrong else "inherit"}" role="status">{safe}</div>' if words else ""
