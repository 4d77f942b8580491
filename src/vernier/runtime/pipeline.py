"""Workers that take tiles in turn: while one copies pixels, the others compute."""

from __future__ import annotations

import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.progress import Progress
from vernier.runtime.chain import Chain
from vernier.runtime.tiles import Tile

Samples = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]


def run_tiles(
    chains: Sequence[Chain],
    tiles: Sequence[Tile],
    source: Samples,
    target: Samples,
    scale: int,
    progress: Progress,
) -> None:
    """Upscale a picture tile by tile into `target`.

    Args:
        chains: one for each worker, loaded at the tiles' shape.
        tiles: what to compute; their order does not matter.
        source: shape `(H, W, C)`; uint8 for graphs of codes, uint16 or float32 in [0, 1] for graphs
            of reals.
        target: shape `(scale*H, scale*W, C)` of the same dtype; each sample is written once.
        scale: whole factor.
        progress: called after each tile, from one thread at a time.
    """
    waiting = iter(tiles)
    lock = threading.Lock()
    stop = threading.Event()
    done = itertools.count(1)

    def next_tile() -> Tile | None:
        with lock:
            return None if stop.is_set() else next(waiting, None)

    def work(chain: Chain) -> None:
        while (tile := next_tile()) is not None:
            _run_tile(chain, tile, source, target, scale)
            with lock:
                progress(next(done), len(tiles))

    if len(chains) == 1:
        work(chains[0])
        return
    with ThreadPoolExecutor(len(chains), thread_name_prefix="vernier-tile") as pool:
        try:
            for future in as_completed([pool.submit(work, chain) for chain in chains]):
                future.result()
        finally:
            # After a fault or Ctrl-C the other workers finish their tile and take no more.
            stop.set()


def run_bands(
    chains: Sequence[Chain],
    tiles: Sequence[Tile],
    source: Callable[[int, int], Samples],
    scale: int,
    progress: Progress,
) -> Iterator[Samples]:
    """Upscale a picture whose rows come in order, one row of tiles after another.

    While a row of tiles is waited for, the next one is already computed.

    Args:
        chains: as `run_tiles`.
        tiles: row by row, as `tiles.cut` gives them.
        source: gives rows `[first, last)` of the picture; asked for from top to bottom.
        scale: whole factor.
        progress: called after each tile, from one thread at a time.

    Yields:
        Bands `(rows, scale*W, C)`, from top to bottom.
    """
    free: queue.SimpleQueue[Chain] = queue.SimpleQueue()
    for chain in chains:
        free.put(chain)
    lock = threading.Lock()
    done = itertools.count(1)

    def work(tile: Tile, window: Samples, band: Samples) -> None:
        columns = tile.columns
        chain = free.get()
        try:
            _compute(
                chain,
                tile,
                window[:, columns.start : columns.start + columns.size],
                band[:, columns.first * scale : columns.last * scale],
                scale,
            )
        finally:
            free.put(chain)
        with lock:
            progress(next(done), len(tiles))

    width = max(tile.columns.last for tile in tiles)
    waiting: deque[tuple[Samples, list[Future[None]]]] = deque()
    pool = ThreadPoolExecutor(len(chains), thread_name_prefix="vernier-tile")
    try:
        for rows, row in itertools.groupby(tiles, lambda tile: tile.rows):
            window = source(rows.start, rows.start + rows.size)
            height = (rows.last - rows.first) * scale
            target: Any = np.empty((height, width * scale, window.shape[2]), window.dtype)
            futures = [pool.submit(work, tile, window, target) for tile in row]
            waiting.append((target, futures))
            if len(waiting) > 1:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _finished(target: Samples, futures: Sequence[Future[None]]) -> Samples:
    for future in futures:
        future.result()
    return target


def _run_tile(chain: Chain, tile: Tile, source: Samples, target: Samples, scale: int) -> None:
    rows, columns = tile.rows, tile.columns
    _compute(
        chain,
        tile,
        source[rows.start : rows.start + rows.size, columns.start : columns.start + columns.size],
        target[
            rows.first * scale : rows.last * scale, columns.first * scale : columns.last * scale
        ],
        scale,
    )


def _compute(chain: Chain, tile: Tile, window: Samples, answer: Samples, scale: int) -> None:
    """A tile: from the samples that it reads to those that it answers for."""
    rows, columns = tile.rows, tile.columns
    given = chain.input_buffer()[0]
    to_graph, from_graph = _CONVERSIONS[window.dtype.name, given.dtype.name]
    to_graph(window, given)
    result = chain.run()[0]
    inner = result[
        (rows.first - rows.start) * scale : (rows.last - rows.start) * scale,
        (columns.first - columns.start) * scale : (columns.last - columns.start) * scale,
    ]
    from_graph(inner, answer)


def _copy(source: NDArray[Any], target: NDArray[Any]) -> None:
    np.copyto(target, source, casting="no")


def _from_16_bits(source: NDArray[Any], target: NDArray[Any]) -> None:
    np.multiply(source, np.float32(1 / 65535), out=target, casting="same_kind")


def _to_16_bits(source: NDArray[Any], target: NDArray[Any]) -> None:
    scaled = np.multiply(source, np.float32(65535))
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, 65535, out=scaled)
    target[...] = scaled


def _clip(source: NDArray[Any], target: NDArray[Any]) -> None:
    np.clip(source, 0.0, 1.0, out=target)


def _to_codes(source: NDArray[Any], target: NDArray[Any]) -> None:
    """uint8 samples to int8 codes: less 128, which turns the highest bit over."""
    np.bitwise_xor(source, np.uint8(128), out=target.view(np.uint8))


def _from_codes(source: NDArray[Any], target: NDArray[Any]) -> None:
    np.bitwise_xor(source.view(np.uint8), np.uint8(128), out=target)


Conversion = Callable[[NDArray[Any], NDArray[Any]], None]
# By the dtypes of the picture and of the graph: into the graph, and out of it.
_CONVERSIONS: dict[tuple[str, str], tuple[Conversion, Conversion]] = {
    ("uint8", "uint8"): (_copy, _copy),
    ("uint8", "int8"): (_to_codes, _from_codes),
    ("uint16", "float32"): (_from_16_bits, _to_16_bits),
    ("float32", "float32"): (_copy, _clip),
}
