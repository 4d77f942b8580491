"""How much memory a graph's activations need, before anything is loaded."""

from __future__ import annotations

import math
from pathlib import Path

from vernier.graphs.graph import Graph, Kind, Operator, TensorType
from vernier.processor_id import ProcessorId

SAMPLE_BYTES = {"float32": 4, "int32": 4, "int8": 1, "uint8": 1}

# What a process grows by, over `peak_bytes`: engines keep copies in other layouts, and LiteRT's
# Interpreter plans memory for its own kernels' patches even where XNNPACK runs instead. Measured by
# `benchmarks/memory.py` with sesr-m5 in colour.
ENGINE_MEMORY_FACTORS = {
    ("litert", "float32"): 5.2,
    ("litert", "int8"): 16.4,
    # RRDBNets and SRVGGNetCompact from 64x64 to 128x128: 1.0 to 1.5 times, but for a few MiB.
    ("openvino", "float32"): 1.5,
    ("onnxruntime", "float32"): 2.2,
    # Where PReLU runs in float, its tensors are alive at four bytes for one.
    ("onnxruntime", "int8"): 14.5,
    # 0.5 times of Real-ESRGAN x4plus, 0.7 to 1.1 of sesr-m5.
    ("openvino", "bfloat16"): 1.2,
    # 1.4 times of a large tile; of the smallest ones 3 times, which is some MiB.
    ("openvino", "int8"): 2.0,
}
OTHER_MEMORY_FACTOR = 2.0
CONTROL_GROUP = Path("/sys/fs/cgroup")
# Of each copy of a network: its weights as they are stored, repacked and, by OpenVINO, both at once
# while it compiles. Measured likewise, with Real-ESRGAN x4plus, whose weights are 64 MiB.
ENGINE_WEIGHT_COPIES = {"litert": 2.4, "openvino": 4.8}
OTHER_WEIGHT_COPIES = 3.0
SHARE_OF_FREE_MEMORY = 4
"""Where tiles would be small for a network of large halo, one in so many free bytes is theirs."""


def tensor_bytes(kind: TensorType) -> int:
    """Size of a tensor in bytes."""
    return math.prod(kind.shape) * SAMPLE_BYTES[kind.dtype]


def engine_bytes(graph: Graph, processor: ProcessorId) -> float:
    """What a processor's engine is reckoned to take for a graph, in bytes; more rather than less.

    `benchmarks/memory.py` prints it beside what was measured.
    """
    return weight_bytes(graph, processor) + activation_bytes(graph, processor)


def weight_bytes(graph: Graph, processor: ProcessorId) -> float:
    """The part of `engine_bytes` that is there whatever the picture's size."""
    held = sum(tensor.nbytes for tensor in graph.constants.values())
    return ENGINE_WEIGHT_COPIES.get(processor.engine, OTHER_WEIGHT_COPIES) * held


def activation_bytes(graph: Graph, processor: ProcessorId) -> float:
    """The part of `engine_bytes` that grows with the picture."""
    key = (processor.engine, processor.precision)
    peak = peak_bytes(graph)
    most = ENGINE_MEMORY_FACTORS.get(key, OTHER_MEMORY_FACTOR) * peak
    if key != ("litert", "float32"):
        return most
    # Of wide networks the patches of their widest convolution, and not many times the activations.
    return min(most, 2 * peak + _widest_patches(graph))


def free_bytes() -> int:
    """Memory that this process may still take; 0 where the system does not say."""
    try:
        import psutil

        free = int(psutil.virtual_memory().available)
    except (ImportError, OSError, RuntimeError):
        return 0
    return min(free, left_to_group(free))


def left_to_group(otherwise: int, folder: Path = CONTROL_GROUP) -> int:
    """What a container's limit leaves (Linux's control groups, version 2), in bytes."""
    try:
        limit, used = ((folder / f"memory.{name}").read_text() for name in ("max", "current"))
        return max(0, int(limit) - int(used))
    except (OSError, ValueError):
        return otherwise


def _widest_patches(graph: Graph) -> int:
    """Bytes of the float32 patches under a convolution's kernel, all at once, of the widest."""
    patches = [
        math.prod(graph.types[op.output].shape[:3]) * math.prod(graph.types[op.inputs[1]].shape[1:])
        for op in graph.operators
        if op.kind is Kind.CONV_2D
    ]
    return SAMPLE_BYTES["float32"] * max(patches, default=0)


def peak_bytes(graph: Graph) -> int:
    """The largest sum of activations that are alive at once, in bytes.

    The floor for any engine that runs the operators in this order: a tensor lives from the operator
    that computes it to the last one that reads it; inputs and outputs live throughout.
    """
    last_use: dict[str, int] = {}
    for index, op in enumerate(graph.operators):
        for name in op.inputs:
            last_use[name] = index
    ends = len(graph.operators)
    for name in (*graph.inputs, *graph.outputs):
        last_use[name] = ends
    alive = {name: tensor_bytes(graph.types[name]) for name in graph.inputs}
    peak = sum(alive.values())
    for index, op in enumerate(graph.operators):
        alive[op.output] = tensor_bytes(graph.types[op.output])
        peak = max(peak, sum(alive.values()))
        for name in _dead(op, alive, last_use, index):
            del alive[name]
    return peak


def _dead(op: Operator, alive: dict[str, int], last_use: dict[str, int], index: int) -> list[str]:
    names = {*op.inputs, op.output} & alive.keys()
    return [name for name in names if last_use.get(name, index) <= index]
