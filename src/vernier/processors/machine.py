"""The machine that a result was measured on."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import msgspec

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
ENGINES = ("ai-edge-litert", "openvino")
_UNKNOWN = "unknown CPU"


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


def usable_cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def at_most_cores(threads: int) -> int:
    """Threads to use where so many are asked for: all cores for 0, and never more than there are.

    More would only wait for each other, and many thousands starve the machine.
    """
    return min(threads, usable_cores()) if threads > 0 else usable_cores()


def clock_mhz() -> float | None:
    """The first core's clock in MHz now, where the system tells it."""
    try:
        return float(_cpuinfo().get("cpu MHz", ""))
    except ValueError:
        return None


def engine_versions() -> dict[str, str]:
    """The installed version of each engine's package."""
    found = {}
    for package in ENGINES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@functools.cache
def cpu_name() -> str:
    """The CPU's model name."""
    name = _cpuinfo().get("model name") or _sysctl("machdep.cpu.brand_string")
    return name or platform.processor() or _UNKNOWN


@functools.cache
def cpu_flags() -> tuple[str, ...]:
    """Of `FLAGS_THAT_MATTER`, those that the CPU has; empty where the system does not list any."""
    info = _cpuinfo()
    flags = (info.get("flags") or info.get("Features") or "").split()
    if not flags and _sysctl("hw.optional.arm.FEAT_DotProd") == "1":
        flags = ["asimddp"]
    return tuple(flag for flag in FLAGS_THAT_MATTER if flag in flags)


def _cpuinfo() -> dict[str, str]:
    """The first processor's entries in Linux's `/proc/cpuinfo`."""
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return {}
    first = text.split("\n\n", 1)[0]
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _sysctl(key: str) -> str:
    if platform.system() != "Darwin":
        return ""
    try:
        done = subprocess.run(["sysctl", "-n", key], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0
