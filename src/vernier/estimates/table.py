"""What an estimate says: one row per layer, and their sums. Nothing in it was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Bound(StrEnum):
    """What a layer waits for."""

    MAC = "MAC"
    ELEMENTWISE = "elementwise"
    DRAM = "DRAM"
    SRAM = "SRAM"
    UNKNOWN = "not estimated"


@dataclass(frozen=True)
class LayerEstimate:
    """One layer as the accelerator would run it.

    Attributes:
        name: of the tensor that it computes.
        kind: the operator, with what is fused into it.
        runs_on: "NPU", or "CPU" where the accelerator cannot run it (its time is then unknown).
        macs: multiply-accumulates of the layer itself, without those that rounding adds.
        mac_cycles: of the multipliers, with what rounding and Winograd do to them.
        elementwise_cycles: of the unit behind the multipliers; 0 where it is not told apart.
        dram_cycles: that the layer's DRAM traffic takes.
        dram_bytes: read and written; None where only cycles are known.
        bound: what decides the time.
        time_ms: the layer's share of its pass.
        pass_number: layers of one number run at once, with nothing between them in DRAM.
    """

    name: str
    kind: str
    runs_on: str
    macs: int
    mac_cycles: int
    elementwise_cycles: int
    dram_cycles: int
    dram_bytes: int | None
    bound: Bound
    time_ms: float
    pass_number: int


@dataclass(frozen=True)
class Estimate:
    """A network on an accelerator that is not here.

    Attributes:
        network: its name.
        npu: the accelerator.
        source: the model or compiler that the figures come from.
        parameters: what was assumed, by name with units.
        layers: in the order in which they run.
        time_ms: of one picture (or tile) of the graph's size.
        dram_bytes: read and written for it, weights included.
        remarks: sentences on what the figures leave out.
    """

    network: str
    npu: str
    source: str
    parameters: dict[str, Any]
    layers: tuple[LayerEstimate, ...]
    time_ms: float
    dram_bytes: int
    remarks: tuple[str, ...] = ()

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all layers."""
        return sum(layer.macs for layer in self.layers)

    @property
    def mac_cycles(self) -> int:
        """Of all layers."""
        return sum(layer.mac_cycles for layer in self.layers)

    @property
    def frames_per_second(self) -> float:
        """Pictures a second, one after the other."""
        return 1000.0 / self.time_ms

    @property
    def on_the_cpu(self) -> tuple[LayerEstimate, ...]:
        """The layers that the accelerator cannot run."""
        return tuple(layer for layer in self.layers if layer.runs_on == "CPU")

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "modelled": True,
            "network": self.network,
            "npu": self.npu,
            "source": self.source,
            "parameters": self.parameters,
            "macs": self.macs,
            "mac_cycles": self.mac_cycles,
            "dram_bytes": self.dram_bytes,
            "time_ms": self.time_ms,
            "frames_per_second": self.frames_per_second,
            "on_the_cpu": [f"{layer.kind} {layer.name}" for layer in self.on_the_cpu],
            "remarks": list(self.remarks),
            "layers": [asdict(layer) for layer in self.layers],
        }
