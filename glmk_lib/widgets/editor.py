"""The template editor of notebook 02: a picture to click on, and controls that a keyboard reaches.

What they do is in `EditorModel`. What the mouse does on the picture, they do too.
"""

import numpy as np

from glmk_lib.capture.ingest import cut, parse_crop
from glmk_lib.capture.paint import Paint
from glmk_lib.capture.video import read_frames
from glmk_lib.errors import CaptureError, GlmkError
from glmk_lib.template import Template
from glmk_lib.widgets.controls import Controls
from glmk_lib.widgets.drawing import draw_draft, enlarge, jpeg
from glmk_lib.widgets.model import EditorModel
from glmk_lib.widgets.mouse import Mouse
from glmk_lib.widgets.panel import sentence
from glmk_lib.widgets.preview import PaintPreview

_STEP = 0.01  # of a nudge, in units of [-1, 1]
_SEEN = 512  # pixels of the square that `of_video` cuts
_GRAB = 0.04  # how near to a point the mouse must be to take it, likewise


class TemplateEditor(Controls):
    """Draw a template over a frame.

    Choose a line and a point, then move it by numbers or arrows, add and delete points and lines, resample, snap to paint, load
    and save. With the mouse, press on a point to choose and drag it, and elsewhere to add one to the chosen line. Whatever
    goes wrong is said in the status line. `template` gives the result.

    Args:
        image: (S, S, 3) uint8 RGB, shown underneath: a frame cut by its crop, as the network will see it, since points are
            stored in its coordinates. `of_video` cuts one.
        template: what to start from; None starts with an empty line.
        key_mask: (S, S) or (C, S, S) in [0, 1], the chroma key of the same frame; without one there is nothing to snap to.
        path: where Save and Load point at first.
        colors: of the paint on the frame, "#rrggbb" each, whose lines Propose looks for; those of `template` if not given.
        paint: as measured for `template`; the preview paints with it, else with the colours as they are stated.

    Raises:
        ValueError: an image that is not square, or a paint without the template that it was measured for.
    """

    def __init__(
        self,
        image,
        template: Template | None = None,
        key_mask=None,
        path: str = "template.json",
        colors=None,
        paint: Paint | None = None,
    ):
        self.model = EditorModel(template)
        if template is None:
            self.model.add_line("line")
        self._image = np.asarray(image, dtype=np.uint8)
        if self._image.ndim != 3 or self._image.shape[0] != self._image.shape[1]:
            raise ValueError(
                f"the image is {self._image.shape}; expected the square of the crop: TemplateEditor.of_video cuts it."
            )
        self._canvas = enlarge(self._image)
        self._colors = list(colors or ([] if template is None else dict.fromkeys(template.segment_colors)))
        self._paints = PaintPreview(self._image, template, paint)
        mask = None if key_mask is None else np.asarray(key_mask, dtype=np.float64)
        self._mask = mask.max(0) if mask is not None and mask.ndim == 3 else mask
        self._held, self._grip = None, np.zeros(2)  # the point that the mouse holds, and the way to it from the mouse
        super().__init__(path)
        self._connect()
        self._mouse = Mouse(self.picture, self._press, self._drag)
        self._refresh("Choose a line and a point, or press on the picture.")

    @classmethod
    def of_video(cls, video, crop=None, frame: int = 0, **options) -> "TemplateEditor":
        """The editor over one frame of a video, cut by the crop that it will be trained with.

        Args:
            video: path. crop: as CROP_MARKED of `make train` (see `parse_crop`); None is the centred square.
            frame: its number, from 0.
            options: the other arguments of the editor.

        Raises CaptureError: an unusable video or crop, or one that ends before that frame.
        """
        for number, _, picture in read_frames(video, first=frame):
            height, width = picture.shape[:2]
            return cls(cut(picture, parse_crop(crop).box(number, width, height), _SEEN), **options)
        raise CaptureError(f"{video}: there is no frame {frame}; expected the number of one, from 0.")

    @property
    def template(self) -> Template:
        """What has been drawn. Raises TemplateError while it is unfinished."""
        return self.model.template

    def _connect(self):
        for label, act in {
            "‹ line": lambda: self._step(self.line, -1),
            "line ›": lambda: self._step(self.line, 1),
            "‹ point": lambda: self._step(self.point, -1),
            "point ›": lambda: self._step(self.point, 1),
            "←": lambda: self._nudge(-_STEP, 0),
            "→": lambda: self._nudge(_STEP, 0),
            "↑": lambda: self._nudge(0, -_STEP),
            "↓": lambda: self._nudge(0, _STEP),
            "Add point": self._add_point,
            "Delete point": self._delete_point,
            "Add line": self._add_line,
            "Rename": self._rename,
            "Delete line": self._delete_line,
            "Resample": self._resample,
            "Snap": self._snap,
            "Mirror line": self._mirror_line,
            "Propose": self._propose,
            "Undo": self.model.undo,
            "Redo": self.model.redo,
            "Load": self._load,
            "Save": self._save,
        }.items():
            self.buttons[label].on_click(lambda _, act=act: self._run(act))
        for controls, act in (
            ((self.line, self.point, self.preview), self._refresh),
            ((self.x,), lambda: self._run(lambda: self._put(0, self.x.value))),
            ((self.y,), lambda: self._run(lambda: self._put(1, self.y.value))),
            ((self.symmetric, self.axis), lambda: self._run(self._set_axis)),
            ((self.closed,), lambda: self._run(lambda: self.model.set_closed(self.line.value, self.closed.value))),
            ((self.color,), lambda: self._run(lambda: self.model.set_color(self.line.value, self.color.value))),
        ):
            for control in controls:
                self._on_change(control, act)

    # -- what the controls do -----------------------------------------------------------------------------------------------

    def _step(self, chooser, by):
        with self._silence():
            chooser.index = (chooser.index + by) % len(chooser.options)

    def _put(self, side, value):
        spot = self.model.points[self._point()]
        spot[side] = value
        self.model.move_point(self._point(), *spot, dragging=True)

    def _press(self, x, y):
        """Take the point there, or add one to the chosen line. What is dragged now is undone apart from what was before."""
        self.model.release()
        self._held = self.model.nearest_point(x, y, _GRAB)
        if self._held is None:
            self._run(lambda: self._add_at(x, y))
            return
        self._grip = self.model.points[self._held] - np.array([x, y])
        there = [line.name for line in self.model.lines if self._held in line.points]
        self._choose(line=self.line.value if self.line.value in there else there[0], point=self._held)
        self._refresh()

    def _add_at(self, x, y):
        place = self.model.place_on(self._line(), x, y, self.point.value, _GRAB)
        self._held, self._grip = self.model.add_point(self._line(), x, y, place), np.zeros(2)
        self._choose(point=self._held)

    def _drag(self, x, y):
        spot = (self._grip + np.array([x, y])).clip(-1, 1)
        if self._held is not None and not np.allclose(spot, self.model.points[self._held], atol=1e-6):
            self._run(lambda: self.model.move_point(self._held, *spot, dragging=True))

    def _set_axis(self):
        self.model.axis = self.axis.value if self.symmetric.value else None

    def _mirror_line(self):
        name = self.model.mirror_line(self._line(), self.axis.value)
        self._choose(line=name)
        return f"'{name}' is the mirror image."

    def _propose(self):
        found = Template.from_paint(self._image, self._colors, region=self.model.region)
        self.model.take(found)
        self._choose(line=found.lines[0].name)
        missing = [color for color in self._colors if color.lower() not in found.segment_colors]
        without = f" No line of {', '.join(missing)} was found." if missing else ""
        return f"{len(found.lines)} lines proposed: correct and name them.{without}"

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

    def _refresh(self, words: str = "", wrong: bool = False):
        """Bring every control and the picture up to date with the model, and say `words`."""
        self._choose()
        with self._silence():
            if self.line.value:
                line = self.model.line(self.line.value)
                self.closed.value, self.color.value = line.closed, line.colors[0]
            if self.point.value is not None:
                self.x.value, self.y.value = self.model.points[self.point.value].round(4)
            for control in self.of_a_point:
                control.disabled = self.point.value is None
            for control in self.of_a_line:
                control.disabled = self.line.value is None
            self.buttons["Undo"].disabled, self.buttons["Redo"].disabled = not self.model.can_undo, not self.model.can_redo
            self.buttons["Snap"].disabled = self._mask is None or self.line.value is None
            self.buttons["Propose"].disabled = not self._colors
        canvas, lines = self._painted() if self.preview.value else (self._canvas, self.model.lines)
        drawn = draw_draft(canvas, self.model.points, lines, self.line.value, self.point.value, self.model.axis)
        self.picture.value = jpeg(drawn)
        self.status.value = sentence(words, wrong) + sentence(self._unfinished())

    def _painted(self):
        """The picture that R makes of the draft, with no lines over it; of an unfinished one there is none yet."""
        try:
            return enlarge(self._paints(self.model.template)), ()
        except GlmkError:
            return self._canvas, self.model.lines

    def _unfinished(self):
        """What keeps the draft from being a template, or how large it is."""
        try:
            template = self.model.template
        except GlmkError as error:
            return f"Unfinished: {error}"
        return f"{len(template)} points on {len(template.lines)} lines."
