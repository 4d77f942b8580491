"""Parts of a batch, each computed whole by one thread.

PyTorch shares every operator between its threads, and all of them wait for the slowest. On a
machine that does other work too one of them always waits for a core, in each of a thousand
operators: ten times as slow as one thread alone was measured
(`docs/notes/2026-11-judging-on-a-busy-machine.md`). Threads that compute a part each wait once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from threading import Barrier
from typing import TypeVar

import torch

from vernier.cpu import usable_cores

Part = TypeVar("Part")
Result = TypeVar("Result")


def each(compute: Callable[[Part], Result], parts: Iterable[Part]) -> list[Result]:
    """What is computed of each part, in their order, without gradients.

    Args:
        compute: called on a thread of its own on which PyTorch uses one core; must be fit for that.
        parts: any number.
    """
    given = list(parts)
    if len(given) < 2 or usable_cores() < 2:
        return [_without_gradients(compute, part) for part in given]
    return list(_pool().map(partial(_without_gradients, compute), given))


def _without_gradients(compute: Callable[[Part], Result], part: Part) -> Result:
    # The mode is a thread's own.
    with torch.no_grad():
        return compute(part)


@cache
def _pool() -> ThreadPoolExecutor:
    workers, before = usable_cores(), torch.get_num_threads()
    pool, all_here = ThreadPoolExecutor(workers, "vernier-part"), Barrier(workers)

    def begin(_: int) -> None:
        # Of this thread, and of threads to come.
        torch.set_num_threads(1)
        all_here.wait()

    list(pool.map(begin, range(workers)))
    torch.set_num_threads(before)
    return pool
