"""The mouse on a picture: where it is pressed, and where it is dragged to, in units of [-1, 1]."""

from ipyevents import Event
from ipywidgets import Image

_WAIT = 40  # ms between two reports of a drag: each draws the picture anew


class Mouse:
    """Listens to a picture as long as it lives.

    Args:
        picture: of `size` (width, height) pixels, shown whole.
        press: called with x, y in [-1, 1] where the left button goes down.
        drag: called with x, y while it is held, and where it is let go.
    """

    def __init__(self, picture: Image, size: tuple[int, int], press, drag):
        self._size, self._press, self._drag, self._held = size, press, drag, False
        watched = ["mousedown", "mousemove", "mouseup"]
        self._events = Event(source=picture, watched_events=watched, prevent_default_action=True, wait=_WAIT)
        self._events.on_dom_event(self.hear)

    def hear(self, event: dict):
        """Take up what the browser reports: dataX and dataY count the picture's own pixels, whatever its size on the page."""
        spot = [min(max((event[f"data{k}"] + 0.5) / n * 2 - 1, -1), 1) for k, n in zip("XY", self._size, strict=True)]
        if event["type"] == "mousedown" and event["button"] == 0:
            self._held, act = True, self._press
        elif self._held and (event["type"] == "mouseup" or event["buttons"] & 1):
            self._held, act = event["type"] == "mousemove", self._drag
        else:
            self._held = False  # let go outside the picture
            return
        act(*spot)
