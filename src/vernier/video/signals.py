"""What the machine says of itself beside frame times: load, clock, heat, battery, power.

Each is optional: virtual machines have no sensors, desktops no battery, and others may not read
RAPL's counters.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BETWEEN_SECONDS = 1.0
NEAR_LIMIT_C = 3.0
LOW_CLOCK = 0.6
"""Of the highest clock, while this process keeps the cores busy: somebody holds it down."""
_RAPL = Path("/sys/class/powercap/intel-rapl:0/energy_uj")


@dataclass(frozen=True)
class Signals:
    """What can be read; None what cannot.

    Attributes:
        load: processes that want to run, over the last minute.
        clock_share: of the highest clock, from 0 to 1.
        temperature_c: of the hottest sensor.
        headroom_c: from there to its own high mark.
        battery_percent: that is left.
        plugged: whether it is being charged.
        watts: of the CPU package.
    """

    load: float | None = None
    clock_share: float | None = None
    temperature_c: float | None = None
    headroom_c: float | None = None
    battery_percent: float | None = None
    plugged: bool | None = None
    watts: float | None = None

    @property
    def hot(self) -> bool:
        """Near the limit of heat, or held down already."""
        near = self.headroom_c is not None and self.headroom_c < NEAR_LIMIT_C
        held = self.clock_share is not None and self.clock_share < LOW_CLOCK
        return near or held


@dataclass
class SignalReader:
    """Reads the signals about once a second; between that gives what it read."""

    last: Signals = field(default_factory=Signals)
    _next: float = 0.0
    _energy: tuple[float, float] | None = None

    def read(self) -> Signals:
        """The signals, at most a second old."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + BETWEEN_SECONDS
            self.last = self._read(now)
        return self.last

    def _read(self, now: float) -> Signals:
        import psutil

        temperature, headroom = _hottest(psutil)
        battery: Any = _tried(lambda: psutil.sensors_battery())
        load: Any = _tried(lambda: psutil.getloadavg())
        return Signals(
            load=None if load is None else float(load[0]),
            clock_share=_clock_share(psutil),
            temperature_c=temperature,
            headroom_c=headroom,
            battery_percent=None if battery is None else float(battery.percent),
            plugged=None if battery is None else battery.power_plugged,
            watts=self._watts(now),
        )

    def _watts(self, now: float) -> float | None:
        energy: Any = _tried(lambda: int(_RAPL.read_text()) / 1e6)
        before, self._energy = self._energy, None if energy is None else (now, energy)
        if energy is None or before is None or energy < before[1]:
            return None
        return float(round((energy - before[1]) / max(now - before[0], 1e-6), 2))


def _tried(read: Any) -> Any:
    with contextlib.suppress(
        OSError, AttributeError, ValueError, RuntimeError, NotImplementedError
    ):
        return read()
    return None


def _clock_share(psutil: Any) -> float | None:
    clock = _tried(lambda: psutil.cpu_freq())
    if clock is None or not clock.max:
        return None
    return float(round(clock.current / clock.max, 3))


def _hottest(psutil: Any) -> tuple[float | None, float | None]:
    sensors = _tried(lambda: psutil.sensors_temperatures()) or {}
    known = [one for group in sensors.values() for one in group if one.current]
    if not known:
        return None, None
    hottest = max(known, key=lambda one: one.current)
    limit = hottest.high or hottest.critical
    return float(hottest.current), None if not limit else float(limit - hottest.current)
