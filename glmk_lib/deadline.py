"""Stopping in time: long work is cut into stretches that end in something stored, and asks between them whether to go on."""

import time


class Deadline:
    """A moment of `time.monotonic()` by which to have stopped; None never comes."""

    def __init__(self, at: float | None):
        self.at, self.begun = at, time.monotonic()

    def is_near(self) -> bool:
        """Whether another stretch as long as the one since the last question, or since the beginning, would end too late."""
        now = time.monotonic()
        stretch, self.begun = now - self.begun, now
        return self.at is not None and now + stretch > self.at
