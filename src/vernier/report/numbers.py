"""Numbers as people read them: three digits that count, times with their unit."""

from __future__ import annotations

import math


def short(value: float, digits: int = 3) -> str:
    """A number with so many digits that count, never in powers of ten."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(decimals, 6)}f}"


def signed(value: float) -> str:
    """The same with its sign; a true minus, which is as wide as a plus."""
    return ("+" if value >= 0 else "\N{MINUS SIGN}") + short(abs(value))


def milliseconds(value: float) -> str:
    """A time with its unit."""
    return f"{short(value)} ms"


def score(value: float, metric: str) -> str:
    """A score: decibels have two decimals, whole-range scores four digits."""
    if metric.startswith("psnr"):
        return f"{value:.2f}"
    if metric.startswith(("ssim", "ms_ssim", "ms-ssim")):
        return f"{value:.4f}"
    return short(value)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, at most so many: steps of 1, 2 or 5."""
    room = (high - low) / max(1, most - 1)
    if not room > 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(room))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= room * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]
