"""The CPU by its own account, on every system: its name, and what it can compute with.

An x86 CPU is asked by its CPUID instruction, an ARM CPU through the system's own call, so that an
emulated CPU is described as programs see it (QEMU's user mode shows the host's `/proc/cpuinfo`). Of
what CPUID says, only what the operating system lets programs use counts.
"""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "unknown CPU"
X86 = frozenset({"x86_64", "amd64"})
ARM = frozenset({"aarch64", "arm64"})

# Linux: entries of the auxiliary vector and their bits (arch/arm64/include/uapi/asm/hwcap.h).
AT_HWCAP, AT_HWCAP2 = 16, 26
HWCAP = {"fphp": 9, "asimddp": 20, "sve": 22}
HWCAP2 = {"i8mm": 13, "bf16": 14}
# macOS: `sysctl hw.optional.arm`.
SYSCTL = {
    "asimddp": "hw.optional.arm.FEAT_DotProd",
    "i8mm": "hw.optional.arm.FEAT_I8MM",
    "bf16": "hw.optional.arm.FEAT_BF16",
    "fphp": "hw.optional.arm.FEAT_FP16",
}
# Windows: numbers for IsProcessorFeaturePresent (winnt.h: PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE).
WINDOWS = {"asimddp": 43}


@dataclass(frozen=True)
class Cpu:
    """A CPU.

    Attributes:
        name: the model's, or "unknown CPU".
        flags: features, named as Linux names them in `/proc/cpuinfo`; empty where not known.
    """

    name: str
    flags: frozenset[str]


@functools.cache
def cpu() -> Cpu:
    """The CPU that runs this process. Never raises: what cannot be found out is not in it."""
    machine = platform.machine().lower()
    if machine in X86:
        return _x86()
    if machine in ARM:
        return _arm()
    return Cpu(_named(()), frozenset())


def usable_cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    try:
        import psutil

        return len(psutil.Process().cpu_affinity()) or 1  # Windows
    except (ImportError, AttributeError, OSError):
        return os.cpu_count() or 1  # macOS binds no process to cores


def _x86() -> Cpu:
    # archspec carries the CPUID bits of every feature, and calls the instruction without compiling.
    try:
        from archspec.cpu.detect import CpuidInfoCollector

        asked = CpuidInfoCollector()
    except Exception:
        # A system that lets no program make code at run time; what it writes itself is left.
        return Cpu(_named((_proc("model name"), _sysctl("machdep.cpu.brand_string"))), _listed())
    flags = frozenset(asked.features)
    listed = _listed()
    return Cpu(_named((asked.brand_string(), _proc("model name"))), flags & (listed or flags))


def _arm() -> Cpu:
    system = platform.system()
    if system == "Darwin":
        flags = frozenset(flag for flag, key in SYSCTL.items() if _sysctl(key) == "1")
        return Cpu(_named((_sysctl("machdep.cpu.brand_string"),)), flags)
    if system == "Windows":
        return Cpu(_named(()), _windows_arm())
    return Cpu(_named((_proc("model name"), _arm_core())), _auxiliary() or _listed())


def _named(names: Iterable[str | None]) -> str:
    """The first name that is one, without padding."""
    candidates = (*names, platform.processor())
    return next((" ".join(name.split()) for name in candidates if name and name.strip()), UNKNOWN)


def _listed() -> frozenset[str]:
    """What Linux lists; empty elsewhere."""
    return frozenset((_proc("flags") or _proc("Features")).split())


def _proc(key: str) -> str:
    """The first processor's entry in Linux's `/proc/cpuinfo`; "" where there is none."""
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return ""
    first = text.split("\n\n", 1)[0]
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}.get(key, "")


def _arm_core() -> str:
    """The core's design as `/proc/cpuinfo` numbers it: ARM CPUs have no name of their own."""
    implementer, part = _proc("CPU implementer"), _proc("CPU part")
    return f"ARM CPU (implementer {implementer}, part {part})" if implementer and part else ""


def _auxiliary() -> frozenset[str]:
    """What Linux's kernel told this process of an ARM CPU at its start."""
    try:
        ask = ctypes.CDLL(None).getauxval
    except (OSError, AttributeError):
        return frozenset()
    ask.argtypes, ask.restype = [ctypes.c_ulong], ctypes.c_ulong
    return frozenset(
        flag
        for entry, bits in ((AT_HWCAP, HWCAP), (AT_HWCAP2, HWCAP2))
        for flag, bit in bits.items()
        if ask(entry) >> bit & 1
    ) | {"asimd"}


def _windows_arm() -> frozenset[str]:
    try:
        has = ctypes.CDLL("kernel32").IsProcessorFeaturePresent
    except OSError:
        return frozenset()
    return frozenset(flag for flag, number in WINDOWS.items() if has(number)) | {"asimd"}


def _sysctl(key: str) -> str:
    """A value of macOS's `sysctl`; "" elsewhere, or where there is no such key."""
    if platform.system() != "Darwin":
        return ""
    try:
        done = subprocess.run(["sysctl", "-n", key], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
