"""ncnn's `.bin`: the weights of all layers, one after another, in the order of the `.param`.

Of a convolution a 4-byte flag (0x01306B47: float16; 0 and 0x0002C056: float32), the weights
(out, in, kh, kw) padded to 4 bytes, and the float32 bias; of a PReLU its float32 slopes; of a
MemoryData its float32 values.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vernier.errors import NetworkError
from vernier.formats.ncnn.param import Layer

Float32 = NDArray[np.float32]

FLOAT16_FLAG, INT8_FLAG = 0x01306B47, 0x000D4B38
FLOAT32_FLAGS = (0, 0x0002C056)
MOST_WEIGHTS = 1 << 28
CONVOLUTIONS = ("Convolution", "ConvolutionDepthWise", "Deconvolution", "DeconvolutionDepthWise")


def read_weights(path: Path, layers: tuple[Layer, ...]) -> dict[str, tuple[Float32, ...]]:
    """The arrays of the layers that have some, by the layer's name, as float32.

    A convolution's are its kernel `(out, in / groups, kh, kw)` and its bias `(out,)`, zeros where
    it has none; a PReLU's its slopes `(C,)`; a MemoryData's its values, `(C, H, W)` or `(W,)`.

    Raises:
        NetworkError: the file is missing, too short or too long for the layers, or holds weights
            that are quantised.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NetworkError(f"{path}: expected a .param and a .bin file: {error}") from error
    reader = _Reader(path, data)
    weights: dict[str, tuple[Float32, ...]] = {}
    for layer in layers:
        try:
            arrays = _arrays(reader, layer)
        except ValueError as error:
            raise NetworkError(f"{path}: {layer}: {error}") from error
        for array in arrays:
            if not np.isfinite(array).all():
                raise NetworkError(f"{path}: the weights of {layer} hold NaN or infinity")
        if arrays and layer.name in weights:
            raise NetworkError(f"{path}: two layers are called {layer.name!r}")
        weights[layer.name] = arrays
    reader.finish()
    return weights


def _arrays(reader: _Reader, layer: Layer) -> tuple[Float32, ...]:
    given = layer.parameters
    if layer.kind in CONVOLUTIONS:
        return _convolution(reader, layer)
    if layer.kind == "PReLU":
        return (reader.float32(given.whole(0)),)
    if layer.kind == "MemoryData":
        shape = tuple(given.whole(number) for number in (2, 1, 0))
        if given.whole(21, 1) != 1 or 0 in shape[shape.index(max(shape)) :]:
            raise ValueError("constants of this kind or shape are not known")
        shape = tuple(size for size in shape if size)
        return (reader.float32(int(np.prod(shape, dtype=object))).reshape(shape),)
    return ()


def _convolution(reader: _Reader, layer: Layer) -> tuple[Float32, ...]:
    given = layer.parameters
    outputs, width = given.whole(0), given.whole(1)
    height, count = given.whole(11, width), given.whole(6)
    taps = outputs * width * height
    if min(outputs, width, height) < 1 or not 0 < count <= MOST_WEIGHTS or count % taps:
        raise ValueError("a convolution of impossible size")
    kernel = reader.flagged(count).reshape(outputs, -1, height, width)
    bias = reader.float32(outputs) if given.whole(5) else np.zeros(outputs, np.float32)
    return kernel, bias


class _Reader:
    """Takes arrays off a file's bytes, one after another."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._path, self._data, self._at = path, data, 0

    def _take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if size < 0 or len(piece) != size:
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
        if flag in FLOAT32_FLAGS:
            return self.float32(count)
        if flag == INT8_FLAG:
            raise ValueError("its weights are INT8 already; bring the float network")
        raise ValueError(f"expected float16 or float32 weights, found the flag {flag:#x}")

    def finish(self) -> None:
        left = len(self._data) - self._at
        if left:
            raise NetworkError(f"{self._path}: {left} bytes are left over; is it another .bin?")
