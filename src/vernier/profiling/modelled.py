"""Profiles of processors that are not here, from models of them. Nothing in them was measured.

They have the form of measured profiles, so that one can plan for a device that one does not have;
each says `modelled`, and by what.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations

from vernier.errors import UsageError
from vernier.estimates.ethos_n import ETHOS_N, EthosN
from vernier.estimates.model import SOURCE as ETHOS_N_SOURCE
from vernier.estimates.model import estimate
from vernier.estimates.table import Estimate, LayerEstimate
from vernier.estimates.vela import ETHOS_U, estimate_with_vela
from vernier.estimates.vela import SOURCE as VELA_SOURCE
from vernier.graphs.counts import operator_macs
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId, is_integer
from vernier.profiling.assembly import (
    Subject,
    assemble,
    border_key,
    crossing_shapes,
    switch_key,
)
from vernier.profiling.measurements import Measurement
from vernier.profiling.profile import Profile, Settings, Shape, Time
from vernier.profiling.sandwiches import unit_graph
from vernier.units.cutting import cut
from vernier.units.unit import Unit

ENGINE = "modelled"

# A Pixel 6's whole-network times in ms on CPU, GPU and NPU (FYE-SR, MobiCom 2024, motivation).
SRCNN_MS = {"cpu": 75.0, "gpu": 22.0, "npu": 6.0}
EDSR_MS = {"cpu": 1910.0, "gpu": 210.0, "npu": 34.0}
ESRGAN_MS = {"cpu": 3240.0, "gpu": 460.0, "npu": 74.0}
# The paper does not say at which size. Its table of conversions is at 640x360 with 64 and with 32
# channels, which are those between the layers of SRCNN 9-1-5; so that is taken for its size.
SRCNN_MACS = 640 * 360 * (9 * 9 * 64 + 64 * 32 + 5 * 5 * 32)
# The same table: 640x360x64 to INT8 by arithmetic, and back by look-up, on the phone.
PIXEL_TO_INT8_NS, PIXEL_TO_FLOAT_NS = (1e6 * ms / (640 * 360 * 64) for ms in (46.4, 20.0))

# Beside an Ethos, a tensor is converted in DRAM: 4 + 1 bytes a value at the model's 16 GB/s.
ETHOS_CONVERSION_NS = 5 / 16.0

UnitTimes = Callable[[Graph, Sequence[Unit]], "list[float | str]"]
"""Milliseconds of each unit of a sized float graph, or why it does not run there."""


@dataclass(frozen=True)
class Model:
    """A processor that is not here.

    Attributes:
        name: `modelled:DEVICE:PRECISION`.
        source: what its times are from, in words.
        unit_times: see `UnitTimes`.
        to_int8_ns: what converting one value takes beside this processor, to INT8.
        to_float_ns: likewise, from it.
    """

    name: str
    source: str
    unit_times: UnitTimes
    to_int8_ns: float
    to_float_ns: float


def is_modelled(processor: str) -> bool:
    """Whether a processor's name is one of a model's."""
    return ProcessorId.parse(processor).engine == ENGINE


def modelled_profile(subject: Subject, processors: Sequence[str]) -> Profile:
    """A profile of processors that are all modelled.

    Borders take no time, and switches what converting takes: of hand-overs nothing is published.

    Args:
        subject: what.
        processors: names of `MODELS`.

    Raises:
        UsageError: there is no such model, none is asked for, or one twice.
        GraphError, MissingExtraError, ProcessorError: of the estimators.
    """
    if not processors or len(set(processors)) != len(processors):
        raise UsageError(f"expected one or more different processors, found {list(processors)}")
    for name in processors:
        if name not in MODELS:
            raise UsageError(f"no model of {name!r}; there are {', '.join(MODELS)}")
    graph = resized(subject.graph, subject.height, subject.width)
    units = cut(graph, subject.granularity)
    by_unit = {
        (unit.name, name): _unit(graph, unit, found)
        for name in processors
        for unit, found in zip(units, MODELS[name].unit_times(graph, units), strict=True)
    }
    others: dict[str, Measurement] = {}
    for shape in crossing_shapes(graph, units):
        for name in processors:
            others[border_key(shape, name)] = Measurement(_exactly(0.0))
        for source, target in permutations(processors, 2):
            conversion = _exactly(_conversion_ms(MODELS[source], MODELS[target], shape))
            others[switch_key(shape, source, target)] = Measurement(
                conversion, {"hand-over": _exactly(0.0)}
            )
    return assemble(
        subject,
        graph,
        units,
        processors,
        lambda unit, name: by_unit[unit.name, name],
        others.__getitem__,
        Settings(0, 0, (), "modelled"),
        {name: MODELS[name].source for name in processors},
    )


def _unit(graph: Graph, unit: Unit, found: float | str) -> Measurement:
    if isinstance(found, str):
        return Measurement(refused=found)
    time = _exactly(found)
    further = unit_graph(graph, unit).inputs[1:]
    return Measurement(time, {str(place): time for place in range(len(further))})


def _exactly(ms: float) -> Time:
    return Time(ms, ms, ms)


def _conversion_ms(source: Model, target: Model, shape: Shape) -> float:
    ends = [is_integer(name) for name in (source.name, target.name)]
    if ends[0] == ends[1]:
        return 0.0
    values = shape[1] * shape[2] * shape[3]
    way = "to_int8_ns" if ends[1] else "to_float_ns"
    return values * float(max(getattr(source, way), getattr(target, way))) / 1e6


def _from_estimate(make: Callable[[Graph], Estimate]) -> UnitTimes:
    """Units' times from an estimate's layers, which are called after the tensors they compute."""

    def times(graph: Graph, units: Sequence[Unit]) -> list[float | str]:
        own = {output: place for place, unit in enumerate(units) for output in unit.operators}
        times_ms = [0.0] * len(units)
        fallen: list[list[str]] = [[] for _ in units]
        waiting: list[LayerEstimate] = []
        for layer in make(graph).layers:
            waiting.append(layer)
            if layer.name not in own:
                # A step on the way to a tensor of ours, such as a change of scale before it.
                continue
            for part in waiting:
                times_ms[own[layer.name]] += part.time_ms
                if part.runs_on != "NPU":
                    fallen[own[layer.name]].append(f"{part.kind} {part.name}")
            waiting.clear()
        return [
            f"falls to the CPU: {', '.join(names)}" if names else ms
            for ms, names in zip(times_ms, fallen, strict=True)
        ]

    return times


def _pixel(device: str) -> UnitTimes:
    """A published network's time for each MAC, for networks like it."""

    def times(graph: Graph, units: Sequence[Unit]) -> list[float | str]:
        rate = pixel_macs_per_ms(graph.name, device)
        macs = {op.output: operator_macs(graph, op) for op in graph.operators}
        return [sum(macs[output] for output in unit.operators) / rate for unit in units]

    return times


def pixel_macs_per_ms(network: str, device: str) -> float:
    """The rate at which a Pixel-6-like phone is taken to work on a network.

    SRCNN's GPU rate fixes the scale, as the sizes of the others are not published; between
    processors the published ratios hold: SRCNN's for SRCNN, ESRGAN's for RRDBNet, EDSR's for all
    others.

    Args:
        network: name.
        device: "cpu", "gpu" or "npu".
    """
    row = (
        SRCNN_MS
        if network.startswith("srcnn")
        else ESRGAN_MS
        if network.startswith("rrdbnet")
        else EDSR_MS
    )
    return SRCNN_MACS / SRCNN_MS["gpu"] * row["gpu"] / row[device]


def _ethos_n(npu: EthosN) -> Model:
    return Model(
        f"{ENGINE}:{npu.name}:int8",
        ETHOS_N_SOURCE,
        _from_estimate(partial(estimate, npu=npu)),
        ETHOS_CONVERSION_NS,
        ETHOS_CONVERSION_NS,
    )


def _models() -> list[Model]:
    models = [_ethos_n(npu) for npu in ETHOS_N.values()]
    models += [
        Model(
            f"{ENGINE}:{npu.name}:int8",
            f"{VELA_SOURCE} for {npu.name}, {npu.system}",
            _from_estimate(partial(estimate_with_vela, npu=npu)),
            ETHOS_CONVERSION_NS,
            ETHOS_CONVERSION_NS,
        )
        for npu in ETHOS_U.values()
    ]
    models += [
        Model(
            f"{ENGINE}:pixel-6-{device}:{precision}",
            "FYE-SR's published times of a Pixel 6, by MACs",
            _pixel(device),
            PIXEL_TO_INT8_NS,
            PIXEL_TO_FLOAT_NS,
        )
        for device, precision in (("cpu", "float32"), ("gpu", "float16"), ("npu", "int8"))
    ]
    return models


MODELS = {model.name: model for model in _models()}
