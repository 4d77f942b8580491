"""Jobs: pictures whose clients do not wait, with their progress and their results for a while."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from vernier.service.faults import Refusal
from vernier.service.messages import Done

KEEP_ALIVE_SECONDS = 15.0
"""Without news; proxies close what is silent."""


class State(StrEnum):
    """Of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass
class Job:
    """A picture that is computed while nobody waits.

    Attributes:
        name: nobody guesses it.
        result: the file, once there is one.
        state: how far it is.
        done: tiles.
        total: likewise; 0 unknown.
        outcome: what was computed.
        refusal: why nothing was.
        made: time of the last change, by a clock that only goes forward.
    """

    name: str
    result: Path
    state: State = State.WAITING
    done: int = 0
    total: int = 0
    outcome: Done | None = None
    refusal: Refusal | None = None
    made: float = field(default_factory=time.monotonic)
    task: asyncio.Task[None] | None = None
    _changes: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in (State.DONE, State.FAILED)

    def step(self, done: int, total: int) -> None:
        """Note progress."""
        self.state, self.done, self.total = State.RUNNING, done, total
        self.tell()

    def end(self, outcome: Done | None, refusal: Refusal | None) -> None:
        """Note how it ended."""
        self.state = State.FAILED if outcome is None else State.DONE
        self.outcome, self.refusal = outcome, refusal
        if outcome is not None:
            self.done = self.total = max(1, self.total)
        self.tell()

    def tell(self) -> None:
        """Wake who listens."""
        self.made = time.monotonic()
        self._changes += 1
        before, self._changed = self._changed, asyncio.Event()
        before.set()

    def content(self) -> dict[str, Any]:
        """As JSON."""
        about: dict[str, Any] = {
            "id": self.name,
            "state": str(self.state),
            "progress": {"done": self.done, "total": self.total},
        }
        if self.outcome is not None:
            about["result"] = {
                **msgspec.structs.asdict(self.outcome),
                "href": f"/v1/jobs/{self.name}/result",
            }
        if self.refusal is not None:
            about["fault"] = self.refusal.content()
        return about

    async def events(self) -> AsyncIterator[str]:
        """Server-sent events: `progress` now and whenever something changes, at the end `done` or
        `failed`.
        """
        while True:
            changed, number = self._changed, self._changes
            kind = str(self.state) if self.is_over else "progress"
            data = msgspec.json.encode(self.content()).decode()
            yield f"id: {number}\nevent: {kind}\ndata: {data}\n\n"
            if self.is_over:
                return
            while True:
                try:
                    await asyncio.wait_for(changed.wait(), KEEP_ALIVE_SECONDS)
                    break
                except TimeoutError:
                    yield ": still here\n\n"


class Jobs:
    """All jobs that are kept, by name.

    Args:
        folder: for results.
        most: kept at once.
        keep_s: that a finished one is kept.
    """

    def __init__(self, folder: Path, most: int, keep_s: float) -> None:
        self._folder, self._most, self._keep_s = folder, most, keep_s
        self._jobs: dict[str, Job] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def new(self) -> Job | None:
        """A job; None where too many are kept."""
        self.forget_old()
        if len(self._jobs) >= self._most:
            return None
        name = secrets.token_urlsafe(16)
        job = self._jobs[name] = Job(name, self._folder / f"{name}.result")
        return job

    def get(self, name: str) -> Job | None:
        """A job that is kept."""
        self.forget_old()
        return self._jobs.get(name)

    def forget(self, job: Job) -> None:
        """Stop a job, and remove its result."""
        self._jobs.pop(job.name, None)
        if job.task is not None:
            job.task.cancel()
        job.result.unlink(missing_ok=True)

    def forget_old(self) -> None:
        """Forget those that were kept long enough."""
        now = time.monotonic()
        for job in list(self._jobs.values()):
            if job.is_over and now - job.made > self._keep_s:
                self.forget(job)

    def stop(self) -> None:
        """Stop all that are not over, as the service ends."""
        for job in self._jobs.values():
            if job.task is not None:
                job.task.cancel()
