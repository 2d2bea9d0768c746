"""What widgets with a status line share: their controls act, and what goes wrong is said."""

import contextlib

import ipywidgets as w

from glmk_lib.errors import GlmkError


class Panel(w.VBox):
    """Controls over something, and a status line below. Whoever inherits has `path`, a text, and `_refresh(words, wrong)`.

    Attributes:
        status: the line, as HTML.
    """

    def __init__(self, children=()):
        self._quiet, self.status = False, w.HTML()
        super().__init__([*children, self.status])

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

    def _on_change(self, control, act):
        """Call `act` when the reader changes the control's value, and not when the program does (see `_silence`)."""
        control.observe(lambda _: None if self._quiet else act(), "value")

    @contextlib.contextmanager
    def _silence(self):
        """What the program does to the controls meanwhile calls nothing back."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before


def sentence(words: str, wrong: bool = False) -> str:
    """Words for the status line, as HTML; nothing for none."""
    safe = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<div style="color: {"#b00020" if wrong else "inherit"}" role="status">{safe}</div>' if words else ""
