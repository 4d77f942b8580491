"""Time and traffic of a network on an Ethos-N, modelled from its graph."""

from __future__ import annotations

from dataclasses import dataclass

from vernier.estimates.ethos_n import EthosN, reread_rows, rolling_bytes, stored_bytes
from vernier.estimates.steps import Program, Read, Step, program
from vernier.estimates.table import Bound, Estimate, LayerEstimate
from vernier.graphs.graph import Graph

SOURCE = "Vernier's model of the Ethos-N78"
NO_ENERGY = "no energy: nobody has published what this chip's operations and memory take"


def estimate(graph: Graph, npu: EthosN) -> Estimate:
    """What a network would take on an accelerator, one picture of the graph's size at a time.

    Layers run in passes. A pass reads its inputs from DRAM and writes its output there; it takes as
    long as the slowest of multipliers, elementwise unit and DRAM, which work at once. A pass is
    one layer, or several plain convolutions in a row where SRAM can hold a rolling window of
    `ROLLING_STRIPES` stripes of `BRICK` rows, over the full width, of every tensor between and
    around them; which ones, so that the sum of times is smallest. Where not even one layer's
    windows fit, the picture is cut into stripes, and the rows around each cut are read twice.

    Args:
        graph: float32, of concrete size; every tensor is counted as INT8.
        npu: the accelerator.

    Raises:
        GraphError: the graph is not float32.
    """
    steps = program(graph, npu)
    layers: list[LayerEstimate] = []
    for number, part in enumerate(_passes(steps, npu)):
        layers += part.layers(npu, number)
    return Estimate(
        graph.name,
        npu.name,
        SOURCE,
        {**npu.parameters(), "size": "x".join(map(str, graph.types[graph.inputs[0]].shape[1:3]))},
        tuple(layers),
        sum(layer.time_ms for layer in layers),
        sum(layer.dram_bytes or 0 for layer in layers),
        (*steps.remarks, NO_ENERGY),
    )


@dataclass(frozen=True)
class _Pass:
    """Steps that run at once.

    Attributes:
        steps: in order, each but the first reading only what the one before computes.
        dram_bytes: of each.
        cycles: by what could bound the pass.
    """

    steps: tuple[Step, ...]
    dram_bytes: tuple[int, ...]
    cycles: dict[Bound, float]

    @property
    def cost(self) -> tuple[float, int]:
        """Cycles, then bytes."""
        return max(self.cycles.values()), sum(self.dram_bytes)

    def layers(self, npu: EthosN, number: int) -> list[LayerEstimate]:
        """One row per step; the time is shared out as the multipliers' cycles are."""
        bound = max(self.cycles, key=lambda key: self.cycles[key])
        time_ms = 1000.0 * self.cycles[bound] / npu.clock_hz
        all_macs = sum(step.mac_cycles for step in self.steps)
        return [
            LayerEstimate(
                step.name,
                step.kind,
                "NPU",
                step.macs,
                step.mac_cycles,
                step.elementwise_cycles,
                round(moved / npu.dram_bytes_per_cycle),
                moved,
                bound,
                time_ms * (step.mac_cycles / all_macs if len(self.steps) > 1 else 1.0),
                number,
            )
            for step, moved in zip(self.steps, self.dram_bytes, strict=True)
        ]


def _passes(steps: Program, npu: EthosN) -> list[_Pass]:
    """The cheapest cut of the steps into passes, found over all of them."""
    best: list[tuple[tuple[float, int], list[_Pass]]] = [((0.0, 0), [])]
    for end in range(1, len(steps.steps) + 1):
        candidates = []
        for start in range(end - 1, -1, -1):
            part = steps.steps[start:end]
            if len(part) > 1 and not _chains(steps, part[0], part[1]):
                break
            fits = _window_bytes(steps, part, npu) <= npu.sram_bytes
            if len(part) > 1 and not fits:
                break
            made = _pass(steps, part, npu, rereads=not fits)
            cycles, moved = best[start][0]
            more_cycles, more_moved = made.cost
            candidates.append(((cycles + more_cycles, moved + more_moved), best[start][1] + [made]))
        best.append(min(candidates, key=lambda candidate: candidate[0]))
    return best[-1][1]


def _chains(steps: Program, first: Step, second: Step) -> bool:
    """Whether the second can follow the first without its tensor going to DRAM."""
    return (
        first.slides
        and second.slides
        and [read.tensor for read in second.reads] == [first.name]
        and first.name not in steps.outputs
        and steps.readers(first.name) == 1
    )


def _window_bytes(steps: Program, part: tuple[Step, ...], npu: EthosN) -> int:
    tensors = {read.tensor for step in part for read in step.reads} | {step.name for step in part}
    shapes = [steps.shapes[name] for name in tensors]
    return sum(rolling_bytes(npu, width, channels) for _, _, width, channels in shapes)


def _pass(steps: Program, part: tuple[Step, ...], npu: EthosN, rereads: bool) -> _Pass:
    moved = [step.weight_bytes for step in part]
    moved[0] += sum(_read_bytes(steps, read, npu, rereads) for read in part[0].reads)
    moved[-1] += _stored(steps, part[-1].name, npu, 0)
    cycles = {
        Bound.MAC: float(sum(step.mac_cycles for step in part)),
        Bound.ELEMENTWISE: float(sum(step.elementwise_cycles for step in part)),
        Bound.DRAM: sum(moved) / npu.dram_bytes_per_cycle,
    }
    return _Pass(part, tuple(moved), cycles)


def _read_bytes(steps: Program, read: Read, npu: EthosN, rereads: bool) -> int:
    height = steps.shapes[read.tensor][1]
    again = reread_rows(npu, height) if rereads and read.surroundings else 0
    return _stored(steps, read.tensor, npu, again)


def _stored(steps: Program, tensor: str, npu: EthosN, more_rows: int) -> int:
    """Inputs and outputs lie as the picture does; what is between lies in compressed bricks."""
    _, height, width, channels = steps.shapes[tensor]
    if tensor in steps.inputs or tensor in steps.outputs:
        return (height + more_rows) * width * channels
    whole = stored_bytes(height + more_rows, width, channels)
    return round(whole * (1.0 - npu.activation_compression))
