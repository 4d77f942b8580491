"""What a machine whose CPU adds pairs of products in 16 bits computes; prints it as JSON.

Run by `test_saturating_cpu.py` in a process of its own: oneDNN reads its instruction set once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

import vernier
from vernier.bundles.bundle import in_memory, open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.export.splits import Form, export_split
from vernier.export.whole import network_facts
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph, Kind, Operator, Quantization, TensorType
from vernier.graphs.shapes import resized
from vernier.images.reading import read_picture
from vernier.metrics.planes import grey
from vernier.metrics.psnr import psnr
from vernier.networks.source import find_source
from vernier.processors.discovery import arithmetic, find_processor, pair_sums
from vernier.processors.openvino import OpenVino
from vernier.quality.damage import on
from vernier.quality.split_quality import Crops, SplitQuality
from vernier.quantization.arithmetic.graph import run_integer
from vernier.quantization.pair_bound import ARITHMETICS, bounded
from vernier.quantization.ranges import calibrate
from vernier.runtime.loading import placed
from vernier.runtime.planes import PlaneUpscaler
from vernier.simulation.network import SimulatedNetwork
from vernier.simulation.pictures import to_planes
from vernier.units.cutting import Granularity, cut
from vernier.units.split import integer_operators

INT8, FLOAT = "openvino:cpu:int8", "openvino:cpu:float32"
SIDE = 64


def bright_photo() -> np.ndarray:
    """A part of the demo's photo whose highlights reach white, uint8 RGB."""
    photo = read_picture(Path(__file__).parents[2] / "demo" / "chelsea.png").samples
    part = photo[60 : 60 + SIDE, 150 : 150 + SIDE].astype(float)
    return np.clip(part * 1.9, 0, 255).astype(np.uint8)


def white_square() -> int:
    """The middle of a white square on grey, enlarged: its darkest sample."""
    picture = np.full((96, 96, 3), 128, np.uint8)
    picture[24:72, 24:72] = 255
    large = vernier.Upscaler("sesr-m5", scale=2, processor=INT8)(picture)
    return int(np.asarray(large)[80:112, 80:112].min())


def bright_db(network: str, processor: str) -> float:
    """PSNR to the float picture of a bright photo, through the whole picture graph."""
    exact = vernier.Upscaler(network, scale=2, processor="litert:cpu:float32")(bright_photo())
    found = vernier.Upscaler(network, scale=2, processor=processor)(bright_photo())
    return float(psnr(np.asarray(found), np.asarray(exact), peak=255))


def codes_apart(network: str) -> dict[str, float]:
    """A shipped network's codes on the engine, against the exact sums of the bounded weights."""
    bundle = open_bundle(shipped_bundles(network, 2)["int8"])
    graph = resized(bundle.graph, SIDE, SIDE)
    plane = to_planes(bright_photo(), 1)[0].transpose(1, 2, 0)
    engine = PlaneUpscaler(bundle, on(INT8))
    found = engine(np.ascontiguousarray(plane))
    engine.close()
    name, output = graph.inputs[0], graph.outputs[0]
    codes = np.rint(plane[None] * 255 - 128).astype(np.int8)
    step = float(graph.types[output].quantization.scale[0])
    exact = run_integer(bounded(graph, pair_sums(INT8)), {name: codes})[output][0]
    zero = int(graph.types[output].quantization.zero_point[0])
    apart = np.abs(np.rint(found / step) + zero - exact)
    return {"largest": float(apart.max()), "mean": float(apart.mean())}


# Kind, input channels, weights' shape, stride; the weights are all near their upper end.
OPERATORS: dict[str, tuple[Any, ...]] = {
    "1x1": (Kind.CONV_2D, 16, (16, 1, 1, 16), 1),
    "odd channels": (Kind.CONV_2D, 5, (7, 3, 3, 5), 1),
    "rgb, stride 2": (Kind.CONV_2D, 3, (16, 2, 2, 3), 2),
    "one channel": (Kind.CONV_2D, 1, (16, 5, 5, 1), 1),
    "groups": (Kind.CONV_2D, 16, (16, 3, 3, 8), 1),
    "odd groups": (Kind.CONV_2D, 6, (6, 3, 3, 3), 1),
    "transposed": (Kind.TRANSPOSE_CONV, 8, (4, 4, 4, 8), 2),
    "transposed, in float": (Kind.TRANSPOSE_CONV, 8, (4, 4, 4, 8), 2, -21),
    "depthwise": (Kind.DEPTHWISE_CONV_2D, 8, (1, 3, 3, 8), 1),
}


def operator_apart(
    kind: Kind, channels: int, shape: tuple[int, ...], stride: int, zero_point: int = -128
) -> dict[str, float]:
    """Largest difference in codes of one convolution to exact sums: bounded, and as it is."""
    rng = np.random.default_rng(0)
    weights = rng.integers(100, 128, shape).astype(np.int8)
    x = rng.integers(60, 128, (1, 12, 12, channels)).astype(np.int8)
    graph = one_convolution(kind, weights, channels, stride, zero_point)
    processor = find_processor(INT8)
    assert isinstance(processor, OpenVino)
    made = bounded(graph, pair_sums(INT8))
    exact = {name: run_integer(one, {"x": x})["y"] for name, one in (("o", graph), ("b", made))}
    engines = {
        "bounded": (processor.load(write(graph), threads=1, allow_fallback=True), exact["b"]),
        "as it is": (
            processor._load_as_it_is(write(graph), threads=1, allow_fallback=True),
            exact["o"],
        ),
    }
    result = {}
    for name, (engine, wanted) in engines.items():
        result[name] = float(np.abs(engine(x)[0].astype(int) - wanted).max())
        engine.close()
    return result


def one_convolution(
    kind: Kind, weights: np.ndarray, channels: int, stride: int, zero_point: int
) -> Graph:
    """One INT8 convolution whose exact sums fill its output's codes."""
    depthwise = kind is Kind.DEPTHWISE_CONV_2D
    outputs = weights.shape[3] if depthwise else weights.shape[0]
    side = 12 * stride if kind is Kind.TRANSPOSE_CONV else 12 // stride
    taps = weights.size // outputs

    def quantization(scale: float, zero: int, count: int = 1) -> Quantization:
        scales = np.full(count, scale, np.float32)
        return Quantization(scales, np.full(count, zero, np.int32), 0 if count > 1 else None)

    # OpenVINO runs depthwise convolutions in INT8 with one scale for all channels only.
    of_weights = quantization(1, 0, 1 if depthwise else outputs)
    types = {
        "x": TensorType((1, 12, 12, channels), "int8", quantization(1, zero_point)),
        "w": TensorType(weights.shape, "int8", of_weights),
        "b": TensorType((outputs,), "int32", of_weights),
        "y": TensorType((1, side, side, outputs), "int8", quantization(taps * 127, -128)),
    }
    attributes: dict[str, int | float | str] = {"stride": stride, "padding": "same"}
    if depthwise:
        attributes["multiplier"] = 1
    op = Operator(kind, ("x", "w", "b"), "y", attributes=attributes)
    constants = {"w": weights, "b": np.zeros(outputs, np.int32)}
    return Graph("one", ("x",), ("y",), (op,), constants, types)


def forms_db() -> dict[str, float]:
    """A split in each form on the engine, against its simulation in dB; and the unbounded one."""
    source = find_source("sesr-m5", 2)
    plane = to_planes(bright_photo(), 1)
    nhwc = np.ascontiguousarray(plane.transpose(0, 2, 3, 1))
    ranges = calibrate(source.graph, [nhwc])
    units = cut(source.graph, Granularity.LAYER)
    names = [FLOAT, *[INT8] * (len(units) - 2), FLOAT]
    facts = network_facts(source.graph, source.name, source.scale)
    net = SimulatedNetwork(source.graph, ranges, [unit.operators for unit in units])
    integer = integer_operators(names, units)
    with torch.no_grad():
        wanted, unbounded = (
            net(torch.from_numpy(plane), integer, ARITHMETICS[name])[0].permute(1, 2, 0).numpy()
            for name in (arithmetic(INT8), "int8")
        )
    result = {"unbounded": float(psnr(unbounded, wanted))}
    for form in Form:
        made = export_split(source.graph, facts, units, names, ranges, form=form)
        load = placed(find_processor, 1, allow_fallback=False)
        engine = PlaneUpscaler(in_memory(made.manifest, made.models), load)
        result[form.value] = float(psnr(engine(nhwc[0]), wanted))
        engine.close()
    return result


def judged_apart() -> float:
    """PSNR between the judge's picture of all-INT8 and the picture that the engine makes."""
    source = find_source("sesr-m5", 2)
    photo = bright_photo()
    plane = to_planes(photo, 1)
    ranges = calibrate(source.graph, [np.ascontiguousarray(plane.transpose(0, 2, 3, 1))])
    quality = SplitQuality(source, ranges, Crops(photo[None], "one crop"))
    units = cut(source.graph, Granularity.LAYER)
    names = [INT8] * len(units)
    facts = network_facts(source.graph, source.name, source.scale)
    made = export_split(source.graph, facts, units, names, ranges)
    load = placed(find_processor, 1, allow_fallback=False)
    engine = PlaneUpscaler(in_memory(made.manifest, made.models), load)
    planes = engine(np.ascontiguousarray(plane[0].transpose(1, 2, 0)))
    engine.close()
    picture = quality._as_bytes(torch.from_numpy(planes.transpose(2, 0, 1)[None].copy()))[0]
    return float(psnr(grey(picture), quality.pictures(tuple(names))[0], peak=255))


def main() -> None:
    """Print everything."""
    sums = pair_sums(INT8)
    found = {
        "channels": sums.channels,
        "taps": sums.taps,
        "litert": bool(pair_sums("litert:cpu:int8")),
        "white": white_square(),
        "bright_db": bright_db("sesr-m5", INT8),
        "bright_litert_db": bright_db("sesr-m5", "litert:cpu:int8"),
        "codes": codes_apart("sesr-m5-hw"),
        "operators": {name: operator_apart(*case) for name, case in OPERATORS.items()},
        "forms": forms_db(),
        "judged_db": judged_apart(),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
