"""Writes native/data: what the C++ runner computes with that Python computes with too.

    python tools/native_files.py

The colours around luma networks as `.tflite` files, one pair for each scale and precision, and the
OpenCL kernels of the conversions. `tests/native` holds the folder against this.
"""

from __future__ import annotations

from pathlib import Path

from vernier.conversion.open_cl_kernels import SOURCE
from vernier.formats.tflite.writer import write
from vernier.runtime.colour_graphs import colour_graphs

FOLDER = Path(__file__).parents[1] / "native" / "data"
SCALES = (2, 3, 4)
SIDE = 8
"""Of the files; the runner fits them to its tiles."""


def native_files() -> dict[str, bytes]:
    """The files by name."""
    files = {"conversion.cl": SOURCE.lstrip().encode()}
    for scale in SCALES:
        for precision in ("float32", "int8"):
            graphs = colour_graphs(scale, SIDE, SIDE, precision == "int8")
            for part, graph in graphs._asdict().items():
                files[f"x{scale}_{precision}_{part}.tflite"] = write(graph)
    return files


def main() -> None:
    """Write them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in native_files().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
