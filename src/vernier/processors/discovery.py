"""All processors, as plain data, and which of them are here.

To add one: implement `Processor` in a file of its own, and add a line to `PROCESSORS`.
"""

from __future__ import annotations

import functools

from vernier.errors import ProcessorError
from vernier.processor_id import ProcessorId, precision_of
from vernier.processors.litert_accelerated import LitertGpu, LitertNpu
from vernier.processors.litert_cpu import LitertCpu
from vernier.processors.onnxruntime import OnnxRuntime
from vernier.processors.openvino import OpenVino
from vernier.processors.protocol import Processor
from vernier.quantization.pair_bound import EXACT, PairSums, arithmetic_of

PROCESSORS: tuple[Processor, ...] = (
    LitertCpu(ProcessorId("litert", "cpu", "float32")),
    LitertCpu(ProcessorId("litert", "cpu", "int8")),
    LitertGpu(ProcessorId("litert", "gpu", "float32")),
    LitertGpu(ProcessorId("litert", "gpu", "float16")),
    LitertNpu(ProcessorId("litert", "npu", "int8")),
    OpenVino(ProcessorId("openvino", "cpu", "float32")),
    OpenVino(ProcessorId("openvino", "cpu", "bfloat16")),
    OpenVino(ProcessorId("openvino", "cpu", "int8")),
    OpenVino(ProcessorId("openvino", "gpu", "float32")),
    OpenVino(ProcessorId("openvino", "gpu", "float16")),
    OpenVino(ProcessorId("openvino", "gpu", "int8")),
    OpenVino(ProcessorId("openvino", "npu", "float16")),
    OpenVino(ProcessorId("openvino", "npu", "int8")),
    OnnxRuntime(ProcessorId("onnxruntime", "cpu", "float32")),
    OnnxRuntime(ProcessorId("onnxruntime", "cpu", "int8")),
    OnnxRuntime(ProcessorId("onnxruntime", "cuda", "float32")),
    OnnxRuntime(ProcessorId("onnxruntime", "coreml", "float16")),
    OnnxRuntime(ProcessorId("onnxruntime", "directml", "float32")),
    OnnxRuntime(ProcessorId("onnxruntime", "openvino", "float32")),
    OnnxRuntime(ProcessorId("onnxruntime", "qnn", "int8")),
    OnnxRuntime(ProcessorId("onnxruntime", "vitisai", "int8")),
    OnnxRuntime(ProcessorId("onnxruntime", "webgpu", "float32")),
)


def find_processor(wanted: ProcessorId | str) -> Processor:
    """The processor of that name, whether it is here or not.

    Raises:
        UsageError: the text is not ENGINE:DEVICE:PRECISION.
        ProcessorError: there is no such processor.
    """
    name = ProcessorId.parse(wanted) if isinstance(wanted, str) else wanted
    for processor in PROCESSORS:
        if processor.id == name:
            return processor
    known = ", ".join(str(processor.id) for processor in PROCESSORS)
    raise ProcessorError(f"there is no processor {name}; known are {known}")


def present_processors() -> tuple[Processor, ...]:
    """Those that are here, in the order of `PROCESSORS`."""
    return tuple(p for p in PROCESSORS if p.availability().present)


@functools.cache
def pair_sums(processor: ProcessorId | str) -> PairSums:
    """Which INT8 products a processor adds in 16 bits here, measured once per process.

    What it loads is bounded to that (`quantization.pair_bound`), so it is also what a simulation
    of it has to bound. Exact for a processor that is not here or is only modelled, and for LiteRT,
    which adds all in 32 bits everywhere.

    Args:
        processor: its name; nothing says that Vernier must know it.
    """
    found = next((one for one in PROCESSORS if str(one.id) == str(processor)), None)
    if isinstance(found, OpenVino) and found.availability().present:
        return found.pair_sums()
    return EXACT


def arithmetic(processor: str) -> str:
    """How a processor computes, for the simulation: its precision, and INT8 by `ARITHMETICS`."""
    precision = precision_of(processor)
    return arithmetic_of(pair_sums(processor)) if precision == "int8" else precision
