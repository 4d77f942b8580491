"""Who computes what next: batches, what came back, what was lost, what is tried elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_LOSSES = 3
"""Workers that may end over a task, before it is held to be why."""


@dataclass(eq=False)
class Entry(Generic[T]):
    """A task on its way.

    Attributes:
        task: itself.
        failed_on: machines where it failed.
        losses: workers that ended while they had it.
        fault: why it failed the last time.
    """

    task: T
    failed_on: list[str] = field(default_factory=list)
    losses: int = 0
    fault: str = ""


class Board(Generic[T]):
    """All tasks of a command.

    Attributes:
        given_up: tasks that failed for good, with their fault.
    """

    def __init__(self, tasks: Iterable[T]) -> None:
        self._waiting: deque[Entry[T]] = deque(Entry(task) for task in tasks)
        # Apart, so that a million others need not be looked through for them.
        self._marked: list[Entry[T]] = []
        self._taken: dict[str, list[Entry[T]]] = {}
        self.given_up: list[Entry[T]] = []

    @property
    def is_done(self) -> bool:
        """Whether nothing waits and nothing is computed."""
        return not self._waiting and not self._marked and not any(self._taken.values())

    def take(self, worker: str, machine: str, count: int) -> list[T]:
        """Tasks for a worker: at most `count`, and one alone that a worker was lost over.

        Tasks that failed on this machine are left for others.
        """
        marked = [e for e in self._marked if machine not in e.failed_on]
        alone = next((entry for entry in marked if entry.losses), None)
        batch = [alone] if alone is not None else marked[:count]
        if batch:
            self._marked = [entry for entry in self._marked if entry not in batch]
        while self._waiting and len(batch) < count and alone is None:
            batch.append(self._waiting.popleft())
        self._taken.setdefault(worker, []).extend(batch)
        return [entry.task for entry in batch]

    def done(self, worker: str, task: T) -> None:
        """A task is finished."""
        self._pop(worker, task)

    def failed(self, worker: str, machine: str, task: T, fault: str, others: bool) -> bool:
        """A task failed; whether it is tried elsewhere, which it is once, if there are others."""
        entry = self._pop(worker, task)
        entry.failed_on.append(machine)
        entry.fault = fault
        if others and len(entry.failed_on) == 1:
            self._marked.append(entry)
            return True
        self.given_up.append(entry)
        return False

    def lost(self, worker: str, fault: str) -> int:
        """A worker has ended: what it had goes to others; how many of its tasks do."""
        back: list[Entry[T]] = []
        for entry in self._taken.pop(worker, []):
            entry.losses += 1
            if entry.losses >= MOST_LOSSES:
                entry.fault = fault
                self.given_up.append(entry)
            else:
                back.append(entry)
        self._marked += back
        return len(back)

    def again(self, tasks: Iterable[T]) -> None:
        """Finished tasks whose results are not to be trusted."""
        self._waiting.extendleft(Entry(task) for task in tasks)

    def stuck(self, machines: Iterable[str]) -> None:
        """Give up what waits and has failed on all machines that there are."""
        there = set(machines)
        given_up = [e for e in self._marked if e.failed_on and there <= set(e.failed_on)]
        if given_up:
            self._marked = [entry for entry in self._marked if entry not in given_up]
            self.given_up += given_up

    def _pop(self, worker: str, task: T) -> Entry[T]:
        entries = self._taken[worker]
        index = next(i for i, entry in enumerate(entries) if entry.task == task)
        return entries.pop(index)
