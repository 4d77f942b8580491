"""The machine that a result was measured on."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Collection
from pathlib import Path

import msgspec

from vernier.cpu import cpu, usable_cores

# Instruction sets that decide how fast int8, bfloat16 and float16 are.
FLAGS_THAT_MATTER = (
    "avx2",
    "avx512f",
    "avx_vnni",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_int8",
    "amx_bf16",
    "amx_tile",
    "asimddp",  # ARM: int8 dot products
    "i8mm",  # ARM: int8 matrix products
    "bf16",
    "fphp",  # ARM: float16
    "sve",
)
INTEGER_DOT_PRODUCTS = frozenset({"avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm"})
ENGINES = (
    "ai-edge-litert",
    "openvino",
    # Of ONNX Runtime one is installed, by what it computes on.
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-openvino",
    "onnxruntime-qnn",
    "onnxruntime-directml",
    "onnxruntime-webgpu",
)


class Machine(msgspec.Struct, frozen=True):
    """What a measurement depends on besides the code.

    Attributes:
        cpu: the model's name, as the system reports it.
        cores: that this process may use.
        flags: of `FLAGS_THAT_MATTER`, those that the CPU has.
        memory_bytes: of the whole machine; 0 where the system does not say.
        system: operating system, release and architecture.
        python: version.
        engines: version of each engine that is installed.
    """

    cpu: str
    cores: int
    flags: tuple[str, ...]
    memory_bytes: int
    system: str
    python: str
    engines: dict[str, str]

    @property
    def label(self) -> str:
        """What decides times, in one line: processor, cores and engines."""
        engines = ", ".join(f"{name} {version}" for name, version in self.engines.items())
        return f"{self.cpu}, {self.cores} cores, {engines}"


def describe_machine() -> Machine:
    """The machine that runs Vernier; what cannot be found out is empty, 0 or "unknown CPU"."""
    return Machine(
        cpu=cpu_name(),
        cores=usable_cores(),
        flags=cpu_flags(),
        memory_bytes=_memory_bytes(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        engines=engine_versions(),
    )


def at_most_cores(threads: int) -> int:
    """Threads to use where so many are asked for: all cores for 0, and never more than there are.

    More would only wait for each other, and many thousands starve the machine.
    """
    return min(threads, usable_cores()) if threads > 0 else usable_cores()


def clock_mhz() -> float | None:
    """The first core's clock in MHz now, where Linux tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return None
    clocks = [line.partition(":")[2] for line in text.splitlines() if line.startswith("cpu MHz")]
    return float(clocks[0]) if clocks else None


def engine_versions() -> dict[str, str]:
    """The installed version of each engine's package."""
    found = {}
    for package in ENGINES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def cpu_name() -> str:
    """The CPU's model name."""
    return cpu().name


def cpu_flags() -> tuple[str, ...]:
    """Of `FLAGS_THAT_MATTER`, those that the CPU has; empty where none can be found out."""
    return tuple(flag for flag in FLAGS_THAT_MATTER if flag in cpu().flags)


def has_integer_dot_products(flags: Collection[str] | None = None) -> bool | None:
    """Whether the CPU multiplies and sums int8 without a 16-bit sum between; None: not known.

    Args:
        flags: of the CPU; this one's if absent.
    """
    found = set(cpu().flags if flags is None else flags)
    return bool(found & INTEGER_DOT_PRODUCTS) if found else None


def _memory_bytes() -> int:
    try:
        import psutil

        return int(psutil.virtual_memory().total)
    except (ImportError, OSError, RuntimeError):
        return 0
