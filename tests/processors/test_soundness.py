"""The self-test against processors that are wrong in ways that real ones are, and what is noted."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vernier.errors import ProcessorError
from vernier.graphs.graph import Kind
from vernier.processor_id import ProcessorId
from vernier.processors import notes, soundness
from vernier.processors.contents import read_contents
from vernier.processors.discovery import find_processor
from vernier.processors.litert_cpu import LitertCpu
from vernier.processors.protocol import Executable
from vernier.processors.self_test_cases import self_test_cases, tried_kinds

INT8, FLOAT32 = (ProcessorId("litert", "cpu", p) for p in ("int8", "float32"))
Spoil = Callable[[NDArray[Any], frozenset[str]], NDArray[Any]]


@dataclass(frozen=True)
class Spoiling(LitertCpu):
    """LiteRT, with something done to each result; told the operators of the file."""

    spoil: Spoil = lambda result, _: result

    def load(self, model: bytes, *, threads: int = 0, allow_fallback: bool = False) -> Executable:
        kinds = frozenset(op.kind for op in read_contents(model).operators)
        return _Spoilt(super().load(model, threads=threads), self.spoil, kinds)  # type: ignore[return-value]


class _Spoilt:
    def __init__(self, inner: Executable, spoil: Spoil, kinds: frozenset[str]) -> None:
        self._inner, self._spoil, self._kinds = inner, spoil, kinds

    def __call__(self, *given: NDArray[Any]) -> list[NDArray[Any]]:
        return [self._spoil(result.copy(), self._kinds) for result in self._inner(*given)]

    def close(self) -> None:
        self._inner.close()


def a_few_codes(result: NDArray[Any], _: frozenset[str]) -> NDArray[Any]:
    return np.clip(result.astype(int) + 2, -128, 127).astype(result.dtype)


def one_code_down(result: NDArray[Any], _: frozenset[str]) -> NDArray[Any]:
    """Rounded down instead of to the nearest: every other code is one too low."""
    lower = np.indices(result.shape).sum(axis=0) % 2
    return np.maximum(result.astype(int) - lower, -128).astype(result.dtype)


def last_column_of_odd_pictures(result: NDArray[Any], _: frozenset[str]) -> NDArray[Any]:
    if result.shape[2] % 2:
        result[:, :, -1] = result[:, :, -1] // 2 + 9
    return result


def channels_behind_whole_vectors(result: NDArray[Any], _: frozenset[str]) -> NDArray[Any]:
    whole = result.shape[3] // 8 * 8
    if whole:
        result[..., whole:] = np.clip(result[..., whole:].astype(int) + 4, -128, 127)
    return result


def a_single_pixel(result: NDArray[Any], _: frozenset[str]) -> NDArray[Any]:
    return np.zeros_like(result) if result.shape[1:3] == (1, 1) else result


def the_highest_codes(result: NDArray[Any], _: frozenset[str]) -> NDArray[Any]:
    """As what saturates: only what is nearly white suffers."""
    return np.minimum(result, 120).astype(result.dtype)


def a_smaller_result(result: NDArray[Any], _: frozenset[str]) -> NDArray[Any]:
    return result[:, :-1] if result.shape[1] > 1 else result


@pytest.mark.parametrize(
    "spoil",
    [
        a_few_codes,
        one_code_down,
        last_column_of_odd_pictures,
        channels_behind_whole_vectors,
        a_single_pixel,
        the_highest_codes,
        a_smaller_result,
    ],
)
def test_a_wrong_int8_processor_is_found_out(spoil: Spoil) -> None:
    assert soundness.examine(LitertCpu(INT8)).fault() == ""
    found = soundness.examine(Spoiling(INT8, spoil))
    assert "its numbers are wrong here" in found.fault()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda result, _: result + np.float32(1e-4) * np.abs(result).max(),
        lambda result, _: result.astype(np.float16).astype(np.float32),
        lambda result, _: np.where(np.arange(result.shape[2])[:, None] % 16 == 15, 0, result),
        lambda result, _: np.where(result > 0.5, np.nan, result),
    ],
    ids=["a little more", "rounded to float16", "every 16th column", "not a number"],
)
def test_a_wrong_float_processor_is_found_out(spoil: Spoil) -> None:
    assert soundness.examine(LitertCpu(FLOAT32)).fault() == ""
    assert soundness.examine(Spoiling(FLOAT32, spoil)).fault()


def test_a_wrong_operator_concerns_only_networks_that_have_it(tmp_path: Path) -> None:
    def spoil(result: NDArray[Any], kinds: frozenset[str]) -> NDArray[Any]:
        return a_few_codes(result, kinds) if "MIRROR_PAD" in kinds else result

    processor = Spoiling(INT8, spoil)
    file = tmp_path / "notes.json"
    assert soundness.passed_over(processor, {Kind.CONV_2D, Kind.ADD}, file) == ""
    reason = soundness.passed_over(processor, {Kind.CONV_2D, Kind.MIRROR_PAD}, file)
    assert "MIRROR_PAD" in reason
    soundness.require_usable(processor, {Kind.CONV_2D}, file)
    with pytest.raises(ProcessorError, match=r"litert:cpu:int8: its numbers .*--allow-inexact"):
        soundness.require_usable(processor, {Kind.MIRROR_PAD}, file)
    soundness.require_usable(processor, {Kind.MIRROR_PAD}, file, allow_inexact=True)
    assert soundness.examine(processor).unsound_kinds == ("MIRROR_PAD",)


def test_every_operator_of_a_file_has_a_case() -> None:
    kinds = {case.kind for case in self_test_cases("float32")}
    assert kinds == set(Kind) - {Kind.QUANTIZE, Kind.DEQUANTIZE}
    integers = {case.kind for case in self_test_cases("int8")}
    assert {Kind.QUANTIZE, Kind.DEQUANTIZE, Kind.CONV_2D, Kind.PRELU, Kind.MEAN} <= integers
    assert (kinds, integers) == (tried_kinds("float32"), tried_kinds("int8"))


class Counting(LitertCpu):
    """Counts what is loaded."""

    loads = 0

    def load(self, model: bytes, *, threads: int = 0, allow_fallback: bool = False) -> Executable:
        Counting.loads += 1
        return super().load(model, threads=threads, allow_fallback=allow_fallback)


def _loads(file: Path, processor: LitertCpu | None = None) -> int:
    Counting.loads = 0
    soundness.soundness(processor or Counting(INT8), {Kind.CONV_2D}, file)
    return Counting.loads


def test_a_verdict_is_noted_until_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "notes.json"
    first = _loads(file)
    assert first > 10
    assert _loads(file) == 0
    # Another processor, other instructions, another CPU: verdicts of their own, side by side.
    assert _loads(file, Counting(FLOAT32)) > 0
    with monkeypatch.context() as other:
        own = os.environ.get("ONEDNN_MAX_CPU_ISA")
        other.setenv("ONEDNN_MAX_CPU_ISA", "SSE41" if own == "AVX2" else "AVX2")
        assert _loads(file) == first
    with monkeypatch.context() as other:
        other.setattr(notes, "cpu_name", lambda: "another CPU")
        assert _loads(file) == first
    assert _loads(file) == 0
    # Another engine, Vernier or format: all that was noted is dropped.
    for name, value in (
        ("engine_versions", lambda: {"openvino": "1"}),
        ("VERSION", "0.0"),
        ("FORMAT", 0),
    ):
        with monkeypatch.context() as other:
            other.setattr(notes, name, value)
            notes._made_by.cache_clear()
            assert _loads(file) == first
            assert len(json.loads(file.read_bytes())["notes"]) == 1
        notes._made_by.cache_clear()
        assert _loads(file) == first
    file.write_text("{nonsense")
    assert _loads(file) == first
    assert _loads(file) == 0


def test_more_operators_are_tried_when_a_network_has_them(tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    first = _loads(file)
    Counting.loads = 0
    soundness.soundness(Counting(INT8), {Kind.CONV_2D, Kind.MIRROR_PAD}, file)
    assert 0 < Counting.loads < first
    Counting.loads = 0
    soundness.soundness(Counting(INT8), {Kind.MIRROR_PAD}, file)
    assert Counting.loads == 0


def test_an_engine_that_does_not_start_is_asked_again(tmp_path: Path) -> None:
    class Absent(LitertCpu):
        def load(self, model: bytes, **options: Any) -> Executable:
            raise ProcessorError(f"{self.id}: No adapters found")

    file = tmp_path / "notes.json"
    assert soundness.passed_over(Absent(INT8), notes=file) == "No adapters found"
    known = soundness.noted(LitertCpu(INT8), file)
    assert known is not None
    assert known.fault() == "No adapters found"
    with pytest.raises(ProcessorError, match=r"No adapters found$"):
        soundness.require_usable(Absent(INT8), notes=file)
    # The same processor, now with a driver.
    assert soundness.passed_over(LitertCpu(INT8), notes=file) == ""


ENDS_ITS_PROCESS = """
import os
from vernier.processors.contents import read_contents
from vernier.processors.litert_accelerated import LitertGpu
from vernier.processors.litert_cpu import LitertCpu
from vernier.processor_id import ProcessorId

def load(self, model, *, threads=0, allow_fallback=False):
    if {"SOFTMAX", "GELU"} & {op.kind for op in read_contents(model).operators}:
        os.abort()
    return LitertCpu(ProcessorId("litert", "cpu", "float32")).load(model)

LitertGpu.load = load
"""


@pytest.mark.skipif(os.name != "posix", reason="os.abort opens a window on Windows")
def test_a_driver_that_ends_its_process_does_not_end_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(ENDS_ITS_PROCESS)
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    monkeypatch.setenv("PYTHONPATH", path)
    found = soundness.examine(find_processor("litert:gpu:float32"))
    assert set(found.unsound_kinds) == {"GELU", "SOFTMAX"}
    assert len(found.findings) == len(self_test_cases("float32"))
    assert found.fault() == ""
    assert "the engine ended its process" in found.fault({Kind.SOFTMAX})


SATURATING = """
import json
from vernier.processors import openvino
from vernier.processors.discovery import find_processor
from vernier.processors.soundness import examine
from vernier.quantization.pair_bound import EXACT
processor = find_processor("openvino:cpu:int8")
bounded = examine(processor).fault()
saturates = bool(processor.pair_sums())
openvino._pair_sums = lambda _: EXACT
print(json.dumps([saturates, bounded, examine(processor).fault()]))
"""


@pytest.mark.parametrize("instructions", ["SSE41", "AVX2", "AVX512_CORE"])
def test_saturating_pairs_are_found_out_and_bounded_weights_are_sound(instructions: str) -> None:
    """OpenVINO itself, made to run as on older CPUs, with the remedy and without it."""
    if not find_processor("openvino:cpu:int8").availability().present:
        pytest.skip("OpenVINO is not here")
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": instructions}
    done = subprocess.run(
        [sys.executable, "-c", SATURATING],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    saturates, bounded, plain = json.loads(done.stdout)
    assert bounded == ""
    assert ("ends" in plain) == saturates
