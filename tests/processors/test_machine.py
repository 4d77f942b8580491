"""The machine's description, the file's contents and the engines' log lines, each by itself."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from processor_models import mixed, with_two_ports

from vernier.errors import ProcessorError
from vernier.formats.tflite.writer import write
from vernier.processor_id import ProcessorId
from vernier.processors.contents import check_precision, read_contents
from vernier.processors.engine_messages import engine_messages
from vernier.processors.machine import ENGINES, Machine, describe_machine
from vernier.processors.openvino_placement import ExecutionNode, read_placement
from vernier.processors.self_test import self_test
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import calibrate


def test_machine_goes_through_json_and_back() -> None:
    machine = describe_machine()
    assert msgspec.json.decode(msgspec.json.encode(machine), type=Machine) == machine
    assert machine.cores >= 1
    assert machine.python == platform.python_version()
    assert {"ai-edge-litert", "openvino"} <= machine.engines.keys() <= {*ENGINES}


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="no /proc here")
def test_machine_agrees_with_the_system() -> None:
    machine = describe_machine()
    lines = Path("/proc/meminfo").read_text().splitlines()
    total = next(int(line.split()[1]) for line in lines if line.startswith("MemTotal"))
    assert machine.memory_bytes == total * 1024
    words = set(Path("/proc/cpuinfo").read_text().split())
    assert set(machine.flags) <= words
    assert ("avx2" in words) == ("avx2" in machine.flags)


def test_contents_are_the_graphs() -> None:
    graph = self_test("int8").graph
    contents = read_contents(write(graph))
    assert [(op.kind, op.output) for op in contents.operators] == [
        (op.kind.value, op.output) for op in graph.operators
    ]
    assert contents.convolutions == {"int8": 3}
    assert contents.float_operators == ()
    both = read_contents(write(mixed()))
    assert both.convolutions == {"int8": 3, "float32": 1}
    assert [op.output for op in both.float_operators] == ["pre"]
    ports = read_contents(write(with_two_ports()))
    assert [p.name for p in (*ports.inputs, *ports.outputs)] == [
        "z_first",
        "a_second",
        "z_sum",
        "a_scaled",
    ]


def test_int8_weights_under_float_activations_are_refused() -> None:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(write(self_test("float32").graph), 0)
    tensors = model.subgraphs[0].tensors
    next(t for t in tensors if t.name == b"middle/weights").type = schema.TensorType.INT8
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    contents = read_contents(bytes(builder.Output()))
    for precision in ("float32", "int8"):
        with pytest.raises(ProcessorError, match="weights and activations of one precision"):
            check_precision(contents, ProcessorId("litert", "cpu", precision))


def test_a_convolution_that_vanished_is_a_mismatch() -> None:
    contents = read_contents(write(self_test("int8").graph))
    nodes = [ExecutionNode(f"c{i}", "Convolution", "u8", "brgconv_avx512_I8") for i in range(2)]
    processor = ProcessorId("openvino", "cpu", "int8")
    _, error = read_placement(processor, contents, nodes)
    assert "int8 x3, OpenVINO runs them in int8 x2" in error
    nodes.append(ExecutionNode("c2", "Convolution", "f32", "brgconv_avx512_f32"))
    _, error = read_placement(processor, contents, nodes)
    assert "float32 x1, int8 x2 (brgconv_avx512_f32)" in error


def test_convolutions_that_the_engine_adds_are_no_mismatch() -> None:
    """As OpenVINO on ARM, which runs other operators as convolutions as well: x12 for x11."""

    def error(precision: str, *found: str) -> str:
        contents = read_contents(
            write(self_test("int8" if precision == "int8" else "float32").graph)
        )
        nodes = [
            ExecutionNode(f"Convolution_{n}", "Convolution", p, "kernel")
            for n, p in enumerate(found)
        ]
        return read_placement(ProcessorId("openvino", "cpu", precision), contents, nodes)[1]

    assert error("float32", "f32", "f32", "f32", "f32") == ""
    assert error("int8", "f32", "u8", "i8", "u8") == ""
    assert "bfloat16 x1, float32 x3" in error("float32", "f32", "bf16", "f32", "f32")
    assert "float32 x2, int8 x2" in error("int8", "f32", "u8", "f32", "u8")
    assert "float32 x4" in error("bfloat16", "f32", "f32", "f32", "f32")


def test_an_exchanged_precision_is_a_mismatch() -> None:
    """Two convolutions of a mixed file that change places: as many of each, and another split."""
    graph = self_test("float32").graph
    ranges = calibrate(graph, [self_test("float32").given])
    first, second, third = [op.output for op in graph.operators if op.kind == "CONV_2D"]
    contents = read_contents(write(quantize(graph, ranges, {second})))
    processor = ProcessorId("openvino", "cpu", "int8")

    def error(*precisions: str) -> str:
        nodes = [
            ExecutionNode(f"Convolution_{number}", "Convolution", precision, "kernel")
            for number, precision in zip((7, 30, 100), precisions, strict=True)
        ]
        # The engine may list them in any order; their numbers are the file's.
        return read_placement(processor, contents, nodes[::-1])[1]

    assert error("f32", "u8", "f32") == ""
    assert f"expected {first!r} in float32, OpenVINO runs it in int8" in error("u8", "f32", "f32")
    assert f"expected {second!r} in int8" in error("f32", "f32", "u8")
    assert third not in error("f32", "f32", "u8")


def test_engines_lines_are_caught_and_others_pass() -> None:
    code = """
import os
from vernier.processors.engine_messages import engine_messages
with engine_messages(stdout=True) as messages:
    os.write(2, b"ERROR: [x.cc:1] no such device\\nINFO: chatter\\na warning of ours\\n")
    os.write(1, b"INFO: chatter\\n\\x89PNG bytes\\n")
print(messages.errors())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr == b"a warning of ours\n"
    assert done.stdout == b"\x89PNG bytes\n[x.cc:1] no such device\n"


def test_engines_lines_can_be_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VERNIER_ENGINE_MESSAGES", "1")
    with engine_messages() as messages:
        os.write(2, b"INFO: chatter\n")
    assert messages.lines == []
    assert capfd.readouterr().err == "INFO: chatter\n"


def test_scale_and_zero_point_are_read_from_the_file() -> None:
    graph = self_test("int8").graph
    port = read_contents(write(graph)).inputs[0]
    wanted = graph.types["x"].quantization
    assert port.quantization is not None
    assert wanted is not None
    np.testing.assert_array_equal(port.quantization.scale, wanted.scale)
    np.testing.assert_array_equal(port.quantization.zero_point, wanted.zero_point)
