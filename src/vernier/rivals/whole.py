"""A split's exported files as a runner: what single precisions, tools and plans run."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from vernier.bundles.bundle import Bundle, in_memory
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.processors.discovery import find_processor
from vernier.quantization.scales import decode, encode
from vernier.rivals.decision import Decision
from vernier.rivals.modelled import split_stand_in
from vernier.rivals.protocol import Float32, Setting
from vernier.runtime.loading import load_network, placed
from vernier.units.split import Form


class ChainRunner:
    """A bundle, loaded at one size; see `protocol.Runner`.

    Args:
        bundle: a split, or a whole network that names its processor.
        height: of the low-resolution picture.
        width: likewise.
        threads: of the CPU, for each segment.
    """

    int8_share: float | None = None

    def __init__(self, bundle: Bundle, height: int, width: int, threads: int) -> None:
        graph = bundle.graph
        self._entry = graph.types[graph.inputs[0]].quantization
        self._end = graph.types[graph.outputs[0]].quantization
        load = placed(find_processor, threads, allow_fallback=False)
        self._chain = load_network(bundle, height, width, load)
        self._made: NDArray[Any] | None = None

    def fill(self, low: Float32) -> None:
        """See `protocol.Runner`."""
        self._chain.input_buffer()[0] = low if self._entry is None else encode(low, self._entry)

    def run(self) -> None:
        """See `protocol.Runner`."""
        self._made = self._chain.run()

    def result(self) -> Float32:
        """See `protocol.Runner`."""
        assert self._made is not None
        made = self._made[0]
        return made.copy() if self._end is None else decode(made, self._end)

    def close(self) -> None:
        """See `protocol.Runner`."""
        self._made = None
        self._chain.close()


def split_runner(setting: Setting, decision: Decision, height: int, width: int) -> ChainRunner:
    """A decided split, exported and loaded."""
    source = setting.source
    exported = export_split(
        source.graph,
        network_facts(source.graph, source.name, source.scale),
        setting.units,
        tuple(map(split_stand_in, decision.split)),
        setting.ranges,
        form=Form(decision.form),
    )
    bundle = in_memory(exported.manifest, exported.models)
    return ChainRunner(bundle, height, width, setting.threads)
