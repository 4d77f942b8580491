"""Each processor that is here: results against NumPy, zero-copy buffers, placement, refusals."""

import gc
import subprocess
import sys

import numpy as np
import pytest
from processor_models import (
    between_convolutions,
    mixed,
    with_exact_sums,
    with_one_convolution,
    with_two_ports,
)

from vernier.errors import PlacementError, ProcessorError, UsageError
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Kind
from vernier.graphs.reference import run
from vernier.processor_id import ProcessorId
from vernier.processors.discovery import (
    PROCESSORS,
    find_processor,
    present_processors,
)
from vernier.processors.doctor import Verdict, examine, try_processor
from vernier.processors.protocol import Processor
from vernier.processors.self_test import TOLERANCE_CODES, TOLERANCES, self_test
from vernier.processors.self_test_cases import NETWORK_CODES

PRESENT = present_processors()
FLOATS = [p for p in PRESENT if p.id.precision == "float32"]
INTEGERS = [p for p in PRESENT if p.id.precision == "int8"]
CONVOLUTIONS = ("CONV_2D", "Convolution", "Conv", "QLinearConv")
CPUS = [p for p in PRESENT if p.id.device == "cpu"]


def _id(processor: Processor) -> str:
    return str(processor.id)


def _model(processor: Processor) -> bytes:
    return write(self_test(processor.id.model_precision).graph)


def test_the_engines_of_the_base_install_are_here() -> None:
    expected = {"litert:cpu:float32", "litert:cpu:int8", "openvino:cpu:float32"}
    assert expected | {"openvino:cpu:int8"} <= {str(p.id) for p in PRESENT}


@pytest.mark.parametrize("processor", PRESENT, ids=_id)
def test_the_verdict_is_what_the_numbers_are(processor: Processor) -> None:
    """Against sums in 64 bits, which no self-test computed: a 1x1 convolution of large weights."""
    check = try_processor(processor)
    exact = processor.id.precision != "int8" or _adds_up(processor)
    assert check.verdict is (Verdict.OK if exact else Verdict.FAILED), check.detail
    if not exact:
        assert "its numbers are wrong here" in check.detail


def _adds_up(processor: Processor) -> bool:
    """Whether 16 products of 255 and 127 come out as their sum, within 2 %."""
    weights = np.full((16, 1, 1, 16), 127, np.int8)
    total = 255 * 127 * 16
    graph = with_exact_sums(weights, total / 200)
    executable = processor.load(write(graph), threads=1)
    found = executable(np.full((1, 8, 8, 16), 127, np.int8))[0].astype(int) + 128
    executable.close()
    return bool(np.abs(found - 200).max() <= 4)


@pytest.mark.parametrize("processor", PRESENT, ids=_id)
def test_self_test_notices_a_wrong_result(processor: Processor) -> None:
    test = self_test(processor.id.model_precision)
    wrong = test.expected.copy()
    if wrong.dtype == np.int8:
        wrong[0, 3, 3, 0] = -wrong[0, 3, 3, 0] + 40
        assert test.error(wrong) > TOLERANCE_CODES
    else:
        wrong[0, 3, 3, 0] += 0.1 * np.abs(wrong).max()
        assert test.error(wrong) > max(TOLERANCES.values())


@pytest.mark.parametrize("processor", PRESENT, ids=_id)
def test_buffers_are_the_engines_own_and_stay_valid(processor: Processor) -> None:
    test = self_test(processor.id.model_precision)
    executable = processor.load(write(test.graph), threads=2)
    given, result = executable.input_buffer(0), executable.output_buffer(0)
    assert (given.shape, given.dtype) == (test.given.shape, test.given.dtype)
    given[...] = 0
    executable.run()
    on_zeros = executable.output_buffer(0).copy()
    given[...] = test.given
    executable.run()
    assert executable.output_buffer(0).ctypes.data == result.ctypes.data or (
        processor.id.device != "cpu"
    )
    allowed = TOLERANCES.get(processor.id.precision, NETWORK_CODES)
    assert test.error(executable.output_buffer(0)) <= allowed
    assert not np.array_equal(on_zeros, executable.output_buffer(0))
    executable.close()


@pytest.mark.parametrize("processor", CPUS, ids=_id)
def test_a_buffer_outlives_its_executable(processor: Processor) -> None:
    test = self_test(processor.id.model_precision)
    executable = processor.load(write(test.graph), threads=1)
    expected = executable(test.given)[0]
    view = executable.output_buffer(0)
    executable.close()
    del executable
    gc.collect()
    np.testing.assert_array_equal(view, expected)


@pytest.mark.parametrize("processor", PRESENT, ids=_id)
def test_run_after_close_is_refused(processor: Processor) -> None:
    executable = processor.load(_model(processor), threads=1)
    executable.close()
    executable.close()
    with pytest.raises(ProcessorError, match="after close"):
        executable.run()


@pytest.mark.parametrize("processor", PRESENT, ids=_id)
def test_ports_are_the_files(processor: Processor) -> None:
    graph = self_test(processor.id.model_precision).graph
    executable = processor.load(write(graph), threads=1)
    for port, name in zip((*executable.inputs, *executable.outputs), ("x", "out"), strict=True):
        kind = graph.types[name]
        assert (port.name, port.shape, port.dtype) == (name, kind.shape, kind.dtype)
        if kind.quantization is None:
            assert port.quantization is None
        else:
            assert port.quantization is not None
            np.testing.assert_array_equal(port.quantization.scale, kind.quantization.scale)
            np.testing.assert_array_equal(
                port.quantization.zero_point, kind.quantization.zero_point
            )
    executable.close()


@pytest.mark.parametrize("processor", FLOATS, ids=_id)
def test_several_ports_keep_the_files_order(processor: Processor) -> None:
    random = np.random.default_rng(0)
    first = random.random((1, 6, 5, 3), np.float32)
    second = random.random((1, 6, 5, 1), np.float32)
    executable = processor.load(write(with_two_ports()), threads=1)
    total, scaled = executable(first, second)
    np.testing.assert_allclose(total, first + second, atol=1e-6)
    np.testing.assert_allclose(scaled, 2 * second, atol=1e-6)
    executable.close()


@pytest.mark.parametrize("kind", [Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D, Kind.TRANSPOSE_CONV])
@pytest.mark.parametrize("processor", FLOATS, ids=_id)
def test_every_sort_of_convolution_in_float(processor: Processor, kind: Kind) -> None:
    graph = with_one_convolution(kind, int8=False)
    given = np.random.default_rng(1).standard_normal(graph.types["x"].shape).astype(np.float32)
    executable = processor.load(write(graph), threads=1)
    np.testing.assert_allclose(executable(given)[0], run(graph, {"x": given})["y"], atol=1e-5)
    assert executable.placement.mismatches == ()
    executable.close()


@pytest.mark.parametrize("kind", [Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D, Kind.TRANSPOSE_CONV])
def test_every_sort_of_convolution_in_int8_agrees_between_engines(kind: Kind) -> None:
    # OpenVINO needs a scale per tensor for depthwise, and a zero point of 0 or -128 for transposed.
    graph = with_one_convolution(
        kind,
        int8=True,
        zero_point=-128 if kind is Kind.TRANSPOSE_CONV else 5,
        per_channel=kind is not Kind.DEPTHWISE_CONV_2D,
    )
    given = np.random.default_rng(1).integers(-128, 128, graph.types["x"].shape).astype(np.int8)
    results = []
    for processor in INTEGERS:
        executable = processor.load(write(graph), threads=1)
        results.append(executable(given)[0].astype(int))
        executable.close()
    assert len(results) >= 2
    for other in results[1:]:
        assert np.abs(results[0] - other).max() <= 1


@pytest.mark.parametrize("kind", [Kind.DEPTHWISE_CONV_2D, Kind.TRANSPOSE_CONV])
def test_openvino_running_an_int8_convolution_in_float_is_an_error(kind: Kind) -> None:
    """No mock: this OpenVINO really does so for these two, silently."""
    model = write(with_one_convolution(kind, int8=True))
    processor = find_processor("openvino:cpu:int8")
    with pytest.raises(PlacementError, match=r"int8 x1, OpenVINO runs them in float32 x1"):
        processor.load(model, threads=1)
    executable = processor.load(model, threads=1, allow_fallback=True)
    assert len(executable.placement.mismatches) == 1
    executable.close()


@pytest.mark.parametrize("kind", ["RESIZE_BILINEAR", "SPACE_TO_DEPTH", "DEPTH_TO_SPACE"])
def test_float_leftovers_between_int8_convolutions_are_told_and_are_no_error(kind: str) -> None:
    executable = find_processor("openvino:cpu:int8").load(write(between_convolutions(Kind(kind))))
    told = [m for m in executable.placement.mismatches if "between int8 convolutions" in m]
    # OpenVINO moves codes for DEPTH_TO_SPACE, and floats for the other two.
    assert bool(told) == (kind != "DEPTH_TO_SPACE")
    executable.close()


@pytest.mark.parametrize("processor", CPUS, ids=_id)
def test_placement_says_that_every_convolution_runs_as_asked(processor: Processor) -> None:
    executable = processor.load(_model(processor), threads=1)
    placement = executable.placement
    executable.close()
    assert placement.requested == processor.id
    assert not placement.opaque
    convolutions = [op for op in placement.operators if op.kind in CONVOLUTIONS]
    assert [op.precision for op in convolutions] == [processor.id.precision] * 3
    # ONNX Runtime has no PReLU in INT8, and says so.
    assert all("PRelu active/prelu" in told for told in placement.mismatches)
    assert not placement.mismatches or str(processor.id) == "onnxruntime:cpu:int8"


def test_xnnpack_computes_int8_prelu_as_convolutions() -> None:
    executable = find_processor("litert:cpu:int8").load(write(self_test("int8").graph), threads=1)
    placed = {o.kind: o.implementation for o in executable.placement.operators}
    assert "PRELU" not in placed
    assert set(placed.values()) == {"XNNPACK"}
    assert executable.placement.note == ""


@pytest.mark.parametrize("processor", PRESENT, ids=_id)
def test_a_model_of_the_other_precision_is_refused(processor: Processor) -> None:
    other = "float32" if processor.id.model_precision == "int8" else "int8"
    with pytest.raises(ProcessorError, match=f"expected an? {processor.id.model_precision} model"):
        processor.load(write(self_test(other).graph))


@pytest.mark.parametrize("processor", INTEGERS, ids=_id)
def test_a_mixed_file_runs_its_float_part_in_float(processor: Processor) -> None:
    executable = processor.load(write(mixed()), threads=1)
    convolutions = [
        op.precision for op in executable.placement.operators if op.kind in CONVOLUTIONS
    ]
    assert sorted(convolutions) == ["float32", "int8", "int8", "int8"]
    executable.close()


@pytest.mark.parametrize("processor", FLOATS, ids=_id)
def test_a_mixed_file_is_refused_by_float_processors(processor: Processor) -> None:
    with pytest.raises(ProcessorError, match="int8 operators"):
        processor.load(write(mixed()))


@pytest.mark.parametrize("damage", [b"", b"hello, not a model at all", "truncated", "scrambled"])
@pytest.mark.parametrize("processor", PRESENT, ids=_id)
def test_damaged_models_are_refused(processor: Processor, damage: bytes | str) -> None:
    model = _model(processor)
    if damage == "truncated":
        model = model[: len(model) // 3]
    elif damage == "scrambled":
        model = model[:8] + bytes(255 - b for b in model[8:])
    elif isinstance(damage, bytes):
        model = damage
    with pytest.raises(ProcessorError, match=r"tflite"):
        processor.load(model)


def test_absent_processors_say_why_and_refuse_to_load() -> None:
    for processor in PROCESSORS:
        row = processor.availability()
        assert row.processor == processor.id
        assert row.detail
        if not row.present:
            with pytest.raises(ProcessorError, match="is not here"):
                processor.load(_model(processor))


def test_finding_processors() -> None:
    assert find_processor("litert:cpu:int8").id == ProcessorId("litert", "cpu", "int8")
    with pytest.raises(ProcessorError, match="known are"):
        find_processor("litert:tpu:int8")
    with pytest.raises(UsageError, match="ENGINE:DEVICE:PRECISION"):
        find_processor("fast")


def test_bfloat16_is_refused_where_the_cpu_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vernier.processors.openvino._capabilities", lambda _: ("FP32", "INT8"))
    processor = find_processor("openvino:cpu:bfloat16")
    assert not processor.availability().present
    with pytest.raises(ProcessorError, match="avx512_bf16"):
        processor.load(_model(processor))


def test_float32_is_float32_on_openvino_even_where_the_cpu_has_bfloat16() -> None:
    # 4e-3 is bfloat16's rounding step; the self-test's tolerance for float32 is 1e-5.
    check = try_processor(find_processor("openvino:cpu:float32"))
    assert check.verdict is Verdict.OK
    assert "bfloat16" not in check.detail


def test_a_forced_precision_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO, really told to run bfloat16 in float32, is caught by the placement."""
    processor = find_processor("openvino:cpu:bfloat16")
    if not processor.availability().present:
        pytest.skip(processor.availability().detail)
    monkeypatch.setitem(
        sys.modules["vernier.processors.openvino"].__dict__["_PRECISION_HINTS"], "bfloat16", "f32"
    )
    with pytest.raises(PlacementError, match="bfloat16 x3, OpenVINO runs them in float32 x3"):
        processor.load(_model(processor))
    executable = processor.load(_model(processor), allow_fallback=True)
    assert len(executable.placement.mismatches) == 1
    executable.close()


def test_the_doctor_finds_this_machine_of_use() -> None:
    checks = list(examine())
    failed = [c.name for c in checks if c.verdict is Verdict.FAILED]
    # What may fail and leave the machine sound is a processor that is then passed over.
    assert set(failed) <= {str(p.id) for p in PRESENT} - {"litert:cpu:float32", "litert:cpu:int8"}
    assert all("passed over: " in c.detail for c in checks if c.name in failed)
    assert {str(p.id) for p in PROCESSORS} < {c.name for c in checks}


def test_engines_write_nothing_to_the_users_streams() -> None:
    code = (
        "from vernier.processors.discovery import find_processor;"
        "from vernier.processors.self_test import self_test;"
        "from vernier.formats.tflite.writer import write;"
        "e = find_processor('litert:cpu:float32').load(write(self_test('float32').graph));"
        "e.run(); print('ours')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("ours\n", "")
