"""All ways to convert, and buffers as awkward as engines may hand them out."""

import numpy as np

from vernier.conversion.blocked import Blocked
from vernier.conversion.engine import Engine
from vernier.conversion.registry import METHODS
from vernier.processors.discovery import find_processor


def load_in_litert(model: bytes):
    return find_processor("litert:cpu:int8").load(model, threads=1, allow_fallback=True)


LITERT = Engine(load_in_litert)
"""XNNPACK's own operators: written by others, and what everything here is held to."""

# Three threads and blocks of 34 elements reach every border that 2 MiB blocks have.
CONTENDERS = {**METHODS, "blocked, small": Blocked(threads=3, block=34, share=40)}
NEEDS_A_DEVICE = ("opencl",)


def placed(values: np.ndarray, offset: int = 0) -> np.ndarray:
    """A copy `(1, 1, n, 1)` that begins `offset` elements after an aligned address."""
    memory = np.zeros(values.nbytes + 256, np.uint8)
    start = -memory.ctypes.data % 128 + offset * values.itemsize
    array = memory[start : start + values.nbytes].view(values.dtype)
    array[:] = values.reshape(-1)
    return array.reshape(1, 1, -1, 1)


def converted(method, values, before, after, offset=0):
    """The result of one run."""
    source = placed(values, offset)
    target = placed(np.zeros(values.size, np.float32 if after is None else np.int8), offset)
    conversion = method.prepare(source, before, target, after)
    conversion.run()
    conversion.close()
    return target.reshape(-1)


def same_bits(first: np.ndarray, second: np.ndarray) -> bool:
    return first.dtype == second.dtype and first.tobytes() == second.tobytes()
