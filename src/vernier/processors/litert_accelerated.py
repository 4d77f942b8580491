"""LiteRT on GPUs (through WebGPU) and NPUs (through a vendor's dispatch library).

LiteRT gives no account of single operators here. What holds instead: a model that is compiled for
an accelerator alone is refused as a whole if any operator cannot run there, and the float format
of a GPU is measured with a probe.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import platform
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.errors import PlacementError, ProcessorError
from vernier.processor_id import ProcessorId
from vernier.processors.arithmetic_probe import measured_precision, probe_input, probe_model
from vernier.processors.contents import (
    ModelContents,
    check_precision,
    read_contents,
    unverified_floats,
)
from vernier.processors.engine_messages import engine_messages, silence_at_exit
from vernier.processors.litert_cpu import PACKAGE
from vernier.processors.machine import at_most_cores
from vernier.processors.openvino import openvino_devices
from vernier.processors.protocol import Availability, Executable, Placement, Port, copy_through
from vernier.processors.vulkan import vulkan_devices

_INTEL = "intel_openvino"
_NOT_ACCELERATED = "not accelerated"


@dataclass(frozen=True)
class LitertGpu:
    """`litert:gpu:float32` or `litert:gpu:float16`."""

    id: ProcessorId

    def availability(self) -> Availability:
        """Present where the wheel has a GPU accelerator and the system a Vulkan driver.

        On macOS the accelerator uses Metal, which every machine has; it is not asked.
        """
        missing = _litert_missing()
        if missing:
            return Availability(self.id, False, missing)
        accelerators = sorted(_package_folder().glob("*LiteRt*GpuAccelerator*"))
        if not accelerators:
            return Availability(self.id, False, f"this {PACKAGE} wheel has no GPU accelerator")
        engine = f"LiteRT {importlib.metadata.version(PACKAGE)}, {accelerators[0].name}"
        if platform.system() == "Darwin":
            return Availability(self.id, True, f"Metal, {engine}")
        devices = vulkan_devices()
        if not devices.names:
            return Availability(self.id, False, f"no GPU: {devices.reason}")
        return Availability(self.id, True, f"{devices.names[0]}, {engine}")

    def load(self, model: bytes, *, threads: int = 0, allow_fallback: bool = False) -> Executable:
        """See `Processor.load`. The GPU's float format is measured, once per process."""
        _require(self.availability())
        contents = read_contents(model)
        check_precision(contents, self.id)
        measured = _gpu_precision(self.id)
        mismatch = ""
        if measured != self.id.precision:
            mismatch = f"the GPU computes in {measured}, not {self.id.precision}"
            if not allow_fallback:
                hint = f"use litert:gpu:{measured}, or allow the fallback"
                raise PlacementError(f"{self.id}: {mismatch}; {hint}")
        kinds, options = _gpu_options(self.id)
        return _compile(
            self.id,
            model,
            contents,
            _Target("gpu", kinds, options, f"arithmetic measured as {measured}"),
            at_most_cores(threads),
            allow_fallback,
            (mismatch,) if mismatch else (),
        )


@dataclass(frozen=True)
class LitertNpu:
    """`litert:npu:int8`, through the first vendor's dispatch library that the wheel holds.

    Attributes:
        id: its name.
        dispatch_device: what Intel's library shall compile for: "NPU"; or "CPU", to exercise the
            same path on a machine without an NPU (for correctness, it says nothing about speed).
    """

    id: ProcessorId
    dispatch_device: str = "NPU"

    def availability(self) -> Availability:
        """Present where there is a dispatch library and the device that it drives."""
        missing = _litert_missing()
        if missing:
            return Availability(self.id, False, missing)
        vendor = _dispatch_vendor()
        if not vendor:
            return Availability(
                self.id, False, f"this {PACKAGE} wheel has no vendor's NPU dispatch library"
            )
        version = importlib.metadata.version(PACKAGE)
        if vendor != _INTEL:
            return Availability(self.id, True, f"{vendor} dispatch library, LiteRT {version}")
        devices = openvino_devices()
        if self.dispatch_device not in devices:
            found = ", ".join(devices) or "none"
            return Availability(
                self.id,
                False,
                f"the only dispatch library is Intel OpenVINO's, and OpenVINO finds no "
                f"{self.dispatch_device} (its devices: {found})",
            )
        name = devices[self.dispatch_device]
        return Availability(self.id, True, f"{name}, LiteRT {version}, Intel OpenVINO dispatch")

    def load(self, model: bytes, *, threads: int = 0, allow_fallback: bool = False) -> Executable:
        """See `Processor.load`. Float operators in the file count as placed elsewhere.

        NPUs compute them in a 16-bit format of their own; Intel's dispatch does so even on a CPU,
        whatever precision its options ask for.
        """
        _require(self.availability())
        contents = read_contents(model)
        check_precision(contents, self.id)
        mismatch = unverified_floats(contents)
        if mismatch and not allow_fallback:
            raise PlacementError(f"{self.id}: {mismatch}; allow the fallback to accept that")
        from ai_edge_litert.compiled_model import HardwareAccelerator, IntelOpenVinoOptions

        intel = IntelOpenVinoOptions(
            graph_backend=IntelOpenVinoOptions.GRAPH_BACKEND[self.dispatch_device]
        )
        note = f"{_dispatch_vendor()} dispatch"
        if _dispatch_vendor() == _INTEL:
            note += f" to OpenVINO's {self.dispatch_device}"
        return _compile(
            self.id,
            model,
            contents,
            _Target("npu", HardwareAccelerator.NPU, {"intel_openvino_options": intel}, note),
            at_most_cores(threads),
            allow_fallback,
            (mismatch,) if mismatch else (),
        )


@dataclass(frozen=True)
class _Target:
    """Where a model is compiled for.

    Attributes:
        device: "gpu" or "npu".
        accelerator: LiteRT's flag for it.
        options: the keyword arguments of LiteRT's `Options` that belong to it.
        note: what is known about the arithmetic.
    """

    device: str
    accelerator: Any
    options: dict[str, Any]
    note: str


def _package_folder() -> Path:
    spec = importlib.util.find_spec("ai_edge_litert")
    return Path(spec.origin).parent if spec is not None and spec.origin else Path("/nonexistent")


def _litert_missing() -> str:
    try:
        from ai_edge_litert import compiled_model  # noqa: F401
    except (ImportError, OSError) as error:
        return f"{PACKAGE} cannot be imported: {error}"
    return ""


def _require(available: Availability) -> None:
    if not available.present:
        raise ProcessorError(f"{available.processor} is not here: {available.detail}")


@functools.cache
def _dispatch_vendor() -> str:
    """The first vendor folder of the wheel with a dispatch library, as LiteRT itself chooses."""
    for pattern in ("libLiteRtDispatch_*.so", "LiteRtDispatch*.dll"):
        for library in sorted(_package_folder().glob(f"vendors/*/dispatch/{pattern}")):
            return library.parent.parent.name
    return ""


@functools.cache
def _environment() -> Any:
    """LiteRT's environment of this process; its making and its end are logged by LiteRT."""
    from ai_edge_litert.compiled_model import Environment

    silence_at_exit()
    return Environment.create()


def _gpu_options(processor: ProcessorId) -> tuple[Any, dict[str, Any]]:
    from ai_edge_litert.compiled_model import GpuOptions, HardwareAccelerator

    options = GpuOptions(enforce_f32=processor.precision == "float32")
    return HardwareAccelerator.GPU, {"gpu_options": options}


@functools.cache
def _gpu_precision(processor: ProcessorId) -> str:
    """The float format that the GPU computes in when asked for the processor's."""
    kinds, options = _gpu_options(processor)
    model = probe_model()
    target = _Target("gpu", kinds, options, "")
    probe = _compile(processor, model, read_contents(model), target, 1, False, ())
    try:
        return measured_precision(probe(probe_input())[0])
    finally:
        probe.close()


def _compile(
    processor: ProcessorId,
    model: bytes,
    contents: ModelContents,
    target: _Target,
    threads: int,
    allow_fallback: bool,
    mismatches: tuple[str, ...],
) -> _AcceleratedExecutable:
    """Compile for the accelerator alone; with the CPU beside it only where that is allowed."""
    from ai_edge_litert.compiled_model import (
        CompiledModel,
        CpuOptions,
        HardwareAccelerator,
        Options,
    )

    def attempt(accelerators: Any) -> Any:
        options = Options(
            hardware_accelerators=accelerators,
            cpu_options=CpuOptions(num_threads=threads),
            **target.options,
        )
        return CompiledModel.from_buffer(model, environment=_environment(), options=options)

    what = target.device.upper()
    with engine_messages(stdout=True) as messages:
        try:
            compiled = attempt(target.accelerator)
        except RuntimeError as error:
            compiled, failure = None, error
    if compiled is None:
        refused = _NOT_ACCELERATED in str(failure)
        reason = _reason(failure, messages.errors())
        if not (refused and allow_fallback):
            kind = PlacementError if refused else ProcessorError
            advice = "; allow the fallback to let the CPU run the rest" if refused else ""
            raise kind(f"{processor}: LiteRT cannot run this on the {what}: {reason}{advice}")
        with engine_messages(stdout=True) as messages:
            try:
                compiled = attempt(target.accelerator | HardwareAccelerator.CPU)
            except RuntimeError as error:
                reason = _reason(error, messages.errors())
                raise ProcessorError(f"{processor}: LiteRT refuses the model: {reason}") from error
        mismatches = (*mismatches, f"some operators run on the CPU, not on the {what}: {reason}")
    elif not compiled.is_fully_accelerated():
        sentence = f"LiteRT reports that not every operator runs on the {what}"
        if not allow_fallback:
            raise PlacementError(f"{processor}: {sentence}")
        mismatches = (*mismatches, sentence)
    else:
        target = _Target(
            target.device,
            target.accelerator,
            target.options,
            f"LiteRT reports every operator on the {what}; {target.note}",
        )
    placement = Placement(processor, (), opaque=True, mismatches=mismatches, note=target.note)
    return _AcceleratedExecutable(processor, compiled, contents, placement)


def _reason(failure: Exception, logged: str) -> str:
    """The failure in one line: the engine's own log says more than its exception."""
    raised = [line.strip("└ ").strip() for line in str(failure).splitlines()]
    raised = [line for line in raised if line and not line.startswith("ERROR: [")]
    if _NOT_ACCELERATED in str(failure):
        # What this says beyond that is advice to programmers; the log names the operators.
        raised = ["it does not accelerate every operator"]
    return "; ".join(filter(None, (*raised[:2], logged))) or "no reason given"


def _release(held: dict[str, Any]) -> None:
    with engine_messages(stdout=True):
        for buffers in (held.pop("inputs", {}), held.pop("outputs", {})):
            for buffer in buffers.values():
                buffer.destroy()
        held.clear()


class _AcceleratedExecutable:
    """A compiled model with host memory of our own beside the accelerator's buffers.

    LiteRT 2.3.0's Python interface takes host memory without a copy only as one-dimensional
    tensors, which a model with four-dimensional ones refuses. So `run` copies the inputs over and
    the outputs back, once each; on a device with memory of its own that copy is needed anyway.
    """

    def __init__(
        self, processor: ProcessorId, compiled: Any, contents: ModelContents, placement: Placement
    ) -> None:
        self._processor = processor
        self.inputs: tuple[Port, ...] = contents.inputs
        self.outputs: tuple[Port, ...] = contents.outputs
        self.placement = placement
        self._signature: str = next(iter(compiled.get_signature_list()))
        self._input_names = [
            contents.signature_name(i, p.name)
            for i, p in zip(contents.input_tensors, contents.inputs, strict=True)
        ]
        self._output_names = [
            contents.signature_name(i, p.name)
            for i, p in zip(contents.output_tensors, contents.outputs, strict=True)
        ]
        with engine_messages(stdout=True):
            self._held: dict[str, Any] = {
                "inputs": {
                    name: compiled.create_input_buffer_by_name(self._signature, name)
                    for name in self._input_names
                },
                "outputs": {
                    name: compiled.create_output_buffer_by_name(self._signature, name)
                    for name in self._output_names
                },
                "model": compiled,
            }
            self._inputs = [np.zeros(p.shape, p.dtype) for p in self.inputs]
            self._outputs = [np.zeros(p.shape, p.dtype) for p in self.outputs]
            # The first write of a process makes LiteRT's default environment, which logs.
            for name, array in zip(self._input_names, self._inputs, strict=True):
                self._held["inputs"][name].write(array)
        # LiteRT logs when it is torn down, at the latest when Python exits.
        self._finalizer = weakref.finalize(self, _release, self._held)

    def input_buffer(self, index: int) -> NDArray[Any]:
        """Host memory that `run` copies to the accelerator."""
        return self._inputs[index]

    def output_buffer(self, index: int) -> NDArray[Any]:
        """Host memory that `run` has copied from the accelerator."""
        return self._outputs[index]

    def read_from(self, index: int, memory: NDArray[Any]) -> bool:
        """See `Executable.read_from`: LiteRT's memory is its own."""
        return False

    def run(self) -> None:
        """See `Executable.run`."""
        if not self._finalizer.alive:
            raise ProcessorError(f"{self._processor}: run after close; load the model again")
        inputs, outputs = self._held["inputs"], self._held["outputs"]
        try:
            for name, array in zip(self._input_names, self._inputs, strict=True):
                inputs[name].write(array)
            self._held["model"].run_by_name(self._signature, inputs, outputs)
            for number, (name, port) in enumerate(
                zip(self._output_names, self.outputs, strict=True)
            ):
                size = int(np.prod(port.shape))
                flat = outputs[name].read(size, np.dtype(port.dtype))
                self._outputs[number] = flat.reshape(port.shape)
        except (RuntimeError, ValueError) as error:
            raise ProcessorError(f"{self._processor}: LiteRT failed to run: {error}") from error

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """See `Executable.__call__`."""
        return copy_through(self, inputs)

    def close(self) -> None:
        """Free the accelerator's memory."""
        self._finalizer()
