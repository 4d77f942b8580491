"""Exact INT8 on CPUs without VNNI, which oneDNN imitates at full speed on any newer one.

`ONEDNN_MAX_CPU_ISA` is read once per process, so each CPU is a process (`saturating_cpu.py`).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from vernier.processors.discovery import find_processor
from vernier.processors.machine import cpu_flags

SCRIPT = Path(__file__).parent / "saturating_cpu.py"
# What it takes to be imitated, and what such a CPU adds in 16 bits.
CPUS = {
    "AVX2": ("avx2", {"channels": True, "taps": False}),
    "AVX512_CORE": ("avx512f", {"channels": True, "taps": True}),
}
# Of a bounded network: what rounding of the result's codes may differ by.
ROUNDING_DB = 50
SATURATES = {
    "1x1",
    "odd channels",
    "rgb, stride 2",
    "groups",
    "odd groups",
    "transposed",
}


@pytest.fixture(scope="module", params=CPUS)
def found(request):
    """The script's results on a CPU, after its name."""
    flag, _ = CPUS[request.param]
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip("oneDNN's x86 instruction sets need an x86 CPU")
    if not find_processor("openvino:cpu:int8").availability().present:
        pytest.skip("OpenVINO is not here")
    if platform.system() == "Linux" and flag not in cpu_flags():
        pytest.skip(f"this CPU cannot imitate {request.param}")
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**os.environ, "ONEDNN_MAX_CPU_ISA": request.param},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return request.param, json.loads(done.stdout)


def test_saturation_is_found_by_trying(found):
    name, told = found
    assert {key: told[key] for key in ("channels", "taps")} == CPUS[name][1]
    assert told["litert"] is False


def test_every_kind_of_convolution_is_exact_where_it_was_not(found):
    name, told = found
    saturates = SATURATES | ({"one channel"} if CPUS[name][1]["taps"] else set())
    for kind, apart in told["operators"].items():
        assert apart["bounded"] <= 1, kind
        # Bounded only because it must be.
        assert (apart["as it is"] > 10) is (kind in saturates), kind


def test_white_stays_white(found):
    assert found[1]["white"] >= 253


def test_a_bright_picture_is_as_near_to_float_as_that_of_litert(found):
    _, told = found
    assert told["bright_db"] > told["bright_litert_db"] - 0.7


def test_a_network_gives_the_codes_of_its_bounded_weights(found):
    assert found[1]["codes"]["largest"] <= 2
    assert found[1]["codes"]["mean"] < 0.25


def test_a_split_is_what_its_simulation_says_in_each_form(found):
    forms = dict(found[1]["forms"])
    unbounded = forms.pop("unbounded")
    assert set(forms) == {"segments", "engine", "fused"}
    for form, db in forms.items():
        assert db > unbounded + 1, form
        assert db > ROUNDING_DB, form


def test_the_judge_sees_what_runs(found):
    assert found[1]["judged_db"] > ROUNDING_DB
