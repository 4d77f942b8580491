"""Units in runs: the order in which a split's units compute, before any graph is cut."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush


def runs_of(reads: Sequence[Sequence[int]], processors: Sequence[str]) -> list[list[int]]:
    """Units in maximal runs on one processor, as `segments.segment` finds them for operators.

    Args:
        reads: for each unit the units that it reads from, all before it.
        processors: of each unit.

    Returns:
        Runs of unit numbers, in an order in which they can run.
    """
    followers: list[list[int]] = [[] for _ in reads]
    for unit, sources in enumerate(reads):
        for source in set(sources):
            followers[source].append(unit)
    orders = [_greedy(reads, followers, processors, first) for first in dict.fromkeys(processors)]
    return min(orders, key=len)


def _greedy(
    reads: Sequence[Sequence[int]],
    followers: Sequence[Sequence[int]],
    processors: Sequence[str],
    first: str,
) -> list[list[int]]:
    """Runs where computing stays on a processor as long as it can, and begins on a given one.

    Units that can run wait in a heap for each processor: looking through all units for each run
    takes as many times longer as there are runs.
    """
    missing = [len(set(sources)) for sources in reads]
    ready: dict[str, list[int]] = {name: [] for name in processors}
    for unit, count in enumerate(missing):
        if not count:
            ready[processors[unit]].append(unit)
    runs: list[list[int]] = []
    current = first
    while any(ready.values()):
        taken = []
        while ready[current]:
            unit = heappop(ready[current])
            taken.append(unit)
            for follower in followers[unit]:
                missing[follower] -= 1
                if not missing[follower]:
                    heappush(ready[processors[follower]], follower)
        if taken:
            runs.append(taken)
        waiting = [heap for heap in ready.values() if heap]
        if waiting:
            current = processors[min(heap[0] for heap in waiting)]
    return runs
