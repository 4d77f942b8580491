"""What running costs besides time: memory, and energy where the machine tells."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STATUS = Path("/proc/self/status")
PEAK_RESET = Path("/proc/self/clear_refs")
RAPL = Path("/sys/class/powercap")


@dataclass
class Peak:
    """The greatest resident memory of a stretch of work, beyond what was there before.

    Attributes:
        bytes: None where the system does not tell.
    """

    bytes: int | None = None


@contextlib.contextmanager
def peak_memory() -> Iterator[Peak]:
    """Measure the work of the block, by Linux's own account of this process."""
    peak = Peak()
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        # What earlier work freed and the allocator kept would hide what this work takes.
        ctypes.CDLL(None).malloc_trim(0)
    before = None
    try:
        PEAK_RESET.write_text("5")
        before = _kib("VmRSS")
    except OSError:
        pass
    yield peak
    highest = _kib("VmHWM")
    if before is not None and highest is not None:
        peak.bytes = max(0, highest - before) * 1024


def energy_counter() -> EnergyCounter | None:
    """The CPU packages' energy counters (RAPL); None where there are none, or none to be read."""
    domains = sorted(RAPL.glob("intel-rapl:?")) if RAPL.is_dir() else []
    counters = [one / "energy_uj" for one in domains]
    try:
        for one in counters:
            int(one.read_text())
    except (OSError, ValueError):
        return None
    return EnergyCounter(tuple(counters)) if counters else None


@dataclass(frozen=True)
class EnergyCounter:
    """Counters that grow, and begin again at their end.

    Attributes:
        files: of each package, in microjoules.
    """

    files: tuple[Path, ...]

    def read(self) -> tuple[int, ...]:
        """All counters now."""
        return tuple(int(one.read_text()) for one in self.files)

    def joules(self, before: tuple[int, ...], after: tuple[int, ...]) -> float:
        """What was used between two readings."""
        total = 0
        for file, first, last in zip(self.files, before, after, strict=True):
            end = 0
            if last < first:
                end = int(file.with_name("max_energy_range_uj").read_text())
            total += last - first + end
        return total / 1e6


def _kib(key: str) -> int | None:
    try:
        for line in STATUS.read_text().splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return None
