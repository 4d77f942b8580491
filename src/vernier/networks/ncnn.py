"""ncnn's `.param` and `.bin` of SRVGGNetCompact, as arrays under PyTorch's names.

The `.param` file is text: a magic number, counts, and one line for each layer: type, name, counts
of inputs and outputs, their names, then `id=value`. The `.bin` file holds the weights of the layers
in that order: of a convolution a 4-byte flag (0x01306B47: float16, 0: float32), the weights
(out, in, kh, kw) padded to 4 bytes, and the float32 bias; of a PReLU its float32 slopes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vernier.errors import NetworkError

Float32 = NDArray[np.float32]

MAGIC = "7767517"
FLOAT16_FLAG = 0x01306B47
# Layers without weights that the compact network's graph is made of besides its own.
WITHOUT_WEIGHTS = {"Input", "Split", "PixelShuffle", "Interp", "BinaryOp"}
# Parameters of a Convolution, by ncnn's numbers.
OUTPUTS, KERNEL_WIDTH, KERNEL_HEIGHT, HAS_BIAS, WEIGHT_COUNT = 0, 1, 11, 5, 6
MOST_WEIGHTS = 1 << 28


def load_ncnn(param: Path, binary: Path) -> dict[str, Float32]:
    """The weights as `body.N.weight` and `body.N.bias`, float32.

    Raises:
        NetworkError: a file is missing or damaged, or the network is not a chain of convolutions
            and PReLUs.
    """
    try:
        lines = param.read_text(encoding="ascii").split("\n")
        data = binary.read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkError(f"{param}: expected a .param and a .bin file: {error}") from error
    if not lines or lines[0].strip() != MAGIC:
        raise NetworkError(f"{param}: expected ncnn's magic number {MAGIC} in the first line")
    reader = _Reader(binary, data)
    weights: dict[str, Float32] = {}
    place = 0
    for line in filter(None, (line.split() for line in lines[2:])):
        kind, options = line[0], _options(param, line)
        if kind in WITHOUT_WEIGHTS:
            continue
        if kind == "Convolution":
            outputs = options.get(OUTPUTS, 0)
            width = options.get(KERNEL_WIDTH, 0)
            height = options.get(KERNEL_HEIGHT, width)
            count = options.get(WEIGHT_COUNT, 0)
            taps = outputs * width * height
            if taps <= 0 or not 0 < count <= MOST_WEIGHTS or count % taps:
                raise NetworkError(f"{param}: a convolution of impossible size: {' '.join(line)}")
            kernel = reader.flagged(count).reshape(outputs, -1, height, width)
            weights[f"body.{place}.weight"] = kernel
            if options.get(HAS_BIAS):
                weights[f"body.{place}.bias"] = reader.float32(outputs)
        elif kind == "PReLU":
            weights[f"body.{place}.weight"] = reader.float32(options.get(OUTPUTS, 0))
        else:
            raise NetworkError(
                f"{param}: only compact networks are read from ncnn files; found a layer {kind!r}"
            )
        place += 1
    reader.finish()
    return weights


def _options(param: Path, line: list[str]) -> dict[int, int]:
    """The whole-numbered `id=value` words of a layer's line."""
    try:
        inputs, outputs = int(line[2]), int(line[3])
        pairs = [word.split("=", 1) for word in line[4 + inputs + outputs :]]
        return {int(key): int(value) for key, value in pairs if _is_whole(value)}
    except (IndexError, ValueError) as error:
        raise NetworkError(f"{param}: damaged line: {' '.join(line)}") from error


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdigit()


class _Reader:
    """Takes arrays off a file's bytes, one after another."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._path, self._data, self._at = path, data, 0

    def _take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) != size or size < 0:
            raise NetworkError(f"{self._path}: the file ends too early: it was cut short")
        self._at += size
        return piece

    def float32(self, count: int) -> Float32:
        return np.frombuffer(self._take(4 * count), "<f4").astype(np.float32)

    def flagged(self, count: int) -> Float32:
        flag = int.from_bytes(self._take(4), "little")
        if flag == FLOAT16_FLAG:
            padded = (2 * count + 3) // 4 * 4
            return np.frombuffer(self._take(padded), "<f2")[:count].astype(np.float32)
        if flag == 0:
            return self.float32(count)
        raise NetworkError(f"{self._path}: expected float16 or float32 weights, flag {flag:#x}")

    def finish(self) -> None:
        left = len(self._data) - self._at
        if left:
            raise NetworkError(f"{self._path}: {left} bytes are left over; is it another .bin?")
