"""A bundle made ready to run at one size: bare, or with colour around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vernier.bundles.bundle import Bundle
from vernier.conversion.protocol import Method
from vernier.conversion.registry import default_method
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph, Kind, Operator
from vernier.graphs.packed_convolutions import packed_convolutions
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId
from vernier.processors.discovery import find_processor
from vernier.processors.protocol import Executable, Processor
from vernier.processors.self_test_cases import kinds_in
from vernier.processors.soundness import passed_over
from vernier.runtime.chain import Chain
from vernier.runtime.integer_picture_graph import integer_picture_graph
from vernier.runtime.picture_graph import OWN_NAMES, picture_graph
from vernier.runtime.plane_graph import plane_graph
from vernier.units.segments import Segmentation, segment

AROUND = "colours in float32"
"""What notes of pictures and of times depend on besides the files: how the colours are computed."""
LoadOne = Callable[[str, bytes], Executable]


@dataclass(frozen=True)
class Load:
    """Loads a `.tflite` file on what a manifest calls a processor, such as `*:*:int8`.

    Attributes:
        processor_for: the processor for the manifest's text.
        threads: for each executable; 0 for all cores.
        allow_fallback: see `Processor.load`.
    """

    processor_for: Callable[[str], Processor]
    threads: int
    allow_fallback: bool

    def __call__(self, processor: str, model: bytes) -> Executable:
        """The file, loaded."""
        return self.on(self.processor_for(processor), model)

    def on(self, processor: Processor, model: bytes) -> Executable:
        """The same on a processor that is known."""
        return processor.load(model, threads=self.threads, allow_fallback=self.allow_fallback)


def placed(processor_for: Callable[[str], Processor], threads: int, allow_fallback: bool) -> Load:
    """How segments are loaded; see `Load`."""
    return Load(processor_for, threads, allow_fallback)


def load_network(
    bundle: Bundle, height: int, width: int, load: Load, method: Method | None = None
) -> Chain:
    """The bare network: planes of its own channels and dtype in and out.

    Args:
        bundle: what to run.
        height: of the low-resolution planes, in pixels.
        width: likewise.
        load: see `placed`.
        method: converts between segments; the fastest that is here otherwise.

    Raises:
        ProcessorError: a processor is not here, or refuses a segment.
        PlacementError: something would run otherwise than the bundle asks, and may not.
    """
    graph = resized(bundle.graph, height, width)
    return _load_all(graph, segment(graph, bundle.processors), load, method)


def load_picture(
    bundle: Bundle,
    height: int,
    width: int,
    samples: int,
    codes: bool,
    load: Load,
    method: Method | None = None,
) -> Chain:
    """The network with colour around it; see `picture_graph` for what goes in and comes out.

    Arguments and errors are those of `load_network` and `picture_graph`.
    """
    sized = resized(bundle.graph, height, width)
    graph = wrapped_network(sized, bundle.manifest.network.scale, samples, codes)
    finer = _finer_colours(graph, bundle, load)
    if finer is None:
        return _load_all(graph, segment(graph, placed_colours(graph, bundle)), load, method)
    name = str(finer.id)

    def either(processor: str, model: bytes) -> Executable:
        return load.on(finer, model) if processor == name else load(processor, model)

    return _load_all(graph, segment(graph, placed_colours(graph, bundle, name)), either, method)


def _finer_colours(wrapped: Graph, bundle: Bundle, load: Load) -> Processor | None:
    """The same engine in float32 where the colours would be computed in bfloat16, if it is right.

    A step of bfloat16 is a grey level wherever a picture is brighter than half, and colours are
    little work. What a network of RGB has around it computes nothing.
    """
    network = bundle.graph
    names = list(dict.fromkeys(bundle.processors.values()))
    if network.types[network.inputs[0]].shape[3] != 1:
        return None
    found = load.processor_for(_colours_on(names)).id
    if found.precision != "bfloat16":
        return None
    finer = find_processor(str(found.in_precision("float32")))
    return None if passed_over(finer, kinds_in(wrapped)) else finer


def load_plane(
    bundle: Bundle, height: int, width: int, codes: bool, full_range: bool, load: Load
) -> Chain:
    """The network from a luma plane, as video has it, to a larger one.

    Args:
        bundle: of a luma network.
        height: of the plane, in pixels.
        width: likewise.
        codes: as `plane_graph`.
        full_range: the codes begin at black and end at white, and are not BT.601's studio range.
        load: see `placed`.

    Raises:
        GraphError: the network is not of luma.
        ProcessorError: a processor is not here, or refuses a segment.
        PlacementError: something would run otherwise than the bundle asks, and may not.
    """
    sized = resized(bundle.graph, height, width)
    scale = bundle.manifest.network.scale
    if codes and full_range:
        # What a grey picture is: its samples become studio range, and the result turns back.
        graph = picture_graph(sized, scale, 1, codes=True)
    else:
        graph = plane_graph(sized, scale, codes)
    processors = bundle.processors if graph is sized else placed_colours(graph, bundle)
    return _load_all(graph, segment(graph, processors), load, None)


def load_graph(graph: Graph, processor: str, load: Load) -> Chain:
    """A graph of our own, whole on one processor.

    Raises:
        ProcessorError: it is not here, or refuses the graph.
    """
    everywhere = dict.fromkeys((op.output for op in graph.operators), processor)
    return _load_all(graph, segment(graph, everywhere), load, None)


def wrapped_network(network: Graph, scale: int, samples: int, codes: bool) -> Graph:
    """A network with colour around it, in integers throughout where all is 8 bits.

    Arguments and errors are those of `picture_graph`; with `codes` the ends are uint8, or int8
    for an INT8 luma network on RGB.
    """
    luma = network.types[network.inputs[0]].shape[3] == 1
    integer = (
        all(network.types[op.output].dtype == "int8" for op in network.operators)
        and network.types[network.inputs[0]].dtype == "int8"
    )
    if codes and integer and luma and samples == 3:
        return integer_picture_graph(network, scale)
    return picture_graph(network, scale, samples, codes)


def placed_colours(wrapped: Graph, bundle: Bundle, colours: str | None = None) -> Mapping[str, str]:
    """Where each operator of a wrapped network runs: the network's own as the bundle says.

    The colours around it go to `colours`; without it to the bundle's first float processor, since
    that is what they are computed in, or where it has none with everything else to the only one.
    """
    names = list(dict.fromkeys(bundle.processors.values()))
    if colours is None and len(names) == 1:
        return dict.fromkeys((op.output for op in wrapped.operators), names[0])
    colours = colours or _colours_on(names)
    made = dict(bundle.processors)
    for op in wrapped.operators:
        if op.output in made or not _is_around(op, wrapped):
            continue
        ends = {wrapped.types[name].dtype for name in (op.inputs[0], op.output)}
        if ends == {"int8"}:
            # The result's codes, laid out anew: where they were computed.
            made[op.output] = made[op.inputs[0]]
        elif op.kind not in (Kind.QUANTIZE, Kind.DEQUANTIZE) or "uint8" in ends:
            made[op.output] = colours
    return made


def _colours_on(names: Sequence[str]) -> str:
    """Of a bundle's processors, in their order."""
    floats = [name for name in names if ProcessorId.parse(name).model_precision == "float32"]
    finest = [name for name in floats if ProcessorId.parse(name).precision == "float32"]
    return (finest or floats or names)[0]


def _is_around(op: Operator, wrapped: Graph) -> bool:
    """Whether an operator is of the colours, and not a conversion of the network's own."""
    return op.output.startswith(OWN_NAMES) or op.output in wrapped.outputs


def _load_all(graph: Graph, pieces: Segmentation, load: LoadOne, method: Method | None) -> Chain:
    executables: list[Executable] = []
    try:
        executables.extend(
            load(run.processor, write(packed_convolutions(run.graph))) for run in pieces.runs
        )
        return Chain(graph, pieces, executables, method or default_method())
    except BaseException:
        for executable in executables:
            executable.close()
        raise
