"""Conversion by OpenCL: a CPU's vector units on all cores (PoCL, Intel's runtime), or a GPU.

On a device that works in the host's memory the kernels read and write the engines' buffers where
they are. Whether it does is not inferred from alignments but seen: a kernel tells at which address
it finds each buffer. Elsewhere data is copied to the device and back, which `copies` records.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.conversion.arithmetic import Bound
from vernier.conversion.open_cl_kernels import LONELY, SOURCE, VECTOR
from vernier.conversion.protocol import Conversion, Direction, Task, check
from vernier.conversion.tables import Encoding, dequantized, eight_bit_factor, requantized
from vernier.errors import MissingExtraError, ProcessorError
from vernier.graphs.graph import Quantization
from vernier.quantization.scales import per_tensor

WORK_GROUP = 256
"""Work items in a group: of 1 to 4096, among the fastest on a CPU in every direction, and a usual
size on a GPU (docs/notes/2026-11-converting-formats.md)."""

STREAM_BYTES = 1 << 25
"""Measured together with a reader of the result, as the next segment is one: from here on it pays
to go around the caches, below it costs a tenth. OpenCL tells of the second cache only."""


class OpenCl:
    """OpenCL on the first device that compiles the kernels and converts rightly."""

    name = "opencl"

    def availability(self) -> tuple[bool, str]:
        """Compiles the kernels on the first call of a process: some tenths of a second."""
        device, detail = _find_device()
        return device is not None, detail

    def prepare(
        self,
        source: NDArray[Any],
        source_quantization: Quantization | None,
        target: NDArray[Any],
        target_quantization: Quantization | None,
    ) -> Conversion:
        """See `Method.prepare`."""
        task = check(source, source_quantization, target, target_quantization)
        device, detail = _find_device()
        if device is None:
            raise ProcessorError(f"OpenCL is not available: {detail}")
        if task.direction is Direction.COPY or task.source.size == 0:
            return Bound(lambda: np.copyto(task.target, task.source))
        return _OpenClConversion(device, task)


@dataclass(frozen=True)
class _Device:
    """A device with its queue and programs.

    Attributes:
        shares_memory: whether it works in the host's memory, by its own account.
        stream_bytes: conversions that read and write more than this go around the caches.
    """

    cl: Any
    context: Any
    queue: Any
    shares_memory: bool
    stream_bytes: int = STREAM_BYTES
    programs: dict[bool, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @staticmethod
    def open(cl: Any, device: Any) -> _Device:
        context = cl.Context([device])
        return _Device(
            cl,
            context,
            cl.CommandQueue(context),
            bool(device.host_unified_memory),
        )

    def kernel(self, name: str, stream: bool) -> Any:
        """A kernel of its own for each conversion, since it holds its arguments."""
        with self.lock, warnings.catch_warnings():
            # Compilers that merely report their progress make pyopencl warn.
            warnings.simplefilter("ignore")
            if stream not in self.programs:
                options = ["-DSTREAM"] if stream else []
                self.programs[stream] = self.cl.Program(self.context, SOURCE).build(options)
            return self.cl.Kernel(self.programs[stream], name)

    def buffer(self, array: NDArray[Any], on_host: bool) -> Any:
        """The array's own memory as a buffer, or memory of the device's for it."""
        flags = self.cl.mem_flags
        if on_host:
            return self.cl.Buffer(
                self.context, flags.READ_WRITE | flags.USE_HOST_PTR, hostbuf=array
            )
        return self.cl.Buffer(self.context, flags.READ_WRITE, size=array.nbytes)

    def launch(self, kernel: Any, items: int) -> None:
        group = min(WORK_GROUP, int(self.context.devices[0].max_work_group_size))
        total = -(-items // group) * group
        self.cl.enqueue_nd_range_kernel(self.queue, kernel, (total,), (group,))


@functools.cache
def _find_device() -> tuple[_Device | None, str]:
    """The first device that works, with its name; or None with every reason."""
    try:
        import pyopencl
    except (ImportError, OSError) as error:
        if isinstance(error, ModuleNotFoundError):
            return None, str(MissingExtraError("pyopencl", "opencl", "conversion by OpenCL"))
        return None, f"pyopencl cannot be imported: {error}"
    reasons = []
    try:
        found = [d for platform in pyopencl.get_platforms() for d in platform.get_devices()]
    except pyopencl.Error as error:
        return None, f"OpenCL finds no platform: {error}"
    # A device that shares memory first: over a bus the copies take longer than a CPU's work.
    for device in sorted(found, key=lambda d: not d.host_unified_memory):
        name = f"{device.name.strip()}, {device.platform.name.strip()}"
        try:
            opened = _Device.open(pyopencl, device)
            _self_test(opened)
        except (pyopencl.Error, RuntimeError, ProcessorError) as error:
            reasons.append(f"{name}: {_reason(error)}")
        else:
            return opened, name
    return None, "; ".join(reasons) or "OpenCL finds no device; install a runtime for one"


def _reason(error: Exception) -> str:
    """The line of a compiler's report that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or [type(error).__name__])[0]


def _self_test(device: _Device) -> None:
    """Convert all codes there and back, in memory that no vector fits.

    Raises:
        ProcessorError: the device computes something else.
    """
    coding = per_tensor(0.1, 7)
    codes = np.zeros(258, np.int8)[1:-1]
    codes[:] = np.arange(-128, 128)
    reals, back = np.zeros(257, np.float32)[1:], np.zeros(257, np.int8)[1:]
    for task in (check(codes, coding, reals, None), check(reals, None, back, coding)):
        conversion = _OpenClConversion(device, task)
        conversion.run()
        conversion.close()
    wanted = dequantized(check(codes, coding, reals, None).coding)
    if not (np.array_equal(np.roll(wanted, 128), reals) and np.array_equal(codes, back)):
        raise ProcessorError("the device's results are not those of the processor's arithmetic")


class _OpenClConversion:
    def __init__(self, device: _Device, task: Task) -> None:
        self._device, self._task = device, task
        self.copies = not (device.shares_memory and self._bind(on_host=True))
        if self.copies:
            self._bind(on_host=False)
        stream = task.source.nbytes + task.target.nbytes > device.stream_bytes
        self._launch: Callable[[], None] | None = self._program(stream)

    def run(self) -> None:
        if self._launch is None:
            raise ProcessorError("a conversion was run after it was closed; prepare it again")
        device = self._device
        try:
            if self.copies:
                device.cl.enqueue_copy(
                    device.queue, self._source, self._task.source, is_blocking=False
                )
            self._launch()
            if self.copies:
                device.cl.enqueue_copy(device.queue, self._task.target, self._target)
            device.queue.finish()
        except device.cl.Error as error:
            raise ProcessorError(f"OpenCL failed to convert: {error}") from error

    def close(self) -> None:
        if self._launch is not None:
            self._launch = None
            self._source.release()
            self._target.release()

    def _bind(self, on_host: bool) -> bool:
        """Make the buffers; whether the device sees both at the host's own addresses."""
        device, task = self._device, self._task
        self._source = device.buffer(task.source, on_host)
        self._target = device.buffer(task.target, on_host)
        if not on_host:
            return False
        found = np.zeros(2, np.uint64)
        result = device.cl.Buffer(device.context, device.cl.mem_flags.WRITE_ONLY, size=found.nbytes)
        kernel = device.kernel("places", stream=False)
        kernel.set_args(self._source, self._target, result)
        device.cl.enqueue_nd_range_kernel(device.queue, kernel, (1,), (1,))
        device.cl.enqueue_copy(device.queue, found, result)
        return [int(place) for place in found] == [task.source.ctypes.data, task.target.ctypes.data]

    def _program(self, stream: bool) -> Callable[[], None]:
        """The kernel with its arguments set."""
        device, task = self._device, self._task
        size = np.uint64(task.source.size)
        arguments: tuple[Any, ...]
        items = task.source.size // VECTOR + LONELY
        match task.direction:
            case Direction.QUANTIZE:
                name, encoding = "quantize", Encoding.of(task.coding)
                arguments = (
                    encoding.inverse,
                    encoding.lowest,
                    encoding.highest,
                    np.int32(encoding.zero_point),
                )
            case Direction.DEQUANTIZE:
                name = "dequantize"
                arguments = (np.float32(task.coding.scale), np.float32(task.coding.zero_point))
            case _:
                first, second = task.codings
                factor = eight_bit_factor(first, second)
                if factor is None:
                    tables, items = requantized(first, second), task.source.size
                    both = np.concatenate([tables.body, tables.tail])
                    flags = device.cl.mem_flags
                    name, arguments = (
                        "look_up",
                        (
                            device.cl.Buffer(
                                device.context, flags.READ_ONLY | flags.COPY_HOST_PTR, hostbuf=both
                            ),
                            np.uint64(task.source.size - tables.rest(task.source.size)),
                        ),
                    )
                else:
                    bias = 128 - first.zero_point * factor + (second.zero_point << 8)
                    name, arguments = "requantize", (np.int32(factor), np.int32(bias))
        kernel = device.kernel(name, stream)
        kernel.set_args(self._source, self._target, size, *arguments)
        # A kernel does not keep its buffers alive.
        self._arguments = arguments
        return lambda: device.launch(kernel, items)
