"""LiteRT's GPU and NPU paths, run for real where a Vulkan driver or OpenVINO's dispatch is.

A software GPU is enough: `apt-get install chromium-common libvulkan1` brings SwiftShader's driver.
It is for correctness only and says nothing about speed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from processor_models import mixed, with_two_ports

from vernier.errors import PlacementError, ProcessorError
from vernier.formats.tflite.writer import write
from vernier.processor_id import ProcessorId
from vernier.processors.arithmetic_probe import measured_precision
from vernier.processors.discovery import pair_sums
from vernier.processors.litert_accelerated import LitertNpu
from vernier.processors.self_test import self_test
from vernier.processors.self_test_cases import NETWORK_CODES
from vernier.processors.vulkan import vulkan_devices
from vernier.quantization.pair_bound import bounded

SWIFTSHADER = Path("/usr/lib/chromium/vk_swiftshader_icd.json")
# In a process of its own: the Vulkan loader reads its variables once, and a GPU driver that
# crashes must not take the tests with it.
ON_THE_GPU = """
import json, sys
import numpy as np
from processor_models import with_mirrored_border
from vernier.errors import PlacementError
from vernier.processors.discovery import find_processor
from vernier.processors.doctor import try_processor
from vernier.processors.self_test import self_test
from vernier.formats.tflite.writer import write
checks = {}
for precision in ("float32", "float16"):
    check = try_processor(find_processor(f"litert:gpu:{precision}"))
    checks[precision] = [check.verdict, check.detail]
gpu = find_processor("litert:gpu:float16")
executable = gpu.load(write(self_test("float32").graph), allow_fallback=True)
checks["fallback"] = list(executable.placement.mismatches)
executable.close()
gpu = find_processor("litert:gpu:float32")
model = write(with_mirrored_border())
try:
    gpu.load(model)
except PlacementError as error:
    checks["refused"] = str(error)
executable = gpu.load(model, allow_fallback=True)
checks["on the CPU"] = list(executable.placement.mismatches)
x = np.arange(12, dtype=np.float32).reshape(1, 3, 4, 1)
checks["mirrored"] = bool(
    (executable(x)[0][0, :, :, 0] == np.pad(2 * x[0, :, :, 0], 1, "symmetric")).all()
)
executable.close()
print(json.dumps(checks))
"""
SUPPORT = Path(__file__).parents[1] / "support"
# OpenVINO's CPU in the place of an NPU: the same dispatch library, the same path through LiteRT.
NPU = LitertNpu(ProcessorId("litert", "npu", "int8"), dispatch_device="CPU")


def _vulkan_environment() -> dict[str, str]:
    """An environment in which the GPU starts: the machine's own, or one with a software GPU."""
    path = os.pathsep.join(filter(None, (str(SUPPORT), os.environ.get("PYTHONPATH"))))
    own = {**os.environ, "PYTHONPATH": path}
    software = {**own, "VK_ICD_FILENAMES": str(SWIFTSHADER)}
    for environment in (own, software) if SWIFTSHADER.exists() else (own,):
        if _gpu_starts(environment):
            return environment
    reason = vulkan_devices().reason or f"{vulkan_devices().names[0]} does not start"
    pytest.skip(f"{reason}; a software one: apt-get install chromium-common")


def _gpu_starts(environment: dict[str, str]) -> bool:
    code = (
        "from vernier.processors.discovery import find_processor as f;"
        "from vernier.processors.self_test import self_test as s;"
        "from vernier.formats.tflite.writer import write as w;"
        "f('litert:gpu:float32').load(w(s('float32').graph))"
    )
    run = [sys.executable, "-c", code]
    return subprocess.run(run, capture_output=True, env=environment, check=False).returncode == 0


def test_gpu_equals_numpy_and_says_in_which_format_it_computes() -> None:
    environment = _vulkan_environment()
    done = subprocess.run(
        [sys.executable, "-c", ON_THE_GPU],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    # LiteRT logs to both streams; none of it may reach the user.
    assert done.stderr == ""
    checks = json.loads(done.stdout)
    verdict, detail = checks["float32"]
    assert verdict == "ok", detail
    assert "every operator on the GPU" in detail
    verdict, detail = checks["float16"]
    if verdict == "ok":
        assert "measured as float16" in detail
        assert checks["fallback"] == []
    else:
        # A GPU without float16, such as SwiftShader, runs float32 whatever it is asked for.
        assert "computes in float32, not float16" in detail
        assert checks["fallback"] == ["the GPU computes in float32, not float16"]

    # WebGPU's delegate has no symmetric MIRROR_PAD.
    assert "MIRROR_PAD: Only Reflective padding" in checks["refused"]
    assert "MIRROR_PAD" in checks["on the CPU"][0]
    assert checks["mirrored"]


def _need_dispatch() -> None:
    if not NPU.availability().present:
        pytest.skip(NPU.availability().detail)


def test_npu_dispatch_equals_numpy() -> None:
    _need_dispatch()
    test = self_test("int8")
    # The CPU in its place may add pairs of products in 16 bits, which an NPU does not.
    executable = NPU.load(write(bounded(test.graph, pair_sums("openvino:cpu:int8"))))
    assert test.error(executable(test.given)[0]) <= NETWORK_CODES
    assert executable.placement.opaque
    assert "every operator on the NPU" in executable.placement.note
    executable.close()
    with pytest.raises(ProcessorError, match="after close"):
        executable.run()


def test_npu_refuses_float_and_mixed_files() -> None:
    _need_dispatch()
    with pytest.raises(ProcessorError, match="expected an int8 model"):
        NPU.load(write(with_two_ports()))
    with pytest.raises(PlacementError, match="16-bit format"):
        NPU.load(write(mixed()))
    executable = NPU.load(write(mixed()), allow_fallback=True)
    assert len(executable.placement.mismatches) == 1
    executable.close()


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_the_probe_tells_formats_apart(precision: str) -> None:
    weights = np.array([1 + 2.0**-12, 1 + 2.0**-9], precision)
    assert measured_precision(np.broadcast_to(weights, (1, 8, 8, 2))) == precision


def test_the_probe_knows_bfloat16_from_openvino_itself() -> None:
    from vernier.processors.arithmetic_probe import probe_input, probe_model
    from vernier.processors.discovery import find_processor

    for precision in ("float32", "bfloat16"):
        processor = find_processor(f"openvino:cpu:{precision}")
        if not processor.availability().present:
            pytest.skip(processor.availability().detail)
        executable = processor.load(probe_model(), threads=1)
        assert measured_precision(executable(probe_input())[0]) == precision
        executable.close()
