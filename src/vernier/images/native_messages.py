"""libtiff tells of damage on standard error itself: a user is told once, by our own error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STANDARD_ERROR = 2


@contextmanager
def without_native_messages() -> Iterator[None]:
    """Standard error leads nowhere inside the block; one picture is read at a time."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    try:
        before = os.dup(STANDARD_ERROR)
    except OSError:
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, STANDARD_ERROR)
        os.close(nowhere)
        yield
    finally:
        os.dup2(before, STANDARD_ERROR)
        os.close(before)
