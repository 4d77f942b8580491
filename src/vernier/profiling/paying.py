"""Which processors of a machine a split could gain from: those that are somewhere faster.

Every processor that is right about its numbers is timed on every unit. One that is nowhere faster
than others of at least its precision cannot make a plan better in looks or in time, and costs
profiling and search: it is left out, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vernier.processor_id import is_integer, precision_of
from vernier.units.split import fusion

PAYS = 0.04
"""Of the network's time, that a processor must save with the units it is faster at."""
AGAIN = 0.15
"""The same of a second processor of one precision: a switch between engines costs borders, and
every further processor doubles the switches to be timed and multiplies the splits to be judged."""
TOGETHER = 0.3
"""Of the network's time, that a float32 processor may be slower and still come first, if it shares
its files with the fastest INT8 one: of SESR-M5 at 180x320 a split that takes 15.5 ms as three
segments takes 10.4 to 12.7 in one file, and on a busy machine no smaller difference is certain."""
PRECISION = {"float32": 0, "float16": 1, "bfloat16": 2, "int8": 3}
"""Finer first; others are taken to be as coarse as INT8."""


@dataclass(frozen=True)
class Choice:
    """What pays on this machine.

    Attributes:
        kept: processors, the finest first.
        left_out: by processor, why.
    """

    kept: tuple[str, ...]
    left_out: Mapping[str, str]


def what_pays(times_ms: Mapping[str, Sequence[float | None]]) -> Choice:
    """The processors that save time over all that are at least as fine.

    The first is float32's fastest, where one that lives in one file with the fastest INT8 one
    counts as so much faster as segments would lose.

    Args:
        times_ms: by processor, of each unit; None where it does not run there.
    """
    kept: list[str] = []
    left_out: dict[str, str] = {}
    best: list[float | None] = []
    for name in sorted(times_ms, key=lambda one: (_coarseness(one), _worth(one, times_ms))):
        own = times_ms[name]
        if not kept:
            kept, best = [name], list(own)
            continue
        saved = _saved(own, best)
        alike = any(_coarseness(one) == _coarseness(name) for one in kept)
        if saved > (AGAIN if alike else PAYS) * _total(best) or _fills_a_gap(own, best):
            kept.append(name)
            best = [_faster(*pair) for pair in zip(best, own, strict=True)]
        elif saved > 0:
            left_out[name] = f"saves {saved:.2f} ms over {', '.join(kept)}, which is too little"
        else:
            left_out[name] = f"nowhere faster than {', '.join(kept)}"
    return Choice(tuple(kept), left_out)


def fastest_pair(whole_ms: Mapping[str, float]) -> Choice:
    """The fastest float32 processor and the fastest INT8 one: all that a quick profile looks at.

    Args:
        whole_ms: of the whole network, by processor. Float32's are weighed as in `what_pays`.
    """
    times = {name: [ms] for name, ms in whole_ms.items()}
    kept = []
    for precision in ("float32", "int8"):
        alike = [name for name in times if precision_of(name) == precision]
        kept += sorted(alike, key=lambda name: _worth(name, times))[:1]
    left_out = {
        name: f"the whole network takes {ms:.2f} ms there; a quick profile is of the fastest "
        "float32 and INT8 processors"
        for name, ms in whole_ms.items()
        if name not in kept
    }
    return Choice(tuple(kept), left_out)


def _worth(name: str, times_ms: Mapping[str, Sequence[float | None]]) -> float:
    """A processor's time of the whole network, for the order among those of one precision."""
    integer = sorted(filter(is_integer, times_ms), key=lambda one: _total(times_ms[one]))
    together = name in fusion((name, *integer[:1]))
    return _total(times_ms[name]) * (1 - TOGETHER * together)


def _coarseness(processor: str) -> int:
    return PRECISION.get(precision_of(processor), len(PRECISION))


def _total(times_ms: Sequence[float | None]) -> float:
    # What runs nowhere makes a processor the last of its precision.
    return sum(1e9 if ms is None else ms for ms in times_ms)


def _saved(own: Sequence[float | None], best: Sequence[float | None]) -> float:
    pairs = [(o, b) for o, b in zip(own, best, strict=True) if o is not None and b is not None]
    return sum(max(0.0, b - o) for o, b in pairs)


def _fills_a_gap(own: Sequence[float | None], best: Sequence[float | None]) -> bool:
    return any(o is not None and b is None for o, b in zip(own, best, strict=True))


def _faster(one: float | None, other: float | None) -> float | None:
    known = [ms for ms in (one, other) if ms is not None]
    return min(known, default=None)
