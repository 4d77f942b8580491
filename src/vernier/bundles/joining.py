"""A bundle's segments and conversions as the one graph that they were cut from."""

from __future__ import annotations

from collections.abc import Sequence

from vernier.bundles.manifest import ConversionEntry, Manifest
from vernier.errors import GraphError
from vernier.graphs.graph import Array, Graph, Kind, Operator, TensorType


def join(manifest: Manifest, segments: Sequence[Graph]) -> Graph:
    """The whole network's graph.

    Args:
        manifest: says what is the input, the output, and converted.
        segments: in the order in which they run.

    Raises:
        GraphError: the segments do not fit together: a tensor is read before it is computed,
            computed twice, or has another type where it is read than where it is computed.
    """
    types: dict[str, TensorType] = {}
    constants: dict[str, Array] = {}
    operators: list[Operator] = []
    entry = manifest.input or segments[0].inputs[0]
    waiting = list(manifest.conversions)
    known = {entry}
    for number, segment in enumerate(segments):
        _merge(types, segment)
        waiting = _convert(waiting, known, operators)
        missing = [name for name in segment.inputs if name not in known]
        if missing:
            file = manifest.segments[number].file
            raise GraphError(f"{file} reads {missing[0]!r}, which nothing before it computes")
        constants |= segment.constants
        operators += segment.operators
        known.update(segment.outputs)
    waiting = _convert(waiting, known, operators)
    if waiting:
        raise GraphError(f"nothing computes {waiting[0].source!r}, which is to be converted")
    operators = [_with_kind(op, types) for op in operators]
    last = manifest.output or segments[-1].outputs[0]
    whole = Graph(manifest.name, (entry,), (last,), tuple(operators), constants, types)
    whole.check()
    return whole


def _merge(types: dict[str, TensorType], segment: Graph) -> None:
    for name, kind in segment.types.items():
        found = types.setdefault(name, kind)
        same = (found.shape, found.dtype) == (kind.shape, kind.dtype)
        if not same or _scales(found) != _scales(kind):
            raise GraphError(
                f"{name!r} is {found.dtype}{found.shape} in one segment and another "
                f"type, {kind.dtype}{kind.shape}, or scale in the next"
            )


def _scales(kind: TensorType) -> bytes:
    given = kind.quantization
    return b"" if given is None else given.scale.tobytes() + given.zero_point.tobytes()


def _convert(
    waiting: list[ConversionEntry], known: set[str], operators: list[Operator]
) -> list[ConversionEntry]:
    """Append the conversions whose sources are known; returns the others."""
    left = []
    for entry in waiting:
        if entry.source in known:
            # Which of the two kinds it is, the types say; they are all known only at the end.
            operators.append(Operator(Kind.QUANTIZE, (entry.source,), entry.target))
            known.add(entry.target)
        else:
            left.append(entry)
    return left if len(left) == len(waiting) else _convert(left, known, operators)


def _with_kind(op: Operator, types: dict[str, TensorType]) -> Operator:
    if op.kind is not Kind.QUANTIZE:
        return op
    for name in (op.inputs[0], op.output):
        if name not in types:
            raise GraphError(f"{name!r} is converted, but no segment computes or reads it")
    if types[op.output].dtype == "float32":
        return Operator(Kind.DEQUANTIZE, op.inputs, op.output)
    return op
