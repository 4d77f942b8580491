"""What engines write straight to the process's stderr, caught while a model is loaded.

LiteRT's native libraries log to file descriptor 2, past Python. Without this, a user sees a dozen
lines of an engine's internals where Vernier promises one line; with it, the engine's own reason
becomes part of our message.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()
_STDERR = 2
# How LiteRT, XNNPACK, OpenVINO and Dawn begin their lines, and how they continue them.
_ENGINE_LINE = ("INFO:", "WARNING:", "ERROR:", "VERBOSE:", "DEBUG:", "└", "├", "===", "third_party")
SHOW_VARIABLE = "VERNIER_ENGINE_MESSAGES"


class EngineMessages:
    """The lines that an engine wrote, once the `with` block is left."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def errors(self, most: int = 3) -> str:
        """The engine's error lines, joined; empty where it wrote none."""
        found = [line.removeprefix("ERROR:").strip() for line in self.lines if "ERROR" in line]
        return "; ".join(dict.fromkeys(found[:most]))


@contextmanager
def engine_messages() -> Iterator[EngineMessages]:
    """Catch what engines write to stderr inside the block.

    One block at a time in a process; others wait. Lines that do not look like an engine's, such as
    another thread's, are written to stderr afterwards. With `VERNIER_ENGINE_MESSAGES=1` in the
    environment everything is passed through and nothing is caught.
    """
    messages = EngineMessages()
    if os.environ.get(SHOW_VARIABLE):
        yield messages
        return
    with _LOCK, tempfile.TemporaryFile() as caught:
        sys.stderr.flush()
        try:
            saved = os.dup(_STDERR)
        except OSError:
            # A process without stderr: nothing can be written there, nothing need be caught.
            yield messages
            return
        os.dup2(caught.fileno(), _STDERR)
        try:
            yield messages
        finally:
            sys.stderr.flush()
            os.dup2(saved, _STDERR)
            os.close(saved)
            caught.seek(0)
            text = caught.read().decode("utf-8", "replace")
            messages.lines = [line.strip() for line in text.splitlines() if line.strip()]
            others = [line for line in messages.lines if not line.startswith(_ENGINE_LINE)]
            if others:
                sys.stderr.write("\n".join(others) + "\n")
