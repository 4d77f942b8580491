"""All methods against the clock, in turns, on real photos."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from vernier.comparison.records import Measured
from vernier.comparison.resources import energy_counter, peak_memory
from vernier.errors import VernierError
from vernier.progress import Progress, silent
from vernier.rivals.protocol import Float32, Runner

LOADS = 3
RUN_IN_MS = 5.0
ENERGY_RUNS_MS = 400.0

Build = Callable[[], Runner]


@dataclass(frozen=True)
class Timed:
    """The times of one method.

    Attributes:
        times_ms: of each run.
        peak_memory_bytes: see `records.Measured`.
        energy_j: likewise.
    """

    times_ms: tuple[float, ...]
    peak_memory_bytes: int | None
    energy_j: float | None

    def measured(self, threads: int) -> Measured:
        """As records have it."""
        return Measured(
            median_ms=round(float(np.median(self.times_ms)), 4),
            p95_ms=round(float(np.quantile(self.times_ms, 0.95)), 4),
            runs=len(self.times_ms),
            threads=threads,
            peak_memory_bytes=self.peak_memory_bytes,
            energy_j=None if self.energy_j is None else round(self.energy_j, 6),
        )


def time_all(
    builds: Mapping[str, Build],
    lows: Sequence[Float32],
    rounds: int,
    progress: Progress = silent,
) -> dict[str, Timed]:
    """Time runners, each once a round in an order drawn anew, loaded anew a few times.

    Where an engine puts its memory stays with a load; and a machine that slows down slows all that
    run in a round. What is short runs for a while before, until the system has moved the threads
    of whoever ran before it.

    Args:
        builds: what loads each runner, at one size.
        lows: pictures of that size, one after the other.
        rounds: of all loads together.
        progress: called after each round.
    """
    memory = {name: _peak(build, lows[0]) for name, build in builds.items()}
    times: dict[str, list[float]] = {name: [] for name in builds}
    energy: dict[str, float | None] = {}
    loads, done = min(LOADS, rounds), 0
    for load in range(loads):
        random = np.random.default_rng(load)
        with ExitStack() as stack:
            runners = {}
            for name, build in builds.items():
                runners[name] = build()
                stack.callback(runners[name].close)
            for number in range(rounds // loads + (load < rounds % loads)):
                low = lows[(load + number) % len(lows)]
                for place in random.permutation(len(runners)):
                    name = list(runners)[place]
                    times[name].append(_run_ms(runners[name], low))
                done += 1
                progress(done, rounds, "rounds")
            if load == loads - 1:
                energy = {name: _joules(one, lows[0]) for name, one in runners.items()}
    return {name: Timed(tuple(times[name]), memory[name], energy.get(name)) for name in builds}


def median_ms(build: Build, low: Float32, runs: int = 15) -> float:
    """Of one runner alone: to know the scale of things."""
    runner = build()
    try:
        return float(np.median([_run_ms(runner, low) for _ in range(runs)]))
    finally:
        runner.close()


def _run_ms(runner: Runner, low: Float32) -> float:
    runner.fill(low)
    begun = time.perf_counter()
    runner.run()
    while (time.perf_counter() - begun) * 1e3 < RUN_IN_MS:
        runner.run()
    started = time.perf_counter()
    runner.run()
    return (time.perf_counter() - started) * 1e3


def _peak(build: Build, low: Float32) -> int | None:
    # What is made once, such as a file that a tool quantises, is no part of running.
    build().close()
    with peak_memory() as peak:
        runner = build()
        try:
            runner.fill(low)
            runner.run()
        finally:
            runner.close()
    return peak.bytes


def _joules(runner: Runner, low: Float32) -> float | None:
    counter = energy_counter()
    if counter is None:
        return None
    runner.fill(low)
    runner.run()
    try:
        before, begun, runs = counter.read(), time.perf_counter(), 0
        while (time.perf_counter() - begun) * 1e3 < ENERGY_RUNS_MS:
            runner.run()
            runs += 1
        return counter.joules(before, counter.read()) / runs
    except (OSError, ValueError, VernierError):
        return None
