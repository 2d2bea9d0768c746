"""What the capture tests share."""

import resource
from contextlib import contextmanager

import pytest


@pytest.fixture
def small_disk():
    """`with small_disk(bytes):` no file can grow beyond that size, as on a disk that fills up (errno EFBIG for ENOSPC)."""

    @contextmanager
    def limit(size):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit
