"""Workers on the machines of a cluster: started, asked for their plan, checked, kept busy.

A machine goes through: what it is; a plan for its kind, made once and shared; its own self-test
with that plan; a trial picture that must be the reference's. Then it takes batches. What fails any
of that is put aside, with a line that says so.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from vernier.cluster.board import Board
from vernier.cluster.ray_library import HeadGoneError, answer_of_head
from vernier.errors import ProcessorError
from vernier.version import VERSION

LOOK_SECONDS = 3.0
"""Between two looks for machines that have come or gone."""
BATCH_SECONDS = 1.0
MOST_IN_BATCH = 64
AHEAD = 2
"""Batches that a worker has: one in hand, and one so that it need not wait."""
CHECK_EVERY = 500
"""Pictures of a worker between two trials; what it made since the last is made again if it
fails."""
MOST_STARTS = 3
"""Of a worker in one place."""
PATIENCE_SECONDS = 60.0
"""Without any machine that can be used, before a command gives up."""
AUTO = "auto"

T = TypeVar("T")


class Outcome(Protocol):
    """What a worker gives for a task."""

    @property
    def fault(self) -> str:
        """Why there is no result; "" where there is one."""
        ...

    @property
    def seconds(self) -> float:
        """That it took."""
        ...

    @property
    def trial(self) -> Any:
        """A trial picture made after the task, where its trials are not made apart; else None."""
        ...


@dataclass
class _Worker(Generic[T]):
    name: str
    node: str
    handle: Any
    label: str = ""
    kind: str = ""
    ready: bool = False
    batches: int = 0
    size: int = 1
    since_check: list[T] = field(default_factory=list)
    checking: bool = False


@dataclass
class Terms(Generic[T]):
    """What a crew needs to know of the work.

    Attributes:
        actor: class of the workers.
        arguments: of a worker, from its threads and its machine's name.
        threads: of each worker; 0 for a worker on each machine with all its cores.
        processor: for all machines, or "auto".
        plans: processor by kind of machine, as far as it is known.
        planned: is told of a plan that was made.
        differs: why a trial picture is not the reference's; "" where it is.
        finished: is told of each result.
        failed: is told of a fault, and whether the task is tried elsewhere.
        say: is told what happens to machines.
        progress: is told how many tasks came to an end just now.
        check_every: tasks of a worker between two trials; the last is after all tasks. 0 where
            results bring a trial each.
    """

    actor: type
    arguments: Callable[[int, str], tuple[Any, ...]]
    threads: int
    processor: str
    plans: dict[str, str]
    planned: Callable[[str, str], None]
    differs: Callable[[Any], str]
    finished: Callable[[T, Any], None]
    failed: Callable[[T, str, bool], None]
    say: Callable[[str], None]
    progress: Callable[[], None]
    check_every: int


class Crew(Generic[T]):
    """Runs the tasks of a board on a cluster."""

    def __init__(self, ray: Any, board: Board[T], terms: Terms[T]) -> None:
        self._ray, self._board, self._terms = ray, board, terms
        self._workers: dict[str, _Worker[T]] = {}
        self._refs: dict[Any, tuple[_Worker[T], str, Any]] = {}
        self._making: dict[str, str] = {}
        self._waiting: list[_Worker[T]] = []
        self._starts: dict[str, int] = {}
        self._aside: set[str] = set()
        self._looked = -LOOK_SECONDS
        self._number = 0
        self._address = ray.get_runtime_context().gcs_address

    def run(self) -> None:
        """Until all tasks are done or given up.

        Raises:
            ProcessorError: no machine is left that can compute.
            HeadGoneError: the head of the cluster has gone.
        """
        hopeful = time.monotonic()
        is_there = True
        try:
            while not self._board.is_done or self._check_at_the_end():
                self._look()
                self._hand_out()
                if self._refs:
                    hopeful = time.monotonic()
                    refs = list(self._refs)
                    ready, left = self._ray.wait(refs, num_returns=1, timeout=1.0)
                    if ready and left:
                        # Others that are there too: a call for each would cost more than they do.
                        ready += self._ray.wait(left, num_returns=len(left), timeout=0)[0]
                    for ref in ready:
                        self._take(ref)
                elif self._hopeless(time.monotonic() - hopeful):
                    raise ProcessorError(
                        "no machine of the cluster can compute this; what is done is kept, and "
                        "the same command goes on from there"
                    )
                else:
                    time.sleep(0.2)
        except HeadGoneError:
            is_there = False
            raise
        finally:
            # Without a head nobody passes it on; workers end with their machines' own patience.
            for worker in self._workers.values() if is_there else ():
                self._kill(worker)

    @property
    def machines(self) -> int:
        """That compute."""
        return len({worker.node for worker in self._workers.values() if worker.ready})

    def _hopeless(self, seconds: float) -> bool:
        nodes = {node["NodeID"] for node in self._nodes()}
        return (bool(nodes) and nodes <= self._aside) or seconds > PATIENCE_SECONDS

    def _nodes(self) -> list[dict[str, Any]]:
        return [
            node
            for node in answer_of_head(self._ray.nodes, self._address)
            if node["Alive"] and node["Resources"].get("CPU", 0) >= 1
        ]

    def _look(self) -> None:
        """Start workers where there are machines without."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        nodes = self._nodes()
        for node in nodes:
            name, cores = node["NodeID"], int(node["Resources"]["CPU"])
            threads = min(self._terms.threads or cores, cores)
            there = [w for w in self._workers.values() if w.node == name]
            for _ in range(cores // threads - len(there)):
                if name in self._aside or self._starts.get(name, 0) >= MOST_STARTS * cores:
                    break
                self._starts[name] = self._starts.get(name, 0) + 1
                self._start(node, threads)
        gone = {worker.node for worker in self._workers.values()} - {n["NodeID"] for n in nodes}
        for worker in [w for w in self._workers.values() if w.node in gone]:
            self._lose(worker, "its machine has gone")

    def _start(self, node: dict[str, Any], threads: int) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._number += 1
        label = f"{node['NodeManagerAddress']}/{node['NodeID'][:6]}"
        actor = self._ray.remote(self._terms.actor).options(
            num_cpus=threads,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
            max_restarts=0,
        )
        handle = actor.remote(*self._terms.arguments(threads, label))
        worker = _Worker[T](f"worker {self._number}", node["NodeID"], handle, label)
        self._workers[worker.name] = worker
        self._ask(worker, "about", handle.about.remote())

    def _ask(self, worker: _Worker[T], what: str, ref: Any, about: Any = None) -> None:
        self._refs[ref] = (worker, what, about)

    def _take(self, ref: Any) -> None:
        """An answer of a worker."""
        worker, what, about = self._refs.pop(ref)
        if worker.name not in self._workers:
            return
        try:
            value = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            self._lose(worker, first)
            return
        getattr(self, f"_took_{what}")(worker, value, about)

    def _took_about(self, worker: _Worker[T], value: Any, _: Any) -> None:
        worker.label = f"{worker.label} ({value.label})"
        worker.kind = value.kind
        if value.version != VERSION:
            self._put_aside(worker, f"it has Vernier {value.version}, here is {VERSION}")
        elif not value.sees:
            self._put_aside(
                worker,
                "it does not see the folder of results; use a shared folder, or an object store",
            )
        else:
            self._plan(worker)

    def _plan(self, worker: _Worker[T]) -> None:
        terms = self._terms
        plan = terms.plans.get(worker.kind) if terms.processor == AUTO else terms.processor
        if plan is not None:
            self._ask(worker, "load", worker.handle.load.remote(plan), plan)
        elif worker.kind in self._making:
            self._waiting.append(worker)
        else:
            self._making[worker.kind] = worker.name
            self._ask(worker, "choice", worker.handle.choose.remote())

    def _took_choice(self, worker: _Worker[T], value: tuple[str, str], _: Any) -> None:
        processor, fault = value
        if fault:
            self._put_aside(worker, fault)
            return
        del self._making[worker.kind]
        self._terms.plans[worker.kind] = processor
        self._terms.planned(worker.kind, processor)
        self._terms.say(f"{worker.label}: plan for machines of this kind: {processor}")
        self._plan(worker)
        self._plan_those_waiting()

    def _plan_those_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for worker in waiting:
            if worker.name in self._workers:
                self._plan(worker)

    def _took_load(self, worker: _Worker[T], fault: str, _plan: str) -> None:
        if fault:
            self._put_aside(worker, fault)
            return
        self._check(worker)

    def _check(self, worker: _Worker[T]) -> None:
        worker.checking = True
        self._ask(worker, "check", worker.handle.check.remote(), list(worker.since_check))

    def _check_at_the_end(self) -> bool:
        """Try what workers made since their last trial; whether an answer is waited for."""
        if self._terms.check_every:
            for worker in self._workers.values():
                if worker.since_check and not worker.checking:
                    self._check(worker)
        return any(worker.checking and worker.since_check for worker in self._workers.values())

    def _took_check(self, worker: _Worker[T], value: Any, made: list[T]) -> None:
        if fault := self._differs(value):
            self._board.again(worker.since_check)
            self._put_aside(worker, fault)
            return
        worker.since_check = worker.since_check[len(made) :]
        worker.checking = False
        if not worker.ready:
            worker.ready = True
            self._terms.say(f"{worker.label}: computes")

    def _differs(self, trial: Any) -> str:
        return trial if isinstance(trial, str) else self._terms.differs(trial)

    def _hand_out(self) -> None:
        """Batches to all that have room."""
        nodes = {worker.node for worker in self._workers.values()}
        if nodes and all(worker.ready for worker in self._workers.values()):
            self._board.stuck(nodes)
        for worker in self._workers.values():
            while worker.ready and worker.batches < AHEAD:
                batch = self._board.take(worker.name, worker.node, worker.size)
                if not batch:
                    break
                worker.batches += 1
                self._ask(worker, "batch", worker.handle.compute.remote(batch), batch)

    def _took_batch(self, worker: _Worker[T], results: Sequence[Any], batch: list[T]) -> None:
        worker.batches -= 1
        trials = [result.trial for result in results if result.trial is not None]
        if fault := next(filter(None, map(self._differs, trials)), ""):
            self._put_aside(worker, fault)
            return
        for task, result in zip(batch, results, strict=True):
            if result.fault:
                others = len({w.node for w in self._workers.values()} - {worker.node}) > 0
                again = self._board.failed(worker.name, worker.node, task, result.fault, others)
                self._terms.failed(task, result.fault, again)
            else:
                self._board.done(worker.name, task)
                worker.since_check.append(task)
                self._terms.finished(task, result)
            self._terms.progress()
        seconds = sum(result.seconds for result in results) / max(1, len(results))
        if seconds > 0:
            worker.size = max(1, min(MOST_IN_BATCH, round(BATCH_SECONDS / seconds)))
        most = self._terms.check_every
        if most and len(worker.since_check) >= most and not worker.checking:
            self._check(worker)

    def _lose(self, worker: _Worker[T], why: str) -> None:
        """A worker has ended, with its machine or alone."""
        back = self._board.lost(worker.name, f"the worker that had it ended ({why})")
        self._forget(worker)
        self._terms.say(f"{worker.label}: lost ({why}); {back} of its tasks go to others")

    def _put_aside(self, worker: _Worker[T], why: str) -> None:
        """A machine must not be used."""
        self._board.lost(worker.name, why)
        self._aside.add(worker.node)
        self._forget(worker)
        self._kill(worker)
        self._terms.say(f"PUT ASIDE {worker.label}: {why}")

    def _kill(self, worker: _Worker[T]) -> None:
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.kill(worker.handle)

    def _forget(self, worker: _Worker[T]) -> None:
        self._workers.pop(worker.name, None)
        if self._making.get(worker.kind) == worker.name:
            del self._making[worker.kind]
            self._plan_those_waiting()
