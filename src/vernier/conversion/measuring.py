"""Which method converts fastest here: timed once for each machine, and remembered.

No order by name holds everywhere: OpenCL on a CPU is faster than NumPy in blocks with one runtime
and slower with another (docs/notes/2026-11-converting-formats.md).
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np

from vernier.cache import cache_folder, read_remembered, remember
from vernier.conversion.protocol import Conversion, Method
from vernier.cpu import cpu, usable_cores
from vernier.errors import ProcessorError
from vernier.quantization.scales import per_tensor

SHAPE = (1, 180, 320, 32)
"""Of the tensor that is timed: one between two layers of a network on a small picture."""
ROUNDS = 7
MOST_TIMINGS = 4
"""The choice is remembered for long: two timings in a row must agree, four are made at the most."""
AS_GOOD_AS_EQUAL = 1.1
"""Within a tenth the order of the methods decides; the clock might say otherwise next time."""
_FIRST, _SECOND = per_tensor(0.05, 7), per_tensor(0.063, -20)
_PACKAGES = ("vernier-sr", "numpy", "pyopencl", "pocl-binary-distribution")


def remembered_fastest(methods: Sequence[Method]) -> str:
    """The name of the fastest method on this machine.

    Args:
        methods: to choose from; at least one of them is available.
    """
    file, key = cache_folder() / "conversions.json", _key(methods)
    known = read_remembered(file).get(key)
    # Kernels are compiled by looking whether a method is available: only of the one to be used.
    if known and any(m.name == known and m.availability()[0] for m in methods):
        return known
    found = agreed_fastest([m for m in methods if m.availability()[0]])
    remember(file, key, found)
    return found


def agreed_fastest(methods: Sequence[Method]) -> str:
    """The fastest by two timings in a row, or by the last of `MOST_TIMINGS`."""
    found = fastest(measured_ms(methods))
    for _ in range(MOST_TIMINGS - 1):
        before, found = found, fastest(measured_ms(methods))
        if found == before:
            break
    return found


def fastest(times_ms: dict[str, float]) -> str:
    """The first of those that are as good as the quickest."""
    enough = min(times_ms.values()) * AS_GOOD_AS_EQUAL
    return next(name for name, ms in times_ms.items() if ms <= enough)


def measured_ms(methods: Sequence[Method]) -> dict[str, float]:
    """Fewest ms to quantise, dequantise and requantise a tensor of `SHAPE`, by method's name.

    The methods take turns, so that a machine that slows down slows all of them; of the rounds the
    quickest counts, in which the least else was going on. A method that fails is left out.
    """
    times: dict[str, list[float]] = {}
    with ExitStack() as stack:
        prepared: dict[str, list[Conversion]] = {}
        for method in methods:
            try:
                prepared[method.name] = _conversions(method)
            except ProcessorError:
                continue
            for conversion in prepared[method.name]:
                stack.callback(conversion.close)
                conversion.run()
        for _ in range(ROUNDS):
            for name, conversions in prepared.items():
                started = time.perf_counter()
                for conversion in conversions:
                    conversion.run()
                times.setdefault(name, []).append((time.perf_counter() - started) * 1e3)
    return {name: min(found) for name, found in times.items()}


def _conversions(method: Method) -> list[Conversion]:
    """One of each direction, on buffers of their own, with values as a layer gives them."""
    values = np.random.default_rng(0).normal(0, 2, SHAPE).astype(np.float32)
    codes, others = np.zeros(SHAPE, np.int8), np.zeros(SHAPE, np.int8)
    return [
        method.prepare(values, None, codes, _FIRST),
        method.prepare(codes, _FIRST, np.zeros(SHAPE, np.float32), None),
        method.prepare(codes, _FIRST, others, _SECOND),
    ]


def _key(methods: Sequence[Method]) -> str:
    """What the choice depends on, found without touching a device."""
    here = cpu()
    names = ",".join(method.name for method in methods)
    versions = ",".join(f"{package} {_version(package)}" for package in _PACKAGES)
    return (
        f"{here.name}; {' '.join(sorted(here.flags))}; {usable_cores()} cores; {versions}; {names}"
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"
