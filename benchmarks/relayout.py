"""Does packing 2x2 pixels into channels pay for SESR's narrow layers? Exact, but is it faster?

    python benchmarks/relayout.py --out benchmarks/results

SESR's layers have 16 channels, which leave lanes of a matrix unit idle. On packed pixels the same
convolution has `block**2` times the channels at a `block**2`-th of the positions, so lanes fill up;
but a 3x3 kernel on pixels becomes a 3x3 kernel on blocks of which most taps are zero, so there are
more multiplications. Both forms compute the same numbers (checked here); the clock decides.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from timing import as_json, interleave, write_results
from vernier.cpu import usable_cores
from vernier.formats.tflite.writer import write
from vernier.graphs.counts import count_macs
from vernier.graphs.graph import Activation, Array, Graph, Kind, Operator, TensorType
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.processors.soundness import sound_processors
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import calibrate

LAYERS, CHANNELS = 5, 16


def packed_kernel(weights: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A kernel (O, k, k, I) on pixels as one on blocks of `rows` x `columns` pixels.

    Block channels are ordered (row, column, channel), as SPACE_TO_DEPTH orders them.
    """
    outputs, size, _, inputs = weights.shape
    radius = size // 2
    reach_y, reach_x = -(-radius // rows), -(-radius // columns)
    packed = np.zeros(
        (rows, columns, outputs, 2 * reach_y + 1, 2 * reach_x + 1, rows, columns, inputs),
        weights.dtype,
    )
    for row in range(rows):
        for column in range(columns):
            for dy in range(-radius, radius + 1):
                for dx in range(-radius, radius + 1):
                    block_y, inner_y = divmod(row + dy, rows)
                    block_x, inner_x = divmod(column + dx, columns)
                    packed[
                        row, column, :, block_y + reach_y, block_x + reach_x, inner_y, inner_x
                    ] = weights[:, dy + radius, dx + radius]
    return packed.reshape(
        rows * columns * outputs, 2 * reach_y + 1, 2 * reach_x + 1, rows * columns * inputs
    )


def stack(height: int, width: int, rows: int, columns: int) -> Graph:
    """SESR's middle layers, on pixels (1, 1) or on blocks."""
    rng = np.random.default_rng(0)
    constants: dict[str, Array] = {}
    operators = []
    channels = CHANNELS * rows * columns
    types = {"t0": TensorType((1, height // rows, width // columns, channels))}
    for layer in range(LAYERS):
        weights = rng.normal(size=(CHANNELS, 3, 3, CHANNELS)).astype(np.float32) * 0.1
        bias = rng.normal(size=CHANNELS).astype(np.float32) * 0.1
        constants[f"w{layer}"] = packed_kernel(weights, rows, columns)
        constants[f"b{layer}"] = np.tile(bias, rows * columns)
        operators.append(
            Operator(
                Kind.CONV_2D,
                (f"t{layer}", f"w{layer}", f"b{layer}"),
                f"t{layer + 1}",
                Activation.RELU,
                {"padding": "same"},
            )
        )
        types[f"t{layer + 1}"] = types["t0"]
    types |= {name: TensorType(value.shape) for name, value in constants.items()}
    graph = Graph("stack", ("t0",), (f"t{LAYERS}",), tuple(operators), constants, types)
    return resized(graph, height // rows, width // columns)


def packed(picture: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Pixels as blocks."""
    _, height, width, channels = picture.shape
    split = picture.reshape(height // rows, rows, width // columns, columns, channels)
    return split.transpose(0, 2, 1, 3, 4).reshape(1, height // rows, width // columns, -1)


def main() -> None:
    """Check equality, time, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    arguments = parser.parse_args()
    shapes = {"pixels": (1, 1), "pairs 1x2": (1, 2), "blocks 2x2": (2, 2)}
    picture = np.random.default_rng(1).random((1, 64, 96, CHANNELS)).astype(np.float32)
    plain = run(stack(64, 96, 1, 1), {"t0": picture})[f"t{LAYERS}"]
    errors = {}
    for name, (rows, columns) in shapes.items():
        found = run(stack(64, 96, rows, columns), {"t0": packed(picture, rows, columns)})
        errors[name] = float(np.abs(found[f"t{LAYERS}"] - packed(plain, rows, columns)).max())
    contenders: dict[str, Any] = {}
    macs = {}
    for name, (rows, columns) in shapes.items():
        small = stack(64, 96, rows, columns)
        ranges = calibrate(small, [packed(picture, rows, columns)])
        large = stack(1080, 1920, rows, columns)
        macs[name] = count_macs(large)
        for processor in sound_processors():
            graph = quantize(large, ranges) if processor.id.precision == "int8" else large
            executable = processor.load(write(graph), threads=usable_cores())
            executable.input_buffer(0)[...] = 0
            contenders[f"{processor.id} {name}"] = executable.run
    times = interleave(contenders, arguments.rounds, warm_up=2)
    lines = [
        f"# {LAYERS} layers of {CHANNELS} channels at 1080p, {usable_cores()} threads",
        "",
        "| processor | " + " | ".join(f"{n} ms" for n in shapes) + " | best re-layout / pixels |",
        "|---|" + "---|" * (len(shapes) + 1),
    ]
    for processor in sound_processors():
        medians = {name: times[f"{processor.id} {name}"].median_ms for name in shapes}
        best = min(value for name, value in medians.items() if name != "pixels")
        cells = " | ".join(f"{value:.1f}" for value in medians.values())
        lines.append(f"| {processor.id} | {cells} | {best / medians['pixels']:.2f} |")
    lines += ["", "| form | G MACs | largest difference |", "|---|---|---|"]
    lines += [f"| {n} | {macs[n] / 1e9:.1f} | {errors[n]:.1e} |" for n in shapes]
    table = "\n".join(lines) + "\n"
    print(table)
    write_results(
        arguments.out, "relayout", {"times": as_json(times), "macs": macs, "errors": errors}, table
    )


if __name__ == "__main__":
    main()
