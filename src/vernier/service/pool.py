"""Worker processes and the queue before them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec
import psutil

from vernier.service.counters import Counters
from vernier.service.faults import Refusal
from vernier.service.messages import Answer, Begun, Done, Fault, Ready, Setup, Step, Work
from vernier.service.settings import ServiceSettings

LOOK_SECONDS = 0.2
"""Between two looks at a worker's memory and at the clock."""
STOPPING_SECONDS = 2.0
"""That a worker may take to stop at a tile's end, before it is killed."""
LOADING_SECONDS = 900.0
"""For a worker to load; the first one here measures which processor to take."""
MOST_FAILED_STARTS = 3
"""In a row; a service that cannot compute ends and says why."""
KEPT_SHARE = 0.75
"""Of its limit; a worker that keeps more memory between pictures makes room for another."""
LONGEST_LINE = 1 << 20
STATUS = {
    "picture": HTTPStatus.UNPROCESSABLE_ENTITY,
    "large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "service": HTTPStatus.INTERNAL_SERVER_ERROR,
    "stopped": HTTPStatus.SERVICE_UNAVAILABLE,
}
OnStep = Callable[[int, int], None]


def _ignore(_done: int, _total: int) -> None:
    pass


@dataclass(order=True)
class Ticket:
    """A picture in the queue; those with a client waiting go before jobs."""

    rank: int
    number: int
    work: Work = field(compare=False)
    seconds: float = field(compare=False)
    on_step: OnStep = field(compare=False)
    result: asyncio.Future[Done] = field(compare=False)
    entered: float = field(compare=False, default_factory=time.monotonic)
    tries: int = field(compare=False, default=0)


@dataclass
class _Worker:
    process: asyncio.subprocess.Process
    ready: Ready

    async def answer(self) -> Answer | None:
        """The next one; None where the process has ended."""
        assert self.process.stdout is not None
        try:
            line = await self.process.stdout.readline()
        except ValueError:  # longer than any line of ours
            return None
        if not line.endswith(b"\n"):
            return None
        answer: Answer = msgspec.json.decode(line, type=Answer)
        return answer

    async def say(self, line: bytes) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(ConnectionError):
            self.process.stdin.write(line + b"\n")
            await self.process.stdin.drain()

    def memory_bytes(self) -> int:
        """Of the process; 0 where it has ended."""
        with contextlib.suppress(psutil.Error):
            return int(psutil.Process(self.process.pid).memory_info().rss)
        return 0

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


class Pool:
    """Worker processes that take pictures from one queue.

    Args:
        settings: of the service.
        counters: are kept.
        failed: hears once why no worker can be started.
    """

    def __init__(
        self, settings: ServiceSettings, counters: Counters, failed: Callable[[str], None]
    ) -> None:
        self._settings, self._counters, self._failed = settings, counters, failed
        self._queue: asyncio.PriorityQueue[Ticket] = asyncio.PriorityQueue()
        self._numbers = itertools.count()
        self._tasks: list[asyncio.Task[None]] = []
        self._workers: dict[int, _Worker] = {}
        self._recent_s = 1.0
        counters.follow(self)

    def start(self) -> None:
        """Begin to load workers."""
        self._tasks = [
            asyncio.create_task(self._serve(number), name=f"worker {number}")
            for number in range(self._settings.workers)
        ]

    async def stop(self) -> None:
        """End all workers, whatever they are at."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while not self._queue.empty():
            self._queue.get_nowait().result.cancel()

    @property
    def loaded(self) -> tuple[Ready, ...]:
        """What the workers that are loaded said."""
        return tuple(worker.ready for worker in self._workers.values())

    @property
    def waiting(self) -> int:
        """Pictures in the queue."""
        return self._queue.qsize()

    def memory_bytes(self) -> int:
        """Of all workers."""
        return sum(worker.memory_bytes() for worker in self._workers.values())

    def wait_s(self) -> int:
        """Seconds until about half of the queue is done, by the last pictures' times."""
        ahead = self.waiting / self._settings.workers
        return max(1, math.ceil(self._recent_s * ahead / 2))

    async def compute(
        self, work: Work, seconds: float, *, is_job: bool = False, on_step: OnStep = _ignore
    ) -> Done:
        """A picture's result, when its turn has come. Cancelling stops it at a tile's end.

        Raises:
            Refusal: there is none, and why.
        """
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        ticket = Ticket(int(is_job), next(self._numbers), work, seconds, on_step, future)
        self._queue.put_nowait(ticket)
        return await future

    async def _serve(self, number: int) -> None:
        """One worker after another in this place."""
        failures = 0
        while True:
            worker, reason = await self._started()
            if worker is None:
                failures += 1
                if failures == MOST_FAILED_STARTS or not reason.startswith("ended"):
                    self._failed(reason)
                    return
                await asyncio.sleep(failures)
                continue
            failures = 0
            self._workers[number] = worker
            try:
                while await self._next(worker):
                    pass
            finally:
                del self._workers[number]
                await worker.kill()
            self._counters.restarts.inc()

    async def _started(self) -> tuple[_Worker | None, str]:
        settings = self._settings
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "vernier.service.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            # Ctrl-C at the terminal is for the service, which lets pictures finish.
            start_new_session=True,
        )
        worker = _Worker(process, Ready("", "", 0.0))
        try:
            setup = Setup(
                settings.network,
                None if settings.bundle is None else str(settings.bundle),
                settings.processor,
                "speed" if settings.prefer == "speed" else "quality",
                settings.threads,
                settings.memory_bytes,
            )
            await worker.say(msgspec.json.encode(setup))
            answer = await asyncio.wait_for(worker.answer(), LOADING_SECONDS)
        except TimeoutError:
            await worker.kill()
            return None, f"ended: a worker did not load within {LOADING_SECONDS:g} s"
        except asyncio.CancelledError:
            await worker.kill()
            raise
        if isinstance(answer, Ready):
            worker.ready = answer
            return worker, ""
        await worker.kill()
        if isinstance(answer, Fault):
            return None, answer.reason
        return None, f"ended: a worker ended with exit code {process.returncode} while it loaded"

    async def _next(self, worker: _Worker) -> bool:
        """Compute one picture; whether the worker may go on."""
        getting = asyncio.create_task(self._queue.get())
        ending = asyncio.create_task(worker.process.wait())
        try:
            await asyncio.wait((getting, ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()
            if not getting.done():
                getting.cancel()
        if not getting.done() or getting.cancelled():
            return False
        ticket = getting.result()
        if ticket.result.done():
            return worker.process.returncode is None
        if worker.process.returncode is not None:
            self._queue.put_nowait(ticket)
            return False
        self._counters.waited.observe(time.monotonic() - ticket.entered)
        started = time.monotonic()
        try:
            with self._counters.computing.track_inprogress():
                goes_on = await self._compute(worker, ticket)
        except BaseException:
            if not ticket.result.done():
                ticket.result.set_exception(
                    Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the service is being stopped")
                )
            raise
        self._recent_s += 0.2 * (time.monotonic() - started - self._recent_s)
        return goes_on

    async def _compute(self, worker: _Worker, ticket: Ticket) -> bool:
        await worker.say(msgspec.json.encode(ticket.work))
        deadline = time.monotonic() + ticket.seconds
        most_bytes = self._settings.limits.worker_bytes
        begun = False
        answering: asyncio.Task[Answer | None] | None = None
        try:
            while True:
                answering = answering or asyncio.create_task(worker.answer())
                await asyncio.wait(
                    (answering, ticket.result),
                    timeout=LOOK_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if answering.done():
                    answer, answering = answering.result(), None
                    if answer is None:
                        self._died(worker, ticket, begun)
                        return False
                    begun = True
                    if self._taken(answer, ticket):
                        # What engines keep of a large picture is not the next one's fault.
                        return worker.memory_bytes() < most_bytes * KEPT_SHARE
                elif ticket.result.done():  # its client has gone
                    return await self._stopped(worker, answering)
                elif time.monotonic() > deadline:
                    _refuse(ticket, _too_long(ticket))
                    return await self._stopped(worker, answering)
                elif worker.memory_bytes() > most_bytes:
                    _refuse(ticket, _too_much(most_bytes))
                    return False
        finally:
            if answering is not None:
                answering.cancel()

    def _taken(self, answer: Answer, ticket: Ticket) -> bool:
        """Pass an answer on; whether it was the last."""
        if isinstance(answer, Step):
            ticket.on_step(answer.done, answer.total)
        elif isinstance(answer, Done):
            self._counters.computed(answer)
            if not ticket.result.done():
                ticket.result.set_result(answer)
            return True
        elif isinstance(answer, Fault):
            _refuse(ticket, Refusal(STATUS[answer.kind], answer.reason))
            return True
        else:
            assert isinstance(answer, Begun)
        return False

    def _died(self, worker: _Worker, ticket: Ticket, begun: bool) -> None:
        """A picture that a worker had begun may be why; one that it had not goes to the next."""
        if not begun and not ticket.tries:
            ticket.tries += 1
            self._queue.put_nowait(ticket)
            return
        reason = "the process that computed this picture ended; another has taken its place"
        _refuse(ticket, Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, reason))

    async def _stopped(self, worker: _Worker, answering: Awaitable[Any]) -> bool:
        """Ask a worker to stop at the next tile; whether it did in time."""
        await worker.say(b"")
        deadline = time.monotonic() + STOPPING_SECONDS
        waiting: Awaitable[Any] = answering
        with contextlib.suppress(TimeoutError):
            while True:
                answer = await asyncio.wait_for(waiting, max(0.0, deadline - time.monotonic()))
                if answer is None or isinstance(answer, Done | Fault):
                    return answer is not None
                waiting = worker.answer()
        return False


def _refuse(ticket: Ticket, refusal: Refusal) -> None:
    if not ticket.result.done():
        ticket.result.set_exception(refusal)


def _too_long(ticket: Ticket) -> Refusal:
    else_as = "" if ticket.rank else ", or send it as a job"
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"it took longer than the limit of {ticket.seconds:g} s; send a smaller picture{else_as}",
    )


def _too_much(most_bytes: int) -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"it needs more memory than the limit of {most_bytes >> 20} MiB; send a smaller picture",
    )
