"""From notebooks to a published book: execute, assemble, build, report. Nothing here can change a result."""

from glmk_lib.errors import GlmkError


class BookError(GlmkError):
    """A notebook failed, its results are missing, or the pages can't be built."""
