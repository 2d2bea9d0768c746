"""The errors a user can meet. Each message is a sentence: the file, what was found, what was expected, what to do."""

from pathlib import Path


class GlmkError(Exception):
    """Base of every error that the user can mend; the command line prints its message without a traceback."""


class CaptureError(GlmkError):
    """A video, crop or frame store can't be used as it is."""


class TemplateError(GlmkError):
    """A template is malformed."""


class PresetError(GlmkError):
    """A preset or a parameter is unknown or out of range."""


class TrainingError(GlmkError):
    """Training can't start, or went wrong and was stopped."""


class DivergenceError(TrainingError):
    """A run started to go wrong and was stopped; its last good checkpoint is kept (see `watch.py`).

    Attributes:
        what: "non-finite", "saturated", "constant", or the discriminator that has won: "disc_marked" or "disc_unmarked".
        step: at which the run was stopped.
        folder: of the run.
    """

    def __init__(self, message: str, what: str, step: int, folder: Path):
        super().__init__(message)
        self.what, self.step, self.folder = what, step, folder


class OutOfTime(GlmkError):
    """The time that was given is over: a checkpoint is stored, and the same call goes on from it."""


class CheckpointError(GlmkError):
    """A checkpoint is torn, missing, or of another configuration."""


class ManifestError(GlmkError):
    """A data set is not in the manifest, can't be fetched, or fails its checksum."""
