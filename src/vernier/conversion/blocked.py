"""Conversion in blocks that fit a core's cache, on all cores, with NumPy alone.

The same passes as `arithmetic`, but each block goes through all of them before the next is read,
so that memory is read once and written once. NumPy releases the interpreter's lock inside a pass.
Codes become other codes two at a time, by a table of 65536 pairs.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from vernier.conversion.arithmetic import NumPyMethod, dequantize, quantize
from vernier.conversion.protocol import Direction, Task
from vernier.conversion.tables import Encoding, requantized
from vernier.cpu import usable_cores

BLOCK = 1 << 19
"""Elements in a block at most: 2 MiB of float32, within the third cache. Smaller ones would fit the
second, but threads then hand the interpreter's lock to each other more often than they compute
(docs/notes/2026-11-converting-formats.md has the times)."""

SHARE = 1 << 18
"""Elements for which it is worth to wake another thread: about 0.1 ms of work."""

Range = Callable[[int, int], None]


class Blocked(NumPyMethod):
    """NumPy in blocks, on several cores.

    Args:
        threads: 0 for all cores that this process may use.
        block: elements in a block at most; even.
        share: elements for which it is worth to wake another thread.
    """

    name = "blocked"

    def __init__(self, threads: int = 0, block: int = BLOCK, share: int = SHARE) -> None:
        self._threads = min(threads or usable_cores(), usable_cores())
        self.cores = f"{self._threads} cores"
        self._block = block
        self._share = share

    def function(self, task: Task) -> Callable[[], None]:
        """See `NumPyMethod`."""
        return self._in_threads(task.source.size, _range(task, self._block))

    def _in_threads(self, size: int, work: Range) -> Callable[[], None]:
        """The work on all blocks, divided among the threads; the caller's is one of them."""
        threads = max(1, min(self._threads, size // self._share))
        # Even, so that codes can be taken in pairs.
        block = min(self._block, -(-size // (2 * threads)) * 2)
        starts = range(0, size, max(block, 1))
        bounds = [i * len(starts) // threads for i in range(threads + 1)]
        shares = [starts[low:high] for low, high in pairwise(bounds)]
        if threads == 1:
            return lambda: _all_blocks(work, starts, size)
        pool = _pool(threads - 1)

        def run() -> None:
            others = [pool.submit(_all_blocks, work, share, size) for share in shares[1:]]
            _all_blocks(work, shares[0], size)
            for other in others:
                other.result()

        return run


def _all_blocks(work: Range, starts: range, size: int) -> None:
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for start in starts:
            work(start, min(start + starts.step, size))


def _range(task: Task, block: int) -> Range:
    """What is done to the elements from a start to a stop, in any thread."""
    source, target = task.source, task.target
    match task.direction:
        case Direction.COPY:
            return lambda start, stop: np.copyto(target[start:stop], source[start:stop])
        case Direction.DEQUANTIZE:
            return lambda start, stop: dequantize(
                source[start:stop], target[start:stop], task.coding
            )
        case Direction.REQUANTIZE:
            return _by_pairs(task)
        case Direction.QUANTIZE:
            encoding, scratch = Encoding.of(task.coding), threading.local()

            def work(start: int, stop: int) -> None:
                if not hasattr(scratch, "block"):
                    scratch.block = np.empty(block, np.float32)
                quantize(
                    source[start:stop], target[start:stop], encoding, scratch.block[: stop - start]
                )

            return work


def _by_pairs(task: Task) -> Range:
    tables = requantized(*task.codings)
    size, rest = task.source.size, tables.rest(task.source.size)
    # The pair's second code is in the high byte where the machine is little-endian; the table
    # holds the same order, so that neither machine needs to know.
    body = tables.body.view(np.uint8)
    places = np.arange(1 << 16, dtype=np.uint16).view(np.uint8)
    pairs = body[places].view(np.uint16)
    source, target = task.source.view(np.uint8), task.target.view(np.uint8)

    def work(start: int, stop: int) -> None:
        even = stop - (stop - start) % 2
        np.take(
            pairs,
            source[start:even].view(np.uint16),
            out=target[start:even].view(np.uint16),
            mode="wrap",
        )
        if even < stop:
            target[even] = body[source[even]]
        for place in range(max(start, size - rest), stop):
            target[place] = tables.tail.view(np.uint8)[source[place]]

    return work


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that all conversions share; they end with the process."""
    return ThreadPoolExecutor(threads, thread_name_prefix="vernier-conversion")
