"""Pictures of bundles by Python: `pictures.py FOLDER RESULTS` runs on x86 and on an emulated ARM.

FOLDER has `small.npy` and bundles; NAME.npy of each goes to RESULTS. Needs NumPy, LiteRT and
Vernier's run-time modules only; `tests/arm/runner.py` runs it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from vernier.bundles.bundle import open_bundle
from vernier.conversion.registry import find_method
from vernier.processor_id import ProcessorId
from vernier.processors.litert_cpu import LitertCpu
from vernier.runtime.loading import load_picture, placed
from vernier.runtime.picture_check import through


def litert(name: str) -> LitertCpu:
    """LiteRT on the CPU, in what a segment holds."""
    return LitertCpu(ProcessorId("litert", "cpu", ProcessorId.parse(name).model_precision))


def main() -> None:
    """Write them."""
    folder, results = Path(sys.argv[1]), Path(sys.argv[2])
    small = np.load(folder / "small.npy")
    for manifest in sorted(folder.glob("*/manifest.json")):
        bundle = open_bundle(manifest.parent)
        load, method = placed(litert, 1, False), find_method("arithmetic")
        chain = load_picture(bundle, *small.shape, True, load, method)
        np.save(results / f"{manifest.parent.name}.npy", through(chain, small))
        chain.close()


if __name__ == "__main__":
    main()
