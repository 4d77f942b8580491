"""Times of switches: what a tensor's way from one processor to another costs.

From paired runs: a chain of dummies on the one, what converts or copies between them, and a chain
on the other, against each chain alone, in turn. What the pair takes longer is the switch; the
conversion is timed inside the pair, where it finds the caches as it will in a bundle; the rest is
hand-over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np

from vernier.conversion.protocol import Method
from vernier.processor_id import is_integer
from vernier.profiling.contenders import Bench, Timed
from vernier.profiling.profile import Shape, Time
from vernier.profiling.sampling import estimate, sample, sample_loads
from vernier.profiling.sandwiches import chain


@dataclass(frozen=True)
class Pair:
    """A chain of dummies on one processor, one on another, and what lies between.

    Attributes:
        first: the chain on the source.
        convert: what makes the one's output the other's input.
        second: the chain on the target.
    """

    first: Timed
    convert: Callable[[], object]
    second: Timed


@contextmanager
def paired(
    shape: Shape, tensor: str, source: str, target: str, bench: Bench, method: Method
) -> Iterator[Pair]:
    """Load a pair; arguments as of `time_switch`."""
    with ExitStack() as stack:
        first = bench.executable(chain(shape, 2, tensor), source)
        stack.callback(first.close)
        second = bench.executable(chain(shape, 2, tensor), target)
        stack.callback(second.close)
        written, read = first.output_buffer(0), second.input_buffer(0)
        ends = first.outputs[0].quantization, second.inputs[0].quantization
        in_place = ends[0] is None and ends[1] is None and second.read_from(0, written)
        if in_place:
            yield Pair(first, _nothing, second)
            return
        conversion = method.prepare(written, ends[0], read, ends[1])
        stack.callback(conversion.close)
        yield Pair(first, conversion.run, second)


def time_switch(
    shape: Shape,
    tensor: str,
    source: str,
    target: str,
    bench: Bench,
    method: Method,
    rounds: int,
) -> tuple[Time, Time]:
    """Conversion and hand-over of a tensor between two processors.

    Args:
        shape: of the tensor, `(1, H, W, C)`.
        tensor: its name, or that of another of the same shape.
        source: the processor that computes it.
        target: the one that reads it.
        bench: makes the dummies.
        method: converts; where both have one format it copies, or nothing is done where the
            target can read the source's memory.
        rounds: that count.
    """
    with paired(shape, tensor, source, target, bench, method) as loaded:
        inside_ms: list[float] = []

        def pair() -> None:
            loaded.first.run()
            started = time.perf_counter_ns()
            loaded.convert()
            inside_ms.append((time.perf_counter_ns() - started) / 1e6)
            loaded.second.run()

        alone = {"first": loaded.first.run, "second": loaded.second.run}
        samples = sample({**alone, "pair": pair}, rounds)
    converting = np.array(inside_ms[-rounds:])
    kept = samples.kept
    whole = sum(
        weight * samples.times_ms[name]
        for name, weight in (("pair", 1.0), ("first", -1.0), ("second", -1.0))
    )
    dropped = int((~kept).sum())
    handing = np.asarray(whole - converting, np.float64)[kept]
    return Time.of(estimate(converting[kept], dropped)), Time.of(estimate(handing, dropped))


def time_inside(
    shape: Shape, tensor: str, source: str, target: str, bench: Bench, rounds: int
) -> Time:
    """What a change of format costs inside one file: a dummy of each processor in one graph.

    With entry and exit cost e and a dummy's time d, the two of them take e + d + change + d + e;
    half of a chain of two of each is what remains when the change is taken out.

    Args:
        shape: of the tensor, `(1, H, W, C)`.
        tensor: its name, or that of another of the same shape.
        source: the processor that computes it.
        target: the one that reads it; float32 and INT8 of one engine on one device.
        bench: makes the dummies.
        rounds: that count.
    """
    two = chain(shape, 2, tensor)
    integer = two.operators[0 if is_integer(source) else 1].output

    def load(stack: ExitStack) -> dict[str, Callable[[], object]]:
        made = {
            "both": bench.mixed(two, source if is_integer(source) else target, {integer}),
            "source": bench.executable(two, source),
            "target": bench.executable(two, target),
        }
        for one in made.values():
            stack.callback(one.close)
        return {name: one.run for name, one in made.items()}

    samples = sample_loads(load, rounds)
    return Time.of(samples.combine({"both": 1.0, "source": -0.5, "target": -0.5}))


def _nothing() -> None:
    return
