"""Hostile inputs by the thousand: what a subject makes, and what must hold whatever it made.

A subject is a function of a random generator and an empty folder. It writes one hostile input into
the folder and says what is to be called with it. Whatever the input, the call

* returns, or raises one of Vernier's errors with a message of one line;
* is over within ten seconds;
* leaves its inputs as they were, and no file behind but the outputs that the subject names, whole,
  and those only where it returned.

A new subject is a file `fuzz_NAME.py` beside this one and a row in `fuzz_subjects.py`.
"""

from __future__ import annotations

import faulthandler
import shutil
import signal
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vernier.errors import VernierError

LONGEST_S = 10.0
# Native code that hangs hears no signal: then the process ends, with its stack.
NATIVE_LONGEST_S = 120.0


@dataclass(frozen=True)
class Attempt:
    """What to do with a hostile input.

    Attributes:
        call: the public API on the input; may raise VernierError and nothing else.
        about: how the input was made, for the message.
        outputs: files that may be there after the call returned.
        check: of what the call returned and wrote; raises AssertionError.
        refused: exceptions that are a refusal as well, such as a command's exit.
    """

    call: Callable[[], Any]
    about: str
    outputs: tuple[Path, ...] = ()
    check: Callable[[Any], None] = field(default=lambda _: None)


Subject = Callable[[np.random.Generator, Path], Attempt]


@dataclass(frozen=True)
class Finding:
    """An input that broke a promise; `subject` and `seed` make it again."""

    subject: str
    seed: int
    about: str
    fault: str


class Hang(BaseException):
    """Beyond Vernier's own `except Exception`."""


@contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    def ring(_signal: int, _frame: Any) -> None:
        raise Hang(f"not over after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(NATIVE_LONGEST_S, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


def _contents(folder: Path) -> dict[Path, bytes | None]:
    """Every name below a folder with the bytes of regular files."""
    return {
        path: path.read_bytes() if path.is_file() and not path.is_symlink() else None
        for path in sorted(folder.rglob("*"))
    }


def _fault(attempt: Attempt, folder: Path) -> str | None:
    """What is wrong; None where all promises hold."""
    before = _contents(folder)
    returned = False
    try:
        with _no_longer_than(LONGEST_S), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = attempt.call()
            returned = True
            attempt.check(result)
    except VernierError as error:
        if "\n" in str(error) or not str(error):
            return f"a message that is not one line: {error!r}"
    except (Exception, Hang, SystemExit) as error:  # anything foreign is a finding
        last = traceback.format_exception(error)[-6:]
        return f"{type(error).__name__}: {error}\n{''.join(last)}"
    after = _contents(folder)
    changed = [path for path, content in before.items() if after.get(path, b"") != content]
    allowed = set(attempt.outputs) if returned else set()
    changed = [path for path in changed if path not in allowed]
    if changed:
        return f"inputs changed: {[path.name for path in changed]}"
    left = [path for path in after if path not in before and path not in allowed]
    if left:
        return f"files left behind: {[path.name for path in left]}"
    return None


def try_one(name: str, subject: Subject, seed: int) -> Finding | None:
    """One input, made from a seed."""
    finding = _try_one(name, subject, seed)
    if finding is not None and finding.fault.startswith(Hang.__name__):
        # On a busy machine, or at an engine's first load, ten seconds may pass without a hang.
        return _try_one(name, subject, seed)
    return finding


def _try_one(name: str, subject: Subject, seed: int) -> Finding | None:
    folder = Path(tempfile.mkdtemp(prefix="vernier-fuzz-"))
    try:
        attempt = subject(np.random.default_rng([seed, len(name)]), folder)
        fault = _fault(attempt, folder)
        return None if fault is None else Finding(name, seed, attempt.about, fault)
    finally:
        for path in folder.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)


def try_many(name: str, subject: Subject, seeds: range) -> list[Finding]:
    """Many inputs, one for each seed."""
    found = (try_one(name, subject, seed) for seed in seeds)
    return [finding for finding in found if finding is not None]


def flipped(content: bytes, rng: np.random.Generator) -> bytes:
    """Content as damage leaves it: bytes changed, cut out, doubled, or the end missing."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 6))):
        if not data:
            break
        place = int(rng.integers(len(data)))
        length = int(rng.integers(1, 17))
        match rng.integers(7):
            case 0:
                data[place] = int(rng.integers(256))
            case 1:
                data[place] ^= 1 << int(rng.integers(8))
            case 2:
                data[place : place + length] = rng.bytes(len(data[place : place + length]))
            case 3:
                del data[place : place + length]
            case 4:
                data[place:place] = data[place : place + length]
            case 5:
                # Fields of sizes and offsets, where most damage does most.
                extreme = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\x80")
                data[place : place + 4] = extreme[int(rng.integers(4))]
            case _:
                if rng.random() < 0.3:
                    del data[place:]
    return bytes(data)
