"""Units in runs: the order in which a split's units compute, before any graph is cut."""

from __future__ import annotations

from collections.abc import Sequence


def runs_of(reads: Sequence[Sequence[int]], processors: Sequence[str]) -> list[list[int]]:
    """Units in maximal runs on one processor, as `segments.segment` finds them for operators.

    Args:
        reads: for each unit the units that it reads from, all before it.
        processors: of each unit.

    Returns:
        Runs of unit numbers, in an order in which they can run.
    """
    orders = [_greedy(reads, processors, first) for first in dict.fromkeys(processors)]
    return min(orders, key=len)


def _greedy(
    reads: Sequence[Sequence[int]], processors: Sequence[str], first: str
) -> list[list[int]]:
    done: set[int] = set()
    waiting = list(range(len(processors)))
    runs: list[list[int]] = []
    current = first
    while waiting:
        taken = []
        for unit in waiting:
            if processors[unit] == current and done.issuperset(reads[unit]):
                done.add(unit)
                taken.append(unit)
        if taken:
            runs.append(taken)
            waiting = [unit for unit in waiting if unit not in done]
        if waiting:
            current = processors[next(u for u in waiting if done.issuperset(reads[u]))]
    return runs
