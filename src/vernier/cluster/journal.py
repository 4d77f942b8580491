"""What of a command is done, kept beside the results, so that the same command goes on.

In the folder `.vernier-cluster` below the results lie `heading.json`, which says what is being
made, `plans.json`, the processor for each kind of machine, and `done-NNNNNN.jsonl`, a line for each
result that was written. A file of lines is replaced whole until it is full: object stores cannot
append.
"""

from __future__ import annotations

import time

import msgspec

from vernier.cluster.addresses import Place
from vernier.cluster.tasks import PictureResult
from vernier.errors import UsageError
from vernier.files import from_json, to_json

FOLDER = ".vernier-cluster"
LINES = 1000
"""Of a file of the journal."""
FLUSH_SECONDS = 2.0
"""Between two writes of it. What was written since is found by its name when all begins again."""


class Heading(msgspec.Struct, frozen=True):
    """What is being made of what.

    Attributes:
        work: settings by name; another run must have the same.
        before: results that were there when all began.
    """

    work: dict[str, str]
    before: tuple[str, ...]


class ClusterJournal:
    """The journal below one address of results.

    Attributes:
        done: results that were written, by the name of their source.
        plans: processor by kind of machine.
        before: names of results that were there when all began, and are none of ours.
        resumed: whether an earlier run began.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self.done: dict[str, PictureResult] = {}
        self.plans: dict[str, str] = {}
        self.before: frozenset[str] = frozenset()
        self.resumed = False
        self._number = 0
        self._lines: list[bytes] = []
        self._unwritten = 0
        self._written = time.monotonic()

    def begin(self, work: dict[str, str], before: tuple[str, ...], *, overwrite: bool) -> None:
        """Go on with what an earlier run began, or begin.

        Raises:
            UsageError: it was begun with other settings, and results may not be replaced.
            FileError: it cannot be read or written.
        """
        found = self._place.read_if_there(f"{FOLDER}/heading.json")
        if found is not None:
            begun = from_json(found, Heading, self._place.shown(FOLDER), "cluster journal")
            differing = [k for k in {**begun.work, **work} if begun.work.get(k) != work.get(k)]
            if not differing:
                self._read()
                self.before = frozenset(begun.before)
                self.resumed = True
                return
            if not overwrite:
                key = differing[0]
                raise UsageError(
                    f"{self._place.address}: was begun with {key} {begun.work.get(key)!r}, now it "
                    f"is {work.get(key)!r}; give the same settings to go on, another -o, or "
                    "--overwrite to begin anew"
                )
            self._clear()
        self.before = frozenset(before)
        self._place.write(f"{FOLDER}/heading.json", to_json(Heading(work, before)))

    def add(self, result: PictureResult) -> None:
        """Note a result that was written."""
        self.done[result.source] = result
        self._lines.append(msgspec.json.encode(result) + b"\n")
        self._unwritten += 1
        full = len(self._lines) >= LINES
        if full or time.monotonic() - self._written > FLUSH_SECONDS:
            self.flush()
        if full:
            self._number += 1
            self._lines = []

    def flush(self) -> None:
        """Write what was noted."""
        if self._unwritten:
            name = f"{FOLDER}/done-{self._number:06}.jsonl"
            self._place.write(name, b"".join(self._lines))
        self._unwritten, self._written = 0, time.monotonic()

    def add_plan(self, kind: str, processor: str) -> None:
        """Keep the processor for a kind of machine."""
        self.plans[kind] = processor
        self._place.write(f"{FOLDER}/plans.json", to_json(self.plans))

    def _read(self) -> None:
        plans = self._place.read_if_there(f"{FOLDER}/plans.json")
        if plans is not None:
            self.plans = from_json(plans, dict[str, str], self._place.shown(FOLDER), "plans")
        while (content := self._place.read_if_there(self._name(self._number))) is not None:
            for line in content.splitlines():
                result = from_json(line, PictureResult, self._place.shown(FOLDER), "journal")
                self.done[result.source] = result
            self._number += 1

    def _clear(self) -> None:
        while self._place.read_if_there(self._name(self._number)) is not None:
            self._place.remove(self._name(self._number))
            self._number += 1
        self._number = 0

    def _name(self, number: int) -> str:
        return f"{FOLDER}/done-{number:06}.jsonl"
