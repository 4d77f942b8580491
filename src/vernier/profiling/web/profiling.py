"""A profile measured in a browser: the phone that opens the page profiles itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.processors.machine import Machine
from vernier.profiling.activations import activations_of
from vernier.profiling.assembly import Subject, assemble, unit_key
from vernier.profiling.measurements import Measurements
from vernier.profiling.profile import Profile, Settings
from vernier.profiling.profiler import NORMAL_ROUNDS, measure
from vernier.profiling.sampling import sample
from vernier.profiling.web.device import WebDevice, check_names
from vernier.progress import Progress, silent
from vernier.units.cutting import cut
from vernier.version import VERSION
from vernier.web.bench import Bench, served_bench
from vernier.web.litert_js import VERSION as LITERT_JS

OPEN_WITHIN_S = 600.0
CHECK_SIZE = (24, 36)
DRIFT_ROUNDS = 5
WORTH_SAYING = 0.05
"""A device that became so much slower or faster meanwhile is told of."""


def web_profile(
    subject: Subject,
    processors: Sequence[str],
    *,
    rounds: int = NORMAL_ROUNDS,
    threads: int = 0,
    unfinished: Path | None = None,
    port: int = 0,
    announce: Callable[[str], None],
    litert_js_folder: Path | None = None,
    progress: Progress = silent,
) -> Profile:
    """Measure all times of a network in a browser that opens an address.

    Args:
        subject: what.
        processors: of `device.PROCESSORS`.
        rounds: per comparison.
        threads: of WebAssembly; 0 for as many as the page has cores, at most 4.
        unfinished: see `profiler.profile`.
        port: to serve the page at; 0 for a free one.
        announce: called with the address, and later what is worth knowing.
        litert_js_folder: see `web.litert_js`.
        progress: called after each comparison.

    Raises:
        UsageError: no processor, one twice, or an unknown one; LiteRT.js cannot be had.
        ProcessorError: nobody opens the page, it goes, or a processor's numbers are wrong there.
    """
    names = tuple(processors)
    check_names(names)
    graph = resized(subject.graph, subject.height, subject.width)
    units = cut(graph, subject.granularity)
    with served_bench(port, litert_js_folder) as (bench, address):
        announce(address)
        page = bench.wait(OPEN_WITHIN_S)
        used = threads or int(page["threads"])
        device = WebDevice(bench, activations_of(subject.graph).ranges)
        for name in names:
            device.check(resized(subject.graph, *CHECK_SIZE), name)
        machine = describe_browser(bench)
        kept = Measurements(unfinished, f"{machine} {VERSION} {used} {rounds}")
        before = _whole_ms(device, graph, names)
        switch = partial(device.time_switch, rounds=rounds)
        measure(graph, units, names, device, switch, rounds, kept, progress)
        drift = _drift(before, _whole_ms(device, graph, names))
        for name, part in drift.items():
            if abs(part) > WORTH_SAYING:
                announce(
                    f"{name} took {part:+.0%} at the end against the beginning: the device warmed "
                    "up or was busy; let it cool, and profile again if that matters"
                )
        bench.end()
    made = assemble(
        subject,
        graph,
        units,
        names,
        lambda unit, name: kept.known(unit_key(graph, unit, name)),
        kept.known,
        Settings(rounds, used, (), "the page's arithmetic, or a shader", None, drift=drift),
        machine=machine,
    )
    kept.finish()
    return made


def describe_browser(bench: Bench) -> Machine:
    """The device as far as its browser tells."""
    page = bench.page or {}
    model = str(page.get("model") or "unknown device")
    isolated = "isolated" if page.get("isolated") else "not isolated"
    return Machine(
        cpu=f"{model} by its browser",
        cores=int(page.get("cores", 0)),
        flags=(),
        memory_bytes=int(float(page.get("memory_gb", 0)) * 2**30),
        system=f"{page.get('platform', '')}; {page.get('agent', '')}; {isolated}",
        python="",
        engines={"LiteRT.js": LITERT_JS},
    )


def _whole_ms(device: WebDevice, graph: Graph, names: Sequence[str]) -> dict[str, float]:
    """The whole network on each processor, in turns."""
    remotes = {name: device.executable(graph, name) for name in names}
    try:
        samples = sample({name: remote.run for name, remote in remotes.items()}, DRIFT_ROUNDS)
    finally:
        for remote in remotes.values():
            remote.close()
    return {name: samples.combine({name: 1.0}).median_ms for name in names}


def _drift(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: round(after[name] / before[name] - 1, 4) for name in before}
