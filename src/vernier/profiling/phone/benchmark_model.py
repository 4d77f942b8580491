"""TensorFlow Lite's and LiteRT's `benchmark_model`: how it is called, and what it prints.

The binary is the user's: Google publishes it for Android, and it can be built for anything. It runs
one file many times and prints, among much else,

    INFO: Replacing 3 out of 3 node(s) with delegate (...) node, yielding 1 partitions ...
    Explicitly applied GPU delegate, and the model graph will be completely executed by the ...
    count=50 first=58154 curr=53809 min=53077 max=60727 avg=55043.2 std=1562
    Inference timings in us: Init: 18777, First inference: 64791, Warmup (avg): 57758.2, ...

with or without a prefix such as a log's time and tag on each line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vernier.errors import ProcessorError, UsageError

# By device and precision, what makes the binary compute there and nowhere else.
FLAGS: dict[tuple[str, str], tuple[str, ...]] = {
    ("cpu", "float32"): ("--use_xnnpack=true",),
    ("cpu", "int8"): ("--use_xnnpack=true",),
    ("gpu", "float32"): ("--use_gpu=true", "--gpu_precision_loss_allowed=false"),
    ("gpu", "float16"): ("--use_gpu=true", "--gpu_precision_loss_allowed=true"),
    ("npu", "int8"): ("--use_nnapi=true", "--disable_nnapi_cpu=true"),
}

_COUNT = re.compile(
    r"count=(\d+) first=(\S+) curr=(\S+) min=(\S+) max=(\S+) avg=(\S+) std=([^\s,]+)"
)
_SINGLE = re.compile(r"count=1 curr=(\S+)")
_REPLACED = re.compile(r"Replacing (\d+) out of (\d+) node\(s\) with delegate \(([^)]*)\)")
_APPLIED = re.compile(
    r"Explicitly applied (\S+) delegate, and the model graph will be (completely|partially) "
    r"executed"
)


@dataclass(frozen=True)
class Report:
    """What one call printed.

    Attributes:
        average_ms: of the counted runs.
        fastest_ms: of them.
        deviation_ms: their standard deviation.
        runs: counted.
        delegate: what computed, in the binary's words; empty where it did not say.
        whole: whether the delegate took all of the graph; None where it did not say.
    """

    average_ms: float
    fastest_ms: float
    deviation_ms: float
    runs: int
    delegate: str
    whole: bool | None


def arguments(
    model: str, device: str, precision: str, threads: int, runs: int, warm_ups: int
) -> list[str]:
    """What to call the binary with.

    Args:
        model: path of the `.tflite` file where the binary runs.
        device: "cpu", "gpu" or "npu".
        precision: of the computation; see `FLAGS`.
        threads: of the CPU.
        runs: that are counted, at least.
        warm_ups: before them.

    Raises:
        UsageError: the binary has no flags for this device and precision.
    """
    flags = FLAGS.get((device, precision))
    if flags is None:
        known = ", ".join(f"phone:{one}:{other}" for one, other in FLAGS)
        raise UsageError(f"expected one of {known}, found phone:{device}:{precision}")
    return [
        f"--graph={model}",
        f"--num_threads={threads}",
        f"--num_runs={runs}",
        f"--warmup_runs={warm_ups}",
        # Else it goes on for a second, whatever the number of runs.
        "--min_secs=0",
        "--warmup_min_secs=0",
        *flags,
    ]


def parse(text: str) -> Report:
    """Read what the binary printed.

    Raises:
        ProcessorError: there is no measurement in it; the message has its last words.
    """
    counts = [match.groups() for match in _COUNT.finditer(text)]
    singles = [match.group(1) for match in _SINGLE.finditer(text)]
    if not counts and not singles:
        raise ProcessorError(f"benchmark_model measured nothing; it said: {_last_words(text)}")
    # Warming up prints a line like that as well, before.
    if counts:
        number, _, _, least, _, average, deviation = counts[-1]
        times = float(average), float(least), float(deviation)
        runs = int(number)
    else:
        times, runs = (float(singles[-1]), float(singles[-1]), 0.0), 1
    delegate, whole = _placement(text)
    average_us, fastest_us, deviation_us = times
    return Report(average_us / 1e3, fastest_us / 1e3, deviation_us / 1e3, runs, delegate, whole)


def _placement(text: str) -> tuple[str, bool | None]:
    replaced = _REPLACED.findall(text)
    if replaced:
        taken = sum(int(some) for some, _, _ in replaced)
        return ", ".join(dict.fromkeys(name for _, _, name in replaced)), taken >= int(
            replaced[0][1]
        )
    applied = _APPLIED.search(text)
    if applied:
        return applied[1], applied[2] == "completely"
    return "", None


def _last_words(text: str) -> str:
    lines: Sequence[str] = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "nothing"
