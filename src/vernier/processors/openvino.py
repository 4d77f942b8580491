"""OpenVINO on the CPU, and on Intel's GPUs and NPUs where they are."""

from __future__ import annotations

import functools
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from vernier.errors import PlacementError, ProcessorError
from vernier.processor_id import ProcessorId
from vernier.processors.contents import (
    ModelContents,
    check_precision,
    read_contents,
    unverified_floats,
)
from vernier.processors.engine_messages import engine_messages
from vernier.processors.machine import at_most_cores, cpu_flags, cpu_name
from vernier.processors.openvino_placement import ExecutionNode, read_placement
from vernier.processors.pair_saturation import bounded_file, measured_sums
from vernier.processors.protocol import Availability, Executable, Placement, Port, copy_through
from vernier.quantization.pair_bound import EXACT, PairSums

_PRECISION_HINTS = {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}
_BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16", "bf16")


@functools.cache
def openvino_package() -> Any:
    """OpenVINO, without the report on its user that importing it sends.

    Its converter of other frameworks' models, which comes with it, tells Google Analytics of each
    import unless the user has forbidden it, from a forked process that a Ctrl-C stops with a
    traceback. Without the package for that it has a stand-in that does nothing.

    Raises:
        ImportError: it is not here.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@functools.cache
def _core() -> Any:
    """The process's OpenVINO runtime: thread-safe, and slow to make."""
    return openvino_package().Core()


@functools.cache
def openvino_devices() -> dict[str, str]:
    """Full names of OpenVINO's devices by "CPU", "GPU", "NPU"; none where it is absent."""
    try:
        with engine_messages():
            core = _core()
            return {
                str(name): str(core.get_property(name, "FULL_DEVICE_NAME"))
                for name in core.available_devices
            }
    except (ImportError, OSError, RuntimeError):
        return {}


@functools.cache
def _capabilities(device: str) -> tuple[str, ...]:
    with engine_messages():
        return tuple(_core().get_property(device, "OPTIMIZATION_CAPABILITIES"))


@dataclass(frozen=True)
class OpenVino:
    """`openvino:cpu:float32`, `openvino:gpu:int8` and so on."""

    id: ProcessorId

    @property
    def _device(self) -> str:
        return self.id.device.upper()

    def availability(self) -> Availability:
        """Present where OpenVINO lists the device, and the device the precision."""
        try:
            openvino = openvino_package()
            found = openvino_devices()
        except (ImportError, OSError) as error:
            return Availability(self.id, False, f"openvino cannot be imported: {error}")
        if self._device not in found:
            listed = ", ".join(found) or "none"
            return Availability(
                self.id, False, f"OpenVINO finds no {self._device} (its devices: {listed})"
            )
        if self.id.precision == "bfloat16" and "BF16" not in _capabilities(self._device):
            flags = ", ".join(cpu_flags()) or "none of those that matter"
            return Availability(
                self.id,
                False,
                f"OpenVINO does not offer bfloat16 here; bfloat16 needs a CPU with one of "
                f"{', '.join(_BFLOAT16_FLAGS)}; found {flags}",
            )
        version = openvino.__version__.split("-")[0]
        name = cpu_name() if self.id.device == "cpu" else found[self._device]
        return Availability(self.id, True, f"{name}, OpenVINO {version}")

    def load(self, model: bytes, *, threads: int = 0, allow_fallback: bool = False) -> Executable:
        """See `Processor.load`. What is an error is decided in `openvino_placement`.

        Where this CPU adds INT8 products in 16 bits, the weights are bounded first, so that every
        sum is exact; see `quantization.pair_bound`.
        """
        self._check(model)
        bound = bounded_file(model, self.pair_sums())
        return self._load_as_it_is(bound, threads=threads, allow_fallback=allow_fallback)

    def pair_sums(self) -> PairSums:
        """Which INT8 products are added in 16 bits here: measured once per process.

        Raises:
            ProcessorError: the processor is not here, or refuses the test.
        """
        return _pair_sums(self) if self.id.precision == "int8" else EXACT

    def _check(self, model: bytes) -> ModelContents:
        available = self.availability()
        if not available.present:
            raise ProcessorError(f"{self.id} is not here: {available.detail}")
        contents = read_contents(model)
        check_precision(contents, self.id)
        return contents

    def _load_as_it_is(self, model: bytes, *, threads: int, allow_fallback: bool) -> Executable:
        contents = self._check(model)
        # Left to itself OpenVINO computes float models in bfloat16 where the CPU has it.
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": _PRECISION_HINTS.get(self.id.precision, "f32"),
            "PERFORMANCE_HINT": "LATENCY",
        }
        if self.id.device == "cpu":
            settings["NUM_STREAMS"] = "1"
            # Pinned threads of two models that run side by side share the first cores, and the
            # others idle: the pair then takes as long as one after the other.
            settings["ENABLE_CPU_PINNING"] = False
            if threads:
                settings["INFERENCE_NUM_THREADS"] = at_most_cores(threads)
        if self.id.device == "npu":
            # NPUs have no float32; what is not int8 there is float16.
            settings["INFERENCE_PRECISION_HINT"] = "f16"
        compiled = _compile(self.id, model, self._device, settings)
        placement, error = _placement(self.id, contents, compiled)
        if error and not allow_fallback:
            raise PlacementError(f"{self.id}: {error}; allow the fallback to run it like this")
        return _OpenVinoExecutable(self.id, compiled, contents, placement)


@functools.cache
def _pair_sums(processor: OpenVino) -> PairSums:
    def load(model: bytes) -> Executable:
        return processor._load_as_it_is(model, threads=1, allow_fallback=True)

    return measured_sums(load)


def _compile(processor: ProcessorId, model: bytes, device: str, settings: dict[str, Any]) -> Any:
    # OpenVINO reads `.tflite` from files only, and takes their kind from the ending.
    with (
        tempfile.TemporaryDirectory(prefix="vernier-", ignore_cleanup_errors=True) as folder,
        engine_messages(),
    ):
        path = Path(folder) / "model.tflite"
        path.write_bytes(model)
        try:
            return _core().compile_model(_core().read_model(path), device, settings)
        except RuntimeError as error:
            raise ProcessorError(
                f"{processor}: OpenVINO refuses the model: {_last_line(error)}"
            ) from error


def _last_line(error: Exception) -> str:
    """The one line of an OpenVINO exception that is not a source position."""
    lines = [line.strip() for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith("Exception from")]
    return lines[-1] if lines else "no reason given"


def _placement(
    processor: ProcessorId, contents: ModelContents, compiled: Any
) -> tuple[Placement, str]:
    try:
        graph = compiled.get_runtime_model()
    except RuntimeError as error:
        note = f"OpenVINO gives no execution graph for this device: {_last_line(error)}"
        floats = unverified_floats(contents) if processor.precision == "int8" else ""
        mismatches = (floats,) if floats else ()
        return Placement(processor, (), True, mismatches, note), floats
    nodes = [
        ExecutionNode.from_rt_info(
            op.get_friendly_name(),
            {key: value.astype(str) for key, value in op.rt_info.items()},
            tuple(port.get_node().get_friendly_name() for port in op.input_values()),
        )
        for op in graph.get_ordered_ops()
    ]
    return read_placement(processor, contents, nodes)


class _OpenVinoExecutable:
    """One infer request whose tensors are the buffers: nothing is copied in or out."""

    def __init__(
        self, processor: ProcessorId, compiled: Any, contents: ModelContents, placement: Placement
    ) -> None:
        self._processor = processor
        self.inputs: tuple[Port, ...] = contents.inputs
        self.outputs: tuple[Port, ...] = contents.outputs
        self.placement = placement
        self._request: Any = compiled.create_infer_request()
        self._in_order = in_order = _order(processor, contents.inputs, compiled.inputs)
        out_order = _order(processor, contents.outputs, compiled.outputs)
        # Each array holds a reference to its tensor, and the tensor to the request's memory.
        self._inputs: list[NDArray[Any]] = [
            self._request.get_input_tensor(i).data for i in in_order
        ]
        self._outputs: list[NDArray[Any]] = [
            self._request.get_output_tensor(i).data for i in out_order
        ]
        for port, array in zip(
            (*self.inputs, *self.outputs), (*self._inputs, *self._outputs), strict=True
        ):
            if port.shape != array.shape or port.dtype != str(array.dtype):
                raise ProcessorError(
                    f"{processor}: the file's {port.name!r} is {port.dtype}{port.shape}, "
                    f"OpenVINO made it {array.dtype}{array.shape}"
                )

    def input_buffer(self, index: int) -> NDArray[Any]:
        """The request's own tensor."""
        return self._inputs[index]

    def output_buffer(self, index: int) -> NDArray[Any]:
        """The request's own tensor."""
        return self._outputs[index]

    def read_from(self, index: int, memory: NDArray[Any]) -> bool:
        """See `Executable.read_from`: OpenVINO reads wherever it is told to."""
        tensor = openvino_package().Tensor(memory, shared_memory=True)
        self._request.set_input_tensor(self._in_order[index], tensor)
        self._inputs[index] = memory
        return True

    def run(self) -> None:
        """See `Executable.run`."""
        if self._request is None:
            raise ProcessorError(f"{self._processor}: run after close; load the model again")
        try:
            self._request.infer()
        except RuntimeError as error:
            reason = _last_line(error)
            raise ProcessorError(f"{self._processor}: OpenVINO failed to run: {reason}") from error

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """See `Executable.__call__`."""
        return copy_through(self, inputs)

    def close(self) -> None:
        """Free the request, once the last array of its memory is gone."""
        self._inputs, self._outputs = [], []
        self._request = None


def _order(processor: ProcessorId, ports: tuple[Port, ...], found: list[Any]) -> list[int]:
    """Where OpenVINO keeps each of the file's ports, by name."""
    names = [set(port.names) for port in found]
    order = []
    for port in ports:
        places = [place for place, known in enumerate(names) if port.name in known]
        if not places:
            raise ProcessorError(
                f"{processor}: OpenVINO's model has no port {port.name!r}; it has "
                f"{sorted(set().union(*names))}"
            )
        order.append(places[0])
    return order
