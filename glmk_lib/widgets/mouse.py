"""The mouse on a picture: where it is pressed, and where it is dragged to, in units of [-1, 1]."""

from ipyevents import Event
from ipywidgets import Image

_WAIT = 40  # ms between two reports of a drag: each draws the picture anew


class Mouse:
    """Listens to a picture as long as it lives.

    Args:
        picture: shown whole, in any size.
        press: called with x, y in [-1, 1] where the left button goes down.
        drag: called with x, y while it is held, and where it is let go.
    """

    def __init__(self, picture: Image, press, drag):
        self._press, self._drag, self._held = press, drag, False
        watched = ["mousedown", "mousemove", "mouseup"]
        self._events = Event(source=picture, watched_events=watched, prevent_default_action=True, wait=_WAIT)
        self._events.on_dom_event(self.hear)

    def hear(self, event: dict):
        """Take up what the browser reports."""
        # Not ipyevents' own dataX and dataY: while the picture is exchanged for the next they are 0.
        sides = (event["relativeX"], event["boundingRectWidth"]), (event["relativeY"], event["boundingRectHeight"])
        spot = [min(max((place + 0.5) / side * 2 - 1, -1), 1) for place, side in sides]
        if event["type"] == "mousedown" and event["button"] == 0:
            self._held, act = True, self._press
        elif self._held and (event["type"] == "mouseup" or event["buttons"] & 1):
            self._held, act = event["type"] == "mousemove", self._drag
        else:
            self._held = False  # let go outside the picture
            return
        act(*spot)
