"""Small graphs handed to a page, which says how long they take in its browser."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import ProcessorError, UsageError
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.processor_id import ProcessorId, is_integer
from vernier.processors.discovery import find_processor
from vernier.profiling.contenders import format_of
from vernier.profiling.profile import Shape, Time
from vernier.profiling.sampling import estimate, sample
from vernier.profiling.sandwiches import chain
from vernier.quantization.ranges import Range
from vernier.web.bench import Bench
from vernier.web.rewriting import for_wasm

ENGINE = "web"
PROCESSORS = ("web:wasm:float32", "web:wasm:int8", "web:webgpu:float32", "web:webgpu:float16")
TOLERANCES = {"float32": 1e-4, "float16": 2e-2, "int8": 0.0}
"""Of the largest value; the page's self-test allows the same."""
CHECK_RUNS = 3


@dataclass(frozen=True)
class Remote:
    """What is loaded in the page under a name, ready to be timed."""

    bench: Bench
    name: str

    def run(self) -> float:
        """Its time in ms."""
        return float(self.bench.ask(kind="time", name=self.name)["ms"])

    def times(self) -> tuple[float, float]:
        """Its time in ms, and of that its conversion's."""
        answer = self.bench.ask(kind="time", name=self.name)
        return float(answer["ms"]), float(answer["conversion_ms"])

    def close(self) -> None:
        """Free it in the page."""
        self.bench.ask(kind="close", name=self.name)


@dataclass(frozen=True)
class WebDevice:
    """A browser that has the page open.

    A run includes that a tensor goes up to the GPU and comes back where that is what computes; so
    borders hold these ways, and a hand-over says what of them falls away.

    Attributes:
        bench: where the page asks for work.
        ranges: of the network's activations, by name.
    """

    bench: Bench
    ranges: Mapping[str, Range]
    _numbers: Any = field(default_factory=itertools.count)

    def executable(self, graph: Graph, processor: str) -> Remote:
        """See `contenders.Maker`.

        Raises:
            PlacementError: the page's engine refuses the file.
        """
        return self._load([(graph, processor)])

    def pair(self, first: Graph, source: str, second: Graph, target: str) -> Remote:
        """Two graphs of one tensor, with what lies between their processors."""
        return self._load([(first, source), (second, target)])

    def _load(self, parts: list[tuple[Graph, str]]) -> Remote:
        name = f"{next(self._numbers)}"
        self.bench.ask(kind="load", name=name, parts=[self._part(*part) for part in parts])
        return Remote(self.bench, name)

    def _part(self, graph: Graph, processor: str) -> dict[str, Any]:
        formatted = format_of(graph, processor, self.ranges)
        return {
            "processor": processor,
            "file": self.bench.file(write(as_loaded(formatted, processor))),
            "inputs": [_port(formatted, name) for name in formatted.inputs],
            "outputs": [_port(formatted, name) for name in formatted.outputs],
        }

    def time_switch(
        self, shape: Shape, tensor: str, source: str, target: str, rounds: int
    ) -> tuple[Time, Time]:
        """Conversion and hand-over; arguments as of `profiler.TimeSwitch`."""
        dummies = chain(shape, 2, tensor)
        remotes = {
            "first": self.executable(dummies, source),
            "second": self.executable(dummies, target),
            "pair": self.pair(dummies, source, dummies, target),
        }
        converting_ms: list[float] = []

        def pair() -> float:
            whole, conversion = remotes["pair"].times()
            converting_ms.append(conversion)
            return whole

        alone = {name: remotes[name].run for name in ("first", "second")}
        try:
            samples = sample({**alone, "pair": pair}, rounds)
        finally:
            for remote in remotes.values():
                remote.close()
        kept = samples.kept
        converting = np.array(converting_ms[-rounds:])
        whole = samples.times_ms["pair"] - samples.times_ms["first"] - samples.times_ms["second"]
        dropped = int((~kept).sum())
        handing = np.asarray(whole - converting, np.float64)[kept]
        return Time.of(estimate(converting[kept], dropped)), Time.of(estimate(handing, dropped))

    def check(self, graph: Graph, processor: str) -> None:
        """A graph's numbers in the page against LiteRT's here, three runs.

        Raises:
            ProcessorError: they are wrong, or the page refuses the graph.
        """
        formatted = format_of(graph, processor, self.ranges)
        inputs = [_samples(formatted, name) for name in formatted.inputs]
        precision = ProcessorId.parse(processor).precision
        here = find_processor(f"litert:cpu:{'int8' if is_integer(processor) else 'float32'}")
        executable = here.load(write(formatted), threads=1)
        try:
            wanted = executable(*inputs)[0].astype(np.float64).ravel()
        finally:
            executable.close()
        remote = self.executable(graph, processor)
        try:
            answer = self.bench.ask(
                kind="compute",
                name=remote.name,
                inputs=[values.ravel().tolist() for values in inputs],
                runs=CHECK_RUNS,
            )
        finally:
            remote.close()
        largest = max(float(np.abs(wanted).max()), 1e-6)
        most = TOLERANCES[precision] * (1.0 if is_integer(processor) else largest)
        for run, found in enumerate(answer["outputs"], 1):
            apart = np.abs(np.array(found, np.float64) - wanted).max()
            if not apart <= most:
                raise ProcessorError(
                    f"{processor}: its numbers are wrong in this browser: run {run} is off by "
                    f"{apart:.3g}, {most:.3g} is allowed; leave it out of --processors"
                )


def as_loaded(graph: Graph, processor: str) -> Graph:
    """As a site's file holds it, so that a profile predicts what will run."""
    return for_wasm(graph) if processor.startswith("web:wasm:") else graph


def check_names(processors: tuple[str, ...]) -> None:
    """Refuse names that no page has.

    Raises:
        UsageError: none, one twice, or one that is unknown.
    """
    if not processors or len(set(processors)) != len(processors):
        raise UsageError(f"expected one or more different processors, found {list(processors)}")
    for name in processors:
        if name not in PROCESSORS:
            raise UsageError(f"expected one of {', '.join(PROCESSORS)}, found {name}")


def _port(graph: Graph, name: str) -> dict[str, Any]:
    kind = graph.types[name]
    codes = kind.quantization
    return {
        "name": name,
        "dtype": kind.dtype,
        "shape": list(kind.shape),
        "scale": 0.0 if codes is None else float(codes.scale[0]),
        "zero_point": 0 if codes is None else int(codes.zero_point[0]),
    }


def _samples(graph: Graph, name: str) -> NDArray[Any]:
    kind = graph.types[name]
    random = np.random.default_rng(0)
    if kind.dtype == "int8":
        return random.integers(-128, 128, kind.shape, np.int8)
    return random.random(kind.shape, np.float32)
