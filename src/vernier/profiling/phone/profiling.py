"""Profiles of a phone: the same dummy-layer files, timed by `benchmark_model` over adb.

What cannot be had from that binary is said and not invented: it runs one file at a time, so what
two processors cost each other in passing (hand-over) is not measured, and stands as 0 of no rounds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from vernier.errors import PlacementError, ProcessorError, UsageError
from vernier.files import write_whole
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId, is_integer
from vernier.processors.machine import Machine
from vernier.profiling.activations import activations_of
from vernier.profiling.assembly import Subject, assemble, unit_key
from vernier.profiling.contenders import model_of
from vernier.profiling.kernel.recording import trace_on_phone
from vernier.profiling.measurements import Measurements
from vernier.profiling.phone.adb import Adb
from vernier.profiling.phone.benchmark_model import FLAGS, Report, arguments, parse
from vernier.profiling.profile import Profile, Settings, Shape, Time
from vernier.profiling.profiler import NORMAL_ROUNDS, measure
from vernier.profiling.sampling import sample
from vernier.profiling.sandwiches import chain, dummy_ranges
from vernier.progress import Progress, silent
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Range
from vernier.units.cutting import cut
from vernier.version import VERSION

ENGINE = "phone"
FOLDER = "/data/local/tmp/vernier"
RUNS, WARM_UPS = 10, 3
"""Of one call: a round of a comparison takes their average."""
LARGE_CORES = 4
CONVERTER = "phone:cpu:int8"
"""What converts: the engine's QUANTIZE and DEQUANTIZE on the CPU."""


@dataclass(frozen=True)
class Phone:
    """A device with the binary on it.

    Attributes:
        adb: the device.
        binary: where the binary is on it.
        threads: of its CPU.
        ranges: of the network's activations, by name.
    """

    adb: Adb
    binary: str
    threads: int
    ranges: Mapping[str, Range]

    def executable(self, graph: Graph, processor: str) -> Remote:
        """See `contenders.Maker`; the file is pushed and run once, to see where it runs.

        Raises:
            PlacementError: a delegate took only a part of it.
            ProcessorError: the device refuses it.
        """
        return self.load(model_of(graph, processor, self.ranges), processor)

    def load(self, model: bytes, processor: str) -> Remote:
        """A `.tflite` file on the device; errors as `executable`."""
        name = f"{FOLDER}/{hashlib.sha256(model).hexdigest()[:16]}.tflite"
        with TemporaryDirectory() as folder:
            local = Path(folder) / "model.tflite"
            local.write_bytes(model)
            self.adb.push(local, name)
        remote = Remote(self, name, ProcessorId.parse(processor))
        try:
            _check_placement(processor, remote.measure(runs=1))
        except ProcessorError:
            remote.close()
            raise
        return remote


@dataclass(frozen=True)
class Remote:
    """A file on the device, ready to be timed."""

    phone: Phone
    model: str
    processor: ProcessorId

    def run(self) -> float:
        """Its time in ms, the average of `RUNS`."""
        return self.measure(RUNS).average_ms

    def measure(self, runs: int) -> Report:
        """What the binary says of so many runs."""
        words = arguments(
            self.model,
            self.processor.device,
            self.processor.precision,
            self.phone.threads,
            runs,
            WARM_UPS,
        )
        return parse(self.phone.adb.shell(self.phone.binary, *words))

    def close(self) -> None:
        """Remove the file."""
        self.phone.adb.shell("rm", "-f", self.model)


def phone_profile(
    subject: Subject,
    processors: Sequence[str],
    *,
    adb: Adb,
    binary: Path,
    rounds: int = NORMAL_ROUNDS,
    threads: int = 0,
    unfinished: Path | None = None,
    kernel_trace: Path | None = None,
    progress: Progress = silent,
) -> Profile:
    """Measure all times of a network on a phone.

    Args:
        subject: what.
        processors: `phone:cpu:float32`, `phone:cpu:int8`, `phone:gpu:float16`, ...
        adb: the device.
        binary: `benchmark_model` for it.
        rounds: per comparison; each is a call of the binary.
        threads: of the phone's CPU; 0 for 4, the number of its large cores on most.
        unfinished: see `profiler.profile`.
        kernel_trace: where to write a trace of the rooted phone's kernel, of the whole network run
            on each processor; none is recorded if absent.
        progress: called after each comparison.

    Raises:
        UsageError: no processor, one twice, or one that the binary has no flags for.
        ProcessorError: the device or the binary cannot be used.
    """
    if not processors or len(set(processors)) != len(processors):
        raise UsageError(f"expected one or more different processors, found {list(processors)}")
    for name in processors:
        wanted = ProcessorId.parse(name)
        if wanted.engine != ENGINE or (wanted.device, wanted.precision) not in FLAGS:
            known = ", ".join(f"{ENGINE}:{one}:{other}" for one, other in FLAGS)
            raise UsageError(f"expected one of {known}, found {name}")
    if not binary.is_file():
        raise UsageError(f"{binary}: expected the benchmark_model binary, found no file")
    adb.check()
    threads = threads or LARGE_CORES
    graph = resized(subject.graph, subject.height, subject.width)
    units = cut(graph, subject.granularity)
    phone = Phone(adb, _install(adb, binary), threads, activations_of(subject.graph).ranges)
    machine = describe_phone(adb, binary)
    kept = Measurements(unfinished, f"{machine} {VERSION} {threads} {rounds}")
    switch = partial(_time_switch, phone=phone, rounds=rounds)
    try:
        if kernel_trace is not None:
            write_whole(kernel_trace, _traced(graph, processors, phone).encode())
        measure(graph, units, processors, phone, switch, rounds, kept, progress)
    finally:
        adb.shell("rm", "-rf", FOLDER)
    made = assemble(
        subject,
        graph,
        units,
        processors,
        lambda unit, name: kept.known(unit_key(graph, unit, name)),
        kept.known,
        Settings(rounds, threads, (), "the engine's operators on phone:cpu", _clock_mhz(adb)),
        machine=machine,
    )
    kept.finish()
    return made


def describe_phone(adb: Adb, binary: Path) -> Machine:
    """The device, its system, and the binary by its content."""
    found = adb.properties(
        "ro.product.manufacturer",
        "ro.product.model",
        "ro.soc.model",
        "ro.board.platform",
        "ro.build.version.release",
    )
    maker, model, chip, board, release = found.values()
    cores = adb.shell("nproc").strip()
    kernel = adb.shell("uname", "-rm").strip()
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()[:12]
    return Machine(
        cpu=f"{maker} {model} ({chip or board})",
        cores=int(cores) if cores.isdigit() else 0,
        flags=(),
        memory_bytes=0,
        system=f"Android {release}, {kernel}",
        python="",
        engines={"benchmark_model": digest},
    )


def _install(adb: Adb, binary: Path) -> str:
    adb.shell("mkdir", "-p", FOLDER)
    target = f"{FOLDER}/benchmark_model"
    adb.push(binary, target)
    adb.shell("chmod", "755", target)
    return target


def _clock_mhz(adb: Adb) -> float | None:
    """The first core's highest clock, where the device lets it be read."""
    try:
        said = adb.shell("cat", "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq").strip()
    except ProcessorError:
        return None
    return int(said) / 1000 if said.isdigit() else None


def _traced(graph: Graph, processors: Sequence[str], phone: Phone) -> str:
    remotes = [phone.executable(graph, processor) for processor in processors]
    try:
        return trace_on_phone(phone.adb, lambda: [remote.run() for remote in remotes])
    finally:
        for remote in remotes:
            remote.close()


def _check_placement(processor: str, report: Report) -> None:
    device = ProcessorId.parse(processor).device
    if report.whole is False:
        raise PlacementError(
            f"{processor}: the delegate {report.delegate} took only a part of the file; the rest "
            "would run on the CPU"
        )
    if device != "cpu" and report.whole is None:
        raise PlacementError(
            f"{processor}: benchmark_model did not say that a delegate took the file"
        )


def _time_switch(
    shape: Shape, tensor: str, source: str, target: str, *, phone: Phone, rounds: int
) -> tuple[Time, Time]:
    """The engine's conversion between two dummies, on the CPU; nothing where none is needed."""
    nothing = Time(0.0, 0.0, 0.0)
    ends = [is_integer(name) for name in (source, target)]
    if ends[0] == ends[1]:
        return nothing, nothing
    dummies = chain(shape, 2, tensor)
    integer = {dummies.operators[int(ends[1])].output}
    mixed = quantize(dummies, dummy_ranges(dummies, dict(phone.ranges)), integer)
    remotes = {
        "mixed": phone.load(write(mixed), CONVERTER),
        "float32": phone.executable(dummies, "phone:cpu:float32"),
        "int8": phone.executable(dummies, "phone:cpu:int8"),
    }
    try:
        samples = sample({name: remote.run for name, remote in remotes.items()}, rounds)
    finally:
        for remote in remotes.values():
            remote.close()
    weights = {"mixed": 1.0, "float32": -0.5, "int8": -0.5}
    return Time.of(samples.combine(weights)), nothing
