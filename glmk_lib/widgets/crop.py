"""The crop chooser of notebook 06: where the subject is in a video, as the text that CROP takes."""

from pathlib import Path

import cv2
import ipywidgets as w
import numpy as np

from glmk_lib.capture.follow import check_name, follow, write_boxes
from glmk_lib.capture.ingest import Crop, cut, parse_crop
from glmk_lib.capture.video import read_frames
from glmk_lib.errors import CaptureError
from glmk_lib.widgets.drawing import enlarge, jpeg
from glmk_lib.widgets.panel import Panel, sentence

FIXED, FOLLOWED, CSV = "fixed", "followed", "CSV"
SHOWN = 24  # frames at most that the slider goes through
_LEAST = 8  # pixels of a box's side, by the sliders


class CropChooser(Panel):
    """Choose a crop over a video: one fixed box, a box that is followed from the first frame on, or a CSV of boxes.

    Beside the frame with its box stands the square that the network will see. Whatever goes wrong is said in the status line.
    `crop` gives the result.

    Args:
        video: path. It is read once, to its end; up to SHOWN frames of it are kept, as JPEG.
        crop: what to start from, as `parse_crop` takes it; None is the centred square.
        size: pixels of the square that the network will see.
        path: the CSV that Follow writes and Read reads; the video's name with .csv, in the working folder, if not given.

    Raises CaptureError: an unusable video or crop.
    """

    def __init__(self, video, crop=None, size: int = 64, path: str | None = None):
        self._video, self._size = Path(video), size
        self._frames = _spread(self._video)
        self._height, self._width = _decoded(self._frames[0]).shape[:2]
        start = parse_crop(crop)
        self._boxes = start if start.each is not None else None  # of a CSV, or as they were followed
        self._fixed = start.box(0, self._width, self._height)
        self._make_controls((path or f"{self._video.stem}.csv") if self._boxes is None else start.source)
        self.kind.value = FIXED if self._boxes is None else CSV
        super().__init__([w.HBox([self.picture, w.VBox([self.preview, self._panel()])])])
        self._on_change(self.kind, self._choose_kind)
        self._refresh("Draw the box closely around the subject, with room for its motion if it is fixed.")

    @property
    def crop(self) -> str:
        """What CROP takes: "x,y,w,h", or the full path of the CSV. Raises CaptureError where there are no boxes yet."""
        if self.kind.value == FIXED:
            return _text(self._fixed)
        if self._boxes is None:
            what = "press Follow" if self.kind.value == FOLLOWED else "press Read"
            raise CaptureError(f"{self.path.value}: there are no boxes yet; expected a box for each frame: {what}.")
        return str(Path(self._boxes.source).resolve())

    # -- controls -----------------------------------------------------------------------------------------------------------

    def _make_controls(self, path):
        self.picture = w.Image(format="jpeg", layout=w.Layout(width="480px", min_width="240px", object_fit="contain"))
        self.preview = w.Image(format="jpeg", layout=w.Layout(width="192px", object_fit="contain"))
        wide = w.Layout(width="300px")
        self.kind = w.ToggleButtons(options=[FIXED, FOLLOWED, CSV], style={"button_width": "90px"})
        self.frame = w.SelectionSlider(options=list(self._frames), description="frame", layout=wide)
        self._on_change(self.frame, self._refresh)
        reach = {"x": self._width, "y": self._height, "w": self._width, "h": self._height}
        self.sides = {}
        for side, (name, value) in enumerate(zip(reach, self._fixed, strict=True)):
            low = _LEAST if name in "wh" else 0
            self.sides[name] = w.IntSlider(round(value), low, reach[name], description=name, layout=wide)
            self._on_change(self.sides[name], lambda side=side, name=name: self._slide(side, self.sides[name].value))
        self.numbers = w.Text(description="x,y,w,h", continuous_update=False, layout=wide)
        self._on_change(self.numbers, lambda: self._run(self._type))
        self.path = w.Text(value=str(path), description="boxes", layout=wide)
        self.buttons = {}
        for label, tip, act in (
            ("Follow", "follow the first frame's box to the end, and write the boxes to this file", self._follow),
            ("Read", "take the boxes in this file", self._read),
        ):
            self.buttons[label] = w.Button(description=label, tooltip=tip, layout=w.Layout(width="auto"))
            self.buttons[label].on_click(lambda _, act=act: self._run(act))

    def _panel(self):
        return w.VBox([self.kind, self.frame, *self.sides.values(), self.numbers, self.path, w.HBox([*self.buttons.values()])])

    # -- what the controls do -----------------------------------------------------------------------------------------------

    def _choose_kind(self):
        self._boxes = None  # those of a CSV are not those that were followed
        self._refresh()

    def _slide(self, side, value):
        """Move one side alone: sliders can't show a box that reaches beyond the frame, or fractions."""
        self._move_to((*self._fixed[:side], float(value), *self._fixed[side + 1 :]))
        self._refresh()

    def _type(self):
        found = parse_crop(self.numbers.value)
        if found.fixed is None:
            raise CaptureError(f'"{self.numbers.value}" is no box; expected x,y,w,h in pixels, or choose {CSV} to read a file.')
        self._move_to(found.box(0, self._width, self._height))

    def _move_to(self, box):
        self._fixed = box
        if self.kind.value == FOLLOWED:
            self._boxes = None  # they were followed from another one

    def _follow(self):
        check_name(self.path.value)  # told before a long video is read
        boxes = follow(self._video, _text(self._fixed))
        self._boxes = parse_crop(write_boxes(boxes, self.path.value))
        return f"Followed through {len(boxes)} frames; the boxes are in {self.path.value}. Look at them with the slider."

    def _read(self):
        self._boxes = parse_crop(check_name(self.path.value))
        return f"Read boxes for {len(self._boxes.each)} frames."

    def _box(self):
        """The box of the frame that is shown: where there are none yet, the one that would be followed."""
        crop = self._boxes if self._boxes is not None and self.kind.value != FIXED else Crop(self._fixed)
        return crop.box(self.frame.value, self._width, self._height)

    def _refresh(self, words: str = "", wrong: bool = False):
        """Bring every control and both pictures up to date, and say `words` and what CROP takes."""
        with self._silence():
            for slider, value in zip(self.sides.values(), self._fixed, strict=True):
                slider.value = round(value)
                slider.disabled = self.kind.value == CSV
            self.numbers.value, self.numbers.disabled = _text(self._fixed), self.kind.value == CSV
        self.buttons["Follow"].disabled, self.buttons["Read"].disabled = self.kind.value != FOLLOWED, self.kind.value != CSV
        frame = _decoded(self._frames[self.frame.value])
        try:
            box = self._box()
        except CaptureError as error:  # a CSV without that frame, or with a box outside it
            self.picture.value, self.preview.value = jpeg(enlarge(frame)), b""
            self.status.value = sentence(words, wrong) + sentence(str(error), True)
            return
        self.picture.value = jpeg(_drawn(frame, box))
        seen = cut(frame, box, self._size)
        self.preview.value = jpeg(cv2.resize(seen, (192, 192), interpolation=cv2.INTER_NEAREST))
        try:
            told = sentence(f"CROP={self.crop}")
        except CaptureError as error:
            told = sentence(str(error))
        self.status.value = sentence(words, wrong) + told


def _spread(video: Path) -> dict[int, bytes]:
    """Up to SHOWN frames of a video, evenly spread over it, by their numbers, as JPEG."""
    kept, step = {}, 1
    for i, _, frame in read_frames(video):
        if i % step:
            continue
        kept[i] = jpeg(frame, 95)
        if len(kept) > SHOWN:
            step *= 2
            kept = {k: picture for k, picture in kept.items() if k % step == 0}
    return kept


def _decoded(picture: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _drawn(frame: np.ndarray, box) -> np.ndarray:
    """The frame, enlarged, with the box on it."""
    canvas = enlarge(frame)
    x, y, side_x, side_y = np.array(box) * (canvas.shape[1] / frame.shape[1])
    corners = [round(float(value)) for value in (x, y, x + side_x - 1, y + side_y - 1)]
    for color, thick in (((0, 0, 0), 4), ((255, 214, 0), 2)):
        cv2.rectangle(canvas, corners[:2], corners[2:], color, thick)
    return canvas


def _text(box) -> str:
    return ",".join(f"{value:g}" for value in box)
