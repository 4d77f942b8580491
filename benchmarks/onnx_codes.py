"""Which 8 bits ONNX Runtime sums exactly on a CPU, and how fast: u8u8, u8s8, s8s8, u8s8 bounded.

    python benchmarks/onnx_codes.py FOLDER --make
    python benchmarks/onnx_codes.py FOLDER
    qemu-x86_64 -cpu Haswell .venv/bin/python benchmarks/onnx_codes.py FOLDER

The first makes the files and what they should give, in our own arithmetic; the others run them and
need nothing but NumPy and ONNX Runtime, so that an emulated CPU (AVX2 without VNNI) is done in
minutes. *dB*: to the float network, on a photo's luma or a made picture. *codes*: that differ from
our arithmetic. Emulated times only say which form takes more instructions. *bounded*: weights
made smaller so that no pair of products leaves 16 bits (`quantization.pair_bound`).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

NETWORKS = ("sesr-m5", "sesr-m5-hw")
HEIGHT, WIDTH = 48, 64
FORMS = ("u8u8", "u8s8", "s8s8", "u8s8-bounded")


def make(folder: Path) -> None:
    """Files, a picture, and what they should give."""
    from vernier.bundles.bundle import open_bundle
    from vernier.bundles.shipped import shipped_bundles
    from vernier.formats.onnx.codes import Codes
    from vernier.formats.onnx.writing import Arrangement, onnx_model
    from vernier.graphs.reference import run
    from vernier.graphs.shapes import resized
    from vernier.images.dead_leaves import dead_leaves
    from vernier.quantization.arithmetic.graph import run_integer
    from vernier.quantization.pair_bound import PairSums, bounded

    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.rint(dead_leaves(HEIGHT, WIDTH, channels=1, seed=3) * 255).reshape(HEIGHT, WIDTH)
    picture = pixels.astype(np.uint8)
    for name in NETWORKS:
        files = shipped_bundles(name, 2)
        exact = resized(open_bundle(files["float32"]).graph, HEIGHT, WIDTH)
        whole = resized(open_bundle(files["int8"]).graph, HEIGHT, WIDTH)
        graphs = {False: whole, True: bounded(whole, PairSums(channels=True, taps=True))}
        kept: dict[str, Any] = {"picture": picture}
        real = (picture / np.float32(255))[None, ..., None].astype(np.float32)
        kept["float"] = run(exact, {exact.inputs[0]: real})[exact.outputs[0]][0, ..., 0]
        for form in FORMS:
            graph = graphs["bounded" in form]
            codes = (picture.astype(np.int16) - 128).astype(np.int8)[None, ..., None]
            given = run_integer(graph, {graph.inputs[0]: codes})[graph.outputs[0]]
            kept[form] = given[0, ..., 0].astype(np.int16) + 128
            model = onnx_model(graph, Arrangement(codes=Codes(form[:4]), any_size=False))
            (folder / f"{name}-{form}.onnx").write_bytes(model.SerializeToString())
        np.savez(folder / f"{name}.npz", **kept)


def ran(folder: Path) -> list[str]:
    """One row for each network and form."""
    import onnxruntime

    rows = []
    for name in NETWORKS:
        kept = np.load(folder / f"{name}.npz")
        picture, exact = kept["picture"], np.clip(kept["float"], 0, 1) * 255
        for form in FORMS:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads, options.log_severity_level = 1, 3
            options.add_session_config_entry("session.qdqisint8allowed", "1")
            session = onnxruntime.InferenceSession(
                folder / f"{name}-{form}.onnx", options, providers=["CPUExecutionProvider"]
            )
            port = session.get_inputs()[0]
            signed = port.type == "tensor(int8)"
            given = (picture.astype(np.int16) - 128).astype(np.int8) if signed else picture
            session.run(None, {port.name: given[None, None]})
            started = time.perf_counter()
            result = session.run(None, {port.name: given[None, None]})[0][0, 0].astype(np.int16)
            took_ms = (time.perf_counter() - started) * 1e3
            result = result + 128 if signed else result
            apart = np.abs(result - kept[form])
            decibel = 10 * np.log10(255**2 / np.mean((result - np.rint(exact)) ** 2))
            rows.append(
                f"| {name} | {form} | {took_ms:.1f} | {decibel:.2f} | "
                f"{100 * np.mean(apart > 0):.2f} % by {apart.max()} |"
            )
            print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Make, or run and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--make", action="store_true")
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.folder)
        return
    print("| network | codes | ms | dB to float | codes that differ |\n|---|---|---|---|---|")
    ran(arguments.folder)


if __name__ == "__main__":
    main()
