"""An ONNX file as nodes and constants, with all that is wrong with a file said in one line."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError, MissingExtraError, NetworkError

OLDEST_OPSET = 9
# A picture of more could not be computed whole, as a file of one size must be.
LARGEST_SIDE = 1 << 14
LONGEST_PLACE = 1000
SHOWN = 40
# Of a file whose functions are written out; the deepest SR networks have some thousands.
MOST_NODES = 1 << 16
MOST_FUNCTIONS = 500
OWN_DOMAINS = ("", "ai.onnx")
PICTURE_CHANNELS = (1, 3)
CODES = {2: "uint8", 3: "int8"}
"""By their numbers in TensorProto."""


@dataclass(frozen=True)
class OnnxFile:
    """What an ONNX file holds of a network with one picture in and one out.

    Attributes:
        nodes: `onnx.NodeProto`s that the output depends on, each after those that it reads.
        constants: weights by name.
        input: the picture's name.
        channels: of it, 1 or 3.
        height: of it in pixels; None where the file leaves it open.
        width: likewise.
        channels_last: whether the picture is NHWC, as TensorFlow's converters leave it.
        output: the result's name.
        opset: the version of ONNX's own operators.
        codes: "uint8" or "int8" where the picture comes so, as in a quantised file; else "".
    """

    nodes: tuple[Any, ...]
    constants: Mapping[str, NDArray[Any]]
    input: str
    channels: int
    height: int | None
    width: int | None
    channels_last: bool
    output: str
    opset: int
    codes: str = ""


def read_onnx(path: Path) -> OnnxFile:
    """Read a file and check what can be told without its operators. Runs no code of the file's.

    Args:
        path: binary ONNX; its external data, if any, in its folder or below.

    Raises:
        MissingExtraError: the package `onnx` is not installed.
        NetworkError: the file or its external data is missing, damaged or outside its folder.
        GraphError: it is no network of one float picture in and one out, or is too old.
    """
    if importlib.util.find_spec("onnx") is None:
        raise MissingExtraError("onnx", "onnx", f"reading {path.name}")
    model = _parsed(path)
    opset = max((o.version for o in model.opset_import if o.domain in OWN_DOMAINS), default=0)
    if opset < OLDEST_OPSET:
        raise GraphError(
            f"{path}: written for ONNX opset {opset}, expected {OLDEST_OPSET} or newer; convert it "
            f"with: onnx.version_converter.convert_version(model, {OLDEST_OPSET + 2})"
        )
    if model.graph.sparse_initializer:
        raise GraphError(f"{path}: holds sparse weights, expected dense ones")
    constants = {tensor.name: _array(path, tensor) for tensor in model.graph.initializer}
    # Files of before 2019 list their weights among the inputs.
    pictures = [value for value in model.graph.input if value.name not in constants]
    if len(pictures) != 1:
        raise GraphError(f"{path}: expected one picture as input, found {_names(pictures)}")
    if len(model.graph.output) != 1:
        raise GraphError(f"{path}: expected one output, found {_names(model.graph.output)}")
    shape = _shape(path, pictures[0])
    channels_last = shape[1] not in PICTURE_CHANNELS and shape[3] in PICTURE_CHANNELS
    channels, height, width = (shape[k] for k in ((3, 1, 2) if channels_last else (1, 2, 3)))
    if channels not in PICTURE_CHANNELS:
        raise GraphError(
            f"{path}: the input {pictures[0].name!r} is {_written(shape)}, expected (N, C, H, W) "
            "with 1 or 3 channels"
        )
    nodes = _needed(model.graph)
    _refuse_unused_layers(path, model.graph, nodes, constants)
    return OnnxFile(
        nodes,
        constants,
        pictures[0].name,
        channels,
        height,
        width,
        channels_last,
        model.graph.output[0].name,
        opset,
        CODES.get(pictures[0].type.tensor_type.elem_type, ""),
    )


def _parsed(path: Path) -> Any:
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import inliner

    try:
        model = onnx.ModelProto.FromString(path.read_bytes())
    except FileNotFoundError:
        raise NetworkError(f"{path}: expected an ONNX file, found none") from None
    except (OSError, DecodeError) as error:
        raise NetworkError(f"{path}: cannot be read as an ONNX file: {error}") from error
    if not model.graph.node:
        raise NetworkError(f"{path}: an ONNX file without operators, damaged or cut short")
    for node in model.graph.node:
        # Protobuf hands out text that is no UTF-8 as bytes.
        if any(not isinstance(text, str) for text in _texts(node)):
            raise NetworkError(f"{path}: names that are no UTF-8, a damaged ONNX file")
    if model.functions:
        _check_expansion(path, model)
        try:
            model = inliner.inline_local_functions(model)
        except Exception as error:
            # The inliner is C++ and raises RuntimeError and its own kinds.
            raise GraphError(f"{path}: its functions cannot be expanded: {error}") from error
    return model


def _check_expansion(path: Path, model: Any) -> None:
    """Raise GraphError where functions that call functions would become endless or too long."""
    bodies = {(f.domain, f.name): f.node for f in model.functions}
    sizes: dict[Any, float] = {}

    def size(nodes: Any, depth: int) -> float:
        if depth > len(bodies):
            return math.inf
        return sum(of((node.domain, node.op_type), depth) for node in nodes)

    def of(key: Any, depth: int) -> float:
        if key not in bodies:
            return 1
        if key not in sizes:
            # What calls itself is never finished.
            sizes[key] = math.inf
            sizes[key] = size(bodies[key], depth + 1)
        return sizes[key]

    if len(bodies) > MOST_FUNCTIONS or size(model.graph.node, 0) > MOST_NODES:
        raise GraphError(f"{path}: its functions expand to more than {MOST_NODES} operators")


def _texts(node: Any) -> tuple[Any, ...]:
    return (node.name, node.op_type, node.domain, *node.input, *node.output)


def _needed(graph: Any) -> tuple[Any, ...]:
    """The nodes that the outputs depend on: files carry others along, such as another branch's."""
    wanted = {value.name for value in graph.output}
    kept = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= {name for name in node.input if name}
            kept.append(node)
    return tuple(reversed(kept))


def _refuse_unused_layers(
    path: Path, graph: Any, needed: tuple[Any, ...], constants: Mapping[str, NDArray[Any]]
) -> None:
    """Raise GraphError for a layer with weights of its own that the result does not depend on."""
    used = {name for node in needed for name in node.input}
    for node in graph.node:
        own = [n for n in node.input if n in constants and constants[n].ndim > 1 and n not in used]
        if own:
            raise GraphError(
                f"{path}: the result does not depend on the layer {node.name or node.op_type!r} "
                f"with the weights {own[0]!r}, which would be lost; remove it from the file"
            )


def _array(path: Path, tensor: Any) -> NDArray[Any]:
    """A tensor's values, from beside the file where it keeps them there."""
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL:
        place = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
        _check_beside(path, tensor.name, place)
    try:
        return np.asarray(numpy_helper.to_array(tensor, base_dir=str(path.parent)))
    except Exception as error:
        # Damaged tensors raise whatever NumPy or onnx's checker happen to stumble over.
        raise NetworkError(f"{path}: the weights {tensor.name!r} are damaged: {error}") from error


def _check_beside(path: Path, name: str, place: str) -> None:
    """Raise unless external data is a file in the ONNX file's folder or below."""
    folder = path.resolve().parent
    if "\0" in place or len(place) > LONGEST_PLACE:
        raise NetworkError(
            f"{path}: the weights {name[:SHOWN]!r} are said to lie in {place[:SHOWN]!r}..., which "
            "is no file's name"
        )
    outside = (
        not place
        or ".." in (*PurePosixPath(place).parts, *PureWindowsPath(place).parts)
        or PurePosixPath(place).is_absolute()
        or bool(PureWindowsPath(place).anchor)
        or not (folder / place).resolve().is_relative_to(folder)
    )
    if outside:
        raise NetworkError(
            f"{path}: the weights {name!r} are said to lie in {place!r}, outside the file's "
            "folder, and are not read from there"
        )
    if not (folder / place).is_file():
        raise NetworkError(
            f"{path}: the weights {name!r} lie in {place!r} beside the file, and that is missing"
        )


def _shape(path: Path, value: Any) -> tuple[int | None, ...]:
    """The four sizes of a picture; None where the file leaves one open."""
    from onnx import TensorProto

    kind = value.type.tensor_type
    floats = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)
    if kind.elem_type not in (*floats, *CODES):
        known = kind.elem_type in TensorProto.DataType.values()
        found = TensorProto.DataType.Name(kind.elem_type).lower() if known else "of no known type"
        raise GraphError(f"{path}: the input {value.name!r} is {found}, expected floating point")
    sides = [dim.dim_value for dim in kind.shape.dim]
    if any(not 0 <= side <= LARGEST_SIDE for side in sides):
        raise GraphError(
            f"{path}: the input {value.name!r} is {_written(tuple(sides))}, expected sizes from 1 "
            f"to {LARGEST_SIDE}"
        )
    shape = tuple(
        dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None
        for dim in kind.shape.dim
    )
    if len(shape) != 4:
        raise GraphError(
            f"{path}: the input {value.name!r} is {_written(shape)}, expected (N, C, H, W)"
        )
    return shape


def _written(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("?" if size is None else str(size) for size in shape) + ")"


def _names(values: Any) -> str:
    names = [repr(value.name) for value in values]
    more = f", ... ({len(names)} in all)" if len(names) > 4 else ""
    return (", ".join(names[:4]) + more) or "none"
