"""Interleaved timing: every contender once per round, so that a drifting machine favours none."""

from __future__ import annotations

import gzip
import json
import os
import re
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from vernier.processors.machine import Machine, cpu_flags, cpu_name, describe_machine
from vernier.version import VERSION

MANY_BYTES = 40_000
"""Longer results are kept compressed, in `NAME.results.json.gz` beside the page."""


@dataclass(frozen=True)
class Times:
    """Milliseconds of the counted runs."""

    median_ms: float
    fastest_ms: float
    slowest_ms: float
    runs: int


def interleave(
    contenders: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 1
) -> dict[str, Times]:
    """Time every contender `rounds` times, in turn."""
    times_ms: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(warm_up + rounds):
        for name, run in contenders.items():
            started = time.perf_counter()
            run()
            if number >= warm_up:
                times_ms[name].append((time.perf_counter() - started) * 1e3)
    return {
        name: Times(round(statistics.median(ms), 2), round(min(ms), 2), round(max(ms), 2), len(ms))
        for name, ms in times_ms.items()
    }


def cpu_kind() -> str:
    """This CPU as part of a file's name, and what it imitates where ONEDNN_MAX_CPU_ISA is set."""
    words = re.sub(r"\(R\)|\(TM\)|CPU|Processor|[0-9]+-Core", "", cpu_name()).split()
    if any(flag.startswith("amx") for flag in cpu_flags()):
        words.append("amx")
    told = "-".join([*words, *filter(None, [os.environ.get("ONEDNN_MAX_CPU_ISA")])])
    return re.sub(r"[^a-z0-9]+", "-", told.lower()).strip("-")


def write_results(folder: Path, name: str, results: dict[str, Any], table: str) -> None:
    """`NAME.json` with the machine in it, and `NAME.md` for people."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(results).encode()
    packed = folder / f"{name}.results.json.gz"
    packed.unlink(missing_ok=True)
    if len(raw) > MANY_BYTES:
        # No date inside: the same results give the same file.
        packed.write_bytes(gzip.compress(raw, mtime=0))
        results = {"compressed": packed.name}
    document = {
        "benchmark": name,
        "vernier": VERSION,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": msgspec.to_builtins(describe_machine()),
        "results": results,
    }
    (folder / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
    (folder / f"{name}.md").write_text(with_machine(table, describe_machine()))


def read_results(path: Path) -> dict[str, Any]:
    """The results of `NAME.json`, as `write_results` was given them."""
    found: dict[str, Any] = json.loads(path.read_text())["results"]
    if set(found) == {"compressed"}:
        found = json.loads(gzip.decompress((path.parent / found["compressed"]).read_bytes()))
    return found


def with_machine(table: str, machine: Machine) -> str:
    """A page that says below its heading what it was measured on, if it does not say it itself."""
    if machine.cpu in table:
        return table
    heading, _, rest = table.partition("\n")
    flags = " ".join(machine.flags)
    return f"{heading}\n\nMeasured on {machine.label} ({flags}).\n{rest}"


def as_json(times: Mapping[str, Times]) -> dict[str, Any]:
    """For `write_results`."""
    return {name: asdict(value) for name, value in times.items()}
