"""The C++ runner on an emulated ARM: its pictures are those of Python there, to the last bit.

    python tests/arm/runner.py FOLDER      # the folder of compare.py

It is cross-compiled by `aarch64-linux-gnu-g++` against the library of the arm64 wheel. Exit codes
are those of compare.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from compare import CODES, SOURCE, emulated, environment, not_here, python, skip

from vernier.bundles.bundle import open_bundle, write_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.quantization.ranges import calibrate_picture_network
from vernier.units.cutting import cut
from vernier.units.split import Form
from vernier.version import VERSION

CPU, COMPILER = "cortex-a76", "aarch64-linux-gnu-g++"
NATIVE = SOURCE.parent / "native"
HEIGHT, WIDTH = 37, 51
FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"


def main() -> int:
    folder = Path(sys.argv[1]).resolve()
    if not shutil.which(COMPILER):
        return skip(f"no {COMPILER} here (Debian: apt-get install g++-aarch64-linux-gnu)")
    reason = not_here(folder)
    if reason:
        return skip(reason)
    program = built(folder)
    with tempfile.TemporaryDirectory() as name:
        cases = Path(name)
        make_cases(cases)
        here, there = cases / "here", cases / "there"
        run([sys.executable, CODES.with_name("pictures.py"), cases, here])
        prefix = emulated(folder, CPU)
        paths = environment(folder)
        paths["PYTHONPATH"] += f":{named(cases)}"
        run([*prefix, python(folder), CODES.with_name("pictures.py"), cases, there], paths)
        return 1 if sum(differences(case, cases, prefix, program) for case in bundles(cases)) else 0


def built(folder: Path) -> Path:
    """The example for ARM."""
    build, litert = folder / "native", folder / "site" / "ai_edge_litert"
    run(["make", "-C", NATIVE, "-j2", f"CXX={COMPILER}", f"BUILD={build}", f"LITERT={litert}"])
    return build / "vernier-enlarge"


def make_cases(folder: Path) -> None:
    """A network in float and in INT8, one split in five, and a picture."""
    for name in ("here", "there"):
        (folder / name).mkdir()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = [np.sin(x / 5 + y / 7), np.sin(x / 3), np.cos(y / 4 - x / 9)]
    noise = np.random.default_rng(0).integers(0, 30, (HEIGHT, WIDTH, 3))
    small = (np.stack(waves, -1) * 90 + 110 + noise).clip(0, 255).astype(np.uint8)
    np.save(folder / "small.npy", small)
    (folder / "small.ppm").write_bytes(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + small.tobytes())
    shipped = shipped_bundles("sesr-m5", 2)
    for precision, path in shipped.items():
        shutil.copytree(path, folder / precision)
    network = open_bundle(shipped["float32"]).graph
    luma = small.astype(np.float32).mean(axis=2)[None, :, :, None] / 255
    units = cut(network)
    split = (FLOAT, INT8, INT8, FLOAT, INT8, INT8, FLOAT)[: len(units)]
    facts, ranges = network_facts(network, "split", 2), calibrate_picture_network(network, [luma])
    made = export_split(network, facts, units, split, ranges, form=Form.SEGMENTS)
    write_bundle(folder / "split", made.manifest, made.models)


def named(folder: Path) -> Path:
    """Where the ARM Python finds which Vernier this is: its wheel is not installed there."""
    about = folder / f"vernier_sr-{VERSION}.dist-info"
    about.mkdir()
    text = f"Metadata-Version: 2.1\nName: vernier-sr\nVersion: {VERSION}\n"
    (about / "METADATA").write_text(text)
    return folder


def bundles(folder: Path) -> list[Path]:
    return sorted(manifest.parent for manifest in folder.glob("*/manifest.json"))


def differences(bundle: Path, folder: Path, prefix: list[str], program: Path) -> int:
    """How many samples are not Python's on the same CPU, told in a line beside x86's."""
    large = folder / "large.ppm"
    run([*prefix, program, bundle, folder / "small.ppm", large, "--tile", "32", "--threads", "1"])
    expected = np.load(folder / "there" / f"{bundle.name}.npy")
    x86 = np.load(folder / "here" / f"{bundle.name}.npy")
    found = np.frombuffer(large.read_bytes()[-expected.size :], np.uint8).reshape(expected.shape)
    wrong = np.count_nonzero(found != expected)
    other = np.count_nonzero(found != x86)
    print(
        f"{bundle.name} on {CPU} (emulated): {wrong} of {expected.size} samples are not Python's; "
        f"{other} not those of this machine"
    )
    return wrong


def run(command: list[object], more: dict[str, str] | None = None) -> None:
    told = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(SOURCE), **(more or {})}
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        raise SystemExit(f"{command}: exit code {done.returncode}\n{done.stderr[-3000:]}")


if __name__ == "__main__":
    sys.exit(main())
