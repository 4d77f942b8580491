"""What was measured so far, kept in a file, so that an interrupted profile goes on."""

from __future__ import annotations

from pathlib import Path

import msgspec

from vernier.errors import FileError
from vernier.files import read_json, write_whole
from vernier.profiling.profile import Time


class Measurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The result of one comparison.

    Attributes:
        time: what it was made for.
        outside: of a unit, by further input; of a switch, its hand-over; see `layer_times`.
        tapped: of a unit, by shared output; see `layer_times`.
        refused: why the processor does not run it; there is no time then.
    """

    time: Time | None = None
    outside: dict[str, Time] = {}
    tapped: dict[str, Time] = {}
    refused: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    done: dict[str, Measurement]


class Measurements:
    """Results by what was measured.

    Args:
        path: of the file that keeps them; None to keep nothing.
        key: what they depend on besides their names: machine, threads, rounds, versions. A file
            with another key is not used.
    """

    def __init__(self, path: Path | None, key: str) -> None:
        self._path, self._key = path, key
        self._done: dict[str, Measurement] = {}
        if path is not None and path.is_file():
            try:
                found = read_json(path, _File, "profile that can be gone on with")
            except FileError as error:
                raise FileError(f"{error}; remove it to start anew") from error
            if found.key == key:
                self._done = dict(found.done)

    def __len__(self) -> int:
        return len(self._done)

    def get(self, name: str) -> Measurement | None:
        """What is known of a name."""
        return self._done.get(name)

    def known(self, name: str) -> Measurement:
        """What must have been measured by now."""
        return self._done[name]

    def put(self, name: str, measurement: Measurement) -> None:
        """Keep a result; the file is written anew, whole."""
        self._done[name] = measurement
        if self._path is not None:
            write_whole(self._path, msgspec.json.encode(_File(self._key, self._done)))

    def finish(self) -> None:
        """Remove the file: the profile holds everything now."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
