"""How a command line begins and ends, whatever happens: one line, an exit code, nothing half done.

| exit code | |
|---|---|
| 0 | done |
| 1 | the reader of standard output has gone |
| 2 | bad input, or something of it; each fault is one line on standard error |
| 130, 143 | stopped by SIGINT (Ctrl-C), by SIGTERM |
"""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from vernier.errors import VernierError

TOO_LITTLE_MEMORY = re.compile(r"can't allocate memory|bad_?alloc|out of memory", re.IGNORECASE)


class Stopped(KeyboardInterrupt):
    """A signal asks to stop; what saves its work at Ctrl-C does so at SIGTERM as well."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number


def run(command: Callable[[], None]) -> None:
    """Run a command line and exit as the table above says."""
    _fill_standard_streams()
    with _signals() as received:
        code = _ended(command)
    # What saved its work on a signal returned, or ended in its own way.
    sys.exit(128 + received[0] if received else code)


def _ended(command: Callable[[], None]) -> int:
    """The exit code; a fault is told."""
    try:
        code = _exit_code(command)
        _flush()
        return code
    except BrokenPipeError:
        # The reader of our standard output has gone; there is nobody left to tell.
        _silence(sys.stdout)
        return 1
    except VernierError as error:
        return _refuse(str(error))
    except OSError as error:
        name = f"{error.filename!s}: " if error.filename is not None else ""
        return _refuse(f"{name}{error.strerror or error}")
    except UnicodeError as error:
        return _refuse(f"a name that this system's coding cannot write: {error}")
    except RecursionError:
        return _refuse("the input is nested too deeply")
    except MemoryError as error:
        return _refuse(f"there is too little memory for this ({error})".replace(" ()", ""))
    except RuntimeError as error:
        # PyTorch and its kin have no other error for it.
        if not TOO_LITTLE_MEMORY.search(str(error)):
            raise
        return _refuse("there is too little memory for this")
    except KeyboardInterrupt:
        return 130


def _exit_code(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as stop:
        if isinstance(stop.code, int) or stop.code is None:
            return stop.code or 0
        return _refuse(str(stop.code))
    return 0


def tell(message: str) -> None:
    """One line on standard error; names in it may hold any bytes."""
    line = " ".join(message.split())
    with suppress(OSError, ValueError):
        sys.stderr.flush()
        sys.stderr.buffer.write(f"vernier: {line}\n".encode(errors="backslashreplace"))
        sys.stderr.flush()


def _refuse(message: str) -> int:
    tell(message)
    _silence(sys.stdout, flush=True)
    return 2


def _flush() -> None:
    """Standard output is written now, while a fault of it can still be told."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        error.filename = "standard output"
        raise


def _silence(stream: Any, flush: bool = False) -> None:
    """What is left in a stream that cannot be written is not tried again when Python ends."""
    try:
        if flush:
            stream.flush()
            return
    except (OSError, ValueError):
        pass
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """SIGINT and SIGTERM as `Stopped`, once; further ones leave the clearing up alone."""
    received: list[int] = []

    def stop(number: int, _frame: Any) -> None:
        if not received:
            received.append(number)
            raise Stopped(number)

    before: dict[int, Any] = {}
    try:
        for number in (int(signal.SIGINT), int(signal.SIGTERM)):
            # Only the main thread may; a shell's `&` and nohup ignore some on purpose.
            with suppress(ValueError):
                if signal.getsignal(number) != signal.SIG_IGN:
                    before[number] = signal.signal(number, stop)
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _fill_standard_streams() -> None:
    """Streams that were closed before the start are there, so that no file takes their numbers.

    What is written to a closed standard output is refused by the system, as everywhere.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # Names hold what the terminal's coding may not have: it is shown by its number then.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
