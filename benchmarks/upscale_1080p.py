"""1080p to 4K: `vernier upscale` against the bare engines, bicubic, and the machine's floor.

    python benchmarks/upscale_1080p.py --out benchmarks/results

All contenders run once per round. "network" is the best that the engine does with the bare luma
network on the whole picture, its input in place. "picture" is `vernier.Upscaler` from an RGB array
to an RGB array. "file" is that with reading a JPEG and writing one. "plainly" is the engine with
its own defaults.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import vernier
from timing import as_json, interleave, write_results
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.cpu import usable_cores
from vernier.formats.tflite.writer import write
from vernier.graphs.counts import count_macs
from vernier.graphs.graph import Graph, Kind, Operator, TensorType
from vernier.graphs.shapes import resized
from vernier.images.bicubic import imresize
from vernier.images.reading import read_picture
from vernier.images.writing import write_picture
from vernier.processors.discovery import find_processor
from vernier.processors.soundness import sound_processors
from vernier.runtime.loading import load_network, placed
from vernier.runtime.step_times import fill_with_picture

HEIGHT, WIDTH = 1080, 1920


def test_picture() -> np.ndarray[Any, Any]:
    """A photo-like picture: smooth noise at several scales, fixed by a seed."""
    rng = np.random.default_rng(7)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for octave in range(1, 8):
        coarse = rng.normal(size=(HEIGHT >> octave, WIDTH >> octave, 3)).astype(np.float32)
        picture += imresize(coarse, HEIGHT, WIDTH) * 2.0 ** (octave - 4)
    picture -= picture.min()
    return (picture / picture.max() * 255).astype(np.uint8)


def peak_macs_per_ms(precision: str, threads: int) -> float:
    """What the CPU reaches on the convolution that suits it best: 256 to 256 channels, 3x3."""
    from vernier.quantization.quantize import quantize
    from vernier.quantization.ranges import Ranges

    rng = np.random.default_rng(1)
    weights = rng.normal(size=(256, 3, 3, 256)).astype(np.float32) * 0.02
    constants = {"w": weights, "b": np.zeros(256, np.float32)}
    types = {name: TensorType(value.shape) for name, value in constants.items()}
    types |= {"x": TensorType((1, 96, 96, 256)), "y": TensorType((1, 96, 96, 256))}
    conv = Operator(Kind.CONV_2D, ("x", "w", "b"), "y", attributes={"padding": "same"})
    graph = Graph("peak", ("x",), ("y",), (conv,), constants, types)
    if precision == "int8":
        graph = quantize(graph, Ranges({"x": (-1.0, 1.0), "y": (-4.0, 4.0)}))
    processor = find_processor(f"openvino:cpu:{precision}")
    executable = processor.load(write(graph), threads=threads)
    times = interleave({"peak": executable.run}, rounds=20, warm_up=5)
    executable.close()
    return count_macs(graph) / times["peak"].fastest_ms


def copy_bytes_per_ms() -> float:
    """Memory bandwidth of a large copy, reads and writes counted."""
    source = np.ones(64 << 20, np.uint8)
    target = np.empty_like(source)
    times = interleave({"copy": lambda: np.copyto(target, source)}, rounds=10, warm_up=2)
    return 2 * source.nbytes / times["copy"].median_ms


def plain_openvino(model: Path, plane: np.ndarray[Any, Any]) -> Any:
    """OpenVINO as its quick start says: read, compile, infer."""
    import openvino

    request = openvino.Core().compile_model(model, "CPU").create_infer_request()
    request.get_input_tensor().data[...] = plane
    return request.infer


def plain_litert(model: Path, plane: np.ndarray[Any, Any], threads: int) -> Any:
    """LiteRT's interpreter with all cores."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(model), num_threads=threads)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], plane)
    return interpreter.invoke


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", default="sesr-m5")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    arguments = parser.parse_args()
    threads = usable_cores()
    picture = test_picture()
    scratch = Path(tempfile.mkdtemp())
    contenders: dict[str, Any] = {}
    bundles = {p: open_bundle(b) for p, b in shipped_bundles(arguments.network, 2).items()}
    for processor in sound_processors():
        bundle = bundles[processor.id.model_precision]
        chain = load_network(
            bundle, HEIGHT, WIDTH, placed(lambda _, p=processor: p, threads, False)
        )
        fill_with_picture(chain.input_buffer())
        contenders[f"network {processor.id}"] = chain.run
        upscaler = vernier.Upscaler(arguments.network, 2, processor=str(processor.id))
        contenders[f"picture {processor.id}"] = lambda u=upscaler: u(picture)
    for precision, bundle in bundles.items():
        graph = resized(bundle.segments[0].graph, HEIGHT, WIDTH)
        path = scratch / f"{precision}.tflite"
        path.write_bytes(write(graph))
        plane = np.zeros(graph.types[graph.inputs[0]].shape, graph.types[graph.inputs[0]].dtype)
        contenders[f"plainly openvino {precision} file"] = plain_openvino(path, plane)
        contenders[f"plainly litert {precision} file"] = plain_litert(path, plane, threads)
    pillow = Image.fromarray(picture)
    pillow.save(scratch / "in.jpg", quality=92)
    by_auto = vernier.Upscaler(arguments.network, 2)
    automatic = by_auto.describe().processor

    finished = by_auto.enlarge_samples(picture)

    def file_to_file() -> None:
        result = by_auto.enlarge(read_picture(scratch / "in.jpg"))
        write_picture(result, scratch / "out.jpg", "JPEG")

    contenders[f"file {automatic} (auto)"] = file_to_file
    contenders["reading and writing alone"] = lambda: write_picture(
        replace(read_picture(scratch / "in.jpg"), samples=finished), scratch / "out.jpg", "JPEG"
    )
    size = (WIDTH * 2, HEIGHT * 2)
    contenders["bicubic pillow"] = lambda: pillow.resize(size, Image.Resampling.BICUBIC)
    times = interleave(contenders, arguments.rounds, warm_up=2)

    networks = {n: t for n, t in times.items() if n.startswith("network")}
    best = min(networks, key=lambda name: networks[name].median_ms)
    macs = count_macs(resized(bundles["float32"].segments[0].graph, HEIGHT, WIDTH))
    bandwidth = copy_bytes_per_ms()
    floors = {}
    for precision in ("float32", "bfloat16", "int8"):
        if f"network openvino:cpu:{precision}" in networks:
            floors[precision] = macs / peak_macs_per_ms(precision, threads)
    lines = [
        f"# 1080p to 4K with {arguments.network}, {threads} threads, {arguments.rounds} rounds",
        "",
        "| what | median ms | fastest | slowest | to the best network |",
        "|---|---|---|---|---|",
    ]
    for name, value in sorted(times.items(), key=lambda item: item[1].median_ms):
        ratio = value.median_ms / times[best].median_ms
        lines.append(
            f"| {name} | {value.median_ms:.1f} | {value.fastest_ms:.1f} | {value.slowest_ms:.1f} "
            f"| {ratio:.2f} |"
        )
    lines += ["", f"{macs / 1e9:.2f} G MACs; a copy moves {bandwidth / 1e6:.1f} GB/s.", ""]
    lines += [
        "| precision | floor ms (MACs at the peak reached here) | network / floor |",
        "|---|---|---|",
    ]
    for precision, floor in floors.items():
        ratio = times[f"network openvino:cpu:{precision}"].median_ms / floor
        lines.append(f"| {precision} | {floor:.1f} | {ratio:.2f} |")
    table = "\n".join(lines) + "\n"
    print(table)
    results = {
        "network": arguments.network,
        "macs": macs,
        "best_network": best,
        "times": as_json(times),
        "floor_ms": {name: round(value, 2) for name, value in floors.items()},
        "copy_gb_per_s": round(bandwidth / 1e6, 2),
    }
    write_results(arguments.out, f"upscale_1080p_{arguments.network}", results, table)


if __name__ == "__main__":
    main()
