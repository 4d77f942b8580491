"""The C++ runner, built against the LiteRT library of the wheel."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

NATIVE = Path(__file__).parents[2] / "native"
PROGRAM = "vernier-enlarge"


def litert_folder():
    """The folder of `libLiteRt.so`."""
    folder = Path(importlib.util.find_spec("ai_edge_litert").submodule_search_locations[0])
    if not (folder / "libLiteRt.so").is_file():
        pytest.skip("this ai-edge-litert wheel has no libLiteRt.so")
    return folder


def built(folder):
    """The example, by CMake where it is here and else by make; a skip without a compiler."""
    if shutil.which("g++") is None:
        pytest.skip("there is no C++ compiler")
    litert, warnings = litert_folder(), "-O2 -Wall -Wextra -Wpedantic -Wconversion -Werror"
    if shutil.which("cmake"):
        flags = [f"-DLITERT={litert}", f"-DCMAKE_CXX_FLAGS={warnings}"]
        run(["cmake", "-S", NATIVE, "-B", folder, *flags])
        run(["cmake", "--build", folder, "--parallel", "2"])
    else:
        flags = [f"LITERT={litert}", f"BUILD={folder}", f"CXXFLAGS={warnings}"]
        run(["make", "-C", NATIVE, "-j2", *flags])
    return folder / PROGRAM


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def with_library(folder, source):
    """A program of one file that uses the library's insides."""
    program = folder / source.stem
    litert = litert_folder()
    flags = ["-std=c++17", "-O2", f"-I{NATIVE}/src", f"-I{NATIVE}/include"]
    libraries = [folder / "libvernier_runner.a", litert / "libLiteRt.so", "-ldl", "-pthread"]
    run(["g++", *flags, source, *libraries, f"-Wl,-rpath,{litert}", "-o", program])
    return program


def enlarge(program, bundle, small, large, *options):
    """Run it: the process, finished."""
    return subprocess.run(
        [str(program), str(bundle), str(small), str(large), *map(str, options)],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
