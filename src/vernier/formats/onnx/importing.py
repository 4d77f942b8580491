"""An ONNX file as our graph, operator by operator, without PyTorch.

A file that leaves the picture's size open is read for one size and for twice that; both must give
one graph, which then holds for any size (`graphs.shapes.resized`). A file for one size is read at
that size; the graph holds for any, since no operator of it knows a size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.formats.onnx.arrangement import Arrangement
from vernier.formats.onnx.call import Arranged, Call, Lowered, Padded, Value
from vernier.formats.onnx.constants import FOLDED, fold
from vernier.formats.onnx.dequantizing import Range, dequantized, is_quantized
from vernier.formats.onnx.file import OWN_DOMAINS, OnnxFile, read_onnx
from vernier.formats.onnx.operators import LOWERINGS
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Graph
from vernier.graphs.lowering_values import Activation, UnsupportedError
from vernier.graphs.rewrites import simplify
from vernier.graphs.shapes import resized

NHWC = (0, 2, 3, 1)


def import_onnx(path: Path, name: str, height: int = 48, width: int = 64) -> Graph:
    """Read a network of one picture in and one picture out.

    Weights become float32 constants, what follows from constants and shapes alone is computed
    now, and the graph is simplified as a captured module is. Strided convolutions and transposed
    ones get zeros around their kernels where `.tflite`'s paddings need them; a pixel shuffle is
    recognised however it is written.

    Args:
        path: binary ONNX, opset 9 or newer, float; external data in its folder or below.
        name: of the graph.
        height: rows of the graph's input, a multiple of every stride.
        width: columns, likewise.

    Returns:
        A checked float32 graph with the input "input" of `(1, height, width, C)`, C 1 or 3, and
        the output "output".

    Raises:
        MissingExtraError: the package `onnx` is not installed.
        NetworkError: the file or its external data is missing, damaged or outside its folder.
        GraphError: it is no such network, or an operator or a form of one has no counterpart; the
            message names the first and its node.
    """
    return import_with_ranges(path, name, height, width)[0]


def import_with_ranges(
    path: Path, name: str, height: int = 48, width: int = 64
) -> tuple[Graph, dict[str, Range]]:
    """As `import_onnx`, with what a quantised file says of its activations.

    Arguments and errors are those of `import_onnx`.

    Returns:
        The float graph, and the range of each activation that the file has a scale for, by its
        name in the graph; none where the file is float.
    """
    file = read_onnx(path)
    known: Mapping[str, Range] = {}
    if is_quantized(file):
        try:
            found = dequantized(file)
        except UnsupportedError as error:
            raise GraphError(f"{path}: {error}") from error
        file, known = found.file, found.ranges
    elif file.codes:
        raise GraphError(
            f"{path}: the input {file.input!r} is {file.codes}, expected floating point"
        )
    own = (file.height or height, file.width or width)
    graph, ranges = _imported(file, path, name, *own, known)
    fixed = file.height is not None or file.width is not None
    if not fixed:
        _refuse_differences(path, graph, _imported(file, path, name, 2 * own[0], 2 * own[1])[0])
    elif (reader := _computes_with_sizes(file)) is not None:
        raise GraphError(
            f"{path}: the file is for pictures of {own[1]}x{own[0]} alone and computes with their "
            f"size (node {_label(reader)!r}); export it with height and width as dynamic axes"
        )
    return resized(graph, height, width), ranges


def _imported(
    file: OnnxFile,
    path: Path,
    name: str,
    height: int,
    width: int,
    known: Mapping[str, Range] = MappingProxyType({}),
) -> tuple[Graph, dict[str, Range]]:
    build = GraphBuilder(name)
    picture = build.input("input", (1, height, width, file.channels))
    values: dict[str, Value] = dict(file.constants)
    values[file.input] = Activation(picture)
    if file.channels_last:
        arrangement = Arrangement.of(file.channels, height, width).transposed(NHWC)
        assert arrangement is not None
        values[file.input] = Arranged(picture, arrangement)
    for node in file.nodes:
        place = f"{path}: the ONNX operator {_operator(node)!r} (node {_label(node)!r})"
        try:
            values.update(_results(node, values, build, file.opset, place))
        except UnsupportedError as error:
            raise GraphError(f"{place}: {error}") from error
        except GraphError:
            raise
        except (ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
            # A node of a damaged file, with inputs or attributes that no exporter writes.
            raise GraphError(f"{place} is malformed: {error}") from error
    build.outputs = [_output(file, path, values, build)]
    found = {
        value.name: known[tensor]
        for tensor, value in values.items()
        if tensor in known and isinstance(value, Activation)
    }
    simplify(build)
    last = build.outputs[0]
    _name_output(build)
    graph = build.graph()
    for constant, value in graph.constants.items():
        if not np.isfinite(value).all():
            raise GraphError(f"{path}: the weights {constant!r} hold NaN or infinity")
    renamed = {"output" if name == last else name: ends for name, ends in found.items()}
    kept = set(graph.activations())
    return graph, {name: ends for name, ends in renamed.items() if name in kept}


def _results(
    node: Any, values: Mapping[str, Value], build: GraphBuilder, opset: int, place: str
) -> dict[str, Value]:
    """The values of a node's outputs, by name."""
    unknown = next((name for name in node.input if name and name not in values), None)
    if unknown is not None:
        raise GraphError(f"{place} reads {unknown!r}, which nothing before it computes")
    inputs = tuple(values[name] if name else None for name in node.input)
    own = node.domain in OWN_DOMAINS
    results: list[Value]
    if own and node.op_type in ("Shape", "Size") and not isinstance(inputs[0], np.ndarray):
        results = [_sizes(node, _shape(build, inputs[0]))]
    elif own and node.op_type in FOLDED and not any(map(_is_computed, inputs)):
        constants = [value for value in inputs if value is None or isinstance(value, np.ndarray)]
        results = list(fold(node, constants, opset))
    elif own and node.op_type in LOWERINGS:
        call = Call(build, _label(node), inputs, _attributes(node), len(node.output), opset)
        results = _wrapped(LOWERINGS[node.op_type](call))
    else:
        hint = _HINTS.get(node.op_type, "") if own else ""
        raise GraphError(
            f"{place} has no counterpart in our graph{hint}; known are convolutions, arithmetic, "
            "activations, pixel shuffles, Resize, Concat, Slice, Split and global means"
        )
    return {name: value for name, value in zip(node.output, results, strict=False) if name}


_HINTS = dict.fromkeys(
    ("ConvInteger", "MatMulInteger", "DynamicQuantizeLinear"),
    " (its scales are computed anew for each picture; bring the float network it was made of)",
)


def _is_computed(value: Value | None) -> bool:
    return value is not None and not isinstance(value, np.ndarray)


def _shape(build: GraphBuilder, value: Value | None) -> tuple[int, ...]:
    """The shape of a computed value as the file sees it: NCHW."""
    if isinstance(value, Arranged):
        return value.arrangement.shape
    if isinstance(value, Activation):
        _, rows, columns, channels = build.types[value.name].shape
        return (1, channels, rows, columns)
    if isinstance(value, Padded):
        _, rows, columns, channels = build.types[value.source].shape
        top, left, bottom, right = value.pads
        return (1, channels, rows + top + bottom, columns + left + right)
    raise UnsupportedError("the shape of a partial sum")


def _sizes(node: Any, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """What Shape (of axes from `start` to `end`) or Size gives of a tensor of that shape."""
    if node.op_type == "Size":
        return np.array(math.prod(shape), np.int64)
    given = _attributes(node)
    return np.array(shape[given.get("start") : given.get("end")], np.int64)


def _wrapped(lowered: Lowered) -> list[Value]:
    if isinstance(lowered, list):
        return [Activation(name) for name in lowered]
    return [Activation(lowered) if isinstance(lowered, str) else lowered]


def _attributes(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _operator(node: Any) -> str:
    return node.op_type if node.domain in OWN_DOMAINS else f"{node.domain}::{node.op_type}"


def _label(node: Any) -> str:
    """A name that a reader finds in the file."""
    outputs = [name for name in node.output if name]
    label: str = node.name or (outputs[0] if outputs else node.op_type)
    return label.strip("/")


def _output(file: OnnxFile, path: Path, values: Mapping[str, Value], build: GraphBuilder) -> str:
    value = values.get(file.output)
    if isinstance(value, Arranged):
        _, rows, columns, channels = build.types[value.source].shape
        if value.arrangement == Arrangement.of(channels, rows, columns).transposed(NHWC):
            value = Activation(value.source)
    if not isinstance(value, Activation) or value.name in build.inputs:
        raise GraphError(f"{path}: the output {file.output!r} is no picture made of the input")
    return value.name


def _name_output(build: GraphBuilder) -> None:
    """Call the output "output", and whatever had that name by its number."""
    if build.outputs != ["output"] and build.producer("output") is not None:
        build.rename("output", build.unique("output"))
    build.rename(build.outputs[0], "output")


# What reads sizes to find a shape or a factor, not to compute a sample.
_READERS_OF_SIZES = frozenset({"Reshape", "Resize", "Upsample", "Slice", "Expand"})


def _computes_with_sizes(file: OnnxFile) -> Any | None:
    """The first node whose samples depend on the picture's size; None without one.

    Such a constant is right at the file's own size, and nothing says what it is at another.
    """
    computed, sizes = {file.input}, set[str]()
    for node in file.nodes:
        names = {name for name in node.input if name}
        if node.op_type in ("Shape", "Size"):
            sizes.update(node.output)
        elif names & computed:
            if names & sizes and node.op_type not in _READERS_OF_SIZES:
                return node
            computed.update(node.output)
        elif names & sizes:
            sizes.update(node.output)
    return None


def _refuse_differences(path: Path, graph: Graph, larger: Graph) -> None:
    """A number that is computed from the picture's size would be wrong at every other size."""
    same = graph.operators == larger.operators and all(
        np.array_equal(value, larger.constants[name]) for name, value in graph.constants.items()
    )
    if not same:
        raise GraphError(
            f"{path}: computes something else for a picture twice the size: the network uses the "
            "picture's size as a number"
        )
