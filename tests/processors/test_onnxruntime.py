"""ONNX Runtime as a processor: exact where its operators are, and its own account of what ran."""

import subprocess
import sys

import numpy as np
import pytest
from graph_equality import litert
from processor_models import mixed

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import ProcessorError
from vernier.formats.onnx.codes import Codes
from vernier.formats.tflite.writer import write
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId
from vernier.processors import onnxruntime
from vernier.processors.contents import read_contents
from vernier.processors.discovery import find_processor
from vernier.processors.onnxruntime_placement import Node, assigned_placement, cpu_placement

FLOAT, INTEGER = (find_processor(f"onnxruntime:cpu:{kind}") for kind in ("float32", "int8"))


def graph_of(name, kind):
    return resized(open_bundle(shipped_bundles(name, 2)[kind]).graph, 24, 20)


def computed(processor, graph, x):
    executable = processor.load(write(graph), threads=1)
    found = executable(x)[0]
    placement = executable.placement
    executable.close()
    return found, placement


def test_a_network_without_prelu_has_the_codes_of_litert():
    graph = graph_of("sesr-m5-hw", "int8")
    x = np.random.default_rng(0).integers(-128, 128, (1, 24, 20, 1)).astype(np.int8)
    found, placement = computed(INTEGER, graph, x)
    assert np.array_equal(found, litert(graph, x))
    assert {op.precision for op in placement.operators if "Conv" in op.kind} == {"int8"}


def test_a_transposed_convolution_runs_in_int8():
    graph = graph_of("fsrcnn", "int8")
    x = np.random.default_rng(0).integers(-128, 128, (1, 24, 20, 1)).astype(np.int8)
    found, placement = computed(INTEGER, graph, x)
    # PReLU in float moves one code in some hundred by one; seven layers of them add up on noise.
    apart = found.astype(float) - litert(graph, x)
    assert 10 * np.log10(255**2 / np.mean(apart**2)) > 45
    kinds = [op.kind for op in placement.operators]
    assert kinds.count("QLinearConv") == 8
    assert not {"Conv", "ConvTranspose"} & set(kinds)


def test_the_float_network_is_exact():
    graph = graph_of("fsrcnn", "float32")
    x = np.random.default_rng(0).random((1, 24, 20, 1), np.float32)
    found, _ = computed(FLOAT, graph, x)
    assert np.abs(found - litert(graph, x)).max() < 1e-5


@pytest.mark.parametrize("codes", Codes)
def test_every_form_of_codes_sums_exactly_here_or_is_not_chosen(codes):
    graph = graph_of("sesr-m5-hw", "int8")
    model = write(graph)
    x = np.random.default_rng(1).integers(-128, 128, (1, 24, 20, 1)).astype(np.int8)
    executable = INTEGER._loaded(model, read_contents(model), codes, 1, True)
    exact = np.array_equal(executable(x)[0], litert(graph, x))
    executable.close()
    assert exact or (codes is Codes.U8S8 and INTEGER.codes() is Codes.U8U8) or codes is Codes.S8S8


def test_memory_of_somebody_else_is_read_where_it_lies():
    graph = graph_of("sesr-m5-hw", "int8")
    executable = INTEGER.load(write(graph), threads=1)
    x = np.random.default_rng(2).integers(-128, 128, (1, 24, 20, 1)).astype(np.int8)
    expected = executable(x)[0]
    other = np.zeros_like(x)
    assert executable.read_from(0, other)
    assert executable.input_buffer(0) is other
    executable.run()
    assert not np.array_equal(executable.output_buffer(0), expected)
    other[...] = x
    executable.run()
    assert np.array_equal(executable.output_buffer(0), expected)


def test_a_convolution_elsewhere_is_an_error():
    contents = read_contents(write(mixed()))
    names = [op.output for op in contents.operators if op.is_convolution]
    kinds = {op.output: op.precision for op in contents.operators if op.is_convolution}
    ran = [Node(n, "QLinearConv" if kinds[n] == "int8" else "Conv") for n in names]
    assert cpu_placement(INTEGER.id, contents, ran)[1] == ""
    undone = [Node(f"{n}_token_3", "QLinearConv") for n in names]
    fault = cpu_placement(INTEGER.id, contents, undone)[1]
    assert "in float32, ONNX Runtime runs it in int8" in fault
    fault = cpu_placement(INTEGER.id, contents, ran[1:])[1]
    assert "ONNX Runtime runs it not at all" in fault


def test_what_a_provider_did_not_take_is_told():
    contents = read_contents(write(mixed()))
    cuda = ProcessorId("onnxruntime", "cuda", "float32")
    took = ("CUDAExecutionProvider", Node("a", "Conv"))
    left = ("CPUExecutionProvider", Node("b/depth_to_space", "DepthToSpace"))
    placement, fault = assigned_placement(cuda, contents, [took, left])
    assert fault == "1 operators went to the CPU: DepthToSpace"
    assert [op.device for op in placement.operators] == ["cuda", "cpu"]


def test_a_provider_that_is_not_in_the_wheel_names_the_one_that_has_it():
    missing = find_processor("onnxruntime:qnn:int8").availability()
    assert not missing.present
    assert "the wheel onnxruntime-qnn has it" in missing.detail


def test_falling_back_in_silence_is_an_error(monkeypatch):
    """What ONNX Runtime does where a provider is listed and its driver is missing."""
    monkeypatch.setattr(onnxruntime, "_offered", lambda: ("CUDAExecutionProvider",))
    model = write(graph_of("sesr-m5-hw", "float32"))
    with pytest.raises(ProcessorError, match="CUDAExecutionProvider") as told:
        find_processor("onnxruntime:cuda:float32").load(model, allow_fallback=True)
    assert len(str(told.value).splitlines()) == 1


def test_without_the_packages_the_extra_is_named():
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from vernier.processors.discovery import find_processor\n"
        "print(find_processor('onnxruntime:cpu:int8').availability().detail)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'vernier-sr[onnxruntime]'" in told.stdout
