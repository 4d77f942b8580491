"""What LiteRT's benchmark binary prints, in forms that people have posted."""

import pytest

from vernier.errors import ProcessorError, UsageError
from vernier.profiling.phone.benchmark_model import arguments, parse

# tensorflow/tensorflow#43541
GPU = """STARTING!
Log parameter values verbosely: [0]
Min num runs: [50]
Num threads: [4]
Graph: [/data/local/tmp/tflite/denoising_32bit.tflite]
Use gpu: [1]
INFO: Initialized TensorFlow Lite runtime.
INFO: Created TensorFlow Lite delegate for GPU.
Explicitly applied GPU delegate, and the model graph will be completely executed by the delegate.
The input model file size (MB): 7.07479
Initialized session in 870.557ms.
Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150
count=4 first=130565 curr=120829 min=117370 max=130565 avg=122373 std=4930

Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150
count=50 first=119212 curr=118055 min=113737 max=124776 avg=119375 std=1948

Inference timings in us: Init: 870557, First inference: 130565, Warmup (avg): 122373
"""
# tensorflow/tensorflow#56301, through logcat
NNAPI = """\
05-30 15:16:44.857  3380  3380 I tflite  : Explicitly applied NNAPI delegate, and the model graph \
will be partially executed by the delegate w/ 44 delegate kernels.
05-30 15:16:44.858  3380  3380 I tflite  : Initialized session in 126.059ms.
05-30 15:16:45.362  3380  3380 I tflite  : count=40 first=32942 curr=12594 min=11340 max=32942 \
avg=12581.9 std=3331
05-30 15:16:46.365  3380  3380 I tflite  : count=75 first=12840 curr=11853 min=11787 max=13649 \
avg=12167.6 std=325
"""
# tensorflow/tensorflow#66025, with each line's level before it
CPU = """INFO: #threads used for CPU inference: [4]
WARN: Tensor # 0 is named inputs_0 but flags call it in0
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
INFO: count=3 first=200505 curr=187763 min=185514 max=200505 avg=191261 std=6600

INFO: Running benchmark for at least 50 iterations and at least 1 seconds
INFO: count=50 first=186012 curr=184210 min=183377 max=201331 avg=186455 std=3071
"""


def test_a_gpu_that_takes_everything():
    found = parse(GPU)
    assert (found.average_ms, found.fastest_ms, found.deviation_ms) == (119.375, 113.737, 1.948)
    assert (found.runs, found.delegate, found.whole) == (50, "GPU", True)


def test_a_log_with_tags_and_a_delegate_that_takes_a_part():
    found = parse(NNAPI)
    assert (found.average_ms, found.runs) == (12.1676, 75)
    assert (found.delegate, found.whole) == ("NNAPI", False)


def test_a_cpu_says_nothing_of_placement():
    found = parse(CPU)
    assert (found.average_ms, found.runs, found.whole) == (186.455, 50, None)


@pytest.mark.parametrize(("taken", "whole"), [("3 out of 3", True), ("2 out of 3", False)])
def test_newer_versions_count_nodes(taken, whole):
    said = f"INFO: Replacing {taken} node(s) with delegate (TfLiteGpuDelegateV2) node, yielding 1"
    found = parse(f"{said} partitions for subgraph 0.\ncount=1 curr=5312 p5=5312 median=5312")
    assert (found.delegate, found.whole, found.average_ms) == ("TfLiteGpuDelegateV2", whole, 5.312)
    assert found.runs == 1


@pytest.mark.parametrize(
    "text", ["", "ERROR: Failed to load model m.tflite\nFailed to initialize the interpreter\n"]
)
def test_a_failure_is_said_in_its_words(text):
    with pytest.raises(ProcessorError, match=r"nothing; it said: (nothing|Failed to init)"):
        parse(text)


def test_the_processor_decides_the_flags():
    words = arguments("m.tflite", "gpu", "float16", 4, 10, 3)
    assert {"--graph=m.tflite", "--use_gpu=true", "--num_runs=10"} <= set(words)
    assert "--gpu_precision_loss_allowed=true" in words
    with pytest.raises(UsageError, match="phone:npu:int8, found phone:dsp:int8"):
        arguments("m.tflite", "dsp", "int8", 4, 10, 3)
