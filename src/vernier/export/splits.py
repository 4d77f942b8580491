"""A split as a bundle: one `.tflite` per segment, or one of mixed precision for all.

The float graph, the split's INT8 units and the ranges make one *mixed* graph with QUANTIZE and
DEQUANTIZE where the format changes. That graph is what a split means; the forms differ only in how
it is cut into files, and give the same codes where the engines do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vernier.bundles.bundle import seal
from vernier.bundles.manifest import (
    FORMAT,
    ConversionEntry,
    Damage,
    Manifest,
    NetworkFacts,
    PredictedTime,
    SegmentEntry,
    UnitEntry,
)
from vernier.errors import UsageError
from vernier.export.whole import Exported, at_file_size
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph, Kind
from vernier.processor_id import ProcessorId, is_integer
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges
from vernier.units.segments import Segmentation, segment
from vernier.units.split import Form, Split, fusion, integer_operators, of_operators
from vernier.units.unit import Unit, check_partition
from vernier.version import VERSION


def mixed_graph(graph: Graph, units: Sequence[Unit], split: Split, ranges: Ranges) -> Graph:
    """What a split computes, as one graph: the INT8 units in INT8, the rest in float32.

    Args:
        graph: float32 throughout.
        units: a partition of its operators.
        split: of these units.
        ranges: of each activation that an INT8 unit reads or writes.

    Raises:
        GraphError: a range is missing, or an operator has no INT8 form.
        UsageError: the split is of other units.
    """
    return quantize(graph, ranges, integer_operators(split, units))


def place(
    mixed: Graph, units: Sequence[Unit], split: Split, form: Form = Form.SEGMENTS
) -> dict[str, str]:
    """The processor of each operator of a mixed graph, by its output; conversions have none.

    Raises:
        UsageError: the processors cannot be fused.
    """
    placed = of_operators(split, units)
    if form is Form.FUSED:
        return _fused(mixed, placed)
    return _with_conversions(mixed, placed, form)


def _with_conversions(mixed: Graph, placed: dict[str, str], form: Form) -> dict[str, str]:
    # Backwards, because a change of scale goes with the operator that asks for it.
    for op in reversed(mixed.operators):
        if op.output in placed:
            continue
        readers = [placed[r.output] for r in mixed.consumers(op.output) if r.output in placed]
        rescales = mixed.types[op.inputs[0]].dtype == mixed.types[op.output].dtype
        if readers and (rescales or (form is Form.ENGINE and op.kind is Kind.QUANTIZE)):
            placed[op.output] = readers[0]
    if form is Form.ENGINE:
        for op in mixed.operators:
            if op.kind is Kind.DEQUANTIZE and op.inputs[0] in placed:
                placed[op.output] = placed[op.inputs[0]]
    return placed


def _fused(mixed: Graph, placed: Mapping[str, str]) -> dict[str, str]:
    """Operators of processors that one file can hold are brought together, with the conversions
    between them; of the others, those of several engines, nothing changes.
    """
    names = list(dict.fromkeys(placed.values()))
    joined = fusion(names)
    if not joined and len(names) > 1:
        raise UsageError(_cannot_be_fused(names))
    found = {output: joined.get(name, name) for output, name in placed.items()}
    for op in mixed.operators:
        if op.output not in found:
            readers = [found.get(r.output) for r in mixed.consumers(op.output)]
            source = found.get(op.inputs[0], readers[0] if readers else None)
            if source is not None and source in joined.values() and source in readers:
                found[op.output] = source
    found = _with_conversions(mixed, found, Form.SEGMENTS)
    return _floats_apart(mixed, found, {one: name for name, one in joined.items() if one != name})


def _floats_apart(mixed: Graph, placed: dict[str, str], exact: Mapping[str, str]) -> dict[str, str]:
    """A run of a fused processor that computes nothing in INT8 goes to the float one; what it
    converts at its ends, for other engines as well, is left to Vernier.
    """
    for run in segment(mixed, placed).runs:
        operators = run.graph.operators
        converts = [op for op in operators if op.kind in (Kind.QUANTIZE, Kind.DEQUANTIZE)]
        computes = [op for op in operators if op not in converts]
        computed = {run.graph.types[op.output].dtype for op in computes}
        if run.processor in exact and computed == {"float32"}:
            placed |= dict.fromkeys((op.output for op in computes), exact[run.processor])
            for op in converts:
                del placed[op.output]
    return placed


def _cannot_be_fused(names: Sequence[str]) -> str:
    floats = [name for name in names if not is_integer(name)]
    devices = {(one.engine, one.device) for one in map(ProcessorId.parse, names)}
    if len(devices) == 1 and len(floats) == 1:
        return (
            f"float units of a fused file run in float32, found {floats[0]}; "
            "use the form 'segments'"
        )
    return (
        "only one engine's processors on one device can be fused into one file, found "
        f"{', '.join(names)}; use the form 'segments'"
    )


def export_split(
    graph: Graph,
    facts: NetworkFacts,
    units: Sequence[Unit],
    split: Split,
    ranges: Ranges,
    *,
    form: Form = Form.SEGMENTS,
    predicted_ms: Mapping[str, float] | None = None,
    prediction: PredictedTime | None = None,
    note: str = "",
    damage: Damage | None = None,
    size: tuple[int, int] | None = None,
) -> Exported:
    """A split as a bundle.

    Args:
        graph: float32 throughout.
        facts: see `export.whole.network_facts`.
        units: a partition of its operators, in an order in which they can run.
        split: of these units.
        ranges: of each activation that an INT8 unit reads or writes.
        form: how it becomes files.
        predicted_ms: by unit, where there is a profile.
        prediction: of the whole, likewise.
        note: for the manifest.
        damage: measured against the float network, where it was.
        size: see `export.file_size`.

    Raises:
        GraphError: a range is missing, or an operator has no INT8 form.
        UsageError: the split is of other units, or cannot take this form.
    """
    check_partition(graph, units)
    mixed = mixed_graph(graph, units, split, ranges)
    placed = place(mixed, units, split, form)
    sized = at_file_size(mixed, size)
    pieces = segment(sized, placed)
    segments, models = _files(pieces)
    home = {
        op.output: entry.file
        for run, entry in zip(pieces.runs, segments, strict=True)
        for op in run.graph.operators
    }
    manifest = Manifest(
        format=FORMAT,
        name=f"{facts.name}-x{facts.scale}.split",
        made_by=f"vernier {VERSION}",
        network=facts,
        segments=segments,
        input=mixed.inputs[0],
        output=mixed.outputs[0],
        units=tuple(
            UnitEntry(
                name=unit.name,
                processor=processor,
                segment=home[unit.operators[0]],
                operators=unit.operators,
                predicted_ms=None if predicted_ms is None else predicted_ms[unit.name],
            )
            for unit, processor in zip(units, split, strict=True)
        ),
        conversions=tuple(
            ConversionEntry(source=op.inputs[0], target=op.output) for op in pieces.conversions
        ),
        form=form.value,
        prediction=prediction,
        damage=damage,
        note=note,
    )
    return Exported(manifest, models)


def _files(pieces: Segmentation) -> tuple[tuple[SegmentEntry, ...], dict[str, bytes]]:
    entries = []
    models = {}
    digits = len(str(len(pieces.runs)))
    for number, run in enumerate(pieces.runs, 1):
        model = write(run.graph)
        file = f"{number:0{digits}}-{run.processor.replace(':', '-')}.tflite"
        models[file] = model
        entries.append(seal(file, model, run.processor, run.graph))
    return tuple(entries), models
