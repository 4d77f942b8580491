"""What PReLU takes in INT8 on LiteRT: by its own kernel, as convolutions, as a product and a sum.

    python benchmarks/prelu_in_int8.py

XNNPACK has no INT8 PRELU: LiteRT runs its own plain loop on one thread, and the graph is cut there.
"convolutions" is how Vernier loads it (`quantization.prelu_as_convolutions`): the same codes.
"MUL" and "depthwise" are what others do: for slopes up to 1, `prelu(x) = x + relu((s - 1) * x)`, of
which XNNPACK has every operator; the product is rounded to codes of its own before it is added, so
the result may differ.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from timing import interleave
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Activation, Graph, Kind, Operator, TensorType
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId
from vernier.processors.contents import read_contents
from vernier.processors.discovery import find_processor
from vernier.processors.litert_cpu import _LitertCpuExecutable
from vernier.processors.machine import at_most_cores, describe_machine
from vernier.processors.protocol import Executable
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.scales import (
    asymmetric,
    bias_quantization,
    decode,
    encode,
    interval,
    weight_quantization,
)
from vernier.units.segments import subgraph

HEIGHT, WIDTH = 180, 320


def as_products(graph: Graph, *, per_channel: bool) -> Graph:
    """Each INT8 PRELU with slopes of at most 1 as a product, cut at 0, and a sum.

    Args:
        graph: INT8.
        per_channel: multiply by a 1x1 depthwise convolution, whose scale per channel holds each
            factor exactly; otherwise by a MUL, whose factors share one scale.
    """
    constants, types, operators = dict(graph.constants), dict(graph.types), []
    for op in graph.operators:
        if op.kind is not Kind.PRELU or graph.types[op.output].dtype != "int8":
            operators.append(op)
            continue
        x, slopes = op.inputs
        given = types[x].quantization
        factors = decode(constants[slopes], types[slopes].quantization).reshape(1, 1, 1, -1) - 1
        name, lift = f"{op.output}/factors", f"{op.output}/lift"
        largest = float(factors.min()) * interval(given)[0]
        types[lift] = replace(types[x], quantization=asymmetric(0.0, largest))
        if per_channel:
            bias = np.zeros(factors.size, np.float32)
            of_factors = weight_quantization(factors, 3, bias, float(given.scale[0]))
            of_bias = bias_quantization(given.scale[0], of_factors)
            constants[f"{name}/bias"] = bias.astype(np.int32)
            types[f"{name}/bias"] = TensorType(bias.shape, "int32", of_bias)
            attributes = {"stride": 1, "padding": "same", "multiplier": 1}
            inputs = (x, name, f"{name}/bias")
            product = Operator(Kind.DEPTHWISE_CONV_2D, inputs, lift, Activation.RELU, attributes)
        else:
            of_factors = asymmetric(float(factors.min()), 0.0)
            product = Operator(Kind.MUL, (x, name), lift, Activation.RELU)
        constants[name] = encode(factors, of_factors)
        types[name] = TensorType(factors.shape, "int8", of_factors)
        operators += [product, Operator(Kind.ADD, (x, lift), op.output)]
    read = {name for op in operators for name in op.inputs}
    for name in [name for name in constants if name not in read]:
        del constants[name], types[name]
    made = replace(graph, operators=tuple(operators), constants=constants, types=types)
    made.check()
    return made


def one_by_one(graph: Graph) -> list[tuple[str, tuple[int, float]]]:
    """How many codes single operators are off, in exact arithmetic: at most and in the mean."""
    apart: dict[str, list[np.ndarray]] = {"MUL": [], "depthwise": []}
    small = resized(graph, 16, 16)
    for op in small.operators:
        if op.kind is Kind.PRELU and small.types[op.output].dtype == "int8":
            alone = subgraph(small, [op])
            codes = np.arange(-128, 128).astype(np.int8).reshape(1, 16, 16, 1)
            given = {op.inputs[0]: np.broadcast_to(codes, alone.types[op.inputs[0]].shape).copy()}
            exact = run_integer(alone, given)[op.output].astype(int)
            for form, found in apart.items():
                made = as_products(alone, per_channel=form == "depthwise")
                found.append(np.abs(run_integer(made, given)[op.output] - exact))
    return [(form, (int(np.max(a)), float(np.mean(a)))) for form, a in apart.items()]


def as_it_is(model: bytes) -> Executable:
    """A file on LiteRT with its PRELUs."""
    int8 = ProcessorId("litert", "cpu", "int8")
    return _LitertCpuExecutable(int8, model, read_contents(model), at_most_cores(0))


def main() -> None:
    """Print times and differences for the shipped networks with PReLU."""
    machine = describe_machine()
    print(f"{machine.label}; {WIDTH}x{HEIGHT}, INT8, LiteRT, all cores; median ms")
    for name in ("sesr-m5", "sesr-m11"):
        graph = resized(open_bundle(shipped_bundles(name, 2)["int8"]).graph, HEIGHT, WIDTH)
        floats = resized(open_bundle(shipped_bundles(name, 2)["float32"]).graph, HEIGHT, WIDTH)
        int8 = find_processor("litert:cpu:int8")
        loaded = {
            "PRELU": as_it_is(write(graph)),
            "convolutions": int8.load(write(graph)),
            "MUL": int8.load(write(as_products(graph, per_channel=False))),
            "depthwise": int8.load(write(as_products(graph, per_channel=True))),
            "float32": find_processor("litert:cpu:float32").load(write(floats)),
        }
        random = np.random.default_rng(0)
        given = loaded["PRELU"].input_buffer(0)
        codes = random.integers(-128, 128, given.shape).astype(np.int8)
        results = {form: e(codes)[0].astype(int) for form, e in loaded.items() if form != "float32"}
        apart = {form: np.abs(result - results["PRELU"]) for form, result in results.items()}
        times = interleave({form: one.run for form, one in loaded.items()}, rounds=31, warm_up=3)
        told = ", ".join(f"{form} {t.median_ms:.2f}" for form, t in times.items())
        off = ", ".join(f"{form} {a.max()} ({a.mean():.3f})" for form, a in apart.items())
        print(f"{name}: {told}; codes from PRELU at most and in the mean: {off}")
        alone = ", ".join(f"{form} {most} ({mean:.3f})" for form, (most, mean) in one_by_one(graph))
        print(f"{name}, each operator alone, on every code: {alone}")


if __name__ == "__main__":
    main()
