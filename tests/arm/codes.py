"""What this CPU computes, as one line of JSON: the same file is run on x86 and on an emulated ARM.

Needs NumPy, LiteRT and Vernier's run-time modules only; `tests/arm/compare.py` runs it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import vernier
from vernier.cpu import cpu
from vernier.formats.tflite.reader import read
from vernier.formats.tflite.writer import write
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId
from vernier.processors.litert_cpu import LitertCpu
from vernier.processors.machine import has_integer_dot_products
from vernier.processors.self_test import self_test

FOLDER = Path(vernier.__file__).parent / "bundles" / "shipped"
HEIGHT, WIDTH = 15, 21  # odd, and no multiple of a vector's length


def main() -> None:
    """Print what was found."""
    found = {
        "cpu": cpu().name,
        "int8 dot products": has_integer_dot_products(),
        "self-test, int8: codes from NumPy": self_test_error("int8"),
        "self-test, float32: share from NumPy": self_test_error("float32"),
        "reference": digest(np.round(self_test("float32").expected, 4)),
        **{f"{name}, int8 codes": shipped_codes(name) for name in ("sesr-m5-x2", "sesr-m5-hw-x4")},
    }
    json.dump(found, sys.stdout)


def self_test_error(precision: str) -> float:
    """Of LiteRT to the reference arithmetic."""
    test = self_test(precision)
    processor = LitertCpu(ProcessorId("litert", "cpu", precision))
    return test.error(processor.load(write(test.graph), threads=1)(test.given)[0])


def shipped_codes(name: str) -> str:
    """Digest of the codes that LiteRT makes of noise with a shipped INT8 network."""
    file = FOLDER / name / "int8" / "int8.tflite"
    graph = resized(read(file.read_bytes()), HEIGHT, WIDTH)
    codes = np.random.default_rng(1).integers(-128, 128, (1, HEIGHT, WIDTH, 1)).astype(np.int8)
    processor = LitertCpu(ProcessorId("litert", "cpu", "int8"))
    return digest(processor.load(write(graph), threads=1)(codes)[0])


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


if __name__ == "__main__":
    main()
