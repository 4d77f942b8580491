"""ONNX Runtime: on the CPU, and wherever an execution provider of the installed wheel leads.

A bundle's `.tflite` is read as a graph and handed over as ONNX in memory (`formats.onnx.writing`):
opset 17, pictures NHWC as in the file, INT8 as QDQ, which ONNX Runtime fuses to integer kernels.
Activations are uint8 inside, as its fastest kernels want them; int8 ports are shifted by 128 on
the way in and out. Weights are int8 where this CPU adds their products in 32 bits, which is
measured, and uint8 elsewhere, which is exact on every CPU.
"""

from __future__ import annotations

import functools
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError, PlacementError, ProcessorError
from vernier.formats.onnx.codes import Codes
from vernier.formats.onnx.writing import Arrangement, onnx_model
from vernier.formats.tflite.reader import read
from vernier.graphs.graph import Graph
from vernier.graphs.transposed_convolutions import plain_convolutions
from vernier.processor_id import ProcessorId
from vernier.processors.contents import ModelContents, check_precision, read_contents
from vernier.processors.engine_messages import engine_messages
from vernier.processors.machine import at_most_cores, cpu_name
from vernier.processors.onnxruntime_placement import Node, assigned_placement, cpu_placement
from vernier.processors.pair_saturation import measured_sums
from vernier.processors.protocol import Availability, Executable, Placement, Port, copy_through

PACKAGE = "onnxruntime"
EXTRA = "install it with: pip install 'vernier-sr[onnxruntime]'"
# Turns float convolutions between INT8 ones into INT8: it undoes a split.
UNDO_A_SPLIT = ["WeightBiasQuantization"]
ALIGNMENT = 64
SIGN = np.uint8(0x80)


@dataclass(frozen=True)
class Provider:
    """An execution provider.

    Attributes:
        name: ONNX Runtime's.
        wheel: the package that has it.
        options: that make it compute as its processor says.
    """

    name: str
    wheel: str
    options: tuple[tuple[str, str], ...] = ()


PROVIDERS: dict[str, Provider] = {
    "cpu": Provider("CPUExecutionProvider", "onnxruntime"),
    # Left to itself it rounds factors of float32 convolutions to 10 bits (TF32).
    "cuda": Provider("CUDAExecutionProvider", "onnxruntime-gpu", (("use_tf32", "0"),)),
    "coreml": Provider(
        "CoreMLExecutionProvider", "onnxruntime (macOS)", (("ModelFormat", "MLProgram"),)
    ),
    "directml": Provider("DmlExecutionProvider", "onnxruntime-directml (Windows)"),
    "openvino": Provider("OpenVINOExecutionProvider", "onnxruntime-openvino"),
    "qnn": Provider("QNNExecutionProvider", "onnxruntime-qnn", (("backend_type", "htp"),)),
    "vitisai": Provider("VitisAIExecutionProvider", "AMD's Ryzen AI package"),
    "webgpu": Provider("WebGpuExecutionProvider", "onnxruntime-webgpu"),
}
"""By the device in a processor's name."""


@functools.cache
def _offered() -> tuple[str, ...]:
    import onnxruntime

    return tuple(onnxruntime.get_available_providers())


@dataclass(frozen=True)
class OnnxRuntime:
    """`onnxruntime:cpu:float32`, `onnxruntime:cpu:int8`, `onnxruntime:cuda:float32` and so on."""

    id: ProcessorId

    @property
    def provider(self) -> Provider:
        """Where it computes."""
        return PROVIDERS[self.id.device]

    def availability(self) -> Availability:
        """Present where ONNX Runtime can be imported and its wheel has the provider."""
        try:
            import onnx  # noqa: F401
            import onnxruntime

            offered = _offered()
        except (ImportError, OSError) as error:
            missing = getattr(error, "name", None) or PACKAGE
            return Availability(self.id, False, f"{missing} cannot be imported; {EXTRA}")
        provider = self.provider
        if provider.name not in offered:
            return Availability(
                self.id,
                False,
                f"ONNX Runtime is here without {provider.name}; the wheel {provider.wheel} has it",
            )
        name = cpu_name() if self.id.device == "cpu" else provider.name
        return Availability(self.id, True, f"{name}, ONNX Runtime {onnxruntime.__version__}")

    def load(self, model: bytes, *, threads: int = 0, allow_fallback: bool = False) -> Executable:
        """See `Processor.load`. What is an error is decided in `onnxruntime_placement`."""
        contents = self._check(model)
        return self._loaded(model, contents, self.codes(), threads, allow_fallback)

    def codes(self) -> Codes:
        """How 8 bits are written: the fastest form whose sums are exact here, which is measured.

        Raises:
            ProcessorError: the processor is not here, or refuses the test.
        """
        return _exact_codes(self) if self.id.is_integer else Codes.U8S8

    def _check(self, model: bytes) -> ModelContents:
        available = self.availability()
        if not available.present:
            raise ProcessorError(f"{self.id} is not here: {available.detail}")
        contents = read_contents(model)
        check_precision(contents, self.id)
        return contents

    def _loaded(
        self,
        model: bytes,
        contents: ModelContents,
        codes: Codes,
        threads: int,
        allow_fallback: bool,
    ) -> Executable:
        try:
            graph = plain_convolutions(read(model), only_integer=True)
            made = onnx_model(graph, _arrangement(graph, codes)).SerializeToString()
        except GraphError as error:
            raise ProcessorError(f"{self.id}: cannot be handed over as ONNX: {error}") from error
        session, nodes = _session(self, made, threads, allow_fallback)
        if nodes is None:
            placement, fault = assigned_placement(self.id, contents, _assigned(session))
        else:
            placement, fault = cpu_placement(self.id, contents, nodes)
        if fault and not allow_fallback:
            raise PlacementError(f"{self.id}: {fault}; allow the fallback to run it like this")
        return _OnnxRuntimeExecutable(self.id, session, contents, placement)


@functools.cache
def _exact_codes(processor: OnnxRuntime) -> Codes:
    def load(model: bytes) -> Executable:
        return processor._loaded(model, processor._check(model), Codes.U8S8, 1, True)

    return Codes.U8U8 if measured_sums(load) else Codes.U8S8


def _arrangement(graph: Graph, codes: Codes) -> Arrangement:
    # Nodes are called after the file's tensors, by which the placement is read back.
    layers = {op.output: op.output.removesuffix("/places") for op in graph.operators}
    return Arrangement(channels_last=True, any_size=False, layers=layers, codes=codes)


def _session(
    processor: OnnxRuntime, model: bytes, threads: int, allow_fallback: bool
) -> tuple[Any, list[Node] | None]:
    """A session, and the nodes that it runs where it can say so: on the CPU."""
    import onnxruntime

    provider, on_cpu = processor.provider, processor.id.device == "cpu"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = at_most_cores(threads)
    # Threads that wait busily after a run would take cores from the engine that runs next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    if not on_cpu and not allow_fallback:
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    options.log_severity_level = 3
    chosen = [(provider.name, dict(provider.options))]
    with (
        tempfile.TemporaryDirectory(prefix="vernier-", ignore_cleanup_errors=True) as folder,
        engine_messages(),
    ):
        optimized = Path(folder) / "optimized.onnx"
        if on_cpu:
            options.optimized_model_filepath = str(optimized)
        try:
            with warnings.catch_warnings():
                # That a provider is missing is found out below, and is an error.
                warnings.simplefilter("ignore")
                session = onnxruntime.InferenceSession(
                    model, options, providers=chosen, disabled_optimizers=UNDO_A_SPLIT
                )
        except Exception as error:
            # pybind11 kinds of its own, one for each status.
            raise ProcessorError(
                f"{processor.id}: ONNX Runtime refuses the model: {_reason(error)}"
            ) from error
        session.disable_fallback()
        nodes = _nodes(optimized) if on_cpu else None
    if session.get_providers()[0] != provider.name:
        raise ProcessorError(
            f"{processor.id}: expected {provider.name}, ONNX Runtime fell back to "
            f"{', '.join(session.get_providers())} in silence; its driver or libraries are missing"
        )
    return session, nodes


def _nodes(path: Path) -> list[Node]:
    import onnx

    return [Node(node.name, node.op_type) for node in onnx.load(path).graph.node]


def _assigned(session: Any) -> list[tuple[str, Node]]:
    return [
        (str(part.ep_name), Node(node.name, node.op_type))
        for part in session.get_provider_graph_assignment_info()
        for node in part.get_nodes()
    ]


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else "no reason given"


class _Bound:
    """A port's memory: what the caller sees, and what ONNX Runtime reads or writes."""

    def __init__(self, port: Port, dtype: str) -> None:
        self.seen: NDArray[Any] = _aligned(port.shape, port.dtype)
        self.shifted = dtype == "uint8" and port.dtype == "int8"
        self.bound: NDArray[Any] = _aligned(port.shape, dtype) if self.shifted else self.seen


def _aligned(shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    room = np.zeros(size + ALIGNMENT, np.uint8)
    first = -room.ctypes.data % ALIGNMENT
    return room[first : first + size].view(kind).reshape(shape)


class _OnnxRuntimeExecutable:
    """A session bound to memory of ours: nothing is copied in or out on the CPU."""

    def __init__(
        self, processor: ProcessorId, session: Any, contents: ModelContents, placement: Placement
    ) -> None:
        self._processor = processor
        self.inputs: tuple[Port, ...] = contents.inputs
        self.outputs: tuple[Port, ...] = contents.outputs
        self.placement = placement
        self._session: Any = session
        self._binding: Any = session.io_binding()
        self._inputs = _ports(processor, contents.inputs, session.get_inputs())
        self._outputs = _ports(processor, contents.outputs, session.get_outputs())
        for index in range(len(self._inputs)):
            self._bind_input(index)
        for port, memory in zip(self.outputs, self._outputs, strict=True):
            bound = memory.bound
            self._binding.bind_output(
                port.name, "cpu", 0, bound.dtype.type, list(bound.shape), bound.ctypes.data
            )

    def _bind_input(self, index: int) -> None:
        bound = self._inputs[index].bound
        self._binding.bind_input(
            self.inputs[index].name,
            "cpu", 0, bound.dtype.type, list(bound.shape), bound.ctypes.data,
        )  # fmt: skip

    def input_buffer(self, index: int) -> NDArray[Any]:
        """The memory that the session reads; of an int8 port, what is shifted into it."""
        return self._inputs[index].seen

    def output_buffer(self, index: int) -> NDArray[Any]:
        """The memory that the session writes, or into which int8 is shifted."""
        return self._outputs[index].seen

    def read_from(self, index: int, memory: NDArray[Any]) -> bool:
        """See `Executable.read_from`: ONNX Runtime reads wherever it is told to."""
        port = self._inputs[index]
        port.seen = memory
        if not port.shifted:
            port.bound = memory
            self._bind_input(index)
        return True

    def run(self) -> None:
        """See `Executable.run`."""
        if self._session is None:
            raise ProcessorError(f"{self._processor}: run after close; load the model again")
        for memory in self._inputs:
            if memory.shifted:
                np.bitwise_xor(memory.seen.view(np.uint8), SIGN, out=memory.bound)
        try:
            self._session.run_with_iobinding(self._binding)
        except Exception as error:
            raise ProcessorError(
                f"{self._processor}: ONNX Runtime failed to run: {_reason(error)}"
            ) from error
        for memory in self._outputs:
            if memory.shifted:
                np.bitwise_xor(memory.bound, SIGN, out=memory.seen.view(np.uint8))

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """See `Executable.__call__`."""
        return copy_through(self, inputs)

    def close(self) -> None:
        """Free the session; arrays of its ports stay whole."""
        self._session = self._binding = None
        self._inputs, self._outputs = [], []


def _ports(processor: ProcessorId, ports: Sequence[Port], found: Sequence[Any]) -> list[_Bound]:
    kinds = {port.name: str(port.type) for port in found}
    made = []
    for port in ports:
        if port.name not in kinds:
            raise ProcessorError(
                f"{processor}: ONNX Runtime's model has no port {port.name!r}; it has "
                f"{sorted(kinds)}"
            )
        dtype = {"tensor(uint8)": "uint8", "tensor(int8)": "int8"}.get(kinds[port.name], "float32")
        made.append(_Bound(port, dtype))
    return made
