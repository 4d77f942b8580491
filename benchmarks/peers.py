"""Other people's engines on the same network: what a user would pick instead.

A float graph is written as ONNX (for ONNX Runtime and OpenCV) and as ncnn's own files. Each peer is
run as its documentation starts: defaults, but the number of threads. Peers that are not installed
are named (`pip install 'vernier-sr[peers]'`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from vernier.graphs.graph import Activation, Graph, Kind, Operator

Run = Callable[[], object]
"""Computes once and gives the picture, `(1, H, W, C)` float32."""


class UnsayableError(Exception):
    """An operator that these writers do not know."""


def peers(graph: Graph, plane: np.ndarray[Any, Any], threads: int) -> dict[str, Run | str]:
    """Each peer ready to run on `plane` `(1, H, W, C)`, or why it is not."""
    found: dict[str, Run | str] = {}
    for name, start in (
        ("ONNX Runtime", on_onnx_runtime),
        ("OpenVINO plainly", on_openvino_plainly),
        ("OpenCV dnn", on_opencv),
        ("ncnn", on_ncnn),
    ):
        try:
            found[name] = start(graph, plane, threads)
        except ImportError as error:
            found[name] = f"not installed ({error})"
        except Exception as error:
            # Whatever a peer throws at this network is its own result.
            found[name] = f"fails: {str(error).splitlines()[0] if str(error) else type(error)}"
    return found


def versions() -> dict[str, str]:
    """Of the peers that are here."""
    found = {}
    for package in ("onnxruntime", "openvino", "opencv-python-headless", "ncnn"):
        try:
            found[package] = version(package)
        except ImportError:
            continue
    return found


def on_onnx_runtime(graph: Graph, plane: np.ndarray[Any, Any], threads: int) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(onnx_file(graph), options, ["CPUExecutionProvider"])
    given = {"x": _nchw(plane)}
    return lambda: _nhwc(session.run(None, given)[0])


def on_openvino_plainly(graph: Graph, plane: np.ndarray[Any, Any], threads: int) -> Run:
    """Read, compile, infer: OpenVINO then takes bfloat16 where the CPU has it."""
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        path.write_bytes(onnx_file(graph))
        compiled = openvino.Core().compile_model(path, "CPU")
    request, given = compiled.create_infer_request(), _nchw(plane)

    def run() -> object:
        request.infer({0: given}, share_inputs=True)
        return _nhwc(request.get_output_tensor().data)

    return run


def on_opencv(graph: Graph, plane: np.ndarray[Any, Any], threads: int) -> Run:
    import cv2

    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromONNX(np.frombuffer(onnx_file(graph), np.uint8))
    given = _nchw(plane)

    def run() -> object:
        network.setInput(given)
        return _nhwc(network.forward())

    return run


def on_ncnn(graph: Graph, plane: np.ndarray[Any, Any], threads: int) -> Run:
    import ncnn

    network = ncnn.Net()
    network.opt.num_threads = threads
    param, weights = ncnn_files(graph)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("n.param", param.encode()), ("n.bin", weights)):
            (Path(folder) / name).write_bytes(content)
        refused = network.load_param(str(Path(folder) / "n.param")) or network.load_model(
            str(Path(folder) / "n.bin")
        )
    if refused:
        raise RuntimeError("ncnn refuses the network's files")
    given = ncnn.Mat(_nchw(plane)[0]).clone()  # the first does not keep the array's memory alive

    def run() -> object:
        extractor = network.create_extractor()
        extractor.input("x", given)
        return _nhwc(np.array(extractor.extract("y")[1])[None])

    return run


def _nchw(plane: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(plane.transpose(0, 3, 1, 2))


def _nhwc(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return picture.transpose(0, 2, 3, 1)


def onnx_file(graph: Graph) -> bytes:
    """The graph as ONNX, NCHW, opset 17, with the input `x` and the output `y`."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], []
    names = {graph.inputs[0]: "x", graph.outputs[0]: "y"}

    def constant(name: str, value: np.ndarray[Any, Any]) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    for op in graph.operators:
        out = names.get(op.output, op.output)
        raw = f"{out}/before" if op.activation is Activation.RELU else out
        given = [names.get(name, name) for name in op.inputs if name not in graph.constants]
        match op.kind:
            case Kind.CONV_2D:
                weights, bias = _convolution(graph, op)
                constant(f"{out}/w", weights)
                constant(f"{out}/b", bias)
                pads = _pads(op, weights)
                inputs = [given[0], f"{out}/w", f"{out}/b"]
                nodes.append(helper.make_node("Conv", inputs, [raw], pads=pads))
            case Kind.PRELU:
                slopes = graph.constants[op.inputs[1]].reshape(-1, 1, 1)
                inputs = [given[0], constant(f"{out}/slopes", slopes)]
                nodes.append(helper.make_node("PRelu", inputs, [raw]))
            case Kind.ADD | Kind.SUB:
                if len(given) == 1:
                    value = _vector(graph, op).reshape(1, -1, 1, 1)
                    given.append(constant(f"{out}/second", value))
                nodes.append(helper.make_node(op.kind.value.title(), given, [raw]))
            case Kind.DEPTH_TO_SPACE:
                block = int(op.attributes["block"])
                nodes.append(helper.make_node("DepthToSpace", given, [raw], blocksize=block))
            case _:
                raise UnsayableError(f"{op.kind} is not written as ONNX here")
        if raw != out:
            nodes.append(helper.make_node("Relu", [raw], [out]))
    ports = [
        helper.make_tensor_value_info(port, TensorProto.FLOAT, _shape(graph, name))
        for port, name in (("x", graph.inputs[0]), ("y", graph.outputs[0]))
    ]
    whole = helper.make_graph(nodes, "network", ports[:1], ports[1:], constants)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(whole, opset_imports=opsets, ir_version=8).SerializeToString()


def ncnn_files(graph: Graph) -> tuple[str, bytes]:
    """The graph as ncnn's `.param` and `.bin` (float32; a zero before weights says so)."""
    uses: dict[str, int] = {}
    for op in graph.operators:
        for name in op.inputs:
            uses[name] = uses.get(name, 0) + (name not in graph.constants)
    names = {graph.inputs[0]: "x", graph.outputs[0]: "y"}
    layers: list[str] = ["Input x 0 1 x"]
    content: list[bytes] = []
    copies: dict[str, list[str]] = {}

    def made(name: str) -> None:
        """A blob has one reader; more get copies of it."""
        blob = names.get(name, name)
        if uses.get(name, 0) > 1:
            copies[name] = [f"{blob}_{n}" for n in range(uses[name])]
            layers.append(f"Split split_{blob} 1 {uses[name]} {blob} {' '.join(copies[name])}")

    made(graph.inputs[0])
    for op in graph.operators:
        out = names.get(op.output, op.output)
        given = [
            copies[name].pop() if copies.get(name) else names.get(name, name)
            for name in op.inputs
            if name not in graph.constants
        ]
        match op.kind:
            case Kind.CONV_2D:
                weights, bias = _convolution(graph, op)
                relu = int(op.activation is Activation.RELU)
                channels, _, kernel, _ = weights.shape
                layers.append(
                    f"Convolution {out} 1 1 {given[0]} {out} 0={channels} 1={kernel} "
                    f"4={_pads(op, weights)[0]} 5=1 6={weights.size} 9={relu}"
                )
                content += [bytes(4), weights.tobytes(), bias.tobytes()]
            case Kind.PRELU:
                slopes = graph.constants[op.inputs[1]].reshape(-1).astype(np.float32)
                layers.append(f"PReLU {out} 1 1 {given[0]} {out} 0={slopes.size}")
                content.append(slopes.tobytes())
            case Kind.ADD | Kind.SUB if len(given) == 2 and op.activation is Activation.NONE:
                code = int(op.kind is Kind.SUB)
                layers.append(f"BinaryOp {out} 2 1 {' '.join(given)} {out} 0={code}")
            case Kind.ADD | Kind.SUB if _vector(graph, op).size == 1:
                value = float(_vector(graph, op)[0])
                code = int(op.kind is Kind.SUB)
                layers.append(f"BinaryOp {out} 1 1 {given[0]} {out} 0={code} 1=1 2={value:e}")
            case Kind.DEPTH_TO_SPACE:
                layers.append(
                    f"PixelShuffle {out} 1 1 {given[0]} {out} 0={op.attributes['block']} 1=1"
                )
            case _:
                raise UnsayableError(f"{op.kind} is not written for ncnn here")
        made(op.output)
    blobs = 1 + sum(int(layer.split()[3]) for layer in layers[1:])
    return "\n".join(["7767517", f"{len(layers)} {blobs}", *layers, ""]), b"".join(content)


def _convolution(graph: Graph, op: Operator) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Weights `(O, I, H, W)` and bias `(O,)`."""
    if op.attributes.get("stride", 1) != 1 or op.attributes.get("dilation", 1) != 1:
        raise UnsayableError("a convolution with strides or dilation")
    weights = graph.constants[op.inputs[1]].transpose(0, 3, 1, 2).astype(np.float32)
    return np.ascontiguousarray(weights), graph.constants[op.inputs[2]].astype(np.float32)


def _pads(op: Operator, weights: np.ndarray[Any, Any]) -> list[int]:
    if op.attributes.get("padding") == "valid":
        return [0, 0, 0, 0]
    high, wide = (size // 2 for size in weights.shape[2:])
    return [high, wide, high, wide]


def _vector(graph: Graph, op: Operator) -> np.ndarray[Any, Any]:
    """The constant operand."""
    (name,) = [name for name in op.inputs if name in graph.constants]
    return graph.constants[name].reshape(-1).astype(np.float32)


def _shape(graph: Graph, name: str) -> list[int]:
    batch, height, width, channels = graph.types[name].shape
    return [batch, channels, height, width]
