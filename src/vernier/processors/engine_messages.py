"""What engines write straight to the process's stderr and stdout, caught while a model is loaded.

LiteRT's native libraries log to the file descriptors, past Python. Without this, a user sees a
dozen lines of an engine's internals where Vernier promises one line, or finds one at the head of a
picture that goes to stdout; with it, the engine's own reason becomes part of our message.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

SHOW_VARIABLE = "VERNIER_ENGINE_MESSAGES"
_STDOUT, _STDERR = 1, 2
_LOCK = threading.RLock()
# "MIRROR_PAD: Only Reflective padding is supported ...", below an error line.
_OPERATOR_LINE = re.compile(rb"(?!INFO|WARNING|ERROR|VERBOSE|DEBUG)[A-Z][A-Z0-9_]+: ")
_SUMMARY_LINE = re.compile(rb"\d+ operations will run on ")
# How LiteRT, XNNPACK, OpenVINO, Abseil, Dawn and Vulkan's drivers begin their lines, and how they
# continue them.
_ENGINE_LINE = re.compile(
    r"\s*(INFO|WARNING|ERROR|VERBOSE|DEBUG):|[IWEF]\d{4} |\s*(└|├)|===|third_party/"
    r"|(Warning|Error): Vulkan| - While | +at \w+ \(third_party/|error: XDG_RUNTIME_DIR"
    r"|MESA(-\w+)*: ".encode()
)


class EngineMessages:
    """The lines that an engine wrote, once the `with` block is left."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def errors(self, most: int = 3) -> str:
        """The engine's error lines, joined; empty where it wrote none.

        Where it names operators and what is wrong with each, these lines alone.
        """
        found = [line for line in self.lines if _OPERATOR_LINE.match(line.encode())]
        if not found:
            found = [line.removeprefix("ERROR:").strip() for line in self.lines if "ERROR" in line]
        return "; ".join(list(dict.fromkeys(found))[:most])


@contextmanager
def engine_messages(*, stdout: bool = False) -> Iterator[EngineMessages]:
    """Catch what engines write inside the block.

    One block at a time in a process; others wait. What does not look like an engine's line, such as
    another thread's output, is written where it was meant to go afterwards. With
    `VERNIER_ENGINE_MESSAGES=1` in the environment nothing is caught.

    Args:
        stdout: catch stdout as well; only for engines that write there.
    """
    messages = EngineMessages()
    if os.environ.get(SHOW_VARIABLE):
        yield messages
        return
    with _LOCK, ExitStack() as stack:
        for descriptor in (_STDERR, _STDOUT)[: 2 if stdout else 1]:
            stack.enter_context(_caught(descriptor, messages))
        yield messages


@contextmanager
def _caught(descriptor: int, messages: EngineMessages) -> Iterator[None]:
    _flush()
    try:
        saved = os.dup(descriptor)
    except OSError:
        # The process has no such stream: nothing can be written there, nothing need be caught.
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), descriptor)
        try:
            yield
        finally:
            _flush()
            os.dup2(saved, descriptor)
            os.close(saved)
            caught.seek(0)
            for line in caught.read().splitlines(keepends=True):
                if any(p.match(line) for p in (_ENGINE_LINE, _OPERATOR_LINE, _SUMMARY_LINE)):
                    messages.lines.append(line.decode("utf-8", "replace").strip())
                elif line.strip():
                    os.write(descriptor, line)


def _flush() -> None:
    """Empty Python's buffers and C's, so that lines go where they belonged when written."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    if os.name == "posix":
        ctypes.CDLL(None).fflush(None)


@functools.cache
def silence_at_exit() -> None:
    """Drop what is written to stderr after Python's own exit handlers.

    LiteRT logs from static destructors, when nothing of Python is left that could catch it. Called
    once an accelerator was used, so that others keep their stderr to the end.
    """
    if not os.environ.get(SHOW_VARIABLE):
        atexit.register(_drop_stderr)


def _drop_stderr() -> None:
    _flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
