"""`--processor auto`: measure every processor that is here once, remember per machine, say why.

A choice is remembered in the user's cache folder under the machine, the engines' versions and the
bundles' contents, so that a new engine or new weights are measured again.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vernier.errors import ProcessorError
from vernier.processors.protocol import ProcessorId

WARM_UP_RUNS = 2
COUNTED_RUNS = 5
# Within a tenth the picture decides: the next run of the clock may turn such a difference around.
AS_GOOD_AS_EQUAL = 1.1


class Timing(msgspec.Struct, frozen=True):
    """One processor's median time for the probe tile, or why it could not run."""

    processor: str
    median_ms: float | None
    refused: str = ""


class Choice(msgspec.Struct, frozen=True):
    """What was chosen, out of what, and whether it was measured now or remembered."""

    chosen: str
    timings: tuple[Timing, ...]
    remembered: bool = False

    def explain(self) -> str:
        """One line for the user."""
        times = ", ".join(
            f"{t.processor} {t.median_ms:.1f} ms" for t in self.timings if t.median_ms is not None
        )
        how = "measured before on this machine" if self.remembered else "measured now"
        return f"processor {self.chosen} ({how}: {times})"


@dataclass(frozen=True)
class Candidate:
    """A processor to try: `run` computes the probe tile once, `close` frees it."""

    processor: ProcessorId
    load: Callable[[], tuple[Callable[[], None], Callable[[], None]]]


def cache_file() -> Path:
    """Where choices are remembered: `$XDG_CACHE_HOME/vernier/choices.json`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "vernier" / "choices.json"


def choose(candidates: Sequence[Candidate], key: str, cache: Path) -> Choice:
    """The fastest of the candidates, interleaved so that a drifting machine favours none.

    Args:
        candidates: processors to compare, those nearest to the exact picture first; of two that
            are as good as equally fast, the earlier one is chosen.
        key: what the result depends on; the same key gives the remembered choice.
        cache: file of remembered choices.

    Raises:
        ProcessorError: none of them runs; the message has each one's reason.
    """
    digest = hashlib.sha256(key.encode()).hexdigest()
    remembered = _read(cache)
    known = remembered.get(digest)
    if known is not None and known.chosen in {str(c.processor) for c in candidates}:
        return msgspec.structs.replace(known, remembered=True)
    choice = _measure(candidates)
    _write(cache, {**remembered, digest: choice})
    return choice


def _measure(candidates: Sequence[Candidate]) -> Choice:
    loaded: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {}
    refused: dict[str, str] = {}
    times_ms: dict[str, list[float]] = {}
    try:
        for candidate in candidates:
            name = str(candidate.processor)
            try:
                loaded[name] = candidate.load()
                for _ in range(WARM_UP_RUNS):
                    loaded[name][0]()
            except ProcessorError as error:
                refused[name] = str(error)
        for _ in range(COUNTED_RUNS):
            for name, (run, _close) in loaded.items():
                if name in refused:
                    continue
                started = time.perf_counter()
                run()
                times_ms.setdefault(name, []).append((time.perf_counter() - started) * 1e3)
    finally:
        for _run, close in loaded.values():
            close()
    if not times_ms:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in refused.items())
        raise ProcessorError(f"no processor can run this network here ({reasons or 'none found'})")
    medians = {name: statistics.median(times) for name, times in times_ms.items()}
    fast_enough = min(medians.values()) * AS_GOOD_AS_EQUAL
    chosen = next(name for name in medians if medians[name] <= fast_enough)
    timings = [Timing(name, round(ms, 3)) for name, ms in sorted(medians.items(), key=_by_time)]
    timings += [Timing(name, None, reason) for name, reason in refused.items()]
    return Choice(chosen, tuple(timings))


def _by_time(item: tuple[str, float]) -> float:
    return item[1]


def _read(cache: Path) -> dict[str, Choice]:
    try:
        return msgspec.json.decode(cache.read_bytes(), type=dict[str, Choice])
    except (OSError, msgspec.DecodeError):
        # A cache that cannot be read costs one measurement, no more.
        return {}


def _write(cache: Path, choices: dict[str, Choice]) -> None:
    """Remember; a cache folder that cannot be written only means measuring again."""
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=cache.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(choices)))
        Path(partial).replace(cache)
    except OSError:
        return
