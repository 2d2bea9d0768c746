"""The errors a user can meet. Each message is a sentence: the file, what was found, what was expected, what to do."""


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


class OutOfTime(GlmkError):
    """The time that was given is over: a checkpoint is stored, and the same call goes on from it."""


class CheckpointError(GlmkError):
    """A checkpoint is torn, missing, or of another configuration."""


class ManifestError(GlmkError):
    """A data set is not in the manifest, can't be fetched, or fails its checksum."""
